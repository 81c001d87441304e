"""Fleets drawn from pools of versions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.fleet_model import INDEPENDENT, FleetModel
from placewise.model.fleets.resources import Subsystem, package_subsystem
from placewise.model.streams import Synthesis
from placewise.model.studies.version_profile import VersionFleet, VersionPool
from placewise.synthesis.drawing import refuse_size, stream


def draw_version_fleet(profile: VersionFleet, clusters: int, seed: int, model: FleetModel = INDEPENDENT) -> Fleet:
    """Return a fleet in the prior work's layout: each cluster has one version of each package of the profile.

    ``independent``: every cluster draws a version of every package from its pool, apart from all others; a version that
    is in the pool twice is twice as likely. ``periodic``: as the prior work's generator takes them (see `rounds`): the
    picks of each pool in one random order, which repeats along the fleet, and packages that share a pool keep the
    versions that were seen together. Equal subsystems are one shared value.

    The same profile, number, seed and model give the same fleet. Raises InputError for fewer than one cluster
    or a negative seed.
    """
    drawn = draw_picks(profile.pools, clusters, seed, model)
    offered: list[list[Subsystem]] = [[] for _ in range(clusters)]
    for pool, taken in zip(profile.pools, drawn, strict=True):
        for at, package in enumerate(pool.dependencies):
            picks = [_subsystem(package, pick[at]) for pick in pool.picks]
            for subsystems, pick in zip(offered, taken[at].tolist(), strict=True):
                subsystems.extend(picks[pick])
    width = max(3, len(str(clusters - 1)))
    return Fleet(
        tuple(
            Cluster(f"cluster-{number:0{width}d}", subsystems=tuple(subsystems))
            for number, subsystems in enumerate(offered)
        )
    )


def draw_picks(
    pools: Sequence[VersionPool], clusters: int, seed: int, model: FleetModel = INDEPENDENT
) -> list[NDArray[np.int64]]:
    """Return, for each pool, (packages, clusters) which of its picks each cluster of such a fleet takes."""
    refuse_size(clusters, "clusters")
    generator = stream(seed, Synthesis.FLEET)
    if model == INDEPENDENT:
        return [
            (generator.random((len(pool.dependencies), clusters)) * len(pool.picks)).astype(np.int64) for pool in pools
        ]
    orders = [np.argsort(generator.random(len(pool.picks)), kind="stable") for pool in pools]
    return [
        np.broadcast_to(np.resize(order, clusters), (len(pool.dependencies), clusters))
        for order, pool in zip(orders, pools, strict=True)
    ]


def _subsystem(package: str, version: str | None) -> list[Subsystem]:
    return [] if version is None else [package_subsystem(package, version)]
