"""The sections of a page on replays side by side: figures, and tables of every number."""

from __future__ import annotations

from placewise.model.traces.scenarios import Timed
from placewise.report.page.cells import Cell, Row, Table, amount_cell, count_cell, share_cell
from placewise.report.page.sections.section import Section
from placewise.report.words.numbers import MISSING, shown
from placewise.report.words.replays.replay import (
    HOUR_S,
    ends_words,
    mean_words,
    paired_word,
    quantity_amount,
    signed_amount,
    trace_lines,
    worth_words,
)
from placewise.report.words.replays.timed import nothing_worth

_MEANS = ("wait_s", "turnaround_s", "bounded_slowdown")


def timed_sections(timed: Timed) -> list[Section]:
    """Return the tables of replays side by side."""
    found = [
        Section(
            "scenarios",
            "What came of each scenario?",
            "Every scenario replays the same jobs.",
            [_scenarios(timed)],
            [*nothing_worth(timed), *trace_lines(timed.record)],
            figure="replay-scenarios",
        )
    ]
    if timed.comparisons:
        text = (
            "Means over the jobs that started in both scenarios, and the first less the second. If the interval over "
            "weeks leaves out 0, the difference is more than chance."
        )
        found.append(
            Section(
                "compared",
                "Which scenario is better, job by job?",
                text,
                [_compared(timed)],
                figure="replay-differences",
            )
        )
    if timed.values:
        text = (
            "Hours that metadata on each piece saves, as Shapley values summed over all jobs. Lost hours are "
            "hours of waiting and of attempts that fail. Brackets show the 95 % interval over weeks."
        )
        found.append(
            Section("values", "What is metadata worth in time?", text, [_values(timed)], figure="replay-values")
        )
    return found


def _scenarios(timed: Timed) -> Table:
    rows: list[Row] = []
    for one in timed.results:
        means = {mean.quantity: mean for mean in one.means}
        cells = [
            Cell(mean_words(means[name]), repr(means[name].mean)) if name in means else Cell(MISSING) for name in _MEANS
        ]
        rows.append(
            (
                shown(one.level or one.name),
                shown(one.settings.policy) if one.level else "",
                [
                    share_cell(one.success),
                    count_cell(one.never_started),
                    count_cell(one.resubmissions),
                    *cells,
                    share_cell(one.utilisation, digits=3),
                    amount_cell(one.work.used_processor_s / HOUR_S),
                    amount_cell(one.work.wasted_processor_s / HOUR_S),
                    amount_cell(one.work.cost),
                ],
            )
        )
    columns = [
        ("success", "of all jobs"),
        ("never started", "jobs"),
        ("resubmissions", ""),
        *((name, "mean, and 95 % over weeks") for name in ("wait", "turnaround", "bounded slowdown")),
        ("utilisation", ""),
        ("used", "processor-hours"),
        ("wasted", "processor-hours"),
        ("cost", "price units"),
    ]
    return Table(f"{timed.record.jobs:,} jobs of {shown(timed.record.source)}.", "scenario", columns, rows)


def _compared(timed: Timed) -> Table:
    rows: list[Row] = []
    for found in timed.comparisons:
        for one in found.means:
            cells = [
                Cell(quantity_amount(one.quantity, one.first), repr(one.first)),
                Cell(quantity_amount(one.quantity, one.second), repr(one.second)),
                Cell(signed_amount(one.quantity, one.difference), repr(one.difference)),
                Cell(ends_words(one)),
            ]
            rows.append((f"{shown(found.first)} less {shown(found.second)}", paired_word(one.quantity), cells))
    columns = [("first", ""), ("second", ""), ("difference", ""), ("95 %", "over weeks")]
    return Table("Each scenario and the first one.", "scenarios", columns, rows, folded=len(rows) > 40)


def _values(timed: Timed) -> Table:
    rows: list[Row] = [
        (
            shown(one.piece),
            one.policy,
            [
                count_cell(one.jobs),
                count_cell(one.narrows),
                Cell(worth_words(one.waiting_s, one.waiting_interval), repr(one.waiting_s)),
                Cell(worth_words(one.lost_s, one.lost_interval), repr(one.lost_s)),
                Cell(worth_words(one.wasted_s, one.wasted_interval), repr(one.wasted_s)),
            ],
        )
        for one in timed.values
    ]
    columns = [
        ("jobs", "that have it"),
        ("narrowed", "jobs with fewer clusters for it"),
        ("waiting", "job-hours"),
        ("lost", "job-hours"),
        ("wasted", "processor-hours"),
    ]
    return Table("Metadata on each piece, by policy.", "metadata on", columns, rows)
