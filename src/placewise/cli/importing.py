"""The command that makes a fleet of what other tools say of clusters: import."""
