"""What is kept, row by row: clusters, agents, jobs and their history, and what tokens use."""
