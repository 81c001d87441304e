"""What a cluster has free, and what jobs hold of it: a pool of processors, or nodes.

Both kinds offer the same: `room` says what a job would be given now, `take` and `give` change what is free, `holds`
says whether just that is free, `lowest` is what stays free throughout. Nothing here knows of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Holding: TypeAlias = Any
"""What a job holds, as its own kind of space has it: processors, or (nodes, columns) of each node."""

CORES, MEMORY, GPUS = 0, 1, 2
"""Columns of a node; each GPU is a column of its own, from GPUS on."""

WHOLE_GPU = 1000
"""Thousandths of one GPU."""


class Space(Protocol):
    """What is free on a cluster."""

    def room(self, demand: Any) -> Holding | None:
        """Return what a job would be given now; None where it does not fit."""
        ...

    def holds(self, holding: Holding) -> bool:
        """Whether just that is free."""
        ...

    def take(self, holding: Holding) -> None:
        """Give it to a job."""
        ...

    def give(self, holding: Holding) -> None:
        """Take it back."""
        ...

    def copy(self) -> Space:
        """Return another with the same free."""
        ...

    def lowest(self, other: Any) -> Space:
        """Return what is free in both."""
        ...


class Pool:
    """Processors that are all alike; a demand and a holding are a number of them."""

    __slots__ = ("free",)

    def __init__(self, free: int) -> None:
        self.free = free

    def room(self, demand: int) -> int | None:
        """See `Space.room`."""
        return demand if demand <= self.free else None

    def holds(self, holding: int) -> bool:
        """See `Space.holds`."""
        return holding <= self.free

    def take(self, holding: int) -> None:
        """See `Space.take`."""
        self.free -= holding

    def give(self, holding: int) -> None:
        """See `Space.give`."""
        self.free += holding

    def copy(self) -> Pool:
        """See `Space.copy`."""
        return Pool(self.free)

    def lowest(self, other: Pool) -> Pool:
        """See `Space.lowest`."""
        return Pool(min(self.free, other.free))


@dataclass(frozen=True, slots=True, eq=False)
class NodeDemand:
    """Equal pieces of a job, each on one node.

    pieces : how many. cores, memory_bytes, gpus_milli : of each; GPUs past one are whole ones.
    apart : each piece on a node of its own. exclusive : it takes its nodes whole.
    usable : (nodes,) booleans, the nodes at which the job's requirements hold; None for all.
    """

    pieces: int
    cores: int
    memory_bytes: int = 0
    gpus_milli: int = 0
    apart: bool = False
    exclusive: bool = False
    usable: NDArray[np.bool_] | None = None


class Nodes:
    """Nodes with cores, memory and GPUs; jobs are packed first-fit by node order.

    whole, free : (nodes, 2 + GPUs of a node) int64, see the columns above.
    """

    __slots__ = ("free", "whole")

    def __init__(self, whole: NDArray[np.int64], free: NDArray[np.int64] | None = None) -> None:
        self.whole = whole
        self.free = whole.copy() if free is None else free

    def room(self, demand: NodeDemand) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """See `Space.room`."""
        given = self._given(demand)
        if given is None:
            return None
        nodes = np.flatnonzero(given)
        if demand.exclusive:
            return nodes, self.whole[nodes]
        given = given[nodes]
        amounts = np.zeros((len(nodes), self.free.shape[1]), dtype=np.int64)
        amounts[:, CORES], amounts[:, MEMORY] = given * demand.cores, given * demand.memory_bytes
        if demand.gpus_milli:
            amounts[:, GPUS:] = _gpus_of(self.free[nodes, GPUS:], given, demand.gpus_milli)
        return nodes, amounts

    def _given(self, demand: NodeDemand) -> NDArray[np.int64] | None:
        """Return how many pieces each node is given, up to the last that is given any; None where they do not fit."""
        if self.free[:, CORES].sum() < demand.pieces * demand.cores:  # most that do not fit are seen here
            return None
        one_each = demand.apart or demand.pieces == 1
        many = self._able(demand) if one_each else self._pieces(demand)
        if demand.usable is not None:
            many = many * demand.usable
        if demand.exclusive:
            many = many * (self.free == self.whole).all(axis=1)
        if demand.pieces == 1:
            last = int(many.argmax())
            return many[: last + 1].astype(np.int64) if many[last] else None
        total = np.cumsum(many)
        if total[-1] < demand.pieces:
            return None
        last = int(np.searchsorted(total, demand.pieces))
        given: NDArray[np.int64] = many[: last + 1].astype(np.int64)
        given[-1] -= total[last] - demand.pieces
        return given

    def _able(self, demand: NodeDemand) -> NDArray[np.bool_]:
        """Return (nodes,) whether each has room for a piece."""
        free = self.free
        able: NDArray[np.bool_] = (free[:, CORES] >= demand.cores) & (free[:, MEMORY] >= demand.memory_bytes)
        if demand.gpus_milli >= WHOLE_GPU:
            able &= (free[:, GPUS:] == WHOLE_GPU).sum(axis=1) >= _whole(demand.gpus_milli)
        elif demand.gpus_milli:
            able &= (free[:, GPUS:] >= demand.gpus_milli).any(axis=1)
        return able

    def _pieces(self, demand: NodeDemand) -> NDArray[np.int64]:
        """Return (nodes,) how many pieces each has room for, at most all."""
        free = self.free
        many = np.full(len(free), demand.pieces, dtype=np.int64)
        for column, wanted in ((CORES, demand.cores), (MEMORY, demand.memory_bytes)):
            if wanted:
                np.minimum(many, free[:, column] // wanted, out=many)
        if demand.gpus_milli >= WHOLE_GPU:
            np.minimum(many, (free[:, GPUS:] == WHOLE_GPU).sum(axis=1) // _whole(demand.gpus_milli), out=many)
        elif demand.gpus_milli:
            np.minimum(many, (free[:, GPUS:] // demand.gpus_milli).sum(axis=1), out=many)
        return many

    def holds(self, holding: tuple[NDArray[np.int64], NDArray[np.int64]]) -> bool:
        """See `Space.holds`."""
        nodes, amounts = holding
        return bool((self.free[nodes] >= amounts).all())

    def take(self, holding: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
        """See `Space.take`."""
        nodes, amounts = holding
        self.free[nodes] -= amounts

    def give(self, holding: tuple[NDArray[np.int64], NDArray[np.int64]]) -> None:
        """See `Space.give`."""
        nodes, amounts = holding
        self.free[nodes] += amounts

    def copy(self) -> Nodes:
        """See `Space.copy`."""
        return Nodes(self.whole, self.free.copy())

    def lowest(self, other: Nodes) -> Nodes:
        """See `Space.lowest`."""
        return Nodes(self.whole, np.minimum(self.free, other.free))


def _whole(gpus_milli: int) -> int:
    """Return how many whole GPUs that is."""
    return -(-gpus_milli // WHOLE_GPU)


def _gpus_of(free: NDArray[np.int64], given: NDArray[np.int64], gpus_milli: int) -> NDArray[np.int64]:
    """Return (nodes, GPUs) what so many pieces take of each: the first GPUs that are free, or that have the share."""
    if gpus_milli >= WHOLE_GPU:
        whole = free == WHOLE_GPU
        first = np.cumsum(whole, axis=1) <= (given * _whole(gpus_milli))[:, None]
        return np.where(whole & first, WHOLE_GPU, 0)
    many = free // gpus_milli
    before = np.cumsum(many, axis=1) - many
    taken: NDArray[np.int64] = gpus_milli * np.clip(given[:, None] - before, 0, many)
    return taken
