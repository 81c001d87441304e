"""Runtime models fitted to builds, package by package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placewise.errors import InputError, locating
from placewise.model.results.grouped_runtimes import GroupedRuntimes
from placewise.model.results.runtime_models import Choice, Models, PackageModels, Validation, refuse_unusable
from placewise.prediction.boosting import boosted as boosted_runtimes
from placewise.prediction.builds import PackageBuilds
from placewise.prediction.curves import fit_line, fit_power
from placewise.prediction.pooling import group_table, nested, pooled
from placewise.prediction.validation import cross_validate as validate
from placewise.prediction.validation import folds_of, later

MINIMUM_BUILDS = 100
FOLDS = 5


def fit_models(
    packages: Sequence[str],
    memory_bytes: ArrayLike,
    duration_s: ArrayLike,
    *,
    facts: Mapping[str, Sequence[str]] | None = None,
    times_s: ArrayLike | None = None,
    minimum_builds: int = MINIMUM_BUILDS,
    folds: int = FOLDS,
    seed: int = 0,
    cross_validate: bool = True,
    nest: Sequence[Choice] = (),
    boosted: bool = False,
) -> Models:
    """Fit a linear, a log-linear and a nearest-neighbours model from memory to every package that has enough builds.

    Where facts are known, also the hierarchical model, and the boosted one if asked for. The order of the builds does
    not matter. Packages with fewer than `minimum_builds` are listed in `too_few`, and have no model.

    packages : (builds,) text. memory_bytes, duration_s : (builds,), above 0.
    facts : (builds,) texts by name, of what is known before a run, in the order in which groups are nested.
    times_s : (builds,) when each ran; the latest fifth of a package is then predicted from the others too.
    folds : 2 or more; a package with fewer builds has as many folds as builds. seed : shuffles them.
    nest : of `best` and `best-with-memory`, whose choice is validated too, made within each training part.
    boosted : learn across packages as well; needs the extra `learn`, and facts.

    Raises InputError for no builds, columns of two lengths, a number that is not above 0 and finite, or
    settings out of range, and where it is to boost without facts or scikit-learn.
    """
    for name, value, least in (
        ("minimum of builds", minimum_builds, 1),
        ("number of folds", folds, 2),
        ("seed", seed, 0),
    ):
        if value < least:
            raise InputError(f"the {name} is not usable", found=value, expected=f"{least} or more")
    facts = facts or {}
    if boosted and not facts:
        raise InputError("nothing to boost is known of builds before they run", expected="columns like arch, compiler")
    memory, duration = _column(memory_bytes, "memory_bytes"), _column(duration_s, "duration_s")
    times = None if times_s is None else _column(times_s, "times_s")
    lengths = [len(memory), len(duration), *map(len, facts.values()), *([] if times is None else [len(times)])]
    if not len(packages) or set(lengths) != {len(packages)}:
        raise InputError(
            "packages, memory and duration do not pair up", found=(len(packages), *lengths), expected="as many of each"
        )
    refuse_unusable(memory, "memory_bytes")
    refuse_unusable(duration, "duration_s")
    fitting = _Fitting(packages, memory, duration, facts, times, minimum_builds)
    fold = fitting.folds(folds, seed) if cross_validate else None
    after = None if times is None or not cross_validate else fitting.later()
    learned = fitting.boosted(fold, after, seed) if boosted and fitting.names else None
    fitted = []
    for package in range(len(fitting.names)):
        with locating(place=f"package {fitting.names[package]!r}"):
            fitted.append(fitting.models(package, fold, after, learned, seed=seed, nest=nest))
    return Models(tuple(fitted), fitting.too_few, minimum_builds, folds, seed, tuple(facts))


@dataclass(frozen=True, slots=True, eq=False)
class _Boosted:
    """What the boosted model predicts (s).

    out_of_fold, of_later : (builds,), by models of the others; None where not asked for. combinations : (facts, kinds),
    what builds of any package ran on. runtime_s : (packages, kinds).
    """

    out_of_fold: NDArray[np.float64] | None
    of_later: NDArray[np.float64] | None
    combinations: NDArray[np.int64]
    runtime_s: NDArray[np.float64]


class _Fitting:
    """All builds of packages that have enough, by package, memory, duration and what they ran on."""

    def __init__(
        self,
        packages: Sequence[str],
        memory: NDArray[np.float64],
        duration: NDArray[np.float64],
        facts: Mapping[str, Sequence[str]],
        times: NDArray[np.float64] | None,
        minimum: int,
    ) -> None:
        names, codes, counts = np.unique(np.array(packages, dtype=object), return_inverse=True, return_counts=True)
        enough = counts >= minimum
        self.too_few = tuple(
            (str(name), int(count)) for name, count in zip(names[~enough], counts[~enough], strict=True)
        )
        self.names = [str(name) for name in names[enough]]
        columns = [np.unique(np.array(column, dtype=object), return_inverse=True) for column in facts.values()]
        keys = [*(column for _, column in reversed(columns)), duration, memory, codes]
        order = np.lexsort(keys if times is None else [times, *keys])
        order = order[enough[codes[order]]]
        self.memory, self.duration = memory[order], duration[order]
        self.times = None if times is None else times[order]
        self.package = (np.cumsum(enough) - 1)[codes[order]]
        self.ends = np.cumsum(np.bincount(self.package, minlength=len(self.names)))
        self.facts = np.array([column[order] for _, column in columns], dtype=np.int64).reshape(
            len(columns), len(order)
        )
        self.texts = [values for values, _ in columns]

    def rows(self, package: int) -> slice:
        """Return where the builds of a package are."""
        return slice(int(self.ends[package - 1]) if package else 0, int(self.ends[package]))

    def folds(self, folds: int, seed: int) -> NDArray[np.int64]:
        """Return (builds,) the fold of each."""
        counts = np.bincount(self.package, minlength=len(self.names)).tolist()
        found = [folds_of(name, count, folds, seed) for name, count in zip(self.names, counts, strict=True)]
        return np.concatenate([np.zeros(0, dtype=np.int64), *found])

    def later(self) -> NDArray[np.int64]:
        """Return (builds,) 0 for those among the latest of their package, -1 for the others."""
        assert self.times is not None
        fold = np.full(len(self.package), -1)
        for package in range(len(self.names)):
            rows = self.rows(package)
            late = later(self.times[rows])
            fold[rows] = -1 if late is None else late.astype(np.int64) - 1
        return fold

    def boosted(self, fold: NDArray[np.int64] | None, after: NDArray[np.int64] | None, seed: int) -> _Boosted:
        """Learn across packages: what is predicted out of fold, of the latest builds, and on every combination seen."""
        columns = np.vstack([self.package, self.facts])

        def held_out(fold: NDArray[np.int64]) -> NDArray[np.float64]:
            runtime = np.full(len(self.package), np.nan)
            for one in np.unique(fold[fold >= 0]):
                asked = fold == one
                runtime[asked] = boosted_runtimes(columns, self.duration, ~asked, columns[:, asked], seed=seed)
            return runtime

        everything = np.ones(len(self.package), dtype=np.bool_)
        combinations = np.unique(self.facts, axis=1)
        kinds = combinations.shape[1]
        asked = np.vstack([np.repeat(np.arange(len(self.names)), kinds), np.tile(combinations, len(self.names))])
        runtime = boosted_runtimes(columns, self.duration, everything, asked, seed=seed)
        return _Boosted(
            None if fold is None else held_out(fold),
            None if after is None else held_out(after),
            combinations,
            runtime.reshape(-1, kinds),
        )

    def models(
        self,
        package: int,
        fold: NDArray[np.int64] | None,
        after: NDArray[np.int64] | None,
        learned: _Boosted | None,
        *,
        seed: int,
        nest: Sequence[Choice],
    ) -> PackageModels:
        """Fit the models of one package."""
        name, rows = self.names[package], self.rows(package)
        of_builds = self.facts[:, rows]
        builds = PackageBuilds(self.memory[rows], self.duration[rows], nested(of_builds))

        def errors(fold: NDArray[np.int64] | None, runtime: NDArray[np.float64] | None) -> Validation | None:
            if fold is None:
                return None
            held = None if runtime is None else runtime[rows]
            return validate(name, builds, fold[rows], seed, boosted=held, nest=nest)

        everything = np.ones(len(builds), dtype=np.bool_)
        values = self._values(of_builds)
        return PackageModels(
            name,
            builds.memory_bytes,
            builds.duration_s,
            fit_line(builds.memory_bytes, builds.duration_s),
            fit_power(builds.memory_bytes, builds.duration_s),
            errors(fold, None if learned is None else learned.out_of_fold),
            group_table(builds.groups, pooled(builds.groups, builds.duration_s, everything), values)
            if len(of_builds)
            else None,
            None if learned is None else self._boosted_table(learned, package),
            values[int(builds.duration_s.argmin())] if len(of_builds) else (),
            errors(after, None if learned is None else learned.of_later),
        )

    def _boosted_table(self, learned: _Boosted, package: int) -> GroupedRuntimes:
        """Return the runtimes of one package; of a group, the mean over the combinations in it."""
        groups, runtime = nested(learned.combinations), learned.runtime_s[package]
        means = [np.full(len(runtime), runtime.mean())]
        means += [(np.bincount(group, runtime) / np.bincount(group))[group] for group in groups]
        return group_table(groups, np.stack(means), self._values(learned.combinations))

    def _values(self, columns: Iterable[NDArray[np.int64]]) -> list[tuple[str, ...]]:
        texts = (values[column].tolist() for values, column in zip(self.texts, columns, strict=True))
        return list(zip(*texts, strict=True))


def _column(values: ArrayLike, name: str) -> NDArray[np.float64]:
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} does not hold numbers", expected="numbers above 0") from error
    if column.ndim != 1:
        raise InputError(f"{name} is not one column", found=column.shape, expected="one number a build")
    return column
