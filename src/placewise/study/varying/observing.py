"""What becomes of jobs on any fleet, in the few numbers that figures are made of: no rows, no reasons, no costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.matching import bitset
from placewise.matching.index import FleetIndex
from placewise.matching.kernels import Kernels
from placewise.matching.rows import Rows
from placewise.model.job import Shape
from placewise.model.requirement import Requirement
from placewise.model.workload import Workload
from placewise.outcomes.telling import Needs, Places
from placewise.outcomes.truth import rules_of
from placewise.study.design import Design, folder_name
from placewise.study.figures import Observed, Submitted, expected
from placewise.study.stage import tell


@dataclass(frozen=True, slots=True, eq=False)
class OnePlaceEach:
    """The places of a fleet whose every cluster is one place, such as clusters that say nothing of their nodes."""

    everything: NDArray[np.uint64]

    @classmethod
    def of(cls, clusters: int) -> OnePlaceEach:
        """Return the places of so many clusters."""
        return cls(bitset.full(clusters))

    def clusters_of(self, places: NDArray[np.uint64], shape: Shape = ()) -> NDArray[np.uint64]:
        """Return the places, which are the clusters; see `Places`."""
        assert not shape
        return places


@dataclass(frozen=True, slots=True, eq=False)
class Requested:
    """Jobs that ask for versions, distinct ones with their weights, and what decides their success.

    jobs : one of each kind. weights : (kinds,) how many there are of each. rules : one for each requirement of `jobs`.
    """

    jobs: Workload
    weights: NDArray[np.int64]
    rules: tuple[Requirement, ...]
    design: Design
    kernels: Kernels

    @classmethod
    def of(cls, workload: Workload, design: Design, kernels: Kernels) -> Requested:
        """Reduce a workload, all of whose jobs take part, to what an observation needs."""
        profiles = workload.profiles()
        kinds = workload.select(profiles.first)
        # Neither names nor columns matter, and every worker is sent its own copy.
        kinds = Workload(("",) * len(kinds), kinds.requirements, kinds.offsets, kinds.ids, shape=kinds.shape)
        return cls(kinds, profiles.counts, rules_of(kinds, design.scoring), design, kernels)

    @property
    def both(self) -> tuple[Requirement, ...]:
        """What is told, and then what decides success: (told + rules,) requirements, the latter only if they differ."""
        return self.jobs.requirements if self.rules == self.jobs.requirements else self.jobs.requirements + self.rules

    def observed(
        self, places: Places, told: NDArray[np.uint64], holds: NDArray[np.uint64], experiments: tuple[str, ...]
    ) -> Observed:
        """Return what is expected on a fleet.

        told, holds : (requirements, words) the places at which the scheduler sees each met, and where it is met.
        """
        rows = Rows.of(self.jobs.offsets, self.jobs.ids)
        succeeds = places.clusters_of(self.kernels.intersect(holds, rows, places.everything), self.jobs.shape)
        needs = Needs.of_table(self.jobs, told)
        submitted = tuple(
            expected(folder_name(name), tell(name, places, needs, self.kernels, self.design), succeeds, self.weights)
            for name in experiments
        )
        return observed_of(submitted, places, succeeds, self.weights, self.jobs.shape)

    def on(self, index: FleetIndex, experiments: tuple[str, ...]) -> Observed:
        """Return what is expected on a compiled fleet."""
        return self.observed(index, index.table(self.jobs.requirements), index.table(self.rules), experiments)


def observed_of(
    submitted: tuple[Submitted, ...],
    places: Places,
    succeeds: NDArray[np.uint64],
    weights: NDArray[np.int64],
    shape: Shape = (),
) -> Observed:
    """Put observations together; each job counts as a requirement profile of its own."""
    everywhere = places.clusters_of(places.everything, shape)
    good = bitset.size_of(succeeds & everywhere)
    return Observed(
        submitted,
        weights,
        good / max(1, int(bitset.size_of(everywhere))),
        np.asarray(succeeds.any(axis=-1)),
        np.arange(len(weights)),
    )
