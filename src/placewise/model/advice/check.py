"""Expectations held against a fleet: what is true now, and what is not as expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from placewise.model.advice.expectations import Expectation, Key

Answer: TypeAlias = Literal["matches", "does not match", "unknown", "not in the fleet"]


@dataclass(frozen=True, slots=True)
class Start:
    """When a job would start earliest: after so many seconds, on which cluster."""

    cluster: str
    wait_s: int


@dataclass(frozen=True, slots=True)
class Now:
    """What is true of a job on a fleet.

    names : all clusters. matched : those that match. undecided : those of which it is not known.
    causes : by cluster that does not match for sure, what `because` may name; empty unless it was asked for.
    success : None unless it was asked for. start : None where it was not asked for, or the job would start nowhere.
    """

    names: tuple[str, ...]
    matched: tuple[str, ...]
    undecided: tuple[str, ...]
    causes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    success: float | None = None
    start: Start | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "causes", MappingProxyType(dict(self.causes)))

    def answer(self, cluster: str) -> Answer:
        """Return what is true of a cluster."""
        if cluster in self.matched:
            return "matches"
        if cluster in self.undecided:
            return "unknown"
        return "does not match" if cluster in self.names else "not in the fleet"


@dataclass(frozen=True, slots=True)
class Difference:
    """A cluster that does not answer as expected, and why, in lines; `near` is the nearest name of one there is."""

    cluster: str
    answer: Answer
    why: tuple[str, ...] = ()
    near: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing said of a job that does not hold.

    differences : the clusters that are not as expected. stale : names of `because` that are no cause any more.
    """

    key: Key
    differences: tuple[Difference, ...] = ()
    stale: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedJob:
    """One entry, what is true of its job now, and what of it does not hold.

    expected : the entry. now : what is true. broken : what of the entry does not hold; empty where all does.
    """

    expected: Expectation
    now: Now
    broken: tuple[Broken, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A file of expectations held against a fleet. file, fleet : where they were read. jobs : its entries."""

    file: str
    fleet: str
    jobs: tuple[CheckedJob, ...]

    @property
    def broken(self) -> tuple[CheckedJob, ...]:
        """The entries of which something does not hold."""
        return tuple(one for one in self.jobs if one.broken)

    @property
    def holds(self) -> bool:
        """Whether all is as expected."""
        return not self.broken
