"""The sections of a page on what metadata is worth: charts, and tables of every number."""

from __future__ import annotations

from collections.abc import Sequence

from placewise.model.quantities import SUCCESS
from placewise.model.results.results import Results
from placewise.model.results.worth import Difference, Headline, LevelPoint, Worth
from placewise.model.scalar import counted
from placewise.report.data.studies.uncertainty import different
from placewise.report.data.studies.worth import front, has_intervals, kept_levels
from placewise.report.page.cells import Cell, Row, Table, amount_cell, count_cell, part_cell, share_cell
from placewise.report.page.charts import spreads, worth
from placewise.report.page.sections.held_out import held_out_section
from placewise.report.page.sections.section import Section
from placewise.report.words import names
from placewise.report.words.figures import than_of
from placewise.report.words.intervals import interval_over, interval_words
from placewise.report.words.numbers import MISSING, shown
from placewise.report.words.studies.worth import cost_unit, front_found, sufficiency_sentence
from placewise.report.words.studies.worth_findings import held_out_findings, value_findings, verdict

_MOST_LEVELS = 500


def worth_sections(results: Results) -> list[Section]:
    """Return the sections on worth, sufficiency, uncertainty and sensitivity that there are numbers for."""
    sections = (
        _worth(results),
        _sufficiency(results),
        held_out_section(results),
        _front(results),
        _headlines(results),
        _differences(results),
        _fleets(results),
        _sensitivity(results),
    )
    return [section for section in sections if section is not None]


def _worth(results: Results) -> Section | None:
    found = results.worth
    if found is None or not found.subsystems:
        return None
    chart = worth.ranking_chart(results)
    return Section(
        "worth",
        "Which subsystems matter most?",
        "Metadata on one subsystem may be useless alone and still be needed by all others. So the Shapley value "
        f"averages the gain over all orders of adding metadata. If it is far above the {names.LIFT_ALONE}, the "
        f"subsystem pays only together with others; if far above the {names.LOSS_IF_DROPPED}, others can replace it.",
        [_worth_table(found)],
        value_findings(found),
        charts=[chart],
    )


def _worth_table(found: Worth) -> Table:
    rows = found.subsystems
    estimated, intervals = not found.exact, has_intervals(rows)
    priced = any(row.collection_cost is not None for row in rows)
    columns = [("Shapley value", "of all jobs")]
    columns += [("standard error", "of the value")] * estimated
    columns += [("interval", "of the value")] * intervals
    columns += [
        (names.LIFT_ALONE, "with metadata on it alone"),
        (names.LOSS_IF_DROPPED, "with metadata on all but it"),
        (names.BLAME, "its part of the incompatible (job, cluster) pairs"),
        (names.FAILS_ALONE, "pairs in which it is the only requirement that fails"),
        ("jobs", "that need it"),
    ]
    columns += [("cost", "to collect"), ("net", "value less cost")] * priced
    lines: list[Row] = []
    for row in rows:
        cells = [share_cell(row.value)]
        cells += [share_cell(row.standard_error)] * estimated
        if intervals:
            known = row.interval
            cells.append(Cell(MISSING) if known is None else Cell(interval_words(known), repr(known.low)))
        cells += [
            share_cell(row.single_lift),
            share_cell(row.drop_one_loss),
            part_cell(row.blame, found.incompatible),
            count_cell(row.sole),
            part_cell(row.jobs, found.jobs),
        ]
        cells += [amount_cell(row.collection_cost), amount_cell(row.net)] * priced
        lines.append((shown(row.name), "", cells))
    return Table(f"All {counted(len(rows), 'subsystem')}.", "subsystem", columns, lines)


def _sufficiency(results: Results) -> Section | None:
    found = results.sufficiency
    if found is None:
        return None
    chart = worth.sufficiency_chart(found)
    members = ", ".join(shown(name) for name in found.metadata) or "none"
    in_sample = [] if results.held_out is not None else held_out_findings(results)
    line = f"The set, the subsystem that adds most first: {members}."
    return Section(
        "suffices",
        "How few subsystems are enough?",
        sufficiency_sentence(found),
        [],
        lines=[line, *in_sample],
        charts=[chart],
    )


def _front(results: Results) -> Section | None:
    if not results.front:
        return None
    best = front(results)
    others = kept_levels([point for point in results.front if not point.on_front], _MOST_LEVELS)
    some = ", the most successful" if len(others) + len(best) < len(results.front) else ""
    tables = [
        _front_table(results, f"The {counted(len(best), 'level')} on the Pareto front, the cheapest first.", best),
        _front_table(results, f"Levels that are not on the front: {len(others):,}{some}.", others, folded=True),
    ]
    charts = worth.front_charts(results)
    return Section(
        "front",
        "What does more metadata cost, and what does it give?",
        "More metadata costs more, and fewer jobs go where they fail. No level is best in all of cost, success and "
        f"waste. The levels on the Pareto front are the choices worth making; the front is {front_found(results)}.",
        [table for table in tables if table.rows],
        charts=charts,
    )


def _front_table(results: Results, caption: str, points: Sequence[LevelPoint], *, folded: bool = False) -> Table:
    rows: list[Row] = [
        (
            names.subsystems_label(point.metadata),
            names.KIND_WORDS.get(point.kind, shown(point.kind)),
            [
                amount_cell(point.cost),
                share_cell(point.success),
                share_cell(point.waste),
                share_cell(point.matched),
            ],
        )
        for point in kept_levels(points, len(points))
    ]
    columns = [("cost", cost_unit(results)), ("success", "of all jobs")]
    columns += [("waste", "of all jobs, matched and failing"), ("matched jobs", "of all jobs")]
    return Table(caption, "metadata on", columns, rows, folded=folded)


def _headlines(results: Results) -> Section | None:
    known = results.headlines
    if not known:
        return None
    return Section(
        "uncertainty",
        "How sure are the numbers?",
        "The same study on other draws would give somewhat other numbers. Each interval is over what its column names. "
        "All else stays as it is.",
        [_interval_table(results, "Numbers with their intervals.", "number", known)],
        charts=spreads.headline_charts(results),
    )


def _differences(results: Results) -> Section | None:
    known = results.differences
    if not known:
        return None
    caption = "Differences with their intervals; of shares in percentage points."
    return Section(
        "compared",
        "Is the difference more than chance?",
        "Two levels may differ for sure although their intervals overlap, because both are computed on the same jobs. "
        "So each difference is computed draw by draw and has an interval of its own. If the interval leaves out 0, the "
        "difference is more than chance.",
        [_interval_table(results, caption, "difference", known)],
        charts=spreads.difference_charts(results),
    )


def _interval_table(results: Results, caption: str, first: str, known: Sequence[Headline | Difference]) -> Table:
    varied = different(one.intervals for one in known)
    columns = [("value", ""), *((end, interval_over(interval)) for interval in varied for end in ("from", "to"))]
    columns += [("more than chance", "")] * any(isinstance(one, Difference) for one in known)
    lines: list[Row] = []
    for one in known:
        words = names.difference_text if isinstance(one, Difference) else names.quantity_text
        by_over = {interval.over: interval for interval in one.intervals}
        values: list[float | None] = [one.value]
        for over in (interval.over for interval in varied):
            values += (by_over[over].low, by_over[over].high) if over in by_over else (None, None)
        cells = [Cell(MISSING) if end is None else Cell(words(one.quantity, end), repr(end)) for end in values]
        label = names.figure_label(results, one.experiment, SUCCESS, than_of(one))
        cells += [Cell(verdict(one))] if isinstance(one, Difference) else []
        lines.append((label, names.quantity_word(one.quantity), cells))
    return Table(caption, first, columns, lines)


def _fleets(results: Results) -> Section | None:
    charts = spreads.fleet_charts(results)
    if not charts:
        return None
    text = "The same jobs on other fleets, drawn to resemble this one, show how much the answer depends on it."
    return Section("fleets", "What would other fleets give?", text, [], charts=charts)


def _sensitivity(results: Results) -> Section | None:
    charts = spreads.sensitivity_charts(results)
    if not charts:
        return None
    text = "Each chart changes one thing. All else is as in the study."
    return Section("sensitivity", "What if something were different?", text, [], charts=charts, beside=True)
