"""Fleets drawn anew from the profile of a fleet, and what the same jobs find on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from placewise.errors import InputError
from placewise.matching.bits.kernels import Kernels
from placewise.model import streams
from placewise.model.quantities import Quantity
from placewise.model.studies.study import Study
from placewise.study.demands.asked import Demands, RedrawnFleets
from placewise.study.levels.observed import Observed, observe


@dataclass(frozen=True, slots=True, eq=False)
class FleetTask:
    """The quantities on one fleet after another, each a row; a sweep's task. Fleet n is drawn from its number alone."""

    study: Study
    fleets: RedrawnFleets
    kernels: Kernels
    quantities: tuple[Quantity, ...] = ()

    @property
    def width(self) -> int:
        """How many quantities there are."""
        return len(self.quantities)

    def observed(self, clusters: int, seed: int) -> Observed:
        """Draw a fleet of so many clusters, and return what the jobs find there; the same for the same seed."""
        return observe(self.study, self.fleets.asked(clusters, seed), self.kernels)

    def __call__(self, number: int) -> Sequence[float]:
        """Return the quantities on fleet `number`, in the order of `Observed.ratios`."""
        seed = streams.derived_seed(self.study.settings.seed, streams.FLEETS, number)
        _, ratios = self.observed(len(self.study.fleet), seed).ratios()
        found: list[float] = ratios.values().tolist()
        return found


def fleets_like(study: Study, demands: Demands, kernels: Kernels) -> FleetTask:
    """Return fleets drawn from the profile of the study's fleet: the one it was drawn from, or one fitted to it.

    Raises InputError for a fleet that has no place in a profile, jobs that ask for what a profile does not hold, or a
    run that is not of expectations.
    """
    if not study.settings.exact:
        raise InputError("what they give is an expectation of a random choice, and this run draws or chooses otherwise")
    task = FleetTask(study, demands.redrawn(), kernels)
    # The quantities are found on the smallest fleet that there is.
    return FleetTask(study, task.fleets, kernels, task.observed(1, 0).ratios()[0])
