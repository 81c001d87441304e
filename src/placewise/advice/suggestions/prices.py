"""Prices worth moving: lower ones at which a cluster draws jobs from dearer ones and takes in more than before."""

from __future__ import annotations

from math import floor, isfinite, log10

import numpy as np
from numpy.typing import NDArray

from placewise.advice.suggestions.case import Choices
from placewise.model.advice.changes import PriceMoved
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.replays.inputs.sites import PRICE, PROCESSOR_PRICE

_DIGITS = 3
_MORE = 1 + 1e-9


def price_moves(fleet: Fleet, choices: Choices) -> list[PriceMoved]:
    """Return, for each cluster, the lower price at which it takes in most, where that is more than now.

    Jobs go to the cheapest of the clusters that match. A cluster draws a job where its price is below that at which the
    job would pay as much on the cheapest other one; it is written with three digits. By name of the cluster.
    """
    costs = np.where(choices.able & np.isfinite(choices.costs), choices.costs, np.inf)
    found = []
    for position, cluster in enumerate(fleet.clusters):
        own, rival = costs[:, position], np.delete(costs, position, axis=1).min(axis=1, initial=np.inf)
        here = np.isfinite(own)
        move = _best_move(cluster, own[here], rival[here], choices.weights[here])
        if move is not None:
            found.append(move)
    return sorted(found, key=lambda one: one.cluster)


def _best_move(
    cluster: Cluster, own: NDArray[np.float64], rival: NDArray[np.float64], weights: NDArray[np.int64]
) -> PriceMoved | None:
    said = dict(cluster.state)
    prices = {name: float(said[name]) for name in (PRICE, PROCESSOR_PRICE) if _is_price(said.get(name))}
    dearer = own >= rival
    drawn = dearer & (own > 0)
    if not prices or not drawn.any():
        return None
    now = float(own[~dearer] @ weights[~dearer])
    best, most = None, now * _MORE
    first = next(iter(prices.values()))
    for bound in sorted(set((rival[drawn] / own[drawn]).tolist()), reverse=True):
        price = _below(first * bound)
        if price is None:
            continue
        factor = price / first
        draws = own * factor < rival
        taken = float(own[draws] @ weights[draws]) * factor
        if taken > most:
            best, most = factor, taken
    if best is None:
        return None
    moved = tuple((name, price, _rounded(price * best)) for name, price in prices.items())
    return PriceMoved(cluster.name, moved)


def _is_price(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value > 0


def _below(price: float) -> float | None:
    """Return the largest number of three digits that is clearly below a price; None for no price above 0."""
    if not price > 0:
        return None
    step = 10.0 ** (floor(log10(price)) - _DIGITS + 1)
    found = _rounded(floor(price / step) * step)
    # A price equal to the rival's decides nothing.
    return found if found < price * (1 - 1e-6) else _rounded(found - step)


def _rounded(price: float) -> float:
    return float(f"{price:.{_DIGITS + 6}g}")
