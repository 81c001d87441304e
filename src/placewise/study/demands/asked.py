"""What jobs ask of one fleet, and where they succeed: all that the experiments need to know of jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.matching.fleet.index import FleetIndex
from placewise.model.jobs.records import Records
from placewise.model.jobs.workload import Workload
from placewise.model.results.results import TruthNote
from placewise.outcomes.judging import Judging
from placewise.outcomes.questions import Places, Questions
from placewise.outcomes.truth import Truth

TableChange: TypeAlias = Callable[[NDArray[np.uint64], Sequence[str]], NDArray[np.uint64]]
"""From (rows, words) places and the subsystem that each row is about, to the places that a scheduler sees instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Distinct jobs on one fleet.

    weights : (distinct,) int64, how many jobs each stands for. first : (distinct,) a job that is like it.
    of_job : (jobs,) the distinct job that each job is like.
    root : (distinct,) int64, the root package of each, 0, 1, ...; None where jobs do not say theirs, or were not
        grouped by it.
    """

    places: Places
    questions: Questions
    truth: Truth
    weights: NDArray[np.int64]
    first: NDArray[np.int64]
    of_job: NDArray[np.int64]
    root: NDArray[np.int64] | None = None


class RedrawnFleets(Protocol):
    """Fleets drawn anew, each from its seed alone."""

    def asked(self, clusters: int, seed: int) -> Asked:
        """Draw a fleet of so many clusters, and return what the jobs ask of it."""
        ...


class Demands(Protocol):
    """The jobs of a study, of whichever kind, as questions and rules."""

    @property
    def jobs(self) -> Workload | Records:
        """The jobs that take part."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        ...

    @property
    def without(self) -> int:
        """How many take no part since they ask for nothing."""
        ...

    @property
    def repeats(self) -> int:
        """How many take no part since they repeat others."""
        ...

    def on(self, index: FleetIndex, *, grouped: bool = False, apart: bool = False) -> Asked:
        """Return what the jobs ask of a compiled fleet.

        grouped : equal jobs must be of one root package as well; of records, those of a package are neighbours.
        apart : every job is a distinct one.
        """
        ...

    def seen(self, index: FleetIndex, change: TableChange) -> Asked:
        """Return what `on` does, but that the scheduler sees other places than there are."""
        ...

    def widened(self, index: FleetIndex, steps: int) -> Asked:
        """Return what `on` does with version ranges so many offered versions wider. InputError where there are none."""
        ...

    def as_workloads(self, index: FleetIndex) -> tuple[Workload, Judging | None]:
        """Return what the jobs ask as requirements, and what decides success; None where requirements do."""
        ...

    def note(self, index: FleetIndex) -> TruthNote | None:
        """Return what decides in place of rules, and the shares of pairs that it does not know; None by rules."""
        ...

    def redrawn(self) -> RedrawnFleets:
        """Return fleets like that of the study. Raises InputError for a fleet that has no place in a profile."""
        ...
