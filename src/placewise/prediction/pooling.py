"""Runtimes by what builds ran on, with partial pooling: the mean of a small group is drawn towards the one above it.

The groups are nested: all builds of a package, those of the same first fact, of the same first two, and so on. The mean
logarithm of the runtimes of a group is that of the group above it and an effect, which is shrunk by
n t / (n t + s), with n builds in the group, the variance t of the effects of groups of this depth, and the variance s
within them, both estimated by moments (see Gelman and Hill, Data Analysis Using Regression and Multilevel/Hierarchical
Models, 2007, chapter 12). Costs add up, so the factor of Duan (1983) brings it back to the mean of the runtimes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placewise.model.results.grouped_runtimes import Group, GroupedRuntimes


def nested(columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (facts, builds): the group of each build by its first fact, its first two, and so on, numbered from 0.

    columns : (facts, builds), the value of each fact, numbered from 0.
    """
    groups = np.zeros_like(columns)
    above = np.zeros(columns.shape[1], dtype=np.int64)
    for depth, column in enumerate(columns):
        _, above = np.unique(above * (column.max(initial=0) + 1) + column, return_inverse=True)
        groups[depth] = above
    return groups


def pooled(
    groups: NDArray[np.int64], duration_s: NDArray[np.float64], learned: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return (facts + 1, builds): the runtime of each build (s) by its groups, from that of all builds to the smallest.

    A build in a group of which nothing is learned gets the runtime of the group above.

    groups : (facts, builds), of `nested`. duration_s, learned : (builds,), of each, and whether it is learned from.
    """
    log = np.log(duration_s)
    found = np.full((len(groups) + 1, len(log)), log[learned].mean())
    for depth, group in enumerate(groups):
        residual = log - found[depth]
        found[depth + 1] = found[depth] + _effects(group[learned], residual[learned], int(group.max()) + 1)[group]
    smearing = np.exp(log[learned] - found[-1, learned]).mean()
    runtime: NDArray[np.float64] = np.exp(found) * smearing
    return runtime


def _effects(group: NDArray[np.int64], residual: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return (count,) the shrunken mean of the residuals of each group, 0 where there are none."""
    builds = np.bincount(group, minlength=count)
    means = np.bincount(group, residual, count) / np.maximum(builds, 1)
    within, occur = residual - means[group], int((builds > 0).sum())
    if len(residual) == occur:
        return np.zeros(count)  # nothing says how much single builds of a group differ
    noise = float((within * within).sum()) / (len(residual) - occur)
    variance = (float((builds * means * means).sum()) - occur * noise) / len(residual)
    if not variance > 0:
        return np.zeros(count)
    known = builds * variance  # without noise a group that has builds is known, and one that has none is not
    shrunk: NDArray[np.float64] = np.divide(known, known + noise, out=np.zeros(count), where=builds > 0) * means
    return shrunk


def group_table(
    groups: NDArray[np.int64], runtime_s: NDArray[np.float64], values: Sequence[tuple[str, ...]]
) -> GroupedRuntimes:
    """Return the runtimes of all groups.

    groups : (facts, builds). runtime_s : (facts + 1, builds), by its groups of each depth, of `pooled`.
    values : (builds,) of the facts.
    """
    table = [Group((), float(runtime_s[0, 0]))]
    for depth, group in enumerate(groups, start=1):
        _, first = np.unique(group, return_index=True)
        table += [Group(values[build][:depth], float(runtime_s[depth, build])) for build in first.tolist()]
    return GroupedRuntimes(tuple(table))
