"""Runtime models fitted to builds, package by package."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placewise.errors import InputError, locating
from placewise.model.runtime_models import Models, PackageModels, refuse_unusable
from placewise.prediction.curves import fit_line, fit_power
from placewise.prediction.validation import cross_validate as validate

MINIMUM_BUILDS = 100
FOLDS = 5


def fit_models(
    packages: Sequence[str],
    memory_bytes: ArrayLike,
    duration_s: ArrayLike,
    *,
    minimum_builds: int = MINIMUM_BUILDS,
    folds: int = FOLDS,
    seed: int = 0,
    cross_validate: bool = True,
) -> Models:
    """Fit a linear, a log-linear and a nearest-neighbours model to every package that has enough builds.

    The order of the builds does not matter. Packages with fewer than `minimum_builds` are listed in
    `too_few`, and have no model.

    packages : (builds,) text. memory_bytes, duration_s : (builds,), above 0.
    folds : 2 or more; a package with fewer builds has as many folds as builds. seed : shuffles them.

    Raises InputError for no builds, columns of two lengths, a number that is not above 0 and finite, or
    settings out of range.
    """
    for name, value, least in (
        ("minimum of builds", minimum_builds, 1),
        ("number of folds", folds, 2),
        ("seed", seed, 0),
    ):
        if value < least:
            raise InputError(f"the {name} is not usable", found=value, expected=f"{least} or more")
    memory, duration = _column(memory_bytes, "memory_bytes"), _column(duration_s, "duration_s")
    if not len(packages) or not len(packages) == len(memory) == len(duration):
        found = (len(packages), len(memory), len(duration))
        raise InputError("packages, memory and duration do not pair up", found=found, expected="as many of each")
    refuse_unusable(memory, "memory_bytes")
    refuse_unusable(duration, "duration_s")
    names = sorted(set(packages))
    code_of = {name: code for code, name in enumerate(names)}
    codes = np.fromiter(map(code_of.__getitem__, packages), dtype=np.int64, count=len(packages))
    order = np.lexsort((duration, memory, codes))
    memory, duration = memory[order], duration[order]
    ends = np.cumsum(np.bincount(codes))
    fitted, too_few = [], []
    for name, start, end in zip(names, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        if end - start < minimum_builds:
            too_few.append((name, end - start))
            continue
        with locating(place=f"package {name!r}"):
            fitted.append(
                _fit(name, memory[start:end], duration[start:end], folds=folds if cross_validate else 0, seed=seed)
            )
    return Models(tuple(fitted), tuple(too_few), minimum_builds, folds, seed)


def _fit(
    name: str, memory: NDArray[np.float64], duration: NDArray[np.float64], *, folds: int, seed: int
) -> PackageModels:
    return PackageModels(
        name,
        memory,
        duration,
        fit_line(memory, duration),
        fit_power(memory, duration),
        validate(name, memory, duration, folds, seed) if folds else None,
    )


def _column(values: ArrayLike, name: str) -> NDArray[np.float64]:
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} does not hold numbers", expected="numbers above 0") from error
    if column.ndim != 1:
        raise InputError(f"{name} is not one column", found=column.shape, expected="one number a build")
    return column
