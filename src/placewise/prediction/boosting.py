"""Runtimes learned across packages by gradient boosting, on what is known before a run (scikit-learn, extra `learn`).

The trees see the package, its mean logarithm of runtimes, and what a build ran on, and predict how far the logarithm is
from that mean. They see no memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError

_ITERATIONS, _RATE, _LEAVES, _LEAST_LEAF = 100, 0.05, 31, 20
_MOST_CATEGORIES = 254
"""As many as a column may have in scikit-learn; those that are rarer are missing values."""


def boosted(
    columns: NDArray[np.int64],
    duration_s: NDArray[np.float64],
    learned: NDArray[np.bool_],
    asked: NDArray[np.int64],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Return (asked,) the runtime (s) of builds of these columns.

    columns : (1 + facts, builds), the package and what the build ran on, each numbered from 0. learned : (builds,),
    whether it is learned from; some of every package are. asked : (1 + facts, asked).

    Raises InputError without scikit-learn.
    """
    ensemble, threads = _libraries()
    package, log = columns[0, learned], np.log(duration_s[learned])
    count = int(max(columns[0].max(), asked[0].max())) + 1
    builds = np.bincount(package, minlength=count)
    mean = np.bincount(package, log, count) / np.maximum(builds, 1)
    rows = columns[:, learned]
    grower = ensemble.HistGradientBoostingRegressor(
        learning_rate=_RATE,
        max_iter=_ITERATIONS,
        max_leaf_nodes=_LEAVES,
        min_samples_leaf=_LEAST_LEAF,
        categorical_features=list(range(len(columns))),
        early_stopping=False,
        random_state=seed,
    )
    codes = [_codes(row, 1 + int(max(row.max(), one.max()))) for row, one in zip(rows, asked, strict=True)]

    def seen(of: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.column_stack([*(code[row] for code, row in zip(codes, of, strict=True)), mean[of[0]]])

    # Its threads wait for each other by spinning, which costs ten times the work where other processes run too.
    with threads.threadpool_limits(1):
        grower.fit(seen(rows), log - mean[package])
        trained = grower.predict(seen(rows)) + mean[package]
        answer = grower.predict(seen(asked)) + mean[asked[0]]
    smearing = np.bincount(package, np.exp(log - trained), count) / np.maximum(builds, 1)
    runtime: NDArray[np.float64] = np.exp(answer) * smearing[asked[0]]
    return runtime


def _codes(row: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return (count,) the category of each number, by how often it occurs; NaN for what is rare or does not occur."""
    builds = np.bincount(row, minlength=count)
    often = np.argsort(-builds, kind="stable")[: min(_MOST_CATEGORIES, int((builds > 0).sum()))]
    codes = np.full(count, np.nan)
    codes[np.sort(often)] = np.arange(len(often))
    return codes


def _libraries() -> tuple[Any, Any]:
    try:
        import sklearn.ensemble  # noqa: PLC0415, it takes a second, and is an extra
        import threadpoolctl  # noqa: PLC0415, comes with it
    except ImportError as error:
        raise InputError(
            "boosting needs scikit-learn, which is not installed", expected="pip install 'placewise[learn]'"
        ) from error
    return sklearn.ensemble, threadpoolctl
