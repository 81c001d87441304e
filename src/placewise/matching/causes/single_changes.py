"""Every single change inside an expression that lets it ask for less."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from placewise.errors import InputError
from placewise.matching.causes.widening import widenings
from placewise.matching.clusters.compiled_cluster import Properties
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.requirement import AllOf, AnyOf, Expression, Not, Requirement, all_of, any_of, negated

MOST_CHANGES = 256
"""Of more changes of one expression these many are tried, the first by position."""

Path: TypeAlias = tuple[int, ...]
"""Where in an expression: the position in the outermost one, in the one there, and so on."""


@dataclass(frozen=True, slots=True)
class Change:
    """One part of an expression changed.

    path : that of the part. steps : the whole expression with that part widened, less and less asked for; one alone
    where the part is left out.
    """

    path: Path
    steps: tuple[Expression, ...]
    left_out: bool = False


def single_changes(
    expression: Expression, offered: Callable[[str], Iterable[Properties]], vocabulary: Vocabulary
) -> list[Change]:
    """Return the changes of one test or one branch, each after those inside of it.

    A test is widened (see `widenings`), and a part of an `and` left out, a `not` too; under a `not` a branch of an
    `or` is. Nothing is added. offered : the vertices of a subsystem that count.
    """
    found: list[Change] = []
    for change in _changes(expression, (), False, offered, vocabulary):
        found.append(change)
        if len(found) == MOST_CHANGES:
            break
    return found


def _changes(
    part: Expression,
    path: Path,
    narrower: bool,
    offered: Callable[[str], Iterable[Properties]],
    vocabulary: Vocabulary,
) -> Iterator[Change]:
    """Yield the changes by which a part asks for less; under a `not`, those by which it asks for more."""
    if isinstance(part, Requirement):
        if not narrower:
            for direction in widenings(part, offered(part.subsystem), vocabulary):
                yield Change(path, direction)
    elif isinstance(part, Not):
        for change in _changes(part.part, (*path, 0), not narrower, offered, vocabulary):
            yield _within(change, negated)
    else:
        join = all_of if isinstance(part, AllOf) else any_of
        may_go = isinstance(part, AnyOf if narrower else AllOf)
        for position, inside in enumerate(part.parts):
            others = part.parts[:position] + part.parts[position + 1 :]
            for change in _changes(inside, (*path, position), narrower, offered, vocabulary):
                yield _within(change, lambda one, others=others, join=join: join((*others, one)))  # type: ignore[misc]
            if may_go:
                yield Change((*path, position), (join(others),), left_out=True)


def _within(change: Change, rebuilt: Callable[[Expression], Expression]) -> Change:
    steps = []
    for step in change.steps:
        try:
            steps.append(rebuilt(step))
        except InputError:
            # Deeper, or longer, than an expression may be.
            break
    return replace(change, steps=tuple(steps))
