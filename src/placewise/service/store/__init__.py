"""What the service remembers: clusters, jobs and their history, in SQLite or PostgreSQL."""
