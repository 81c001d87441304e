"""When a job would start, as a table."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console, JustifyMethod

from placewise.model.traces.start_estimate import ClusterStart, StartEstimate
from placewise.report.terminal.tables import PIPED_WIDTH, print_first_rows, print_lines
from placewise.report.words.numbers import counted, shown
from placewise.report.words.replay import time_words

_TOO_LARGE = "never: the job asks for more processors than it has"
_BOUND = "no later"
_ALONE = "if nobody else comes"


def print_start_estimate(found: StartEstimate, console: Console) -> None:
    """Print when a job would start on each cluster that matches it, the earliest first."""
    if not found.clusters:
        return
    title = (
        f"When {shown(found.job)} would start: {counted(found.processors, 'processor')}, a limit of "
        f"{time_words(found.limit_s)}, submitted at {_clock(found.now_s, found)}"
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
    rows = [_row(one, found) for one in sorted(found.clusters, key=_by_start)]
    print_first_rows(title, headings, rows, console, widest=PIPED_WIDTH)
    if any(one.is_bound for one in found.clusters):
        print_lines([f"{_BOUND}: as long as jobs end by their limits, whoever comes."], console)
    if any(one.start_s is not None and not one.is_bound for one in found.clusters):
        print_lines([f"{_ALONE}: and every job runs to its limit."], console)
    print_lines([shown(note, 300) for note in found.notes], console)


def _by_start(one: ClusterStart) -> tuple[bool, int]:
    return one.start_s is None, one.start_s or 0


def _row(one: ClusterStart, of: StartEstimate) -> tuple[str, ...]:
    many = str(one.running), str(one.queued)
    if one.start_s is None or one.wait_s is None:
        return shown(one.cluster), one.policy, "", _TOO_LARGE, "", *many
    when = "now" if not one.wait_s else _clock(one.start_s, of)
    return shown(one.cluster), one.policy, time_words(one.wait_s), when, _BOUND if one.is_bound else _ALONE, *many


def _clock(seconds: int, of: StartEstimate) -> str:
    if of.is_virtual:
        return f"{seconds:,} s"
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):  # past the year 9999
        return f"{seconds} s"
