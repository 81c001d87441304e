"""What a replay is given: the jobs of a trace, what clusters have for them, planned runtimes, and where jobs fail."""
