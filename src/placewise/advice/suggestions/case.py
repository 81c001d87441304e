"""What advice is asked about: a fleet, and jobs of which one can say how they fare on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.matching.fleet.index import FleetIndex
from placewise.model.advice.gains import Gains, Now
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload
from placewise.outcomes.judging import Judging
from placewise.worth.near_misses.suggestions import Relaxation

Costing: TypeAlias = Callable[[Fleet], NDArray[np.float64]]
"""From a fleet to (rows, clusters), what each job costs on each cluster; NaN where that is not known."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Where candidates of changes come from.

    workload : jobs of one shape. judging : what decides success, where it is not what they ask for. numbers : whether
    bounds that jobs set on numbers are values to change to (see `best_changes`).
    """

    workload: Workload
    judging: Judging | None = None
    numbers: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Where jobs go that choose by the price.

    costs : (rows, clusters), NaN where not known. able : (rows, clusters), whether each matches. weights : (rows,).
    """

    costs: NDArray[np.float64]
    able: NDArray[np.bool_]
    weights: NDArray[np.int64]


class Case(Protocol):
    """A fleet and jobs."""

    @property
    def fleet(self) -> Fleet:
        """The clusters, with what is said of them."""
        ...

    @property
    def candidates(self) -> Sequence[Candidates]:
        """The jobs, as near misses and unknown facts look at them."""
        ...

    @property
    def most_tried(self) -> int:
        """How many changes of each kind are applied, at most."""
        ...

    @property
    def spreads(self) -> bool:
        """Whether jobs that match some cluster may gain by matching further ones."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What takes no part, one sentence each."""
        ...

    def on(self, fleet: Fleet) -> Self:
        """Return the same jobs on a fleet of the same clusters."""
        ...

    def relaxed(self, relaxation: Relaxation) -> Self:
        """Return the case in which jobs ask for less; what decides their success stays."""
        ...

    def choices(self, index: FleetIndex) -> Choices | None:
        """Return what the choice by price is among; None where jobs do not choose so, or pay nothing."""
        ...

    def standing(self) -> Any:
        """Return how the jobs fare. Raises InputError for jobs that cannot be asked of the fleet."""
        ...

    def now(self, standing: Any) -> Now:
        """Sum up how the jobs fare."""
        ...

    def gains(self, before: Any, after: Any) -> Gains:
        """Return what is different between two standings of these jobs."""
        ...
