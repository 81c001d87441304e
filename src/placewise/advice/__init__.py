"""Before submitting: whether expectations hold, what changed between fleets, which cluster, what to change."""
