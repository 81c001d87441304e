"""Runtime models: how long the builds of a package take, by the memory that they use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError

Kind: TypeAlias = Literal["linear", "log-linear", "knn"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Choice: TypeAlias = Literal["best", "mean", "linear", "log-linear", "knn"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
"""What may predict: `best` is for each package the kind, or the mean, with the least cross-validated error."""
NEIGHBOURS = 5
FASTEST_SHARE = 0.1
BYTES_PER_GIB = float(2**30)
# Far beyond any memory or time, and low enough that sums of squares stay finite.
LARGEST = 1e100


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line. Raises InputError when it is not finite."""

    intercept: float
    slope: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.intercept) and math.isfinite(self.slope)):
            raise InputError(
                "a line is not finite", found=(self.intercept, self.slope), expected="numbers of usual size"
            )


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """How well builds are predicted by a model that was fitted without them.

    mean_absolute_error_s, root_mean_square_error_s : over the builds of a package.
    relative_error : mean absolute error as a share of the mean duration.
    correlation : Pearson's, between predicted and true durations; None where either does not vary.

    Raises InputError for an error that is negative or not finite, or a correlation outside -1 to 1.
    """

    mean_absolute_error_s: float
    root_mean_square_error_s: float
    relative_error: float
    correlation: float | None

    def __post_init__(self) -> None:
        for value in (self.mean_absolute_error_s, self.root_mean_square_error_s, self.relative_error):
            if not 0 <= value < math.inf:
                raise InputError("a cross-validated error is not usable", found=value, expected="a number of 0 or more")
        if self.correlation is not None and not -1 <= self.correlation <= 1:
            raise InputError("a correlation is not usable", found=self.correlation, expected="-1 to 1")


@dataclass(frozen=True, slots=True)
class Validation:
    """The cross-validation of each kind of model, and of always predicting the mean, on the same folds."""

    linear: CrossValidation
    log_linear: CrossValidation
    knn: CrossValidation
    mean: CrossValidation

    def of(self, kind: Kind) -> CrossValidation:
        """Return the cross-validation of one kind of model."""
        return {"linear": self.linear, "log-linear": self.log_linear, "knn": self.knn}[kind]

    @property
    def best(self) -> Kind | Literal["mean"]:
        """The kind with the least mean absolute error; the mean where none has less than it."""
        kind = min(KINDS, key=lambda kind: self.of(kind).mean_absolute_error_s)
        return kind if self.of(kind).mean_absolute_error_s < self.mean.mean_absolute_error_s else "mean"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a reader of predictions should know of the models of a package.

    builds : how many builds they were fitted to.
    memory_range_bytes : least and most memory seen; predictions outside are extrapolations.
    slope_s_per_byte : of the linear model; above 0, builds that use more memory take longer.
    exponent : of the log-linear model; without unit.
    fastest_runtime_s : mean duration of the fastest tenth of the builds, rounded up to a whole build.
    best_memory_bytes : memory of the fastest build.
    validation : None where the models were not cross-validated.
    """

    package: str
    builds: int
    memory_range_bytes: tuple[float, float]
    slope_s_per_byte: float
    exponent: float
    fastest_runtime_s: float
    best_memory_bytes: float
    validation: Validation | None

    @property
    def slope_s_per_gib(self) -> float:
        """The slope of the linear model in seconds per GiB."""
        return self.slope_s_per_byte * BYTES_PER_GIB

    @property
    def slope_sign(self) -> int:
        """The sign of the slope: -1, 0 or 1."""
        return (self.slope_s_per_byte > 0) - (self.slope_s_per_byte < 0)


@dataclass(frozen=True, slots=True, eq=False)
class PackageModels:
    """The three models of one package. Builds are kept by memory, then duration: their order tells nothing.

    memory_bytes, duration_s : (builds,) float64, the builds seen; they are the nearest-neighbours model.
    linear : duration = intercept (s) + slope (s/byte) * memory.
    log_linear : log(duration) = intercept + slope * log(memory), natural logarithms of seconds and bytes.
    validation : None where the models were not cross-validated.

    Raises InputError for no name, no builds, columns of two lengths, or numbers not above 0 or beyond 1e100.
    """

    package: str
    memory_bytes: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    linear: Line
    log_linear: Line
    validation: Validation | None

    def __post_init__(self) -> None:
        if not self.package:
            raise InputError("a package has no name", expected="text")
        found = (np.shape(self.memory_bytes), np.shape(self.duration_s))
        if len(found[0]) != 1 or not found[0][0] or found[0] != found[1]:
            raise InputError("memory and duration do not pair up", found=found, expected="as many of each, at least 1")
        order = np.lexsort((self.duration_s, self.memory_bytes))
        for name in ("memory_bytes", "duration_s"):
            column = np.asarray(getattr(self, name), dtype=np.float64)[order]
            refuse_unusable(column, name)
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    def kind(self, choice: Choice) -> Kind | Literal["mean"]:
        """Return what predicts: of `best`, the mean where the models were not cross-validated."""
        if choice != "best":
            return choice
        return "mean" if self.validation is None else self.validation.best

    @property
    def card(self) -> ModelCard:
        """The card of the package."""
        fastest = math.ceil(FASTEST_SHARE * len(self.duration_s))
        return ModelCard(
            self.package,
            len(self.memory_bytes),
            (float(self.memory_bytes[0]), float(self.memory_bytes[-1])),
            self.linear.slope,
            self.log_linear.slope,
            float(np.sort(self.duration_s)[:fastest].mean()),
            float(self.memory_bytes[self.duration_s.argmin()]),
            self.validation,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """The models of every package that has enough builds; sorted by package, each once.

    minimum_builds : fewer builds are too few. folds, seed : of the cross-validation.
    too_few : the other packages, each with its number of builds.

    Raises InputError for a package twice, and for counts below 1.
    """

    by_package: tuple[PackageModels, ...]
    too_few: tuple[tuple[str, int], ...]
    minimum_builds: int
    folds: int
    seed: int
    _places: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_package", tuple(sorted(self.by_package, key=attrgetter("package"))))
        object.__setattr__(self, "too_few", tuple(sorted(self.too_few)))
        object.__setattr__(self, "_places", {one.package: i for i, one in enumerate(self.by_package)})
        names = [*self.packages, *(name for name, _ in self.too_few)]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError("a package is there twice", found=twice, expected="names that differ")
        for count in (self.minimum_builds, self.folds, *(count for _, count in self.too_few)):
            if count < 1:
                raise InputError("a count of builds or folds is not usable", found=count, expected="1 or more")

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that have models, sorted."""
        return tuple(one.package for one in self.by_package)

    def get(self, package: str) -> PackageModels | None:
        """Return the models of a package; None where it has none."""
        place = self._places.get(package)
        return None if place is None else self.by_package[place]

    def card(self, package: str) -> ModelCard:
        """Return the card of a package. Raises InputError where it has no models."""
        found = self.get(package)
        if found is None:
            raise InputError("the package has no models", found=package, expected="a package that was fitted")
        return found.card

    def cards(self) -> Sequence[ModelCard]:
        """Return the card of every package, in order."""
        return [one.card for one in self.by_package]

    def __contains__(self, package: str) -> bool:
        return package in self._places

    def __len__(self) -> int:
        return len(self.by_package)


def refuse_unusable(column: NDArray[np.float64], name: str) -> None:
    """Raise InputError for the first number that is not above 0, or is beyond `LARGEST`."""
    bad = np.flatnonzero(~((column > 0) & (column <= LARGEST)))
    if len(bad):
        raise InputError(
            f"{name} is not usable",
            place=f"build {bad[0] + 1}",
            found=float(column[bad[0]]),
            expected=f"a number above 0 and at most {LARGEST:g}",
        )
