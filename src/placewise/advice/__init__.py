"""What to know before submitting: whether expectations hold, what changed between fleets, which cluster, what to change."""
