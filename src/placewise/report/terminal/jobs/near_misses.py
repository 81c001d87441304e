"""Near misses, as tables and lines."""

from __future__ import annotations

from rich.console import Console, JustifyMethod

from placewise.model.scalar import counted
from placewise.report.terminal.tables import print_first_rows, print_line
from placewise.report.words.jobs.explanation import RANGES, asks_for_versions
from placewise.report.words.jobs.near_misses import change_text
from placewise.worth.near_misses.suggestions import NearMisses, Relaxation, Success


def print_near_misses(found: NearMisses, console: Console) -> None:
    """Print how far unmatched jobs are from matching, and what would gain most of them.

    A terminal is shown the first of many rows; a file or pipe is given all, each row on a line of its own.
    """
    print_line(f"{found.unmatched:,} of {found.jobs:,} jobs match no cluster", console)
    if found.too_large:
        print_line("no cluster is large enough for them, whatever the requirements", console)
    rows = _spread_rows(found)
    headings: dict[str, JustifyMethod] = {"requirements": "right", "jobs": "right", "this many or more": "right"}
    print_first_rows(
        "How many requirements fail on the nearest cluster, for jobs that match nothing", headings, rows, console
    )
    successes = [*(one.success for one in found.relaxations), *(one.success for one in found.changes)]
    judged = any(success is not None for success in successes)
    succeed: dict[str, JustifyMethod] = (
        dict.fromkeys(("successes gained", "successes lost", "more succeed"), "right") if judged else {}
    )
    # Where requirements decide, whatever a changed fleet gains succeeds, and a relaxed requirement may gain no success.
    tables = (_print_relaxations, _print_changes) if judged else (_print_changes, _print_relaxations)
    for table in tables:
        table(found, succeed, console)
    if found.matches_only:
        further = counted(found.matches_only, "further change")
        print_line(f"Not listed: {further} by which jobs match but do not succeed", console)
    if not judged and found.relaxations:
        print_line(
            "Here a job succeeds only where all that it asks for is true: relaxing a requirement that it truly needs "
            "gains a match and no success.",
            console,
        )
    if any(asks_for_versions(one.requirement) for one in found.relaxations):
        print_line(RANGES, console)


def _print_relaxations(found: NearMisses, succeed: dict[str, JustifyMethod], console: Console) -> None:
    headings: dict[str, JustifyMethod] = {
        "ask for": "left",
        "instead of": "left",
        "in jobs": "right",
        "more jobs match": "right",
        "clusters per job": "right",
        **succeed,
    }
    rows = [(*_relaxation_row(one), *(_success_cells(one.success) if succeed else ())) for one in found.relaxations]
    print_first_rows("One requirement relaxed in all jobs that have it", headings, rows, console)


def _print_changes(found: NearMisses, succeed: dict[str, JustifyMethod], console: Console) -> None:
    headings: dict[str, JustifyMethod] = {
        "change": "left",
        "jobs gained": "right",
        "jobs lost": "right",
        "more jobs match": "right",
        **succeed,
    }
    rows = [
        (
            change_text(one),
            f"{one.gained:,}",
            f"{one.lost:,}",
            f"{one.net:,}",
            *(_success_cells(one.success) if succeed else ()),
        )
        for one in found.changes
    ]
    print_first_rows("One subsystem of one cluster changed", headings, rows, console)


def _spread_rows(found: NearMisses) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    rest = sum(jobs for _, jobs in found.fewest)
    for number, jobs in found.fewest:
        rows.append((str(number) if number else "0, but on different nodes", f"{jobs:,}", f"{rest:,}"))
        rest -= jobs
    return rows


def _relaxation_row(one: Relaxation) -> tuple[str, ...]:
    relaxed = "nothing" if one.relaxed is None else str(one.relaxed)
    return relaxed, str(one.requirement), f"{one.jobs:,}", f"{one.gained:,}", f"{one.clusters_per_job:.1f}"


def _success_cells(success: Success | None) -> tuple[str, ...]:
    return (
        ("",) * 3
        if success is None
        else (
            f"{success.gained:,.1f}",
            f"{success.lost:,.1f}",
            f"{success.net:+,.1f}",
        )
    )
