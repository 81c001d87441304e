"""Which cluster a job goes to: one of those that match it, chosen by any selection policy, and the order of them all.

The scheduler chooses, the very one that is simulated and served.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.matching.causes.reasons import reason
from placewise.matching.limits.site_limits import with_limits
from placewise.matching.match import Match
from placewise.model.jobs.job import Job
from placewise.model.streams import CHOICES
from placewise.scheduler import Scheduler
from placewise.selection.composing import policy_named
from placewise.selection.policies import Policy, draw_numbers
from placewise.selection.situation import Numbers
from placewise.selection.stated_numbers import numbers_of_job, numbers_of_states

UNKNOWN = ("no", "yes")
"""Whether a cluster may be chosen of which it is not known whether it matches."""

DEFAULT_POLICY = "preferred,first"

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """The cluster that a job goes to, or none, which is a value too and says why.

    cluster : its name; None where the job fits nowhere for certain, and where the policy refuses all that match.
    match : all clusters that match. reason : why none is chosen, in one line; empty where one is.
    """

    cluster: str | None
    match: Match
    reason: str = ""

    def __bool__(self) -> bool:
        return self.cluster is not None


def choose(
    scheduler: Scheduler,
    job: Job,
    policy: str | Policy = DEFAULT_POLICY,
    *,
    unknown: str = "no",
    numbers: Mapping[str, Mapping[str, float]] | None = None,
    seed: int = 0,
) -> Choice:
    """Choose one cluster of those that match a job, and count the job there.

    policy : a policy, or the name of one. unknown : ``yes`` lets clusters be chosen that may match. numbers : what
    policies read of clusters, by its name and then by cluster, beside what the clusters' states and the job's
    attributes say. seed : of chance; each job that the scheduler has counted has a draw of its own.
    Raises InputError for another policy or word, for numbers of a cluster that the fleet does not have, and as the
    policy and `match` do.
    """
    asked = _Asked.of(scheduler, job, policy, unknown, numbers, seed)
    chosen = asked.next(())
    if chosen is not None:
        return Choice(chosen, asked.match)
    return Choice(None, asked.match, _reason(scheduler, job, asked))


def in_order(
    scheduler: Scheduler,
    job: Job,
    policy: str | Policy = DEFAULT_POLICY,
    *,
    unknown: str = "no",
    numbers: Mapping[str, Mapping[str, float]] | None = None,
    seed: int = 0,
) -> tuple[str, ...]:
    """Return the clusters that match a job in the order in which a policy chooses: its choice, that of the rest, ...

    The job is counted nowhere. Arguments and errors are those of `choose`; clusters that the policy refuses are not
    among them.
    """
    asked = _Asked.of(scheduler, job, policy, unknown, numbers, seed)
    return tuple(asked.all())


def refuse_other_words(unknown: str, place: str | None = None) -> None:
    """Raise InputError for what is not one of UNKNOWN."""
    if unknown not in UNKNOWN:
        expected = " or ".join(UNKNOWN)
        raise InputError(
            "does not say whether the unknown may be chosen", place=place, found=unknown, expected=expected
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A job as it is put to the scheduler."""

    scheduler: Scheduler
    job: Job
    policy: Policy
    match: Match
    also: tuple[str, ...]
    values: dict[str, Numbers]
    draw: float

    @classmethod
    def of(
        cls,
        scheduler: Scheduler,
        job: Job,
        policy: str | Policy,
        unknown: str,
        numbers: Mapping[str, Mapping[str, float]] | None,
        seed: int,
    ) -> _Asked:
        """Return the question. Raises InputError as `choose` does."""
        refuse_other_words(unknown)
        named: Policy = policy_named(policy) if isinstance(policy, str) else policy
        match = scheduler.match(job)
        index = scheduler.index
        values: dict[str, Numbers] = {
            **numbers_of_job(job),
            **numbers_of_states(dict(cluster.state) for cluster in index.fleet.clusters),
            **{name: _column(name, given, index.positions) for name, given in (numbers or {}).items()},
        }
        draw = draw_numbers(seed, CHOICES, 1, first=int(scheduler.load.sum()))
        also = match.unknown if unknown == "yes" else ()
        return cls(scheduler, job, named, match, also, values, float(draw[0]))

    def next(self, but: tuple[str, ...]) -> str | None:
        """Return what the scheduler chooses of all but some clusters, and count the job there; None for none."""
        return self.scheduler.place(
            self.job, draw=self.draw, policy=self.policy, values=self.values, full=but, also=self.also
        ).chosen

    def all(self) -> Iterator[str]:
        """Yield what the scheduler chooses one after the other; the job is counted nowhere."""
        found: tuple[str, ...] = ()
        while (chosen := self.next(found)) is not None:
            self.scheduler.ended(chosen)
            yield chosen
            found = (*found, chosen)


def _column(name: str, given: Mapping[str, float], positions: Mapping[str, int]) -> NDArray[np.float64]:
    column = np.full(len(positions), np.nan)
    for cluster, number in given.items():
        if cluster not in positions:
            raise InputError(
                "no such cluster in the fleet",
                place=f"numbers, {name}",
                found=cluster,
                expected=one_of(cluster, positions),
            )
        try:
            column[positions[cluster]] = number
        except (TypeError, ValueError):
            raise InputError("is not a number", place=f"numbers, {name}, {cluster}", found=number) from None
    return column


def _reason(scheduler: Scheduler, job: Job, asked: _Asked) -> str:
    """Return why nothing was chosen, in one line."""
    match = asked.match
    if match or asked.also:
        return f"{_clusters(len(match.names) + len(asked.also))}, but the policy chooses none of them"
    said = []
    if match.unknown:
        names = ", ".join(match.unknown[:_SHOWN]) + ", ..." * (len(match.unknown) > _SHOWN)
        said.append(f"not enough is described of {len(match.unknown)} that may match: {names}")
    if match.incomparable:
        first = match.incomparable[0]
        said.append(f"cannot be compared on {first.cluster}: {first.requirement}: {first.problem}")
    index = scheduler.index
    if len(match.unknown) + len(match.incomparable) < len(index.names) or not index.names:
        said.insert(0, reason(index, with_limits(job, index.vocabulary)))
    certain = " for certain" * bool(match.unknown)
    return f"fits on no cluster{certain}: {'; '.join(said)}"


def _clusters(count: int) -> str:
    return "1 cluster matches" if count == 1 else f"{count} clusters match"
