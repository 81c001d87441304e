"""The prioritized steps of a constraint policy, as written; what they mean is said in ``selection.constraint``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import Literal, TypeAlias, get_args

from placewise.errors import InputError, one_of

Which: TypeAlias = Literal["first", "last", "random"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Keep the candidates for which a condition holds."""

    expression: str


@dataclass(frozen=True, slots=True)
class Calc:
    """Give the value of an expression a name, for the steps that follow within the same priority."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class SortAscending:
    """Put the candidates with the smallest value first."""

    expression: str


@dataclass(frozen=True, slots=True)
class SortDescending:
    """Put the candidates with the largest value first."""

    expression: str


@dataclass(frozen=True, slots=True)
class Select:
    """Choose the first, the last or a random one of the candidates left. Raises InputError for other words."""

    which: Which

    def __post_init__(self) -> None:
        if self.which not in get_args(Which):
            raise InputError("no such way to select", found=self.which, expected=one_of(self.which, get_args(Which)))


Step: TypeAlias = Filter | Calc | SortAscending | SortDescending | Select


@dataclass(frozen=True, slots=True)
class Priority:
    """Steps that are taken in order; the priority with the smallest number is tried first.

    Raises InputError for steps behind the one that selects: they would do nothing.
    """

    number: int
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if any(isinstance(step, Select) for step in self.steps[:-1]):
            raise InputError("steps follow the one that selects", expected="select as the last step")

    @property
    def which(self) -> Which:
        """Which of the candidates left is chosen; the first, unless the last step says otherwise."""
        last = self.steps[-1] if self.steps else None
        return last.which if isinstance(last, Select) else "first"


def in_order(priorities: Iterable[Priority]) -> tuple[Priority, ...]:
    """Return the priorities in the order in which they are tried.

    Raises InputError when there is none, or two have one number.
    """
    ordered = tuple(sorted(priorities, key=attrgetter("number")))
    if not ordered:
        raise InputError("there are no priorities", expected="at least one")
    for one, next_one in pairwise(ordered):
        if one.number == next_one.number:
            raise InputError("two priorities have one number", found=one.number, expected="numbers that differ")
    return ordered
