"""The Standard Workload Format, and the Alea simulator's form of it."""
