"""The numbers of why assigned jobs fail: sets of reasons, the frequent ones by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from placewise.model.results.results import LevelResult

MOST_ALONE, MOST_TOGETHER = 4, 4

Reasons = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the failures: the sets of reasons that it counts, and its place among parts of its kind.

    kind : alone, together, or others, for the rest.
    """

    kind: str
    place: int
    members: tuple[Reasons, ...]

    def count(self, level: LevelResult) -> float:
        """Return how many jobs are expected to fail for these reasons and no other."""
        return sum(level.reasons.together.get(one, 0.0) for one in self.members)


def failing_levels(levels: Sequence[LevelResult]) -> list[LevelResult]:
    """Return the levels at which some job fails."""
    return [level for level in levels if level.reasons.together]


def parts_of(levels: Sequence[LevelResult]) -> list[Part]:
    """Divide all failures into parts, the frequent ones first; the infrequent ones share the last."""
    total: dict[Reasons, float] = {}
    for level in levels:
        for reasons, count in level.reasons.together.items():
            total[reasons] = total.get(reasons, 0.0) + count
    alone = sorted((one for one in total if len(one) == 1), key=lambda one: (-total[one], one))
    together = sorted((one for one in total if len(one) > 1), key=lambda one: (len(one), -total[one], one))
    frequent = sorted(together, key=lambda one: -total[one])[:MOST_TOGETHER]
    parts = [Part("alone", place, (one,)) for place, one in enumerate(alone[:MOST_ALONE])]
    shown = [one for one in together if one in frequent]
    parts += [Part("together", place, (one,)) for place, one in enumerate(shown)]
    others = (*alone[MOST_ALONE:], *(one for one in together if one not in frequent))
    return [*parts, Part("others", 0, others)] if others else parts
