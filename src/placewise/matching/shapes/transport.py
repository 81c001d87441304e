"""Whether demands can be met from supplies, each demand from some supplies only: a maximum flow."""

from __future__ import annotations

from collections.abc import Sequence

from placewise.matching.shapes.work import Work


def transported(demands: Sequence[int], supplies: Sequence[int], limits: Sequence[Sequence[int]], work: Work) -> bool:
    """Whether every demand is met, from no supply more than there is.

    limits : for each supply how much of it each demand may take.
    """
    if sum(demands) > sum(supplies):
        return False
    left = list(supplies)
    # What each demand takes of each supply; first what is there without moving anything.
    taken = [[0] * len(demands) for _ in supplies]
    for demand, wanted in enumerate(demands):
        work.step(len(supplies))
        missing = wanted
        for supply, of_supply in enumerate(limits):
            got = min(missing, left[supply], of_supply[demand])
            taken[supply][demand] += got
            left[supply] -= got
            missing -= got
        while missing:
            moved = _augment(demand, missing, left, limits, taken, work)
            if not moved:
                return False
            missing -= moved
    return True


def _augment(
    start: int, most: int, left: list[int], limits: Sequence[Sequence[int]], taken: list[list[int]], work: Work
) -> int:
    """Give a demand more along a shortest path of exchanges, and return how much."""
    found: dict[int, tuple[int, int, int]] = {}
    came = {start: (-1, most)}
    waiting = [start]
    for demand in waiting:
        work.step(len(left))
        for supply, of_supply in enumerate(limits):
            room = min(came[demand][1], of_supply[demand] - taken[supply][demand])
            if room <= 0 or supply in found:
                continue
            found[supply] = (demand, room, demand)
            if left[supply]:
                return _apply(supply, min(room, left[supply]), found, came, left, taken)
            for other, amount in enumerate(taken[supply]):
                if amount and other not in came:
                    came[other] = (supply, min(room, amount))
                    waiting.append(other)
    return 0


def _apply(
    supply: int,
    amount: int,
    found: dict[int, tuple[int, int, int]],
    came: dict[int, tuple[int, int]],
    left: list[int],
    taken: list[list[int]],
) -> int:
    left[supply] -= amount
    while True:
        demand = found[supply][0]
        taken[supply][demand] += amount
        supply = came[demand][0]
        if supply < 0:
            return amount
        taken[supply][demand] -= amount
