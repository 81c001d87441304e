"""What is different between two fleets, and what it does to jobs, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, JustifyMethod

from placewise.model.advice.fleet_diff import FleetDiff
from placewise.report.data.fleets.fleet_diff import CauseCount, by_cause, most_affected
from placewise.report.terminal.fleets.fleet_changes import print_fleet_changes
from placewise.report.terminal.narrow import some_names
from placewise.report.terminal.tables import print_first_rows, print_line, print_lines
from placewise.report.words.fleets.fleet_diff import (
    CAUSES,
    MAYBE,
    MAYBE_MEANS,
    clusters_lines,
    diff_answer,
    gained_names,
    job_name,
    jobs_lines,
    lost_names,
)

_NAMES = 30


def print_fleet_diff(found: FleetDiff, console: Console) -> None:
    """Print the answer, what became of clusters, why jobs gain and lose some, and which jobs those are."""
    print_lines([diff_answer(found), *clusters_lines(found)], console)
    if found.fleet:
        print_fleet_changes(found.fleet, console)
    print_lines(list(jobs_lines(found)), console)
    if not found.jobs:
        return
    for what, title in CAUSES.items():
        _print_causes(title, by_cause(found.jobs, what), console)
    headings: dict[str, JustifyMethod] = {
        "job": "left",
        "clusters before": "right",
        "now": "right",
        "loses": "left",
        "gains": "left",
    }
    rows = [
        (
            job_name(one),
            f"{one.matched_before:,}",
            f"{one.matched_after:,}",
            some_names(lost_names(one), _NAMES),
            some_names(gained_names(one), _NAMES),
        )
        for one in most_affected(found.jobs)
    ]
    print_first_rows("Jobs that gain and lose clusters", headings, rows, console)
    if any(cell.endswith(MAYBE) or f"{MAYBE}," in cell for row in rows for cell in row[3:]):
        print_line(MAYBE_MEANS, console)


def _print_causes(title: str, causes: Sequence[CauseCount], console: Console) -> None:
    headings: dict[str, JustifyMethod] = {"jobs": "right", "such as": "left", "clusters": "left", "cause": "left"}
    rows = [
        (f"{one.jobs:,}", some_names(one.names[:1], _NAMES), some_names(one.clusters, _NAMES), one.cause)
        for one in causes
    ]
    print_first_rows(title, headings, rows, console)
