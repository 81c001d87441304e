"""Replays side by side, as the rows and colours of figures: by level and queue policy, or one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from placewise.model.traces.scenarios import Paired, PieceWorth, ScenarioResult, Timed

MOST_ROWS = 24
_HEAP = 2


@dataclass(frozen=True, slots=True)
class Rows:
    """Scenarios, or comparisons of them, laid out in rows.

    names : of the rows: levels of metadata where each scenario has one, else scenarios. policies : those that share a
    row; one empty text where a row is a scenario. left_out : how many rows there are beyond these.
    """

    names: tuple[str, ...]
    policies: tuple[str, ...]
    left_out: int

    @property
    def crossed(self) -> bool:
        """Whether rows are levels, each under several policies or one."""
        return self.policies != ("",)


def scenario_rows(timed: Timed) -> tuple[Rows, dict[tuple[str, str], ScenarioResult]]:
    """Return the rows of the scenarios, and each by row and policy."""
    crossed = _is_crossed(timed)
    found: dict[tuple[str, str], ScenarioResult] = {
        ((one.level or one.name) if crossed else one.name, one.settings.policy if crossed else ""): one
        for one in timed.results
    }
    return _rows(list(found)), found


def without_repeated(rows: Rows, found: Mapping[tuple[str, str], ScenarioResult]) -> tuple[Rows, tuple[str, ...]]:
    """Return the rows without those that look like the first under every policy, and the names of these.

    One such row is news and stays; several are a heap of equal marks.
    """

    def look(name: str) -> list[object]:
        some = [found.get((name, policy)) for policy in rows.policies]
        return [None if one is None else (one.success, one.means, one.work, one.utilisation) for one in some]

    names = tuple(dict.fromkeys(name for name, _ in found))
    repeated = tuple(name for name in names[1:] if look(name) == look(names[0]))
    if not rows.crossed or len(repeated) < _HEAP:
        return rows, ()
    return _rows([key for key in found if key[0] not in repeated]), repeated


def value_rows(timed: Timed) -> tuple[Rows, tuple[str, ...]]:
    """Return the pieces of metadata that are worth anything as rows, and the names of the others.

    All are rows where none is worth anything.
    """
    worth = {one.piece for one in timed.values if one.waiting_s or one.wasted_s}
    keys = [(one.piece, one.policy) for one in timed.values]
    nothing = tuple(dict.fromkeys(piece for piece, _ in keys if piece not in worth)) if worth else ()
    return _rows([key for key in keys if key[0] not in nothing]), nothing


def comparison_rows(timed: Timed) -> tuple[Rows, dict[tuple[str, str], Paired]]:
    """Return the rows of the comparisons of scenarios in which jobs started, and each by row and policy.

    Where rows are levels, each is compared with the first one under the same policy, and others are left out.
    """
    by_name = {one.name: one for one in timed.results}
    compared = [one for one in timed.comparisons if one.means]
    if not _is_crossed(timed):
        plain = {(f"{one.first} less {one.second}", ""): one for one in compared}
        return _rows(list(plain)), plain
    found: dict[tuple[str, str], Paired] = {}
    for one in compared:
        first, second = by_name[one.first], by_name[one.second]
        if first.settings.policy == second.settings.policy:
            found[first.level or first.name, first.settings.policy] = one
    return _rows(list(found)), found


def telling_comparisons(timed: Timed) -> list[Paired]:
    """Return the comparisons that sentences are about: all of a few, else those of all metadata."""
    compared = [one for one in timed.comparisons if one.means]
    if len(compared) <= MOST_ROWS // 2:
        return compared
    everything = {one.name for one in timed.results if one.metadata is None}
    policy_of = {one.name: one.settings.policy for one in timed.results}
    return [one for one in compared if one.first in everything and policy_of[one.first] == policy_of[one.second]]


def largest_waste(timed: Timed) -> dict[str, PieceWorth]:
    """Return by policy the piece of metadata that takes away most waste; none where no piece does."""
    found: dict[str, PieceWorth] = {}
    for one in timed.values:
        if one.wasted_s > 0 and (one.policy not in found or one.wasted_s > found[one.policy].wasted_s):
            found[one.policy] = one
    return found


def _is_crossed(timed: Timed) -> bool:
    return all(one.level for one in timed.results)


def _rows(keys: list[tuple[str, str]]) -> Rows:
    names = tuple(dict.fromkeys(name for name, _ in keys))
    policies = tuple(dict.fromkeys(policy for _, policy in keys))
    return Rows(names[:MOST_ROWS], policies, max(0, len(names) - MOST_ROWS))
