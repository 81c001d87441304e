"""What several jobs match, a row per job."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, JustifyMethod

from placewise.matching.match import Match
from placewise.report.terminal.narrow import some_names
from placewise.report.terminal.tables import print_table, width_of

_HEADINGS: dict[str, JustifyMethod] = {"job": "left", "clusters, or why there are none": "left"}
# What the name of a job takes of the width, and what is written around names.
_LONGEST_NAME, _AROUND = 40, 24


def print_matches(found: Sequence[tuple[str, Match, str]], total: int, console: Console) -> None:
    """Print a table of jobs, given as name, match and the reason why there is none."""
    longest, width = max(len(job) for job, _, _ in found), width_of(console)
    room = max(10, width - min(longest, _LONGEST_NAME, width // 2) - _AROUND)
    print_table("", _HEADINGS, [(job, _answer(one, why, total, room)) for job, one, why in found], console)


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
    return f"none: {why}"
