"""Distinct keys numbered, without sorting where few keys are possible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placewise.model.jobs.records import Records
from placewise.model.jobs.workload import Workload

_POSSIBLE_A_KEY = 64
"""Of so many possible keys for each one given, marking those that occur is quicker than sorting those given."""


def numbered(keys: NDArray[np.int64], possible: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what `np.unique` with its inverse does: (distinct,) the keys, ascending, and (keys,) which each is.

    keys : (keys,) numbers from 0 to below `possible`.
    """
    if possible > _POSSIBLE_A_KEY * len(keys):
        distinct, of_key = np.unique(keys, return_inverse=True)
        return distinct, of_key.reshape(-1)
    occurs = np.zeros(possible, dtype=np.bool_)
    occurs[keys] = True
    distinct = np.flatnonzero(occurs)
    number = np.empty(possible, dtype=np.int64)
    number[distinct] = np.arange(len(distinct))
    return distinct, number[keys]


def first_of_each(number: NDArray[np.int64], distinct: int) -> NDArray[np.int64]:
    """Return (distinct,) the first position of each number, every one of which occurs."""
    first = np.empty(distinct, dtype=np.int64)
    # Assignment with repeated indices keeps the last, which reversed is the first.
    first[number[::-1]] = np.arange(len(number))[::-1]
    return first


def root_numbers(jobs: Workload | Records) -> NDArray[np.int64] | None:
    """Return (jobs,) the root package of each, numbered by name; None where jobs do not say theirs."""
    names = jobs.root_packages()
    if names is None:
        return None
    return np.unique(np.array(names, dtype=np.str_), return_inverse=True)[1].reshape(-1)
