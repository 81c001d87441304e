"""Workloads larger than memory, chunk by chunk."""
