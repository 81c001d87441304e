"""Runtime models: how long the builds of a package take, by what they run on, or by the memory that they use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.results.grouped_runtimes import GroupedRuntimes

Kind: TypeAlias = Literal["linear", "log-linear", "knn"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The models from memory to duration. What a build uses of memory is known only after the run."""
Predictor: TypeAlias = Literal["mean", "hierarchical", "boosted", "linear", "log-linear", "knn"]
PREDICTORS: tuple[Predictor, ...] = get_args(Predictor)
"""What predicts a runtime: `mean`, `hierarchical` and `boosted` by what is known before the run."""
GROUPED = ("hierarchical", "boosted")
"""Those of them that predict by what a build runs on."""
Choice: TypeAlias = Literal[
    "best", "best-with-memory", "mean", "hierarchical", "boosted", "linear", "log-linear", "knn"
]
CHOICES: tuple[Choice, ...] = get_args(Choice)
"""What may be asked for. `best` is for each package the hierarchical model, or the mean, whichever has the least
cross-validated error; `best-with-memory` may be a model from memory too."""
BEST, BEST_WITH_MEMORY = CHOICES[:2]
SHOWN: tuple[Choice, ...] = ("linear", "log-linear", "knn", "hierarchical", "boosted", "mean", BEST, BEST_WITH_MEMORY)
"""All of them in the order in which tables show them."""
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
    """The errors of each model on builds that it was not fitted to, all on the same builds; None where not fitted.

    best, best_with_memory : nested, of the model that the builds fitted to have the least cross-validated error of.
    """

    linear: CrossValidation
    log_linear: CrossValidation
    knn: CrossValidation
    mean: CrossValidation
    hierarchical: CrossValidation | None = None
    boosted: CrossValidation | None = None
    best: CrossValidation | None = None
    best_with_memory: CrossValidation | None = None

    def of(self, kind: Choice) -> CrossValidation | None:
        """Return the errors of one model."""
        found: CrossValidation | None = getattr(self, kind.replace("-", "_"))
        return found

    def choose(self, choice: Choice) -> Predictor:
        """Return what `best` or `best-with-memory` is: the model with the least mean absolute error.

        It is the mean where none has less than it.
        """
        errors = {kind: found.mean_absolute_error_s for kind in rivals(choice) if (found := self.of(kind)) is not None}
        return min(errors, key=lambda kind: errors[kind])


def rivals(choice: Choice) -> tuple[Predictor, ...]:
    """Return the models that `best` or `best-with-memory` is one of; where two are as good, the first is used."""
    return ("mean", "hierarchical") if choice == BEST else ("mean", *KINDS, "hierarchical")


def uses_memory(choice: Choice) -> bool:
    """Whether it may predict from memory, which is only known after a run."""
    return choice == BEST_WITH_MEMORY or choice in KINDS


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
    later : the errors on the latest builds of models fitted to the earlier ones; None where times are not known.
    """

    package: str
    builds: int
    memory_range_bytes: tuple[float, float]
    slope_s_per_byte: float
    exponent: float
    fastest_runtime_s: float
    best_memory_bytes: float
    validation: Validation | None
    later: Validation | None = None

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
    """The models of one package. Builds are kept by memory, then duration: their order tells nothing.

    memory_bytes, duration_s : (builds,) float64, the builds seen; they are the nearest-neighbours model.
    linear : duration = intercept (s) + slope (s/byte) * memory.
    log_linear : log(duration) = intercept + slope * log(memory), natural logarithms of seconds and bytes.
    validation : None where the models were not cross-validated.
    hierarchical, boosted : runtimes by what builds ran on; None where that is not known, or not fitted.
    fastest_on : the values of the facts of the fastest build. later : see `ModelCard`.

    Raises InputError for no name, no builds, columns of two lengths, or numbers not above 0 or beyond 1e100.
    """

    package: str
    memory_bytes: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    linear: Line
    log_linear: Line
    validation: Validation | None
    hierarchical: GroupedRuntimes | None = None
    boosted: GroupedRuntimes | None = None
    fastest_on: tuple[str, ...] = ()
    later: Validation | None = None

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

    def kind(self, choice: Choice) -> Predictor:
        """Return what predicts: of `best`, the mean where the models were not cross-validated."""
        if choice == "best" or choice == "best-with-memory":  # noqa: PLR1714, mypy narrows by these alone
            return "mean" if self.validation is None else self.validation.choose(choice)
        return choice

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
            self.later,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """The models of every package that has enough builds; sorted by package, each once.

    by_package : those of one package each, sorted.
    minimum_builds : fewer builds are too few. folds, seed : of the cross-validation.
    facts : what is known of builds before they run, in the order in which groups are nested.
    too_few : the other packages, each with its number of builds.

    Raises InputError for a package twice, and for counts below 1.
    """

    by_package: tuple[PackageModels, ...]
    too_few: tuple[tuple[str, int], ...]
    minimum_builds: int
    folds: int
    seed: int
    facts: tuple[str, ...] = ()
    _places: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_package", tuple(sorted(self.by_package, key=attrgetter("package"))))
        object.__setattr__(self, "too_few", tuple(sorted(self.too_few)))
        object.__setattr__(self, "_places", {one.package: i for i, one in enumerate(self.by_package)})
        names = [*self.packages, *(name for name, _ in self.too_few)]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError("a package occurs twice", found=twice, expected="names that differ")
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
