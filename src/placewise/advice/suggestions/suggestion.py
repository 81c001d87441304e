"""A change with what it gains, and by which rule one comes before another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from placewise.model.advice.changes import FactDescribed, PriceMoved
from placewise.model.advice.gains import Gains, Now
from placewise.worth.near_misses.suggestions import FleetChange, Relaxation

Change: TypeAlias = FactDescribed | PriceMoved | Relaxation | FleetChange

_SMALLEST_FIRST = (FactDescribed, PriceMoved, Relaxation, FleetChange)
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Applied:
    """A change, and what it gains once it is applied."""

    change: Change
    gains: Gains

    @property
    def gained(self) -> tuple[float, float, float, float]:
        """Successes, then hours of waiting, wasted processor-hours and cost that are saved, to a millionth."""
        saved = (self.gains.waiting_h, self.gains.wasted_h, self.gains.cost)
        amounts = (self.gains.success, *(0.0 if one is None else one.amount for one in saved))
        success, waiting, wasted, cost = (round(one, _DIGITS) + 0.0 for one in amounts)
        return success, waiting, wasted, cost


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change worth making.

    least, most : the same, but that a fact turns out in two ways: as gains least, and as gains most, of the answers
    that were tried. settles : how many jobs' answers on that cluster a fact decides alone; 0 for other changes.
    """

    least: Applied
    most: Applied
    settles: int = 0

    @property
    def change(self) -> Change:
        """The change; of a fact, as it gains most."""
        return self.most.change

    @property
    def is_sure(self) -> bool:
        """Whether it is known what comes of it."""
        return self.least == self.most

    @property
    def gains_something(self) -> bool:
        """Whether it may gain success, or gain time or money without losing success, not matches alone."""
        return self.most.gained > (0.0, 0.0, 0.0, 0.0)

    @property
    def gains_matches_only(self) -> bool:
        """Whether more jobs match by it, none succeeds, and nothing is lost."""
        return self.most.gained == (0.0, 0.0, 0.0, 0.0) and self.most.gains.matches > 0

    @property
    def rank(self) -> tuple[object, ...]:
        """What suggestions are sorted by.

        Successes gained for sure come first, then those that may be gained, then in the same way hours of waiting,
        wasted processor-hours and cost; changes that gain matches alone are last. Among equals the one by which
        more jobs match, or by which more are settled, is first, and then the smaller change: to describe a fact, to
        move a price, to relax a requirement, to change the fleet.
        """
        pairs = zip(self.least.gained, self.most.gained, strict=True)
        amounts = [-amount for pair in pairs for amount in pair]
        size = next(place for place, kind in enumerate(_SMALLEST_FIRST) if isinstance(self.change, kind))
        return not self.gains_something, amounts, -self.most.gains.matches, -self.settles, size, repr(self.change)


@dataclass(frozen=True, slots=True)
class Advice:
    """The changes worth making, the best first, each alone.

    now : how jobs fare before any of them. suggestions : each change with what it gains. tried : how many changes were
    applied. matches_only : how many more changes let jobs match of which none succeeds, or fewer do. notes : what took
    no part, one sentence each.
    """

    now: Now
    suggestions: tuple[Suggestion, ...]
    tried: int
    matches_only: int
    notes: tuple[str, ...] = ()
