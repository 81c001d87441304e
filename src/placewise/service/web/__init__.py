"""The read-only HTTP port: a page of clusters and jobs, health, and metrics."""
