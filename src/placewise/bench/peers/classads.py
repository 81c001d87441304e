"""HTCondor's ClassAds: a job's Requirements are evaluated against each machine's ad."""

from __future__ import annotations

import classad2
import numpy as np
from numpy.typing import NDArray

from placewise.bench.peers import Matching
from placewise.bench.peers.texts import offered, wanted
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload


def prepare(fleet: Fleet, workload: Workload) -> Matching:
    """Return the loop over ads; packages become numbered attributes, as their names are no ClassAd names."""
    ranges = wanted(workload)
    clusters = offered(fleet)
    packages = sorted({name for offers in clusters for name in offers} | {name for name, _, _ in ranges})
    attribute = {name: f"Version{number}" for number, name in enumerate(packages)}
    machines = [classad2.ClassAd({attribute[name]: text for name, text in offers.items()}) for offers in clusters]
    terms = [_term(f"TARGET.{attribute[name]}", low, high) for name, low, high in ranges]
    jobs = []
    for number in range(len(workload)):
        job = classad2.ClassAd()
        conditions = " && ".join(terms[i] for i in workload.row(number).tolist())
        job["Requirements"] = classad2.ExprTree(conditions or "true")
        jobs.append(job)

    def matching() -> NDArray[np.bool_]:
        return np.array([[machine.matches(job) for machine in machines] for job in jobs])

    return matching


def _term(version: str, low: str | None, high: str | None) -> str:
    if low is not None and high is not None:
        return f"version_in_range({version}, {classad2.quote(low)}, {classad2.quote(high)})"
    if low is not None:
        return f"versionGE({version}, {classad2.quote(low)})"
    return f"versionLE({version}, {classad2.quote(high)})" if high is not None else f"!isUndefined({version})"
