"""Jobs, one by one, as workloads, and as records of what ran."""
