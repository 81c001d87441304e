"""The agent of a cluster: takes jobs, runs a command for each, and reports how it ended."""
