"""Slurm: nodes and partitions as sinfo and scontrol print them."""
