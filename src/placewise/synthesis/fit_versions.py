"""What is typical of a fleet and of a workload of versions, counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from placewise.errors import InputError, Words
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import VERSION, Expression, tests_of, version_bounds
from placewise.model.studies.version_profile import Releases, RootPackage, Stack, VersionFleet, VersionJobs, VersionPool
from placewise.synthesis.rounds import fit_rounds


def fit_version_jobs(workload: Workload) -> VersionJobs:
    """Return the statistics of jobs: counts as weights.

    Jobs are counted by root package (the column package) and by stack, the set of packages they ask
    for; the ranges of each package are counted within a stack, since ranges go together by stack: on
    the public data, drawing them apart for a whole root package lowers the share of jobs with a
    compatible cluster from 0.431 to 0.415, within a stack to 0.430. The shape of the jobs is not part of a
    profile.

    Raises InputError for a requirement that is not one inclusive range of versions, or a job without a package.
    """
    # Only requirements that jobs have: a workload may know more.
    used = sorted(set(workload.ids.tolist()), key=lambda i: _order(workload.requirements[i]))
    position = {i: place for place, i in enumerate(used)}
    requirements = tuple(workload.requirements[i] for i in used)
    return VersionJobs(requirements, _roots(workload, requirements, position))


def fit_version_fleet(fleet: Fleet, workload: Workload) -> VersionFleet:
    """Return the pools from which a fleet took its versions; how they are found is said in `rounds`.

    A package that jobs ask for and no cluster has gets a pool of which every cluster goes without. Raises InputError
    for a subsystem that is not one vertex with a version.
    """
    return VersionFleet(
        fit_pools(
            fleet, {test.subsystem for i in set(workload.ids.tolist()) for test in tests_of(workload.requirements[i])}
        )
    )


def fit_pools(fleet: Fleet, asked: set[str]) -> tuple[VersionPool, ...]:
    """Return the pools from which a fleet took its versions; one without a version for what is asked for and not there.

    Raises InputError for a subsystem that is not one vertex with a version.
    """
    offered = [_versions(cluster) for cluster in fleet.clusters]
    packages = sorted(asked.union(*offered))
    columns = {package: [versions.get(package) for versions in offered] for package in packages}
    pools = (VersionPool(together, tuple(zip(*picks, strict=True))) for together, picks in fit_rounds(columns))
    return tuple(sorted(pools, key=lambda pool: pool.dependencies))


def _versions(cluster: Cluster) -> dict[str, str]:
    versions = {}
    for subsystem in cluster.subsystems:
        properties = dict(subsystem.vertices[0].properties) if len(subsystem.vertices) == 1 else {}
        version = properties.get(VERSION)
        if not isinstance(version, str):
            raise InputError(
                "a subsystem has no place in a profile",
                place=f"cluster {cluster.name!r}, subsystem {subsystem.name!r}",
                found=Words(", ".join(properties) or f"{len(subsystem.vertices)} vertices"),
                expected="one vertex with a version",
            )
        versions[subsystem.name] = version
    return versions


def _order(requirement: Expression) -> tuple[str, str, str]:
    minimum, maximum = version_bounds(requirement)
    return requirement.subsystem, minimum or "", maximum or ""


def _roots(
    workload: Workload, requirements: tuple[Expression, ...], position: dict[int, int]
) -> tuple[RootPackage, ...]:
    packages = _texts(workload, "package", required=True)
    built = _texts(workload, "package_version")
    profiles = workload.profiles()
    rows = [tuple(sorted(position[i] for i in workload.row(job).tolist())) for job in profiles.first.tolist()]
    names = [requirement.subsystem for requirement in requirements]
    for row in rows:
        _refuse_twice(tuple(names[place] for place in row))

    stacks: dict[str, dict[tuple[str, ...], Counter[tuple[int, ...]]]] = defaultdict(lambda: defaultdict(Counter))
    releases: dict[str, dict[int | None, Counter[str | None]]] = defaultdict(lambda: defaultdict(Counter))
    alike = Counter(zip(packages, built, profiles.of_job.tolist(), strict=True))
    for (package, version, profile), jobs in alike.items():
        row = rows[profile]
        stacks[package][tuple(names[place] for place in row)][row] += jobs
        own = next((place for place in row if names[place] == package), None)
        releases[package][own][version] += jobs
    return tuple(
        RootPackage(
            package,
            tuple(_stack(counted) for _, counted in sorted(stacks[package].items())),
            tuple(
                Releases(own, tuple(sorted(counted.items(), key=lambda item: item[0] or "")))
                for own, counted in sorted(
                    releases[package].items(), key=lambda item: -1 if item[0] is None else item[0]
                )
                if set(counted) != {None}
            ),
        )
        for package in sorted(stacks)
    )


def _stack(rows: Counter[tuple[int, ...]]) -> Stack:
    """Return the stack of rows that ask for the same packages."""
    needs: list[Counter[int]] = [Counter() for _ in next(iter(rows))]
    for row, jobs in rows.items():
        for need, place in zip(needs, row, strict=True):
            need[place] += jobs
    return Stack(rows.total(), tuple(tuple(sorted(need.items())) for need in needs))


def _texts(workload: Workload, column: str, *, required: bool = False) -> Sequence[Any]:
    values = workload.columns.get(column, [None] * len(workload))
    for job, value in enumerate(values):
        if not (isinstance(value, str) or (value is None and not required)):
            raise InputError(
                f"the job does not say its {column}" if value is None else f"the {column} of a job is not text",
                place=f"job {workload.names[job]!r}",
                found=value,
                expected="text",
            )
    return values


def _refuse_twice(names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise InputError("a job asks for one package twice", found=name, expected="one range a package")
