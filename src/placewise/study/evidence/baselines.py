"""Forecasts without a model: how often records of the same package, version and compiler succeeded in other folds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from placewise.model.outcomes.outcome_records import COMPILER, OutcomeRecords

PRIOR = 10.0
"""A rate counts as if so many further records had the rate of what it is a part of."""


def baselines(records: OutcomeRecords, fold: NDArray[np.int32]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield names and (records,) forecasts, each within the one before."""
    keys: list[NDArray[np.int64]] = []
    parts: list[tuple[str, list[NDArray[np.int32]]]] = [("base rate", []), ("rate of the package", [records.package])]
    if len(records.jobs) > len(records.packages):
        parts.append(("rate of the package and version", [records.job]))
    compiler = [fact.codes for fact in records.facts if fact.group == COMPILER]
    if compiler:
        parts.append((f"rate of these and the {COMPILER}", compiler))
    for name, more in parts:
        keys += [codes.astype(np.int64) for codes in more]
        yield name, _rates(records.succeeded, fold, keys)


def base_rate(records: OutcomeRecords, fold: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return (records,) the share of the records of other folds that succeeded."""
    return _rates(records.succeeded, fold, [])


def _rates(succeeded: NDArray[np.bool_], fold: NDArray[np.int32], keys: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Return (records,) rates in the other folds by ever finer keys, each drawn towards the one before."""
    count = int(fold.max()) + 1
    good, size = (np.bincount(fold, weights, minlength=count) for weights in (succeeded, np.ones(len(fold))))
    others = size.sum() - size
    found: NDArray[np.float64] = ((good.sum() - good + 1) / (others + 2))[fold]
    cell = np.zeros(len(fold), dtype=np.int64)
    for key in keys:
        cell = np.unique(np.stack([cell, key]), axis=1, return_inverse=True)[1].reshape(-1)
        cells = int(cell.max()) + 1
        within = cell * count + fold
        good, size = (
            np.bincount(within, weights, minlength=cells * count).reshape(cells, count)
            for weights in (succeeded, np.ones(len(fold)))
        )
        good, size = good.sum(axis=1, keepdims=True) - good, size.sum(axis=1, keepdims=True) - size
        found = (good[cell, fold] + PRIOR * found) / (size[cell, fold] + PRIOR)
    return found
