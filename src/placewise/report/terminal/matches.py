"""What several jobs match, a line a job."""

from __future__ import annotations

from collections.abc import Sequence

from placewise.matching.match import Match
from placewise.report.terminal.narrow import cut, some_names, two_columns

_HEADINGS = ("job", "clusters, or why there are none")
# Of the width, what the name of a job may take at most, and what stands around names.
_AROUND = 24


def match_lines(found: Sequence[tuple[str, Match, str]], total: int, width: int) -> list[str]:
    """Return a table of jobs, given as name, match and the reason why there is none, as lines of a width at most."""
    longest = max(len(job) for job, _, _ in found)
    room = max(10, width - min(longest, 40, width // 2) - _AROUND)
    return two_columns(_HEADINGS, [(job, _answer(one, why, total, room)) for job, one, why in found], width)


def _answer(found: Match, why: str, total: int, room: int) -> str:
    if found:
        more = f"; {len(found.unknown)} more may" if found.unknown else ""
        return f"{len(found.names)} of {total}: {some_names(found.names, room - len(more))}{more}"
    if found.unknown:
        return f"{len(found.unknown)} of {total} may: {some_names(found.unknown, room)}"
    if found.incomparable:
        one = found.incomparable[0]
        names = some_names([each.cluster for each in found.incomparable], room // 2)
        return f"cannot be compared on {names}: {one.problem}"
    return cut(f"none: {why}", room + _AROUND)
