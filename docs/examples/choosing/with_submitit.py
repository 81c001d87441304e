"""A function as a job of submitit's in the partition that matches."""

import submitit

import placewise as pw


def solve(number):
    return number**2


fleet = pw.read_fleet("our-fleet")
chosen = pw.choose(fleet, pw.read_job("solve.yaml"), "preferred,first")
if not chosen:
    raise SystemExit(chosen.reason)

executor = submitit.AutoExecutor(folder="submitted")
executor.update_parameters(slurm_partition=chosen.cluster.removeprefix("ours-"), timeout_min=60, cpus_per_task=4)
print(executor.submit(solve, 7).job_id)
