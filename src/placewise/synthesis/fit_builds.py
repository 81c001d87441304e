"""What is typical of a fleet and of build records, counted."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.jobs.records import PACKAGE, Records
from placewise.model.studies.build_profile import (
    PAIRS,
    PRICES,
    BuildFleet,
    BuildJobs,
    BuiltPackage,
    Platform,
    Share,
    Toolchain,
    price_quarter,
)

# Closer at the ends, where durations lie far apart.
PROBABILITIES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)

# Figures of four digits: the third already says more than a few hundred builds can.
_DIGITS = 4

# What of the joint distribution is kept. The rest is independent, so that rounding leaves a covariance.
_KEPT = 0.99

_NORMAL = statistics.NormalDist()
_Value = TypeVar("_Value", str, Toolchain)

_PLATFORM = ("arch", "compiler", "compiler_version")
_MEASURED = ("memory_mean_bytes", "memory_max_bytes", "memory_min_bytes", "duration_s")


def fit_build_jobs(records: Records) -> BuildJobs:
    """Return the statistics of builds, by package.

    They are how many were built on each platform, quantiles of the measures, and the correlations and platforms' means
    of their normal scores. Raises InputError for memory beyond what a profile holds.
    """
    platforms = [
        Platform(arch, Toolchain(compiler, version))
        for arch, compiler, version in zip(*map(records.texts, _PLATFORM), strict=True)
    ]
    known = sorted(set(platforms), key=lambda p: (p.arch, p.toolchain.compiler, p.toolchain.version))
    position = {platform: place for place, platform in enumerate(known)}
    places = np.array([position[platform] for platform in platforms])
    measures = np.stack([records.numbers(name) for name in _MEASURED])
    builds_of: dict[str, list[int]] = defaultdict(list)
    for build, package in enumerate(records.texts(PACKAGE)):
        builds_of[package].append(build)
    return BuildJobs(
        tuple(known),
        PROBABILITIES,
        tuple(_package(name, measures[:, builds], places[builds]) for name, builds in sorted(builds_of.items())),
    )


def fit_build_fleet(fleet: Fleet, records: Records) -> BuildFleet:
    """Return how often each arch and toolchain is offered, and the median price in each quarter of memory.

    Where a quarter has no price it is the prior work's. The range of memory is that of the builds, from the
    least above 0 to the most, as in the prior work. Raises InputError for a cluster without the state arch, compiler
    and compiler_version, and for memory beyond what a profile holds.
    """
    held = records.numbers("memory_min_bytes")
    held = held[held > 0]
    least = max(1, math.floor(held.min())) if len(held) else 1
    most = max(least, math.ceil(records.numbers("memory_max_bytes").max()))
    states = [dict(cluster.state) for cluster in fleet.clusters]
    prices: list[list[float]] = [[] for _ in PRICES]
    for state in states:
        memory, price = _number(state.get("memory")), _number(state.get("cost_per_node_hour"))
        if memory is not None and price is not None:
            prices[price_quarter(memory, least, most)].append(price)
    return BuildFleet(
        _counted(_text(cluster, "arch") for cluster in fleet.clusters),
        _counted(Toolchain(_text(c, "compiler"), _text(c, "compiler_version")) for c in fleet.clusters),
        (least, most),
        # The lower of two medians is a price that was seen.
        tuple(statistics.median_low(seen) if seen else usual for seen, usual in zip(prices, PRICES, strict=True)),
    )


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(cluster: Cluster, field: str) -> str:
    text = dict(cluster.state).get(field)
    if not isinstance(text, str) or not text:
        raise InputError(
            f"the cluster does not say its {field}", place=f"cluster {cluster.name!r}", found=text, expected="text"
        )
    return text


def _counted(values: Iterable[_Value]) -> tuple[tuple[_Value, float], ...]:
    return tuple(sorted(((value, float(n)) for value, n in Counter(values).items()), key=lambda item: str(item[0])))


def _package(name: str, measures: NDArray[np.float64], places: NDArray[np.int64]) -> BuiltPackage:
    """Return what the builds of a package have in common: `measures` (measures, builds), `places` (builds,)."""
    scores = np.stack([_scores(values) for values in measures])
    shares = []
    for platform in sorted(set(places.tolist())):
        on = places == platform
        shifts = math.sqrt(_KEPT) * scores[:, on].mean(axis=1)
        shares.append(Share(platform, float(on.sum()), tuple(round(shift, 3) for shift in shifts.tolist())))
    return BuiltPackage(
        name,
        tuple(shares),
        tuple(_rounded(np.quantile(values, PROBABILITIES)) for values in measures),
        tuple(round(_KEPT * float((scores[one] * scores[other]).mean()), 3) for one, other in PAIRS),
    )


def _scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the normal scores of values, equals sharing one, with mean 0 and variance 1; zeros where all are equal."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / len(values)
    scores = np.array([_NORMAL.inv_cdf(level) for level in middle.tolist()])[which]
    scores -= scores.mean()
    spread = math.sqrt(float((scores * scores).mean()))
    return scores / spread if len(counts) > 1 else np.zeros(len(values))


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values.tolist())
