"""A model that is shown some facts of an environment alone: the mean over what the others may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.model.outcomes.outcome_model import Described

Predicting: TypeAlias = Callable[[Described, Described], NDArray[np.float64]]
MOST_BACKGROUND = 8
"""Environments that stand in for what is not known; more change the mean little and cost as many predictions."""
# (job, environment) pairs predicted at a time.
_BLOCK_PAIRS = 1 << 22


def restricted(
    predict: Predicting, jobs: Described, shown: Sequence[Described], among: Described
) -> list[NDArray[np.float64]]:
    """Return for each of `shown` (jobs, environments) the mean of p over environments with these facts.

    The others are those of `among`, at most `MOST_BACKGROUND` of them evenly spaced: what is not known
    of a cluster may be as it is of any other. A fact on which p does not depend so tells nothing, even where it
    singles a cluster out, which a mean over the clusters that agree in it would not give.
    """
    spaced = np.unique(np.linspace(0, len(among) - 1, min(MOST_BACKGROUND, len(among))).astype(np.int64))
    background = [among.rows[at] for at in spaced.tolist()]
    numbers: dict[tuple[str | None, ...], int] = {}
    parts = [
        np.array(
            [
                [numbers.setdefault(each, len(numbers)) for each in _mixed(part.facts, row, among.facts, background)]
                for row in part.rows
            ],
            dtype=np.int64,
        )
        for part in shown
    ]
    whole = tuple(numbers)
    step = max(1, _BLOCK_PAIRS // max(1, len(jobs)))
    blocks = [
        predict(jobs, Described(among.facts, whole[first : first + step])) for first in range(0, len(whole), step)
    ]
    p = np.concatenate([np.zeros((len(jobs), 0)), *blocks], axis=1)
    return [p[:, part].mean(axis=2) for part in parts]


def _mixed(
    facts: tuple[str, ...],
    row: tuple[str | None, ...],
    every: tuple[str, ...],
    background: Sequence[tuple[str | None, ...]],
) -> list[tuple[str | None, ...]]:
    """Return environments with the facts of the row, and the others of each of the background."""
    known = dict(zip(facts, row, strict=True))
    if len(known) == len(every):
        return [tuple(known[fact] for fact in every)]
    return [tuple(known.get(fact, other) for fact, other in zip(every, behind, strict=True)) for behind in background]
