"""Expectations held against a fleet, each by the function that answers the same question elsewhere."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from placewise.advice.job_success import success_of
from placewise.errors import InputError, locating
from placewise.formats.jobs.jobspec import read_jobspec
from placewise.formats.reading import found_at
from placewise.matching.causes.by_cluster import lines_by_cluster, subsystems_by_cluster
from placewise.matching.causes.why_not import WhyNot, why_not
from placewise.matching.deciding import required_job, with_requirements
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import with_limits
from placewise.matching.match import Match, match
from placewise.model.advice.check import Broken, Check, CheckedJob, Difference, Now, Start
from placewise.model.advice.expectations import (
    RESOURCES,
    TOGETHER,
    Among,
    Expectation,
    Expectations,
    Key,
    Some,
    These,
)
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.job import Job
from placewise.model.outcomes.outcome_model import OutcomeModel
from placewise.model.requirements.requirement import Requirement
from placewise.model.traces.start_estimate import StartEstimate

Starts: TypeAlias = Callable[[Job, Match], StartEstimate]
"""When a job would start on the clusters that it matches."""

_FEW = 1_000


@dataclass(frozen=True, slots=True)
class Asking:
    """What expectations are held against. name : of the fleet, in words. model, starts : None where there is none."""

    fleet: Fleet
    name: str
    model: OutcomeModel | None = None
    starts: Starts | None = None


def check(expectations: Expectations, asking: Asking) -> Check:
    """Hold every expectation against a fleet.

    What cannot be known counts as not known, and never as expected: see `model.advice.expectations`. Raises InputError
    for a job that cannot be read, or cannot be asked of the fleet (as `match` does), and for a success or start where
    nothing says it.
    """
    index = FleetIndex(asking.fleet, names_apart=True)
    found = []
    for expected in expectations.jobs:
        job = _job(expected, expectations.path)
        with locating(file=expectations.path, place=f"line {expected.line()}, {expected.name}"):
            found.append(_checked(expected, _Asked(index, with_limits(job, index.vocabulary), asking)))
    return Check(str(expectations.path), asking.name, tuple(found))


def _job(expected: Expectation, path: Path) -> Job:
    """Return the job of an entry, as `match` reads it."""
    requirements, job = [], None
    if expected.require:
        with locating(file=path, place=f"line {expected.line('require')}, require"):
            requirements.append(Requirement.parse(expected.require))
    if expected.job:
        with locating(file=path, place=f"line {expected.line('job')}, job"):
            if found_at(path.parent / expected.job) != "file":
                raise InputError("is not a jobspec", found=expected.job, expected="a path, relative to this file")
        job = read_jobspec(path.parent / expected.job)
    return required_job(requirements) if job is None else with_requirements(job, requirements)


@dataclass(frozen=True)
class _Asked:
    """A job and a fleet, with answers that are worked out when they are first asked for."""

    index: FleetIndex
    job: Job
    asking: Asking

    @cached_property
    def match(self) -> Match:
        return match(self.index, self.job)

    @cached_property
    def explanation(self) -> WhyNot:
        return why_not(self.index, self.job)

    @cached_property
    def lines(self) -> dict[str, tuple[str, ...]]:
        return lines_by_cluster(self.explanation)

    def causes(self, undecided: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return what keeps each cluster from matching that does not match for sure."""
        answer = self.explanation
        found = {name: dict.fromkeys(causes) for name, causes in subsystems_by_cluster(answer).items()}
        for clusters, cause in ((answer.scattered, TOGETHER), (answer.too_small, RESOURCES)):
            for name in clusters:
                found.setdefault(name, {}).setdefault(cause)
        sure = set(self.index.names) - set(self.match.names) - set(undecided)
        return {name: tuple(found.get(name, ())) for name in self.index.names if name in sure}


def _checked(expected: Expectation, asked: _Asked) -> CheckedJob:
    now = _now(expected, asked)
    broken = []
    clusters: dict[Key, list[str] | None] = {
        "matches": _not_as_matched(expected, now),
        "unknown": _not_as_unknown(expected, now),
    }
    for key, wrong in clusters.items():
        if wrong is not None:
            broken.append(Broken(key, _differences(wrong, now, asked)))
    if expected.because:
        named = set(expected.because)
        uncovered = [name for name, causes in now.causes.items() if named.isdisjoint(causes)]
        known = {cause for causes in now.causes.values() for cause in causes}
        stale = tuple(name for name in expected.because if name not in known)
        if uncovered or stale:
            broken.append(Broken("because", _differences(uncovered, now, asked), stale))
    if expected.success_at_least is not None and not (now.success or 0.0) >= expected.success_at_least:
        broken.append(Broken("success_at_least"))
    if expected.starts_within_s is not None and (now.start is None or now.start.wait_s > expected.starts_within_s):
        broken.append(Broken("starts_within"))
    return CheckedJob(expected, now, tuple(broken))


def _now(expected: Expectation, asked: _Asked) -> Now:
    found = asked.match
    undecided = {*found.unknown, *(one.cluster for one in found.incomparable)}
    success, start = None, None
    if expected.success_at_least is not None:
        if asked.asking.model is None:
            raise InputError("nothing says how likely jobs succeed", expected="model: in the file, or --model")
        success = success_of(asked.index.fleet, asked.asking.model, asked.job, found)
    if expected.starts_within_s is not None:
        if asked.asking.starts is None:
            raise InputError("nothing says what runs and what waits", expected="queue: in the file, or --queue")
        planned = asked.asking.starts(asked.job, found) if found else None
        waits = [(one.wait_s, one.cluster) for one in (planned.clusters if planned else ()) if one.wait_s is not None]
        if waits:
            wait, cluster = min(waits, key=lambda one: one[0])
            start = Start(cluster, wait)
    return Now(
        asked.index.names,
        found.names,
        tuple(name for name in asked.index.names if name in undecided),
        asked.causes(undecided) if expected.because else {},
        success,
        start,
    )


def _not_as_matched(expected: Expectation, now: Now) -> list[str] | None:
    """Return the clusters that do not answer as `matches` says, in the order of the file and then of the fleet.

    None where it holds.
    """
    wrong: list[str] = []
    matched, undecided = set(now.matched), set(now.undecided)
    match expected.matches:
        case These(clusters):
            # What is not listed must not match for sure, but for what may be unknown.
            open_ = undecided if expected.any_unknown else set(expected.unknown or ())
            wrong = [name for name in clusters if name not in matched]
            others = set(clusters) | open_
            wrong += [name for name in now.names if name in matched | undecided and name not in others]
        case Some():
            return None if matched else list(now.names)
        case Among(least, never):
            sure = set(now.names) - matched - undecided
            wrong = [name for name in least if name not in matched] + [name for name in never if name not in sure]
    return wrong or None


def _not_as_unknown(expected: Expectation, now: Now) -> list[str] | None:
    """Return the clusters that are not as `unknown` says, None where it holds."""
    if expected.unknown is None:
        return None
    wrong = [name for name in expected.unknown if name not in now.undecided]
    if not isinstance(expected.matches, These):  # which says it of others itself
        wrong += [name for name in now.undecided if name not in expected.unknown]
    return wrong or None


def _differences(clusters: Iterable[str], now: Now, asked: _Asked) -> tuple[Difference, ...]:
    found = []
    for name in clusters:
        answer = now.answer(name)
        near = ""
        if answer == "not in the fleet" and len(now.names) <= _FEW:
            near = next(iter(difflib.get_close_matches(name[:100], now.names, n=1)), "")
        why = () if answer in ("matches", "not in the fleet") else asked.lines.get(name, ())
        found.append(Difference(name, answer, why, near))
    return tuple(found)
