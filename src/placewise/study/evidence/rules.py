"""A study's requirements as a classifier of what happened: what they accept of what succeeded and of what failed.

A record is an environment: a cluster that offers the package, its dependencies and the compiler in the versions of the
record. The jobs of its package are asked whether they match it, and the share that does is how far the study accepts
it. Where the jobs are records by name, those of the fold that is judged are left out: a job always accepts the
environment that its own requirements were read from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex, package_subsystem
from placewise.model.jobs.workload import Workload
from placewise.model.outcomes.evidence import RulesVerdict, RuleVerdict
from placewise.model.outcomes.outcome_records import ABSENT, COMPILER, DEPENDENCIES, PACKAGE_VERSION, OutcomeRecords
from placewise.model.requirements.requirement import Expression, Requirement
from placewise.study.evidence.summary import rate_of

LEAST_EACH = 10
_PACKAGE = "package"


@dataclass(frozen=True, slots=True, eq=False)
class Acceptance:
    """How far a study accepts records.

    rows : (judged,) positions of the records. share : (judged,) of their packages' jobs, those that accept them.
    packages, jobs : how many take part. held_out : whether jobs of the same fold were left out.
    """

    rows: NDArray[np.int64]
    share: NDArray[np.float64]
    packages: int
    jobs: int
    held_out: bool
    requirements: tuple[RuleVerdict, ...]


def accepted(records: OutcomeRecords, fold: NDArray[np.integer], jobs: Workload) -> Acceptance:
    """Ask the jobs of each package about the records of that package that are in another fold than the job.

    Packages with fewer than ten records of either outcome, or without jobs, are left out. Raises InputError for jobs
    that name no package, and if no package is left.
    """
    fold_of = dict(zip(records.names, fold.tolist(), strict=True))
    job_fold = np.array([fold_of.get(name, -1) for name in jobs.names], dtype=np.int64)
    package_of = {name: code for code, name in enumerate(records.packages)}
    named = jobs.columns.get(_PACKAGE)
    if named is None or not any(one is not None for one in named):
        raise InputError("the jobs do not say which package they build", expected="a package for each job")
    job_package = np.array([package_of.get(name, -1) if name is not None else -1 for name in named], dtype=np.int64)
    good = np.bincount(records.package[records.succeeded], minlength=len(records.packages))
    bad = np.bincount(records.package[~records.succeeded], minlength=len(records.packages))
    usable = np.flatnonzero((good >= LEAST_EACH) & (bad >= LEAST_EACH) & np.isin(np.arange(len(good)), job_package))
    if not len(usable):
        raise InputError(
            "no package has jobs, and records of both outcomes to try them on",
            expected=f"{LEAST_EACH} of each, under the packages' names",
        )
    rows = np.flatnonzero(np.isin(records.package, usable))
    holds = _holding(records, rows, jobs.requirements)
    of_row = np.full(len(records), -1, dtype=np.int64)
    of_row[rows] = np.arange(len(rows))
    share, tally = np.zeros(len(rows)), _Tally(len(jobs.requirements))
    used = 0
    for package in usable.tolist():
        mine, here = of_row[np.flatnonzero(records.package == package)], np.flatnonzero(job_package == package)
        used += len(here)
        profiles = jobs.select(here).profiles()
        asks = np.zeros((len(profiles.first), len(jobs.requirements)), dtype=np.bool_)
        for number, first in enumerate(profiles.first.tolist()):
            asks[number, jobs.row(int(here[first]))] = True
        # (profiles, records): all that a profile asks holds.
        matches = (asks.astype(np.float32) @ ~holds[:, mine]) == 0
        for one in np.unique(fold[rows[mine]]).tolist():
            judged = mine[fold[rows[mine]] == one]
            weights = np.bincount(profiles.of_job[job_fold[here] != one], minlength=len(profiles.first))
            total = int(weights.sum())
            if not total:
                continue
            share[judged] = weights @ matches[:, fold[rows[mine]] == one] / total
            tally.add(weights @ asks / total, holds[:, judged], records.succeeded[rows[judged]])
    verdicts = tuple(tally.verdicts(jobs.requirements))
    return Acceptance(rows, share, len(usable), used, bool((job_fold >= 0).any()), verdicts)


def verdict_of(records: OutcomeRecords, found: Acceptance, source: str, auc: float | None) -> RulesVerdict:
    """Return what the acceptance comes to. auc : of the share accepted, over the records judged."""
    succeeded, share = records.succeeded[found.rows], found.share
    return RulesVerdict(
        source=source,
        jobs=found.jobs,
        held_out=found.held_out,
        packages=found.packages,
        least_each=LEAST_EACH,
        judged=rate_of("judged", succeeded),
        accepted_of_succeeded=float(share[succeeded].mean()),
        accepted_of_failed=float(share[~succeeded].mean()),
        succeeded_of_accepted=_ratio(float(share[succeeded].sum()), float(share.sum())),
        succeeded_of_refused=_ratio(float((1 - share[succeeded]).sum()), float((1 - share).sum())),
        auc=auc,
        subsystems=_by_subsystem(found.requirements),
        requirements=found.requirements,
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _holding(
    records: OutcomeRecords, rows: NDArray[np.int64], requirements: tuple[Expression, ...]
) -> NDArray[np.bool_]:
    """Return (requirements, rows) whether each holds in the environment of each record."""
    described = [
        fact for fact in records.facts if fact.group in (PACKAGE_VERSION, DEPENDENCIES) and fact.kind == "version"
    ]
    compiler = [fact for fact in records.facts if fact.group == COMPILER]
    codes = np.stack([fact.codes[rows] for fact in (*described, *compiler)], axis=1)
    keys, of_row = np.unique(np.column_stack([records.package[rows], codes]), axis=0, return_inverse=True)
    known: dict[tuple[str, str], Subsystem] = {}
    clusters = []
    for number, (package, *values) in enumerate(keys.tolist()):
        offered: dict[str, Subsystem] = {}
        for fact, code in zip(described, values, strict=False):
            if code != ABSENT:
                name = records.packages[package] if fact.group == PACKAGE_VERSION else fact.name
                one = (name, fact.values[code])
                offered[name] = known.setdefault(one, package_subsystem(*one))
        parts = [
            (field, fact.values[code])
            for field, fact, code in zip(("name", "version"), compiler, values[len(described) :], strict=False)
            if code != ABSENT
        ]
        if parts and COMPILER not in offered:
            offered[COMPILER] = Subsystem(COMPILER, (SubsystemVertex(tuple(parts)),))
        clusters.append(Cluster(str(number), subsystems=tuple(offered.values())))
    index = FleetIndex(Fleet(tuple(clusters)))
    nothing = np.zeros(index.words, dtype=np.uint64)
    # A subsystem that no record describes meets nothing, rather than being one that is not understood.
    found = np.stack(
        [
            nothing
            if isinstance(one, Requirement) and not index.clusters_with(one.subsystem)
            else index.meeting(one).yes
            for one in requirements
        ]
    )
    holds: NDArray[np.bool_] = bitset.unpack(found, index.size)[:, index.firsts[:-1][of_row.reshape(-1)]]
    return holds


class _Tally:
    """What requirements judge and refuse, summed up."""

    def __init__(self, count: int) -> None:
        self.asked, self.refused = np.zeros((2, count)), np.zeros((2, count))

    def add(self, weight: NDArray[np.float64], holds: NDArray[np.bool_], succeeded: NDArray[np.bool_]) -> None:
        for place, some in enumerate((succeeded, ~succeeded)):
            self.asked[place] += weight * some.sum()
            self.refused[place] += weight * (~holds[:, some]).sum(axis=1)

    def verdicts(self, requirements: tuple[Expression, ...]) -> Iterator[RuleVerdict]:
        for number in np.flatnonzero(self.asked.sum(axis=0)).tolist():
            one = requirements[number]
            numbers = (self.asked[0], self.refused[0], self.asked[1], self.refused[1])
            yield RuleVerdict(str(one), one.subsystem, *(float(column[number]) for column in numbers))


def _by_subsystem(requirements: tuple[RuleVerdict, ...]) -> tuple[RuleVerdict, ...]:
    """Return the verdicts added up by subsystem, by the weight of records that succeeded and are refused."""
    sums: dict[str, list[float]] = {}
    for one in requirements:
        known = sums.setdefault(one.subsystem, [0.0] * 4)
        numbers = (one.asked_of_succeeded, one.refused_of_succeeded, one.asked_of_failed, one.refused_of_failed)
        sums[one.subsystem] = [before + more for before, more in zip(known, numbers, strict=True)]
    found = [RuleVerdict(name, name, *numbers) for name, numbers in sums.items()]
    return tuple(sorted(found, key=lambda one: (-one.refused_of_succeeded, one.name)))
