"""When a job would start, as a table."""

from __future__ import annotations

from rich.console import Console, JustifyMethod

from placewise.model.scalar import counted
from placewise.model.traces.start_estimate import ClusterStart, StartEstimate
from placewise.report.terminal.tables import print_first_rows, print_lines
from placewise.report.words.jobs.start_estimate import (
    ALONE,
    ALONE_MEANS,
    BOUND,
    BOUND_MEANS,
    TOO_LARGE,
    by_start,
    clock_words,
    start_words,
)
from placewise.report.words.numbers import shown
from placewise.report.words.replays.replay import time_words


def print_start_estimate(found: StartEstimate, console: Console) -> None:
    """Print when a job would start on each cluster that matches it, the earliest first."""
    if not found.clusters:
        return
    title = (
        f"When {shown(found.job)} would start: {counted(found.processors, 'processor')}, a limit of "
        f"{time_words(found.limit_s)}, submitted at {clock_words(found.now_s, found)}"
    )
    headings: dict[str, JustifyMethod] = {
        "cluster": "left",
        "policy": "left",
        "wait": "right",
        "start" if found.is_virtual else "start (UTC)": "left",
        "which is": "left",
        "running": "right",
        "queued": "right",
    }
    rows = [_row(one, found) for one in sorted(found.clusters, key=by_start)]
    print_first_rows(title, headings, rows, console)
    if any(one.is_bound for one in found.clusters):
        print_lines([BOUND_MEANS], console)
    if any(one.start_s is not None and not one.is_bound for one in found.clusters):
        print_lines([ALONE_MEANS], console)
    print_lines([shown(note, 300) for note in found.notes], console)


def _row(one: ClusterStart, of: StartEstimate) -> tuple[str, ...]:
    many = str(one.running), str(one.queued)
    if one.start_s is None or one.wait_s is None:
        return shown(one.cluster), one.policy, "", TOO_LARGE, "", *many
    which = BOUND if one.is_bound else ALONE
    return shown(one.cluster), one.policy, time_words(one.wait_s), start_words(one, of), which, *many
