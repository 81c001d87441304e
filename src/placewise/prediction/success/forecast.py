"""Forecasts of a learned model, by NumPy alone: of records, and of jobs on environments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.outcomes.outcome_records import OutcomeRecords
from placewise.model.outcomes.success_model import Calibration, SuccessModel, Trees
from placewise.prediction.success.encoding import encoded, rate_of


def forecast(model: SuccessModel, records: OutcomeRecords) -> NDArray[np.float64]:
    """Return how likely each record succeeds, (records,), by its package and facts."""
    facts = encoded(model.facts, records.facts, len(records))
    rates = rate_of(model.rates, records.packages)[records.package]
    return probability(log_odds(model.trees, np.column_stack([rates, facts])), model.calibration)


def table(
    model: SuccessModel,
    packages: Sequence[str],
    jobs: NDArray[np.float64],
    from_environment: NDArray[np.bool_],
    environments: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how likely each job succeeds on each environment, (jobs, environments).

    A job brings some facts itself, such as its version or that it does without a dependency (NaN); where
    `from_environment` is set, it has what the environment has. The figures are those of `log_odds` for each pair,
    to the last digit.

    packages : of the jobs. jobs, from_environment : (jobs, facts of the model). environments : (environments, facts).
    Both as `encoded`. Raises InputError for other shapes.
    """
    facts = len(model.facts)
    if not jobs.shape == from_environment.shape == (len(packages), facts) or environments.shape[1:] != (facts,):
        found = (jobs.shape, from_environment.shape, environments.shape)
        raise InputError("jobs and environments do not fit the model", found=found, expected=f"{facts} facts each")
    own = np.column_stack([rate_of(model.rates, packages), jobs])
    open_ = np.column_stack([np.zeros(len(packages), dtype=np.bool_), from_environment])
    theirs = np.column_stack([np.full(len(environments), np.nan), environments])
    raw = np.full((len(own), len(theirs)), model.trees.base)
    for start in model.trees.starts.tolist():
        _add_tree(raw, model.trees, start, own, open_, theirs)
    return probability(raw, model.calibration)


def log_odds(trees: Trees, columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the raw forecast of each row, (rows,), before calibration. columns : (rows, 1 + facts)."""
    total = np.full(len(columns), trees.base)
    rows = np.arange(len(columns))
    for start in trees.starts.tolist():
        total += trees.value[_leaves(trees, start, columns, rows)]
    return total


def probability(raw: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float64]:
    """Return calibrated probabilities of raw forecasts in log odds."""
    with np.errstate(over="ignore"):
        p = np.asarray(1 / (1 + np.exp(-raw)))
    if calibration.kept == 1:
        return p
    return calibration.kept * p + (1 - calibration.kept) * np.interp(raw, calibration.raw, calibration.rate)


def _leaves(trees: Trees, start: int, columns: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    node = np.full(len(columns), start, dtype=np.int64)
    while len(rows := rows[trees.left[node[rows]] > 0]):
        at = node[rows]
        value = columns[rows, trees.feature[at]]
        onward = np.where(value <= trees.threshold[at], trees.left[at], trees.right[at])
        node[rows] = np.where(np.isnan(value), trees.missing[at], onward)
    return node


def _add_tree(
    raw: NDArray[np.float64],
    trees: Trees,
    start: int,
    own: NDArray[np.float64],
    open_: NDArray[np.bool_],
    theirs: NDArray[np.float64],
) -> None:
    """Add the leaf values of one tree to all pairs.

    What reaches a node is a list of rectangles, each some jobs on some environments: a question divides the jobs that
    bring the fact, and for the others the environments.
    """
    waiting = [(start, np.arange(len(own)), np.arange(len(theirs)))]
    while waiting:
        node, jobs, environments = waiting.pop()
        if not len(jobs) or not len(environments):
            continue
        feature = trees.feature[node]
        if not trees.left[node]:
            raw[np.ix_(jobs, environments)] += trees.value[node]
            continue
        asks = open_[jobs, feature]
        settled, others = jobs[~asks], jobs[asks]
        left = _goes_left(trees, node, own[settled, feature])
        waiting += [(int(trees.left[node]), settled[left], environments)]
        waiting += [(int(trees.right[node]), settled[~left], environments)]
        left = _goes_left(trees, node, theirs[environments, feature])
        waiting += [(int(trees.left[node]), others, environments[left])]
        waiting += [(int(trees.right[node]), others, environments[~left])]


def _goes_left(trees: Trees, node: int, value: NDArray[np.float64]) -> NDArray[np.bool_]:
    missing = bool(trees.missing[node] == trees.left[node])
    return np.asarray(np.where(np.isnan(value), missing, value <= trees.threshold[node]))
