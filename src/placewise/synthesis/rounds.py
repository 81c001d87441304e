"""How the published fleet got its versions: the pools that were used up and filled again, found from what was taken.

The prior work states that each cluster takes a version from a pool at random, without replacement until the pool is
used up. Its generator shuffles a copy of a pool and then takes from the list that was not shuffled, so that in the
public data (reliabuild) a package goes through its versions in one order again and again: 193 of the 219 packages from
the first cluster on, 24 more after a first round in another order, and cmake and python, whose pools are nearly as
large as the fleet, at its very end. So packages whose pools have one size are in step: whenever gdbm is at 1.19.0,
libpciaccess is at 0.16.0. They are found together as one pool, whose picks give a version to each; fleets that are
``independent`` take a version of each apart, ``periodic`` ones take the picks in turn.

A pool may hold a version more than once: papi has 6.0.0 twice in 9, sz has 1.4.13 five times in 20, since versions
were cut to three numbers after they were pooled.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

# How rarely packages may fall in step by chance before they are taken to be in step.
_CHANCE = 1e-6


def fit_rounds(
    taken: Mapping[str, Sequence[str | None]],
) -> Iterator[tuple[tuple[str, ...], list[Sequence[str | None]]]]:
    """Yield (packages in step, the pool of each as picks in one order) for what each cluster took.

    `taken` gives for each package what the clusters took, in the fleet's order; all are of one length.
    """
    by_size: dict[int, list[str]] = defaultdict(list)
    for package, column in taken.items():
        by_size[round_length(column)].append(package)
    for size, packages in by_size.items():
        for together in _in_step({package: taken[package] for package in packages}, size):
            # The first round of a pool may have an order of its own; with a second, take that.
            start = size if len(together) > 1 else 0
            yield together, [taken[package][start : start + size] for package in together]


def round_length(column: Sequence[Hashable]) -> int:
    """Return the size of the smallest pool that, used up and filled again, gives this column."""
    counts = _counts(column)
    clusters, values = len(counts) - 1, int(counts.shape[1])
    if values in (1, clusters):
        return values
    return next(size for size in range(values, clusters + 1) if _is_round(counts, size))


def _counts(column: Sequence[Hashable]) -> NDArray[np.int32]:
    """(clusters + 1, values) how often each value is among the first so many."""
    numbers: dict[Hashable, int] = {}
    codes = [numbers.setdefault(value, len(numbers)) for value in column]
    counts = np.zeros((len(codes) + 1, len(numbers)), dtype=np.int32)
    counts[np.arange(1, len(codes) + 1), codes] = 1
    counts.cumsum(axis=0, out=counts)
    return counts


def _is_round(counts: NDArray[np.int32], size: int) -> bool:
    pool = counts[size]
    ends = counts[::size]
    rest = counts[-1] - ends[-1]
    return bool((np.diff(ends, axis=0) == pool).all() and (rest <= pool).all())


def _in_step(columns: dict[str, Sequence[str | None]], size: int) -> list[tuple[str, ...]]:
    """Return the packages, grouped so that those of a group take their versions together from the second round on."""
    clusters = len(next(iter(columns.values())))
    # Later rounds agree with the second by chance once in size! each.
    if (clusters // size - 2) * math.lgamma(size + 1) < -math.log(_CHANCE):
        return [(package,) for package in columns]
    groups: list[tuple[list[str], list[tuple[str | None, ...]]]] = []
    for package, column in columns.items():
        later: list[tuple[str | None, ...]] = [(version,) for version in column[size:]]
        for names, joint in groups:
            both = [one + other for one, other in zip(joint, later, strict=True)]
            if _is_round(_counts(both), size):
                names.append(package)
                joint[:] = both
                break
        else:
            groups.append(([package], later))
    return [tuple(names) for names, _ in groups]
