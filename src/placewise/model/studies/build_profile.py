"""What is typical of the clusters and the builds of build records."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from placewise.errors import InputError
from placewise.model.versions.version import parse_version
from placewise.model.weights import refuse_repeats, refuse_weights

BUILDS = "builds"
"""The kind of these profiles."""

PRICES = (0.8, 1.6, 3.2, 4.2)
"""What a node hour costs in the prior work (spack-build), by `price_quarter`."""

LARGEST = 2**63 - 1
"""Bytes or seconds beyond which a profile is not read."""

MEASURES = ("memory_mean", "memory_max", "memory_min", "duration")
"""What a build took: mean, most and least memory in bytes, seconds."""

PAIRS = tuple(itertools.combinations(range(len(MEASURES)), 2))
"""The order of the correlations of two measures."""

Quantiles: TypeAlias = tuple[tuple[float, ...], ...]
"""The values of each measure at the probabilities of a profile, by MEASURES."""

Factor: TypeAlias = tuple[tuple[float, ...], ...]


def price_quarter(memory_bytes: float, least_bytes: float, most_bytes: float) -> int:
    """Return which of four prices a cluster has, by its memory in the range that clusters are drawn from.

    0 below a quarter of the most, 1 below half of the span, 2 below three quarters of the most, else 3.
    The prices of all 100 clusters of the public data (spack-build) follow from their memory by this rule.
    """
    if memory_bytes < 0.25 * most_bytes:
        return 0
    if memory_bytes < 0.5 * (most_bytes - least_bytes):
        return 1
    return 2 if memory_bytes < 0.75 * most_bytes else 3


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A compiler in one version. Raises InputError for an empty name or a text that is no version."""

    compiler: str
    version: str

    def __post_init__(self) -> None:
        if not self.compiler:
            raise InputError("a compiler has no name", expected="a name")
        parse_version(self.version)


@dataclass(frozen=True, slots=True)
class Platform:
    """What a build ran on: an arch and a toolchain. Raises InputError for an empty arch."""

    arch: str
    toolchain: Toolchain

    def __post_init__(self) -> None:
        if not self.arch:
            raise InputError("an arch has no name", expected="a name")


@dataclass(frozen=True, slots=True)
class BuildFleet:
    """What the clusters of a fleet are drawn from.

    archs, toolchains : each with a weight; as fitted, a number of clusters.
    memory_bytes : the range of memory, least and most, both included.
    prices : cost_per_node_hour by `price_quarter`, four of them.

    Raises InputError for nothing to draw, a value twice, an empty range or a price that is not a number.
    """

    archs: tuple[tuple[str, float], ...]
    toolchains: tuple[tuple[Toolchain, float], ...]
    memory_bytes: tuple[int, int]
    prices: tuple[float, ...] = PRICES

    def __post_init__(self) -> None:
        choices: tuple[tuple[str, Sequence[tuple[object, float]]], ...] = (
            ("archs", self.archs),
            ("toolchains", self.toolchains),
        )
        for what, weighted in choices:
            refuse_weights((weight for _, weight in weighted), f"the {what} of clusters", sum_to_zero=True)
            refuse_repeats([value for value, _ in weighted], f"the {what} of clusters are not distinct")
        if not all(arch for arch, _ in self.archs):
            raise InputError("an arch has no name", expected="a name")
        least, most = self.memory_bytes
        if not 1 <= least <= most <= LARGEST:
            raise InputError(
                "the range of memory is not usable",
                found=self.memory_bytes,
                expected=f"two whole numbers in order, from 1 to {LARGEST}",
            )
        if len(self.prices) != len(PRICES) or not all(0 <= price < math.inf for price in self.prices):
            raise InputError("the prices are not usable", found=self.prices, expected="four numbers of 0 or more")


@dataclass(frozen=True, slots=True)
class Share:
    """The builds of one package on one platform.

    platform : a position among the profile's platforms.
    weight : how common such builds are beside all others; as fitted, a number of builds.
    shifts : how far the measures of these builds lie above the package's, as normal scores, by MEASURES.

    Raises InputError for a weight or shift that is not usable.
    """

    platform: int
    weight: float
    shifts: tuple[float, ...] = (0.0,) * len(MEASURES)

    def __post_init__(self) -> None:
        refuse_weights([self.weight], "a share")
        _refuse_unbounded(self.shifts, len(MEASURES), 10.0, "the shifts")


@dataclass(frozen=True, slots=True)
class BuiltPackage:
    """What the builds of one package have in common; its share of builds is that of its shares' weights.

    correlations : of the normal scores of two measures, by PAIRS.

    Measures are joined as normal scores (a Gaussian copula): a build's scores are the shifts of its
    platform plus normal ones, such that over all builds the scores have variance 1 and these correlations.

    Raises InputError for quantiles that fall or are not above 0 (the least memory may be 0), and for
    correlations and shifts that no builds can have.
    """

    name: str
    shares: tuple[Share, ...]
    quantiles: Quantiles
    correlations: tuple[float, ...] = (0.0,) * len(PAIRS)

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("a package has no name", expected="a name")
        refuse_weights((share.weight for share in self.shares), "the shares", sum_to_zero=True)
        refuse_repeats([share.platform for share in self.shares], "the platforms of shares are not distinct")
        if len(self.quantiles) != len(MEASURES):
            raise InputError("quantiles are missing", found=len(self.quantiles), expected=f"{len(MEASURES)} measures")
        for measure, values in zip(MEASURES, self.quantiles, strict=True):
            _refuse_quantiles(measure, values)
        _refuse_unbounded(self.correlations, len(PAIRS), 1.0, "the correlations")
        scatter(self)

    @property
    def weight(self) -> float:
        """How common the package is beside the others."""
        return math.fsum(share.weight for share in self.shares)


@dataclass(frozen=True, slots=True)
class BuildJobs:
    """What build records are drawn from.

    platforms : what shares point at. probabilities : rising from 0 to 1, one for each value of quantiles.

    Raises InputError when the parts do not fit together.
    """

    kind: ClassVar[str] = BUILDS

    platforms: tuple[Platform, ...]
    probabilities: tuple[float, ...]
    packages: tuple[BuiltPackage, ...]

    def __post_init__(self) -> None:
        refuse_repeats(self.platforms, "the platforms are not distinct")
        rising = self.probabilities
        if (
            len(rising) < 2
            or rising[0] != 0
            or rising[-1] != 1
            or not all(a < b for a, b in itertools.pairwise(rising))
        ):
            raise InputError("the probabilities are not usable", found=rising, expected="numbers rising from 0 to 1")
        if not self.packages:
            raise InputError("a profile has no packages", expected="at least one")
        refuse_repeats([package.name for package in self.packages], "the packages are not distinct")
        refuse_weights((package.weight for package in self.packages), "the packages", sum_to_zero=True)
        for package in self.packages:
            place = f"package {package.name!r}"
            for values in package.quantiles:
                if len(values) != len(rising):
                    raise InputError(
                        "there are not as many quantiles as probabilities",
                        place=place,
                        found=len(values),
                        expected=str(len(rising)),
                    )
            for share in package.shares:
                if not 0 <= share.platform < len(self.platforms):
                    expected = f"a position below {len(self.platforms)}"
                    raise InputError("no such platform", place=place, found=share.platform, expected=expected)

    def refuse_fleet(self, fleet: object) -> None:
        """Raise InputError for the profile of a fleet that these builds cannot be tried on."""
        if not isinstance(fleet, BuildFleet):
            raise InputError("the profiles are of two kinds", expected="a fleet and jobs of one kind")


def scatter(package: BuiltPackage) -> Factor:
    """Return the lower triangular factor (Cholesky's) of the covariance of scores within a platform.

    It is what of the correlations the platforms' shifts do not explain. Raises InputError where that is
    no covariance. Worked out number by number, so that it does not depend on the machine's libraries.
    """
    size = len(MEASURES)
    left = [[float(row == column) for column in range(size)] for row in range(size)]
    for (one, other), correlation in zip(PAIRS, package.correlations, strict=True):
        left[one][other] = left[other][one] = correlation
    total = package.weight
    for share in package.shares:
        for row, column in itertools.product(range(size), repeat=2):
            left[row][column] -= share.weight / total * share.shifts[row] * share.shifts[column]
    factor = [[0.0] * size for _ in range(size)]
    for row, column in itertools.product(range(size), repeat=2):
        if column > row:
            continue
        rest = left[row][column] - math.fsum(factor[row][k] * factor[column][k] for k in range(column))
        if column < row:
            factor[row][column] = rest / factor[column][column]
        elif rest > 1e-9:
            factor[row][row] = math.sqrt(rest)
        else:
            raise InputError(
                "correlations and shifts do not go together",
                place=f"package {package.name!r}",
                found=package.correlations,
                expected="a positive definite covariance within platforms",
            )
    return tuple(map(tuple, factor))


def _refuse_quantiles(measure: str, values: Sequence[float]) -> None:
    # The least memory that a build held may well be nothing.
    usable = bool(values) and (values[0] > 0 or (measure == "memory_min" and values[0] == 0))
    if not (usable and values[-1] <= LARGEST and all(a <= b for a, b in itertools.pairwise(values))):
        raise InputError(
            f"the quantiles of {measure} are not usable",
            found=values,
            expected=f"positive numbers up to {LARGEST} that do not fall",
        )


def _refuse_unbounded(values: Sequence[float], length: int, most: float, what: str) -> None:
    if len(values) != length or not all(-most <= value <= most for value in values):
        raise InputError(f"{what} are not usable", found=values, expected=f"{length} numbers from {-most} to {most}")
