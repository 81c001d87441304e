"""Jobs without times on a fleet: where they match, how likely they succeed there, and what they pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from placewise.advice.suggestions.case import Candidates, Choices, Costing
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match_rows
from placewise.model.advice.gains import Gains, Now, Saved
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload
from placewise.outcomes.judging import Judging
from placewise.outcomes.success import success_on
from placewise.selection.policies import NONE
from placewise.worth.near_misses.suggestions import Relaxation, relaxed_workload

_MOST_TRIED = 60


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Jobs of one shape, those that are alike in all respects once.

    asks : distinct sets of requirements. ask : (rows,) which each row has. kind : (rows,) by what its success is
    decided. judging : what decides. weights : (rows,) how many jobs each stands for. costing : what they pay, a row
    each, None where nobody knows.
    """

    asks: Workload
    ask: NDArray[np.int64]
    kind: NDArray[np.int64]
    judging: Judging
    weights: NDArray[np.int64]
    costing: Costing | None = None

    @classmethod
    def of(
        cls, workload: Workload, judging: Judging, paying: NDArray[np.int64] | None = None
    ) -> tuple[Self, NDArray[np.int64]]:
        """Put jobs that are alike together, and return a job of each row, too. paying : (jobs,) what decides costs."""
        profiles = workload.profiles()
        distinct = workload.select(profiles.first)
        asks = Workload(
            ("",) * len(distinct), distinct.requirements, distinct.offsets, distinct.ids, {}, distinct.shape
        )
        paid = np.zeros(len(workload), dtype=np.int64) if paying is None else paying
        table = np.stack([profiles.of_job, judging.kind, paid], axis=1)
        rows, first, weights = np.unique(table, axis=0, return_index=True, return_counts=True)
        return cls(asks, rows[:, 0], rows[:, 1], judging, weights.astype(np.int64)), first


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How jobs fare, every array (rows,): see `Alike`.

    success : expected. cost : on the cheapest cluster that matches, NaN where not known. cluster : which that is, NONE
    for none.
    """

    weights: NDArray[np.int64]
    matches: NDArray[np.bool_]
    success: NDArray[np.float64]
    cost: NDArray[np.float64]
    cluster: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A case without times: each job succeeds as likely as on one of its matches at random, and pays the cheapest."""

    fleet: Fleet
    candidates: tuple[Candidates, ...]
    alike: tuple[Alike, ...]
    notes: tuple[str, ...] = ()

    @property
    def most_tried(self) -> int:
        """See `Case`."""
        return _MOST_TRIED

    @property
    def spreads(self) -> bool:
        """See `Case`: no job waits for another."""
        return False

    def on(self, fleet: Fleet) -> Self:
        """See `Case`."""
        return replace(self, fleet=fleet)

    def relaxed(self, relaxation: Relaxation) -> Self:
        """See `Case`. Raises InputError where no job has the requirement."""
        having = [relaxation.requirement in one.asks.requirements for one in self.alike]
        if not any(having):
            relaxed_workload(self.alike[0].asks, relaxation)
        alike = tuple(
            replace(one, asks=relaxed_workload(one.asks, relaxation)) if has else one
            for one, has in zip(self.alike, having, strict=True)
        )
        return replace(self, alike=alike)

    def choices(self, index: FleetIndex) -> Choices | None:
        """See `Case`."""
        parts = [(one, one.costing(self.fleet)) for one in self.alike if one.costing is not None]
        if not parts:
            return None
        able = [bitset.unpack(match_rows(index, one.asks), len(index.names))[one.ask] for one, _ in parts]
        weights = np.concatenate([one.weights for one, _ in parts])
        return Choices(np.concatenate([costs for _, costs in parts]), np.concatenate(able), weights)

    def standing(self) -> Standing:
        """See `Case`."""
        index = FleetIndex(self.fleet)
        return _joined([_standing(index, self.fleet, one) for one in self.alike])

    def now(self, standing: Standing) -> Now:
        """See `Case`."""
        return Now(
            int(standing.weights.sum()),
            _sum(standing.success, standing.weights),
            int(standing.weights[standing.matches].sum()),
            cost=_known(standing.cost, standing.weights),
        )

    def gains(self, before: Standing, after: Standing) -> Gains:
        """See `Case`."""
        weights = before.weights
        more = int(weights @ after.matches) - int(weights @ before.matches)
        less = _known(before.cost - after.cost, weights)
        if less is None:
            return Gains(_sum(after.success - before.success, weights), more)
        both = (before.cluster != NONE) & (after.cluster != NONE)
        moved = int(weights[both & (before.cluster != after.cluster)].sum())
        return Gains(_sum(after.success - before.success, weights), more, moved, cost=Saved(less))


def _standing(index: FleetIndex, fleet: Fleet, jobs: Alike) -> Standing:
    matches = match_rows(index, jobs.asks)[jobs.ask]
    success = success_on(matches, jobs.judging.on(index), jobs.kind).share
    able: NDArray[np.bool_] = bitset.unpack(matches, len(index.names))
    cost, cluster = np.full(len(able), np.nan), np.full(len(able), NONE, dtype=np.int64)
    if jobs.costing is not None and len(index.names):
        costs = jobs.costing(fleet)
        paid = np.where(able & ~np.isnan(costs), costs, np.inf)
        # Of clusters that cost the same the first by name, in whichever order they are described.
        by_name = np.array(sorted(range(len(index.names)), key=index.names.__getitem__), dtype=np.int64)
        cheapest = by_name[paid[:, by_name].argmin(axis=1)]
        least = paid[np.arange(len(paid)), cheapest]
        known = np.isfinite(least)
        cost, cluster = np.where(known, least, np.nan), np.where(known, cheapest, NONE)
    return Standing(jobs.weights, bitset.size_of(matches) > 0, success, cost, cluster)


def _joined(parts: Sequence[Standing]) -> Standing:
    return Standing(*(np.concatenate([getattr(one, name) for one in parts]) for name in Standing.__slots__))


def _sum(values: NDArray[np.float64], weights: NDArray[np.int64]) -> float:
    return fsum((values * weights).tolist())


def _known(values: NDArray[np.float64], weights: NDArray[np.int64]) -> float | None:
    """Return the sum of what is known, None where nothing is."""
    known = np.isfinite(values)
    return _sum(values[known], weights[known]) if known.any() else None
