"""Dask workers on the partition that matches."""

from dask_jobqueue import SLURMCluster

import placewise as pw

fleet = pw.read_fleet("our-fleet")
chosen = pw.choose(fleet, pw.Requirement.parse("property{name=icelake}"))
if not chosen:
    raise SystemExit(chosen.reason)

if __name__ == "__main__":
    queue = chosen.cluster.removeprefix("ours-")
    with SLURMCluster(queue=queue, cores=16, processes=16, memory="32GB", walltime="01:00:00") as cluster:
        print(cluster.job_script())
