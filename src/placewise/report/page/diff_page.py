"""What is different between two fleets, and what that does to jobs: one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from placewise.formats.writing import write_bytes
from placewise.model.advice.fleet_diff import FleetDiff, JobChanges
from placewise.report.data.fleets.fleet_diff import CauseCount, by_cause, most_affected
from placewise.report.page.filling import filled
from placewise.report.page.text_table import Column, TextTable, text_table
from placewise.report.words.fleets.fleet_changes import change_rows
from placewise.report.words.fleets.fleet_diff import (
    CAUSES,
    MAYBE_MEANS,
    diff_lines,
    gained_names,
    job_name,
    lost_names,
)
from placewise.report.words.glossary import DIFFERENCES
from placewise.report.words.numbers import shown

_MOST_NAMES = 12


def write_diff_page(found: FleetDiff, path: Path, *, before: str, after: str, command: str) -> None:
    """Write the page, whole or not at all. Raises InputError when it cannot be written."""
    write_bytes(
        path, render_diff_page(found, before=before, after=after, command=command).encode(errors="xmlcharrefreplace")
    )


def render_diff_page(found: FleetDiff, *, before: str, after: str, command: str) -> str:
    """Return the page as HTML without scripts or links to elsewhere; every text from outside is escaped."""
    tables = [one for one in _tables(found) if one is not None]
    return filled(
        "diff.html.j2",
        before=shown(before, 200),
        after=shown(after, 200),
        lines=list(diff_lines(found)),
        tables=tables,
        command=shown(command, 2000),
        glossary=DIFFERENCES,
    )


def _tables(found: FleetDiff) -> Iterator[TextTable | None]:
    columns = (Column("cluster"), Column("what"), Column("how"))
    yield text_table("What changed", columns, change_rows(found.fleet, some_names))
    if found.jobs is None:
        return
    for what, title in CAUSES.items():
        yield _causes(title, by_cause(found.jobs, what))
    yield _jobs(found.jobs)


def _causes(title: str, causes: Sequence[CauseCount]) -> TextTable | None:
    columns = (Column("cause"), Column("jobs", number=True), Column("such as"), Column("clusters"))
    return text_table(
        title,
        columns,
        ((one.cause, f"{one.jobs:,}", some_names(one.names[:1]), some_names(one.clusters)) for one in causes),
    )


def _jobs(found: JobChanges) -> TextTable | None:
    columns = (
        Column("job"),
        Column("clusters before", number=True),
        Column("clusters now", number=True),
        Column("loses"),
        Column("gains"),
    )
    changes = most_affected(found)
    maybe = any(one.may_gain or one.may_lose for one in changes)
    rows = (
        (
            job_name(one),
            f"{one.matched_before:,}",
            f"{one.matched_after:,}",
            some_names(lost_names(one)),
            some_names(gained_names(one)),
        )
        for one in changes
    )
    return text_table("Jobs that lose and gain clusters", columns, rows, [MAYBE_MEANS] if maybe else ())


def some_names(names: Sequence[str]) -> str:
    """Write the first of many names, and how many others there are."""
    rest = len(names) - _MOST_NAMES
    said = ", ".join(map(shown, names[:_MOST_NAMES]))
    return f"{said} and {rest:,} more" if rest > 0 else said
