"""Drives the scheduler over a workload and says what becomes of each job."""
