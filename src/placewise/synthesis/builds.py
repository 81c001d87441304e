"""Fleets and build records drawn from a profile of builds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.fleets.build_cluster import build_cluster
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.jobs.records import Records
from placewise.model.streams import Synthesis
from placewise.model.studies.build_profile import MEASURES, PRICES, BuildFleet, BuildJobs, price_quarter, scatter
from placewise.synthesis.drawing import Urns, refuse_size, stream

# The normal distribution between its 1e-15 quantiles, close enough to be read off by lines.
_SCORES = np.linspace(-8.0, 8.0, 4097)
_BELOW = np.array([0.5 * math.erfc(-score / math.sqrt(2)) for score in _SCORES.tolist()])


def draw_build_fleet(offered: BuildFleet, clusters: int, seed: int) -> Fleet:
    """Return clusters with an arch, a toolchain and memory of their own, drawn apart, and the price of that memory.

    Arch and toolchain are drawn by weight, memory in whole bytes evenly over the profile's range, and
    the price follows from it by `price_quarter`. Nothing in the public fleet (spack-build) contradicts
    this: its memory is even (Kolmogorov and Smirnov's D 0.073, 0.136 at 5 %), its archs go with its
    toolchains as by chance (permuted chi-square, p 0.43). But 100 clusters say little of 64
    combinations: over 300 fleets, the success of the public builds with metadata on arch and compiler is
    0.43 +- 0.07 (the public fleet: 0.364), and 9,600 +- 5,100 of them match nothing with all of it (9,903).

    The same profile, number and seed give the same fleet. Raises InputError for fewer than one cluster,
    more than the memory holds, or a negative seed.
    """
    refuse_size(clusters, "clusters")
    generator = stream(seed, Synthesis.FLEET)
    try:
        archs = _drawn([weight for _, weight in offered.archs], clusters, generator)
        toolchains = _drawn([weight for _, weight in offered.toolchains], clusters, generator)
        levels = generator.random(clusters)
    except (MemoryError, ValueError) as error:
        raise InputError("the clusters do not fit into memory", found=clusters, expected="fewer clusters") from error
    width = max(3, len(str(clusters - 1)))
    least, most = offered.memory_bytes

    def cluster(number: int, arch: int, toolchain: int, level: float) -> Cluster:
        memory = least + min(int(level * (most - least + 1)), most - least)
        chosen = offered.toolchains[toolchain][0]
        return build_cluster(
            f"cluster-{number:0{width}d}",
            arch=offered.archs[arch][0],
            compiler=chosen.compiler,
            compiler_version=chosen.version,
            memory_bytes=memory,
            cost_per_node_hour=offered.prices[price_quarter(memory, least, most)],
        )

    return Fleet(tuple(map(cluster, range(clusters), archs.tolist(), toolchains.tolist(), levels.tolist())))


def draw_prices(clusters: int, seed: int, prices: Sequence[float] = PRICES) -> NDArray[np.float64]:
    """Return (clusters,) cost_per_node_hour for clusters of another kind: one of these prices each, as likely.

    That is how they are spread over the clusters of `draw_build_fleet`, whose memory is even over four quarters.
    The same prices, number and seed give the same prices, the first of a larger draw too. Raises InputError for
    fewer than one cluster or a negative seed.
    """
    refuse_size(clusters, "clusters")
    drawn = stream(seed, Synthesis.PRICES).random(clusters)
    return np.array(prices)[(drawn * len(prices)).astype(np.int64)]


def draw_builds(profile: BuildJobs, builds: int, seed: int, most_bytes: int) -> Records:
    """Return builds named build-0000001 and so on, each with a package, a platform and what it took.

    Package and platform are drawn together, then memory and duration as the package's copula has them
    (see `BuiltPackage`): values lie between the package's outermost quantiles, memory in whole bytes
    up to `most_bytes`, the duration in whole microseconds. Where they cross, the mean moves the
    most or least memory (in 0.4 % of builds of the shipped profile). `best_memory_bytes` is the mean memory
    of the fastest build drawn of the package, the first of equals.

    The same profile, number and seed give the same builds; the first builds of a larger draw are
    others. Raises InputError for fewer than one build, more than the memory holds, or a negative seed.
    """
    refuse_size(builds, "builds")
    generator = stream(seed, Synthesis.WORKLOAD)
    shares = [(number, share) for number, package in enumerate(profile.packages) for share in package.shares]
    try:
        drawn = _drawn([share.weight for _, share in shares], builds, generator)
        package = np.array([number for number, _ in shares])[drawn]
        shifts = np.array([share.shifts for _, share in shares])[drawn]
        *memory, duration = _measures(profile, package, shifts, generator)
    except (MemoryError, ValueError) as error:
        raise InputError("the builds do not fit into memory", found=builds, expected="fewer builds") from error
    mean, most, least = (np.minimum(one, most_bytes) for one in memory)
    mean = np.maximum(mean, 1.0)
    most, least = np.maximum(most, mean), np.minimum(least, mean)
    platforms = [profile.platforms[share.platform] for _, share in shares]
    width = max(7, len(str(builds)))
    chosen = drawn.tolist()
    return Records.of_builds(
        names=tuple([f"build-{number:0{width}d}" for number in range(1, builds + 1)]),
        packages=_texts([profile.packages[number].name for number, _ in shares], chosen),
        arch=_texts([platform.arch for platform in platforms], chosen),
        compiler=_texts([platform.toolchain.compiler for platform in platforms], chosen),
        compiler_version=_texts([platform.toolchain.version for platform in platforms], chosen),
        memory_max_bytes=most,
        memory_mean_bytes=mean,
        memory_min_bytes=least,
        duration_s=duration,
        best_memory_bytes=_of_fastest(package, duration, mean),
    )


def _measures(
    profile: BuildJobs, package: NDArray[np.int64], shifts: NDArray[np.float64], generator: np.random.Generator
) -> tuple[NDArray[np.float64], ...]:
    """Return mean, most and least memory and duration, each (builds,), as the quantiles have them."""
    factors = np.array([scatter(one) for one in profile.packages])
    quantiles = np.array([one.quantiles for one in profile.packages], dtype=np.float64)
    probabilities = np.array(profile.probabilities)
    normal = _normal(len(package), generator)
    values = []
    for measure in range(len(MEASURES)):
        score = shifts[:, measure]
        for other in range(measure + 1):
            score = score + factors[package, measure, other] * normal[other]
        level = np.interp(score, _SCORES, _BELOW)
        above = np.clip(np.searchsorted(probabilities, level, side="right"), 1, len(probabilities) - 1)
        low, high = quantiles[package, measure, above - 1], quantiles[package, measure, above]
        part = (level - probabilities[above - 1]) / (probabilities[above] - probabilities[above - 1])
        values.append(low + part * (high - low))
    duration = np.maximum(np.rint(values[3] * 1e6) / 1e6, 1e-6)
    return *(np.rint(one) for one in values[:3]), duration


def _normal(builds: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """(measures, builds) independent standard normal numbers, by Box and Muller's transform."""
    half = len(MEASURES) // 2
    radius = np.sqrt(-2.0 * np.log1p(-generator.random((half, builds))))
    angle = 2.0 * np.pi * generator.random((half, builds))
    return np.concatenate((radius * np.cos(angle), radius * np.sin(angle)))


def _of_fastest(
    package: NDArray[np.int64], duration: NDArray[np.float64], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(builds,) the value of the fastest build of each build's package."""
    order = np.lexsort((duration, package))
    first = np.concatenate(([True], np.diff(package[order]) != 0))
    best = np.empty(int(package.max()) + 1)
    best[package[order][first]] = value[order][first]
    return best[package]


def _drawn(weights: Sequence[float], times: int, generator: np.random.Generator) -> NDArray[np.int64]:
    return Urns([weights]).draw(np.zeros(times, dtype=np.int64), generator.random(times))


def _texts(texts: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    return tuple([texts[place] for place in places])
