"""What Slurm's sacct and squeue write of jobs."""
