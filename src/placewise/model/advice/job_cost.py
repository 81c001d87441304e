"""What a job would cost on each cluster that it matches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Per: TypeAlias = Literal["node", "processor"]


@dataclass(frozen=True, slots=True)
class ClusterCost:
    """What a job would cost on one cluster.

    price : of an hour of what is paid for, a node or a processor.
    amount : how many of these the job takes, None where it does not say.
    cost : of all of them for as long as `JobCost` says, else for one hour; None where the amount is.
    """

    cluster: str
    price: float
    per: Per
    amount: int | None
    cost: float | None


@dataclass(frozen=True, slots=True)
class JobCost:
    """What a job would cost on the clusters that it matches and that have a price.

    seconds : how long it may run at most, None where nobody says. clusters : the cheapest first. unpriced : those
    without a price.
    """

    job: str
    seconds: float | None
    clusters: tuple[ClusterCost, ...]
    unpriced: tuple[str, ...]
