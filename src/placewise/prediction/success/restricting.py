"""A model that is shown some facts of an environment alone: the mean over what the others may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.model.outcome_model import Described

Predicting: TypeAlias = Callable[[Described, Described], NDArray[np.float64]]
MOST_BACKGROUND = 8
"""Environments that stand in for what is not known; more change the mean little and cost as many predictions."""


def restricted(
    predict: Predicting, jobs: Described, environments: Described, facts: tuple[str, ...]
) -> NDArray[np.float64]:
    """Return (jobs, environments) the mean of p over environments that have the facts of each and others of any.

    The others are those of the environments given, at most `MOST_BACKGROUND` of them evenly spaced: what is not known
    of a cluster may be as it is of any other. A fact on which p does not depend so tells nothing, even where it
    singles a cluster out, which a mean over the clusters that agree in it would not give.
    """
    shown = [name in facts for name in environments.facts]
    if all(shown):
        return predict(jobs, environments)
    spaced = np.unique(np.linspace(0, len(environments) - 1, min(MOST_BACKGROUND, len(environments))).astype(np.int64))
    background = [environments.rows[at] for at in spaced.tolist()]
    known, of_environment = environments.only([name for name in environments.facts if name in facts]).distinct()
    mixed = []
    for row in known.rows:
        values = iter(row)
        given = [next(values) if show else None for show in shown]
        mixed += [
            tuple(one if show else other for one, other, show in zip(given, behind, shown, strict=True))
            for behind in background
        ]
    distinct, of_mixed = Described(environments.facts, tuple(mixed)).distinct()
    p = predict(jobs, distinct)[:, of_mixed].reshape(len(jobs), len(known), len(background)).mean(axis=2)
    found: NDArray[np.float64] = p[:, of_environment]
    return found
