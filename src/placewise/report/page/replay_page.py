"""The report of a replay: one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from placewise.formats.results.replay_files import summary_document
from placewise.formats.results.results_names import PAGE
from placewise.formats.writing import write_bytes
from placewise.model.traces.replay_summary import Waits
from placewise.model.traces.replayed import Answer, Replayed
from placewise.report.data.replays.replay import OverTime, over_time
from placewise.report.drawn.picture import Picture
from placewise.report.drawn.replay import draw_replay_figures
from placewise.report.page.cells import Cell, Row, Table, amount_cell, count_cell, share_cell
from placewise.report.page.filling import embedded, filled
from placewise.report.page.report_page import flat
from placewise.report.page.sections.section import Section
from placewise.report.words.glossary import REPLAYS
from placewise.report.words.numbers import MISSING, shown
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

SPREAD = ("mean", "median", "p95", "p99", "max")


def draw_replay(replayed: Answer, folder: Path, *, command: str, times: OverTime | None = None) -> None:
    """Draw the figures of a replay and its report into a folder. Raises InputError when it cannot be written to.

    times : what is used and waits over time, where the replay has not its attempts.
    """
    found = over_time(replayed) if isinstance(replayed, Replayed) else times
    figures = draw_replay_figures(replayed, found, folder)
    write_bytes(folder / PAGE, render_replay_page(replayed, figures, command=command).encode(errors="replace"))


def render_replay_page(replayed: Answer, figures: Sequence[Picture], *, command: str) -> str:
    """Return the report as HTML without scripts or links to elsewhere; every text from outside is escaped."""
    opening = replay_opening(replayed)
    still = {one[0].name: one for one in embedded(figures)}
    return filled(
        "replay.html.j2",
        opening=opening,
        lines=[*replay_lines(replayed)],
        still=still,
        figures=[one for name, one in still.items() if name != opening.figure],
        sections=sections(replayed),
        command=command,
        facts=list(flat(summary_document(replayed)["replay"])),
        glossary=REPLAYS,
    )


def replay_lines(replayed: Answer) -> list[str]:
    """Return what the report begins with: what came of it, how it was scheduled, what was left out."""
    settings = settings_line(replayed.settings, len(replayed.summary.clusters))
    said = (*result_lines(replayed.summary), settings, metadata_line(replayed), *trace_lines(replayed.record))
    return [line for line in said if line]


def sections(replayed: Answer) -> list[Section]:
    """Return the tables: all jobs, by cluster, by user, by class."""
    summary = replayed.summary
    found = [Section("jobs", "How long do jobs wait?", "Over all jobs that started.", [_all_jobs(replayed)])]
    clusters: list[Row] = [
        (
            shown(one.name),
            "",
            [
                count_cell(one.processors),
                *_mean_cells(one.waits),
                share_cell(one.utilisation, digits=3),
                amount_cell(one.work.used_processor_s / HOUR_S),
                amount_cell(one.work.wasted_processor_s / HOUR_S),
                amount_cell(one.work.cost),
            ],
        )
        for one in summary.clusters
    ]
    columns = [("processors", ""), *_MEANS, ("utilisation", ""), *_HOURS, ("cost", "price units")]
    found.append(
        Section(
            "clusters",
            "How is each cluster used?",
            "A job counts on the cluster of its last attempt, and work on the cluster that did it.",
            [Table("The clusters of the fleet.", "cluster", columns, clusters, folded=len(clusters) > 20)],
        )
    )
    if summary.by_user:
        users: list[Row] = [
            (
                shown(one.name),
                "",
                [
                    count_cell(one.jobs),
                    Cell(time_words(one.wait_s), repr(one.wait_s)),
                    Cell(time_words(one.turnaround_s), repr(one.turnaround_s)),
                    amount_cell(one.bounded_slowdown),
                    amount_cell(one.used_processor_s / HOUR_S),
                ],
            )
            for one in summary.by_user
        ]
        table = Table("Users, largest use first.", "user", [*_MEANS, _HOURS[0]], users, folded=True)
        found.append(Section("users", "How does each user fare?", "Means over each user's jobs.", [table]))
    classes: list[Row] = [(one.size, one.runtime, _mean_cells(one.waits)) for one in summary.by_class]
    if classes:
        table = Table(
            "Classes by processors, and by runtime under them.", "processors", list(_MEANS), classes, folded=True
        )
        found.append(
            Section("classes", "Which sizes and runtimes wait?", "Means over the jobs of each class.", [table])
        )
    return found


def _all_jobs(replayed: Answer) -> Table:
    summary = replayed.summary
    intervals = {one.quantity: one.interval for one in summary.means}
    over = next((one.over for one in intervals.values() if one is not None), None)
    rows: list[Row] = []
    for quantity, word in QUANTITY_WORDS.items():
        spread = getattr(summary.waits, quantity)
        if spread is None:
            continue
        cells = [_cell(quantity, getattr(spread, name)) for name in SPREAD]
        if over is not None:
            interval = intervals.get(quantity)
            ends = (
                None if interval is None else [quantity_amount(quantity, end) for end in (interval.low, interval.high)]
            )
            cells.append(Cell(MISSING if ends is None else " to ".join(ends)))
        rows.append((word, "", cells))
    columns = [(name, "") for name in SPREAD]
    if over is not None:
        columns.append(("95 % of the mean", f"over {over}"))
    return Table(f"{summary.waits.jobs:,} jobs.", "per job", columns, rows)


def _mean_cells(waits: Waits) -> list[Cell]:
    means = [
        Cell(MISSING) if spread is None else _cell(quantity, spread.mean)
        for quantity in ("wait_s", "turnaround_s", "bounded_slowdown")
        for spread in (getattr(waits, quantity),)
    ]
    return [count_cell(waits.jobs), *means]


def _cell(quantity: str, value: float) -> Cell:
    return Cell(quantity_amount(quantity, value), repr(value))


_MEANS = (("jobs", ""), ("wait", "mean"), ("turnaround", "mean"), ("bounded slowdown", "mean"))
_HOURS = (("processor-hours", "used"), ("wasted", "processor-hours"))
