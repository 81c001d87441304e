"""Where a requirement holds: of each place, yes, no or unknown (Kleene's three values)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import Incomparable
from placewise.kinds.resolving import Test
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.matching.bits import bitset
from placewise.matching.fleet.offers import Offers
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Requirement

Places: TypeAlias = NDArray[np.uint64]

_FEW_VERTICES = 64


@dataclass(frozen=True, slots=True, eq=False)
class Meeting:
    """The place classes at which a requirement holds.

    yes : (words,), where it holds. possible : (words,), where it holds or may hold; the same array as `yes` where
        nothing is unknown. Both are read-only. yes_number, possible_number : the same as numbers (see
        `bitset.to_number`).
    problems : values that could not be compared, each with the (words,) place classes that see it.
    stamp : equal stamps of one requirement mean equal answers.
    """

    yes: Places
    yes_number: int
    possible: Places
    possible_number: int
    problems: tuple[tuple[Incomparable, Places], ...]
    stamp: object

    @classmethod
    def of(
        cls, yes: Places, possible: Places, problems: Iterable[tuple[Incomparable, Places]], stamp: object
    ) -> Meeting:
        """Return the meeting of two sets, as one where they are equal."""
        number = bitset.to_number(yes)
        possible_number = number if possible is yes else bitset.to_number(possible)
        if possible_number == number:
            possible = yes
        yes.flags.writeable = possible.flags.writeable = False
        return cls(yes, number, possible, possible_number, tuple(problems), stamp)

    @property
    def certain(self) -> bool:
        """Whether the answer is yes or no everywhere."""
        return self.possible is self.yes


def tested(
    test: VertexTest,
    offers: Offers,
    nothing: Places,
    stamp: object,
    *,
    incomplete: Places | None,
    in_part: Places | None,
) -> Meeting:
    """Return where a vertex is seen that meets a requirement.

    nothing : (words,) the empty set. incomplete : the place classes of clusters that may have vertices which are not
    described, so that no vertex there means unknown. in_part : those of clusters whose vertices may have fields which
    are not described, so that a field that is missing there is unknown; the incomplete ones are among them.
    """
    yes, possible = nothing.copy(), None
    maybe: list[Places] = [] if incomplete is None else [incomplete]
    problems = []
    for answer, members in _answers(test, offers):
        if answer is Answer.YES:
            yes |= members
        elif answer is Answer.UNSAID:
            yes |= members if in_part is None else members & ~in_part
        if answer in (Answer.UNSAID, Answer.MISSING) and in_part is not None:
            maybe.append(members & in_part)
        elif answer is Answer.UNDECIDED:
            maybe.append(members)
        elif isinstance(answer, Incomparable):
            problems.append((answer, members))
            maybe.append(members)
    if maybe:
        possible = reduce(np.bitwise_or, maybe, yes)
    return Meeting.of(yes, yes if possible is None else possible, problems, stamp)


def most_asked(requirement: Requirement, offers: Offers) -> int:
    """Return about how many vertices are asked, at most, to find where a requirement holds."""
    vertices, conditions = len(offers.vertices), requirement.conditions
    if vertices < _FEW_VERTICES or not conditions:
        return vertices
    groups = min([offers.by_field(one.field) for one in conditions], key=len)
    if len(conditions) == 1:
        return len(groups)
    if any(isinstance(one.predicate, Equals) and offers.by_field(one.field) is groups for one in conditions):
        return len(groups) + max(map(len, groups))
    return vertices


def _answers(test: VertexTest, offers: Offers) -> Iterator[tuple[Answer | Incomparable, Places]]:
    """Yield what vertices answer that do not just say no, each with the place classes that see it."""
    first = fewest_values(test, offers)
    if first is None:
        for (properties, _), members in offers.vertices.items():
            yield test.ask(dict(properties)), members
        return
    alone = VertexTest((first,), test.subsystem)
    for group in offers.by_field(first[0]):
        answer = alone.ask(dict(group[0][0][0]))
        if answer is Answer.NO:
            continue
        for (properties, _), members in group:
            yield answer if len(test.tests) == 1 else test.ask(dict(properties)), members


def fewest_values(test: VertexTest, offers: Offers) -> tuple[str, Test, Answer] | None:
    """Return the condition on the field that has the fewest values: a vertex that fails one fails all."""
    if len(offers.vertices) < _FEW_VERTICES or not test.by_field:
        return None
    return min(test.tests, key=lambda one: len(offers.by_field(one[0])), default=None)


def all_met(parts: Iterable[Meeting], stamp: object) -> Meeting:
    """Return where all parts hold."""
    return _joined(np.bitwise_and, list(parts), stamp)


def any_met(parts: Iterable[Meeting], stamp: object) -> Meeting:
    """Return where at least one part holds."""
    return _joined(np.bitwise_or, list(parts), stamp)


def not_met(part: Meeting, everything: Places, stamp: object) -> Meeting:
    """Return where a part does not hold."""
    yes = everything & ~part.possible
    return Meeting.of(yes, yes if part.certain else everything & ~part.yes, part.problems, stamp)


def _joined(join: np.ufunc, parts: list[Meeting], stamp: object) -> Meeting:
    yes = join.reduce([part.yes for part in parts])
    certain = all(part.certain for part in parts)
    possible = yes if certain else join.reduce([part.possible for part in parts])
    return Meeting.of(yes, possible, [one for part in parts for one in part.problems], stamp)
