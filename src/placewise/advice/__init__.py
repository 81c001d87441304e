"""What to know before submitting: whether expectations hold, how two fleets differ, which cluster, what to change."""
