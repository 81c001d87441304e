"""Commands that ask fleets about jobs, and make fleets to ask."""
