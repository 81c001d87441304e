"""What is expected of fleets, how two fleets differ, and what a change would gain."""
