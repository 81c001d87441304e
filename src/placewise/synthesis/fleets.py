"""Fleets drawn from pools of versions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placewise.model.cluster import Cluster, Fleet
from placewise.model.resources import Subsystem, package_subsystem
from placewise.model.streams import Synthesis
from placewise.model.version_profile import VersionFleet, VersionPool
from placewise.synthesis.drawing import refuse_size, stream


def draw_version_fleet(profile: VersionFleet, clusters: int, seed: int) -> Fleet:
    """Return a fleet in the prior work's layout: each cluster has one version of each package of the profile.

    From each pool the clusters, in order, take picks at random without replacement; a pool that is used
    up is filled again. So how often two picks are taken differs by one at most, and packages that share
    a pool keep the versions that were seen together. Equal subsystems are one shared value.

    The same profile, number and seed give the same fleet. Raises InputError for fewer than one cluster
    or a negative seed.
    """
    turns = draw_picks(profile.pools, clusters, seed)
    offered: list[list[Subsystem]] = [[] for _ in range(clusters)]
    for pool, taken_in_turn in zip(profile.pools, turns, strict=True):
        picks = [_subsystems(pool, pick) for pick in pool.picks]
        for subsystems, taken in zip(offered, taken_in_turn.tolist(), strict=True):
            subsystems.extend(picks[taken])
    width = max(3, len(str(clusters - 1)))
    return Fleet(
        tuple(
            Cluster(f"cluster-{number:0{width}d}", subsystems=tuple(subsystems))
            for number, subsystems in enumerate(offered)
        )
    )


def draw_picks(pools: Sequence[VersionPool], clusters: int, seed: int) -> list[NDArray[np.int64]]:
    """Return, for each pool, (clusters,) which of its picks each cluster of such a fleet takes."""
    refuse_size(clusters, "clusters")
    generator = stream(seed, Synthesis.FLEET)
    return [_turns(len(pool.picks), clusters, generator) for pool in pools]


def _turns(picks: int, clusters: int, generator: np.random.Generator) -> NDArray[np.int64]:
    rounds = -(-clusters // picks)
    order = np.argsort(generator.random((rounds, picks)), axis=1, kind="stable")
    return order.ravel()[:clusters]


def _subsystems(pool: VersionPool, pick: tuple[str | None, ...]) -> list[Subsystem]:
    return [
        package_subsystem(package, version)
        for package, version in zip(pool.dependencies, pick, strict=True)
        if version is not None
    ]
