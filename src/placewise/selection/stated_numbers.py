"""The numbers that policies read where nothing better is known: those of clusters' states and of a job's attributes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from placewise.model.jobs.job import Job
from placewise.model.scalar import Scalar

PRICE = "cost_per_node_hour"
COST = "predicted_cost"


def numbers_of_states(states: Iterable[Mapping[str, Scalar]]) -> dict[str, NDArray[np.float64]]:
    """Return (clusters,) numbers by field of the clusters' states, NaN where a cluster does not say one.

    Booleans are 1 and 0. ``predicted_cost`` is added where a state has ``cost_per_node_hour``: what a node costs for an
    hour, since nothing better is known of a job here.
    """
    states = list(states)
    numbers: dict[str, NDArray[np.float64]] = {}
    for position, state in enumerate(states):
        for field, value in state.items():
            if (number := _number(value)) is not None:
                column = numbers.setdefault(field, np.full(len(states), np.nan))
                column[position] = number
    if PRICE in numbers:
        numbers.setdefault(COST, numbers[PRICE])
    return numbers


def numbers_of_job(job: Job) -> dict[str, NDArray[np.float64]]:
    """Return (1, 1) numbers by name of a job's attributes; what is no number is left out."""
    found = ((name, _number(value)) for name, value in job.attributes)
    return {name: np.array([[number]]) for name, number in found if number is not None}


def _number(value: Scalar) -> float | None:
    if isinstance(value, str):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
