"""What a node hour costs on each cluster: from the clusters' states, or from a file of prices.

The file is a JSON object of numbers by the name of the cluster.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, locating, one_of
from placewise.formats import values
from placewise.formats.reading import read_json
from placewise.formats.writing import write_json
from placewise.model.fleets.cluster import Cluster, Fleet

PRICE = "cost_per_node_hour"


def prices_of(fleet: Fleet) -> NDArray[np.float64]:
    """Return (clusters,) the `cost_per_node_hour` of each cluster's state, NaN where there is none.

    Raises InputError for one that is no finite number of 0 or more.
    """
    return np.array([_price(cluster) for cluster in fleet.clusters], dtype=np.float64)


def read_prices(path: Path, fleet: Fleet) -> NDArray[np.float64]:
    """Return (clusters,) the prices that a file gives the clusters of a fleet, NaN for a cluster that it leaves out.

    Raises InputError naming file and cluster, among others for a cluster that the fleet does not have.
    """
    with locating(file=path):
        document = values.mapping(read_json(path), "document")
        prices = {name: values.amount(price, f"cluster {name!r}", zero=True) for name, price in document.items()}
        unknown = prices.keys() - set(fleet.names)
        if unknown:
            raise InputError(
                "gives the price of a cluster that is not in the fleet",
                found=min(unknown),
                expected=one_of(min(unknown), fleet.names),
            )
    return np.array([prices.get(name, math.nan) for name in fleet.names], dtype=np.float64)


def write_prices(path: Path, fleet: Fleet, prices: NDArray[np.float64]) -> None:
    """Write (clusters,) prices as `read_prices` reads them, whole or not at all."""
    write_json(path, dict(zip(fleet.names, prices.tolist(), strict=True)))


def _price(cluster: Cluster) -> float:
    price = dict(cluster.state).get(PRICE)
    return math.nan if price is None else values.amount(price, f"cluster {cluster.name!r}, {PRICE}", zero=True)
