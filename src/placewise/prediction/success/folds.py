"""Folds of records with outcomes: what is held out together, so that a model is judged on what it has not seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.model.outcomes.outcome_records import OutcomeRecords
from placewise.model.streams import OUTCOME_FOLDS, generator

FOLDS = 5
NONE, PACKAGE, VERSION = "none", "package", "version"


def fold_of(records: OutcomeRecords, hold_out: str, count: int = FOLDS, seed: int = 0) -> NDArray[np.int32]:
    """Return the fold of each record, (records,) int32 from 0 to count - 1.

    Records of one name are always in one fold. Every fold has a record.

    hold_out : `none` holds out records, each package and outcome alike in all folds. `package` holds out whole
    packages, `version` whole jobs, and the name of a fact all records of one value (those without it are one group).
    A package or job that a name occurs in twice goes with the others of that name.

    Raises InputError for an unknown `hold_out`, fewer than 2 folds, a seed below 0, or fewer groups than folds.
    """
    if count < 2 or seed < 0:
        raise InputError("folds cannot be made", found=(count, seed), expected="2 folds or more, a seed of 0 or more")
    group = _connected(_codes(records.names), _held_out(records, hold_out))
    sizes = np.bincount(group)
    if len(sizes) < count:
        what = "records" if hold_out == NONE else f"groups by {hold_out}"
        raise InputError(f"there are fewer {what} than folds", found=len(sizes), expected=f"{count} or more")
    shuffled = generator(seed, OUTCOME_FOLDS, 0).permutation(len(sizes))
    if hold_out == NONE:
        # Dealt one by one in the order of their strata, so that each stratum is spread evenly.
        first = np.unique(group, return_index=True)[1]
        strata = 2 * records.package[first].astype(np.int64) + records.succeeded[first]
        dealt = np.empty(len(sizes), dtype=np.int32)
        dealt[shuffled[np.argsort(strata[shuffled], kind="stable")]] = np.arange(len(sizes)) % count
        return dealt[group]
    return _balanced(sizes, shuffled, count)[group]


def _held_out(records: OutcomeRecords, hold_out: str) -> NDArray[np.int64]:
    """Return the group of each record before names join them."""
    if hold_out == NONE:
        return np.arange(len(records))
    known = {fact.name: fact.codes for fact in records.facts} | {PACKAGE: records.package, VERSION: records.job}
    if hold_out not in known:
        raise InputError(
            "there is nothing of this name to hold out",
            found=hold_out,
            expected=one_of(hold_out, dict.fromkeys((NONE, PACKAGE, VERSION, *known))),
        )
    return known[hold_out].astype(np.int64)


def _codes(names: tuple[str, ...]) -> NDArray[np.int64]:
    code_of: dict[str, int] = {}
    return np.array([code_of.setdefault(name, len(code_of)) for name in names], dtype=np.int64)


def _connected(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the group of each record, 0 upwards: records with the same code of either kind are in one group."""
    one, other = (np.unique(codes, return_inverse=True)[1] for codes in (one, other))
    group = np.arange(len(one))
    while True:
        before = group
        for codes in (one, other):
            least = np.full(len(group), len(group))
            np.minimum.at(least, codes, group)
            group = least[codes]
        group = group[group]  # long chains are through in few rounds
        if np.array_equal(group, before):
            return np.unique(group, return_inverse=True)[1]


def _balanced(sizes: NDArray[np.int64], shuffled: NDArray[np.int64], count: int) -> NDArray[np.int32]:
    """Return the fold of each group: the largest first, each into the fold with the fewest records so far."""
    fold, held = np.empty(len(sizes), dtype=np.int32), np.zeros(count, dtype=np.int64)
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")].tolist():
        fold[group] = held.argmin()
        held[fold[group]] += sizes[group]
    return fold
