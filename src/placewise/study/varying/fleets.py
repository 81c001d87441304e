"""Fleets drawn anew from the profile of a fleet, as many clusters as wanted, and what the same jobs find on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching import bitset
from placewise.model.cluster import Fleet
from placewise.model.requirement import Requirement
from placewise.model.resources import package_subsystem
from placewise.model.version_profile import VersionPool
from placewise.study.figures import Figure, Observed
from placewise.study.varying.observing import OnePlaceEach, Requested
from placewise.synthesis.fit_versions import fit_pools
from placewise.synthesis.fleets import draw_picks

_STREAM = 21


class FleetSource(Protocol):
    """Fleets to draw, with the jobs that are then tried on them."""

    def observed(self, clusters: int, seed: int) -> Observed:
        """Draw a fleet of so many clusters, and return what the jobs find there; the same for the same seed.

        The figures of all that it returns are the same.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class VersionFleets:
    """Fleets drawn from pools of versions, as `draw_fleet` draws them, reduced to which requirements clusters meet.

    pool : (requirements,) the position of the pool of each requirement's package. passes : for each requirement,
    (picks,) whether that pick of the pool meets it. Requirements are those of `requested.both`.
    """

    requested: Requested
    experiments: tuple[str, ...]
    pools: tuple[VersionPool, ...]
    pool: tuple[int, ...]
    passes: tuple[NDArray[np.bool_], ...]

    @classmethod
    def of(cls, requested: Requested, pools: tuple[VersionPool, ...], experiments: tuple[str, ...]) -> VersionFleets:
        """Work out which picks meet which requirements.

        Raises InputError for a package in none of the pools, and for jobs of a shape, of which drawn clusters say
        nothing.
        """
        if requested.jobs.shape:
            raise InputError("the jobs ask for nodes, and a profile of a fleet says nothing of those")
        where = {name: (number, at) for number, pool in enumerate(pools) for at, name in enumerate(pool.dependencies)}
        for requirement in requested.both:
            if requirement.subsystem not in where:
                raise InputError("the profile of the fleet lacks a package", found=requirement.subsystem)
        pool = tuple(where[requirement.subsystem][0] for requirement in requested.both)
        passes = tuple(
            _passes(requirement, pools[where[requirement.subsystem][0]], where[requirement.subsystem][1])
            for requirement in requested.both
        )
        return cls(requested, experiments, pools, pool, passes)

    def observed(self, clusters: int, seed: int) -> Observed:
        """See `FleetSource`. A package that no cluster drew is one that no cluster has: what asks for it is unmet."""
        turns = draw_picks(self.pools, clusters, seed)
        flags = np.stack([passes[turns[pool]] for pool, passes in zip(self.pool, self.passes, strict=True)])
        table = bitset.pack(flags)
        told, holds = table[: len(self.requested.rules)], table[-len(self.requested.rules) :]
        return self.requested.observed(OnePlaceEach.of(clusters), told, holds, self.experiments)


@dataclass(frozen=True, slots=True, eq=False)
class FleetTask:
    """The figures of one fleet after another, each a row; a sweep's task. Fleet n is drawn with (seed, 21, n) alone."""

    source: FleetSource
    clusters: int
    seed: int
    figures: tuple[Figure, ...]

    @classmethod
    def of(cls, source: FleetSource, clusters: int, seed: int) -> FleetTask:
        """Find out which figures the fleets have, from the smallest there is."""
        return cls(source, clusters, seed, source.observed(1, 0).ratios()[0])

    @property
    def width(self) -> int:
        """How many figures there are."""
        return len(self.figures)

    def __call__(self, number: int) -> Sequence[float]:
        """Return the figures on fleet `number`, in the order of `Observed.ratios`."""
        _, ratios = self.source.observed(self.clusters, seed_of(self.seed, _STREAM, number)).ratios()
        found: list[float] = ratios.values().tolist()
        return found


def pools_of(fleet: Fleet, requested: Requested) -> tuple[VersionPool, ...]:
    """Fit the pools of a fleet. Raises InputError for clusters that have no place in a profile."""
    for cluster in fleet.clusters:
        if len(cluster.graph.vertices) > 1:
            raise InputError("a cluster says what nodes it has, and a profile of a fleet does not", found=cluster.name)
    return fit_pools(fleet, {requirement.subsystem for requirement in requested.jobs.requirements})


def seed_of(*numbers: int) -> int:
    """Return a seed of 64 bits that depends on all of these numbers."""
    low, high = np.random.SeedSequence(numbers).generate_state(2).tolist()
    return int(low) | int(high) << 32


def _passes(requirement: Requirement, pool: VersionPool, at: int) -> NDArray[np.bool_]:
    versions = [pick[at] for pick in pool.picks]
    offered = [() if text is None else package_subsystem(requirement.subsystem, text).vertices for text in versions]
    return np.array([any(requirement.is_met_by(vertex.properties) for vertex in vertices) for vertices in offered])
