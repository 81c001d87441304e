"""Why a job fits where it fits and what to relax, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from placewise.matching.causes.by_cluster import TOO_SMALL
from placewise.matching.causes.relaxing import Relaxations, Step, Way
from placewise.matching.causes.why_not import WhyNot
from placewise.model.requirements.predicates import InVersionRange
from placewise.model.requirements.requirement import Expression, tests_of
from placewise.model.scalar import counted
from placewise.report.words.numbers import shown

__all__ = [
    "MOST_NAMES",
    "RANGES",
    "SCATTERED",
    "TOO_SMALL",
    "Relaxed",
    "asks_for_versions",
    "fit_lines",
    "relaxation_line",
    "relaxation_rows",
    "relaxation_title",
]

RANGES = "In ranges 3.15: means 3.15 or newer, :1.2 means 1.2, any 1.2.x or older, 1.2:1.4 means from 1.2 to any 1.4.x."
SCATTERED = "meet every requirement, but not together on the nodes that the job needs"

MOST_NAMES = 8
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Relaxed:
    """One way to ask for less, as a table says it. number : of the set of requirements that it is of."""

    number: int
    to: str
    instead_of: str
    clusters: tuple[str, ...]


def relaxation_title(found: Relaxations) -> str:
    """Say how few requirements have to be relaxed, over the ways to do so."""
    title = "One requirement relaxed gains clusters"
    if (found.fewest or 0) > 1:
        title = (
            f"No fewer than {found.fewest} requirements have to be relaxed together; "
            "each row gains its clusters if the other requirements of its set are dropped"
        )
    return title if found.complete else f"{title} (not all combinations were tried)"


def relaxation_rows(
    found: Relaxations, steps: Callable[[Way], Sequence[Step]] = lambda way: way.steps
) -> Iterator[Relaxed]:
    """Yield each way to ask for less; steps : those of a way that are shown."""
    for number, one in enumerate(found.sets, 1):
        for way in one.ways:
            for step in steps(way):
                to = "without it" if step.relaxed is None else str(step.relaxed)
                yield Relaxed(number, to, str(way.requirement), step.clusters)
        if not one.ways:
            yield Relaxed(number, "without them", " and ".join(map(str, one.requirements)), one.clusters)


def fit_lines(answer: WhyNot, most: int | None = MOST_NAMES) -> Iterator[str]:
    """Yield where a job fits, and where that is not known; most : so many names of where it fits, None for all."""
    matched, total = len(answer.matched), counted(answer.total, "cluster")
    yield f"Fits on {matched:,} of {total}: {_some(answer.matched, most)}" if matched else f"Fits on none of {total}"
    if answer.unknown:
        names = _some([one.cluster for one in answer.unknown])
        yield f"May fit on {len(answer.unknown):,} more, whose descriptions do not say enough: {names}"
    if answer.incomparable:
        names = _some([one.cluster for one in answer.incomparable])
        yield f"Cannot be compared on {len(answer.incomparable):,}, where a value is of another kind: {names}"


def relaxation_line(found: Relaxations) -> str:
    """Say the change that gains most for the least; empty where none helps."""
    if not found.sets or found.fewest is None:
        return ""
    if found.fewest > 1:
        gained = counted(len(found.sets[0].clusters), "more cluster")
        return f"No single change helps: dropping {found.fewest} requirements together gains {gained}"
    first = next(relaxation_rows(found), None)
    if first is None:
        return ""
    gained = counted(len(first.clusters), "more cluster")
    said = f"without {first.instead_of}" if first.to == "without it" else f"{first.to} instead of {first.instead_of}"
    return f"A change that helps: {shown(said, _LONGEST)} gains {gained}"


def asks_for_versions(requirement: Expression) -> bool:
    """Whether a requirement asks for a range of versions."""
    return any(
        isinstance(condition.predicate, InVersionRange)
        for test in tests_of(requirement)
        for condition in test.conditions
    )


def _some(names: Sequence[str], most: int | None = MOST_NAMES) -> str:
    first = names[:most]
    rest = len(names) - len(first)
    said = ", ".join(map(shown, first))
    return f"{said} and {rest:,} more" if rest else said
