"""A replay on a terminal."""

from __future__ import annotations

from rich.console import Console, JustifyMethod

from placewise.model.traces.replay_summary import ClusterSummary, Spread, Waits
from placewise.model.traces.replayed import Answer
from placewise.replays.summaries.spreads import RUNTIMES
from placewise.report.terminal.tables import print_answer, print_first_rows, print_line, print_table
from placewise.report.words.numbers import MISSING, amount, number, share, shown
from placewise.report.words.openings.replays import replay_opening
from placewise.report.words.replays.replay import (
    HOUR_S,
    QUANTITY_WORDS,
    metadata_line,
    quantity_amount,
    result_lines,
    settings_line,
    time_words,
    trace_lines,
)

_MOST_USERS = 10


def print_replay(replayed: Answer, console: Console) -> None:
    """Print what was replayed, and how jobs fared: all of them, by cluster, by user and by class."""
    summary = replayed.summary
    print_answer(replay_opening(replayed), console)
    said = (settings_line(replayed.settings, len(summary.clusters)), metadata_line(replayed))
    for line in (*trace_lines(replayed.record), *filter(None, said), *result_lines(summary)):
        print_line(line, console)
    right: JustifyMethod = "right"
    left: JustifyMethod = "left"
    intervals = {one.quantity: one.interval for one in summary.means}
    over = next((one.over for one in intervals.values() if one is not None), None)
    headings: dict[str, JustifyMethod] = {
        "per job": left,
        **dict.fromkeys(("mean", "median", "p95", "p99", "max"), right),
    }
    if over is not None:
        headings["95 % of the mean"] = right
    rows = []
    for quantity, word in QUANTITY_WORDS.items():
        spread: Spread | None = getattr(summary.waits, quantity)
        if spread is None:
            continue
        row = [
            word,
            *(quantity_amount(quantity, getattr(spread, name)) for name in ("mean", "median", "p95", "p99", "max")),
        ]
        if over is not None:
            interval = intervals.get(quantity)
            row.append(
                MISSING
                if interval is None
                else f"{quantity_amount(quantity, interval.low)} to {quantity_amount(quantity, interval.high)}"
            )
        rows.append(tuple(row))
    print_table("How jobs fared" + (f"; intervals over {over}" if over else ""), headings, rows, console)
    if len(summary.clusters) > 1:
        print_first_rows(
            "By cluster",
            {
                "cluster": left,
                **dict.fromkeys(
                    ("processors", "jobs", "wait", "bounded slowdown", "utilisation", "wasted, h", "cost"), right
                ),
            },
            [_cluster(one) for one in summary.clusters],
            console,
        )
    if len(summary.by_user) > 1:
        print_first_rows(
            f"By user, the {min(_MOST_USERS, len(summary.by_user))} with the largest use (means)",
            {
                "user": left,
                **dict.fromkeys(("jobs", "wait", "turnaround", "bounded slowdown", "processor-hours"), right),
            },
            [
                (
                    shown(one.name),
                    f"{one.jobs:,}",
                    time_words(one.wait_s),
                    time_words(one.turnaround_s),
                    number(one.bounded_slowdown, 3),
                    amount(one.used_processor_s / HOUR_S),
                )
                for one in summary.by_user[:_MOST_USERS]
            ],
            console,
        )
    _print_classes(replayed, console)


def _print_classes(replayed: Answer, console: Console) -> None:
    classes = replayed.summary.by_class
    runtimes = [words for _, words in RUNTIMES if any(one.runtime == words for one in classes)]
    waits = {(one.size, one.runtime): one.waits for one in classes}
    rows = [
        (size, *(_mean_wait(waits.get((size, runtime))) for runtime in runtimes))
        for size in dict.fromkeys(one.size for one in classes)
    ]
    headings: dict[str, JustifyMethod] = {"processors": "left"}
    headings |= {f"runs {runtime}": "right" for runtime in runtimes}
    print_first_rows("Mean wait by size and runtime", headings, rows, console)


def _mean_wait(waits: Waits | None) -> str:
    return "" if waits is None or waits.wait_s is None else time_words(waits.wait_s.mean)


def _cluster(one: ClusterSummary) -> tuple[str, ...]:
    wait, slow = one.waits.wait_s, one.waits.bounded_slowdown
    return (
        shown(one.name),
        number(one.processors),
        f"{one.waits.jobs:,}",
        MISSING if wait is None else time_words(wait.mean),
        MISSING if slow is None else number(slow.mean, 3),
        share(one.utilisation, 3),
        amount(one.work.wasted_processor_s / HOUR_S),
        MISSING if one.work.cost is None else amount(one.work.cost),
    )
