"""The experiments once more, in plain loops over clusters: slow, obvious, and apart from the code under test."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hypothesis import strategies as st

from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import package_subsystem
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import version_requirement
from placewise.model.versions.version import parse_version

PACKAGES = "abcd"


@st.composite
def fleets(draw, least=1, most=7):
    """Fleets of clusters with a version of each package, now and then lacking one."""
    rows = draw(
        st.lists(
            st.fixed_dictionaries({p: st.sampled_from(["1", "1.5", "2", "3", None]) for p in PACKAGES}),
            min_size=least,
            max_size=most,
        )
    )
    clusters = [
        Cluster(f"c{number}", subsystems=tuple(package_subsystem(p, v) for p, v in row.items() if v is not None))
        for number, row in enumerate(rows)
    ]
    # A package that no cluster has would be an error; one cluster that has all of them keeps every name known.
    complete = Cluster("complete", subsystems=tuple(package_subsystem(p, "2") for p in PACKAGES))
    return Fleet((*clusters, complete))


@st.composite
def workloads(draw, most=8):
    """Workloads whose jobs need one to four packages, with equal jobs among them."""
    bounds = st.sampled_from([("1", "1"), ("1", "2"), ("2", "3"), (None, "1.5"), ("3", None), ("2", "2")])
    jobs = draw(
        st.lists(st.dictionaries(st.sampled_from(PACKAGES), bounds, min_size=1, max_size=4), min_size=1, max_size=most)
    )
    rows = [[version_requirement(p, low, high) for p, (low, high) in job.items()] for job in jobs]
    return Workload.from_rows([f"j{number}" for number in range(len(jobs))], rows)


@dataclass
class Plain:
    """What happens to one submission: the clusters matched, and for each what it earns."""

    job: int
    level: int
    subsystem: str | None
    matched: list[int]
    success: float
    points: float
    share: float
    share_squared: float


def met(fleet, cluster, requirement, *, exclusive=False):
    """Whether a cluster meets a version requirement, looked up vertex by vertex."""
    versions = requirement.conditions[0].predicate.versions
    if exclusive:
        versions = versions.exclusive()
    for subsystem in fleet.clusters[cluster].subsystems:
        if subsystem.name == requirement.subsystem:
            return parse_version(dict(subsystem.vertices[0].properties)["version"]) in versions
    return False


def submit(fleet, workload, job, told, level, *, exclusive=False):
    """Submit one job with some requirements told, assigned at random among the matches."""
    needed = workload.job(job).requirements
    matched = [c for c in range(len(fleet)) if all(met(fleet, c, r) for r in told)]
    earned = [sum(met(fleet, c, r, exclusive=exclusive) for r in needed) for c in matched]
    count = len(matched) or 1
    return Plain(
        job,
        level,
        told[-1].subsystem if told else None,
        matched,
        sum(points == len(needed) for points in earned) / count,
        sum(earned) / count,
        sum(points / len(needed) for points in earned) / count,
        sum((points / len(needed)) ** 2 for points in earned) / count,
    )


def none(fleet, workload, **options):
    return [submit(fleet, workload, job, (), 0, **options) for job in range(len(workload))]


def single(fleet, workload, **options):
    return [
        submit(fleet, workload, job, (r,), 1, **options)
        for job in range(len(workload))
        for r in workload.job(job).requirements
    ]


def everything(fleet, workload, **options):
    rows = [workload.job(job).requirements for job in range(len(workload))]
    return [submit(fleet, workload, job, row, len(row), **options) for job, row in enumerate(rows)]


def expanding(fleet, workload, rank, **options):
    found = []
    for job in range(len(workload)):
        ordered = sorted(workload.job(job).requirements, key=lambda r: rank[r.subsystem])
        for level in range(1, len(ordered) + 1):
            found.append(submit(fleet, workload, job, tuple(ordered[:level]), level, **options))
            if not found[-1].matched:
                break
    return found


def mean(values):
    values = list(values)
    return math.fsum(values) / len(values) if values else None
