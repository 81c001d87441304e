"""Changes that can be made to a fleet beside those that near misses name."""

from __future__ import annotations

from dataclasses import dataclass

from placewise.model.scalar import Value


@dataclass(frozen=True, slots=True)
class FactDescribed:
    """All that a cluster has of a subsystem is described, so that nothing of it is unknown any more.

    answer : the fields of what turns out to be there beside what was described, seen by every node; where all vertices
    are named and fields of them are not, the fields that those turn out to have. None where nothing else is there.
    """

    cluster: str
    subsystem: str
    answer: tuple[tuple[str, Value], ...] | None


@dataclass(frozen=True, slots=True)
class PriceMoved:
    """A cluster has another price. prices : of each field of its state that says one, before and after."""

    cluster: str
    prices: tuple[tuple[str, float, float], ...]
