"""The sections of a page on what metadata is worth: charts, and tables of every number."""

from __future__ import annotations

from collections.abc import Sequence

from placewise.model.quantities import SUCCESS
from placewise.model.results.results import Results
from placewise.model.results.worth import Difference, Headline, LevelPoint, Worth
from placewise.report.data.uncertainty import different
from placewise.report.data.worth import front, has_intervals, kept_levels
from placewise.report.page.cells import Cell, Row, Table, amount_cell, count_cell, part_cell, share_cell
from placewise.report.page.charts import spreads, worth
from placewise.report.page.held_out_section import held_out_section
from placewise.report.page.section import Section
from placewise.report.words import names
from placewise.report.words.figures import than_of
from placewise.report.words.intervals import interval_over, interval_words
from placewise.report.words.numbers import MISSING, counted, shown
from placewise.report.words.worth import cost_unit, front_found, sufficiency_sentence
from placewise.report.words.worth_findings import difference_findings, held_out_findings, sensitivity_findings

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
        chart.title,
        "Subsystems work together: metadata on one may be useless alone and needed by all, on another good alone and "
        "replaceable. The Shapley value is the gain averaged over all orders in which metadata could be added; where "
        "it lies far above the single lift, the subsystem pays only together with others, and where the drop-one loss "
        "is small beside it, others say much of the same.",
        [_worth_table(found)],
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
        ("single lift", "with metadata on it alone"),
        ("drop-one loss", "with metadata on all but it"),
        ("blame", "of incompatible (job, cluster) pairs, shared"),
        ("sole cause", "incompatible pairs"),
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
    in_sample = [] if results.held_out is not None else [one.removesuffix(".") for one in held_out_findings(results)]
    line = f"the set, in the order in which it is best built up: {members}"
    return Section("suffices", chart.title, sufficiency_sentence(found), [], lines=[line, *in_sample], charts=[chart])


def _front(results: Results) -> Section | None:
    if not results.front:
        return None
    best = front(results)
    others = kept_levels([point for point in results.front if not point.on_front], _MOST_LEVELS)
    some = ", the most successful" if len(others) + len(best) < len(results.front) else ""
    tables = [
        _front_table(results, f"The {counted(len(best), 'level')} on the Pareto front, the cheapest first.", best),
        _front_table(results, f"Levels that others beat: {len(others):,}{some}", others, folded=True),
    ]
    charts = worth.front_charts(results)
    return Section(
        "front",
        charts[0].title,
        "More metadata costs more, and sends fewer jobs where they fail. No one level is best: these are the choices "
        f"that cost little, succeed often and waste little; the front is {front_found(results)}.",
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
        "How sure the figures are",
        "The same study with other draws would have given somewhat other figures. Each interval is over what its "
        "column names, and only over that; what is not named is held as it is.",
        [_interval_table(results, "Figures with their intervals.", "figure", known)],
        charts=spreads.headline_charts(results),
    )


def _differences(results: Results) -> Section | None:
    known = results.differences
    if not known:
        return None
    caption = "Differences with their intervals; of shares in percentage points."
    return Section(
        "compared",
        "What more metadata changes",
        "A job that is easy under one level is easy under another, so two intervals that overlap may still belong to "
        "levels that differ for sure. Compared draw by draw, the difference has an interval of its own.",
        [_interval_table(results, caption, "difference", known)],
        lines=[line.removesuffix(".") for line in difference_findings(results)],
        charts=spreads.difference_charts(results),
    )


def _interval_table(results: Results, caption: str, first: str, known: Sequence[Headline | Difference]) -> Table:
    varied = different(one.intervals for one in known)
    columns = [("value", ""), *((end, interval_over(interval)) for interval in varied for end in ("from", "to"))]
    lines: list[Row] = []
    for one in known:
        words = names.difference_text if isinstance(one, Difference) else names.quantity_text
        by_over = {interval.over: interval for interval in one.intervals}
        values: list[float | None] = [one.value]
        for over in (interval.over for interval in varied):
            values += (by_over[over].low, by_over[over].high) if over in by_over else (None, None)
        cells = [Cell(MISSING) if end is None else Cell(words(one.quantity, end), repr(end)) for end in values]
        label = names.figure_label(results, one.experiment, SUCCESS, than_of(one))
        lines.append((label, names.quantity_word(one.quantity), cells))
    return Table(caption, first, columns, lines)


def _fleets(results: Results) -> Section | None:
    charts = spreads.fleet_charts(results)
    if not charts:
        return None
    text = (
        "One fleet is one draw. Fleets drawn anew from its profile, with the same jobs, show how much of the answer is "
        "the fleet's."
    )
    return Section("fleets", charts[0].title, text, [], charts=charts)


def _sensitivity(results: Results) -> Section | None:
    charts = spreads.sensitivity_charts(results)
    if not charts:
        return None
    text = "One thing is changed at a time, all else as in the study."
    lines = [line.removesuffix(".") for line in sensitivity_findings(results)]
    return Section("sensitivity", "Other circumstances", text, [], lines=lines, charts=charts, beside=True)
