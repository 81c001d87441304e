"""Experiments: what to tell the scheduler of each job, run over a workload, and scored."""
