"""The sections of a page on what metadata is worth: charts, and tables of every number."""

from __future__ import annotations

from collections.abc import Sequence

from placewise.model.results import Results
from placewise.model.worth import Difference, Headline, Worth
from placewise.report.cells import Cell, Row, Table, amount_cell, count_cell, part_cell, share_cell
from placewise.report.charts.spreads import difference_charts, fleet_charts, headline_charts, sensitivity_charts
from placewise.report.charts.worth import front_charts, kept_levels, sufficiency_charts, worth_charts
from placewise.report.section import Section
from placewise.report.wording import MISSING, counted, shown, told_at
from placewise.report.worth_findings import difference_findings, sensitivity_findings
from placewise.report.worth_words import (
    DIFFERENCES_TITLE,
    FLEETS_TITLE,
    FRONT_TITLE,
    HEADLINES_TITLE,
    KIND_WORDS,
    SENSITIVITY_TITLE,
    SUFFICIENCY_TITLE,
    WORTH_TITLE,
    amount_words,
    cost_unit,
    difference_words,
    interval_words,
    quantity_word,
    sufficiency_sentence,
    told_of,
)

_MOST_LEVELS = 500


def worth_sections(results: Results) -> list[Section]:
    """Return the sections on worth, sufficiency, uncertainty and sensitivity that there are numbers for."""
    sections = (
        _worth(results),
        _sufficiency(results),
        _front(results),
        _headlines(results),
        _differences(results),
        _fleets(results),
        _sensitivity(results),
    )
    return [section for section in sections if section is not None]


def _worth(results: Results) -> Section | None:
    worth = results.worth
    if worth is None or not worth.subsystems:
        return None
    return Section(
        "worth",
        WORTH_TITLE,
        "Subsystems work together: one may be useless alone and needed by all, another good alone and replaceable. The "
        "Shapley value is its gain averaged over all orders in which it could come to be told; where it lies far above "
        "the single lift, the subsystem pays only together with others, and where the drop-one loss is small beside "
        "it, others tell much of the same.",
        [_worth_table(worth)],
        charts=worth_charts(results),
    )


def _worth_table(worth: Worth) -> Table:
    rows = worth.subsystems
    estimated, intervals = not worth.exact, any(row.interval is not None for row in rows)
    priced = any(row.collection_cost is not None for row in rows)
    columns = [("Shapley value", "of all jobs")]
    columns += [("standard error", "of the value")] * estimated
    columns += [("interval", "of the value")] * intervals
    columns += [
        ("single lift", "told alone, of all jobs"),
        ("drop-one loss", "all but it told, of all jobs"),
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
            part_cell(row.blame, worth.incompatible),
            count_cell(row.sole),
            part_cell(row.jobs, worth.jobs),
        ]
        cells += [amount_cell(row.collection_cost), amount_cell(row.net)] * priced
        lines.append((shown(row.name), "", cells))
    return Table(f"All {counted(len(rows), 'subsystem')}.", "subsystem", columns, lines)


def _sufficiency(results: Results) -> Section | None:
    found = results.sufficiency
    if found is None:
        return None
    told = ", ".join(shown(name) for name in found.metadata) or "nothing"
    return Section(
        "suffices",
        SUFFICIENCY_TITLE,
        sufficiency_sentence(found),
        [],
        lines=[f"the set, in the order in which it is best built up: {told}"],
        charts=sufficiency_charts(results),
    )


def _front(results: Results) -> Section | None:
    if not results.front:
        return None
    best = [point for point in results.front if point.on_front]
    others = kept_levels([point for point in results.front if not point.on_front], _MOST_LEVELS)
    unit = cost_unit(results)
    tables = []
    for caption, points, folded in (
        (f"The {counted(len(best), 'level')} beaten by none, the cheapest first.", kept_levels(best, len(best)), False),
        (
            f"Levels that others beat: {len(others):,}"
            + (", the most successful" if len(others) + len(best) < len(results.front) else ""),
            others,
            True,
        ),
    ):
        rows: list[Row] = [
            (
                told_of(point.metadata),
                KIND_WORDS.get(point.kind, shown(point.kind)),
                [amount_cell(point.cost), share_cell(point.matched), share_cell(point.success)],
            )
            for point in points
        ]
        columns = [("cost", unit), ("match", "some cluster, of all jobs"), ("joint success", "of all jobs")]
        tables += [Table(caption, "told", columns, rows, folded=folded)] if rows else []
    return Section(
        "front",
        FRONT_TITLE,
        "Telling more costs more, leaves fewer jobs a match, and lets more of those matched succeed. No one level is "
        "best: these are the choices that no other choice beats in all three.",
        tables,
        charts=front_charts(results),
    )


def _headlines(results: Results) -> Section | None:
    known = results.headlines
    if not known:
        return None
    rows = [(told_at(results, one.experiment), quantity_word(one.quantity), one) for one in known]
    return Section(
        "uncertainty",
        HEADLINES_TITLE,
        "The same study with other draws would have given somewhat other figures. Each interval is over what its "
        "column names, and only over that; what is not named is held as it is.",
        [_interval_table("Figures with their intervals.", "figure", rows)],
        charts=headline_charts(results),
    )


def _differences(results: Results) -> Section | None:
    known = results.differences
    if not known:
        return None
    rows = [
        (f"{told_at(results, one.experiment)} less {told_at(results, one.than)}", quantity_word(one.quantity), one)
        for one in known
    ]
    return Section(
        "compared",
        DIFFERENCES_TITLE,
        "A job that is easy under one level is easy under another, so two intervals that overlap may still belong to "
        "levels that differ for sure. Compared draw by draw, the difference has an interval of its own.",
        [_interval_table("Differences with their intervals; of shares in percentage points.", "difference", rows)],
        lines=[line.removesuffix(".") for line in difference_findings(results)],
        charts=difference_charts(results),
    )


def _interval_table(caption: str, first: str, rows: Sequence[tuple[str, str, Headline | Difference]]) -> Table:
    overs = list(dict.fromkeys(interval.over for _, _, one in rows for interval in one.intervals))
    columns = [("value", "")]
    columns += [(name, f"interval over {shown(over)}") for over in overs for name in ("from", "to")]
    lines: list[Row] = []
    for name, quantity, one in rows:
        words = difference_words if isinstance(one, Difference) else amount_words
        cells = [Cell(words(one.quantity, one.value), repr(one.value))]
        of = {interval.over: interval for interval in one.intervals}
        for over in overs:
            ends = (of[over].low, of[over].high) if over in of else (None, None)
            cells += [Cell(MISSING) if end is None else Cell(words(one.quantity, end), repr(end)) for end in ends]
        lines.append((name, quantity, cells))
    return Table(caption, first, columns, lines)


def _fleets(results: Results) -> Section | None:
    charts = fleet_charts(results)
    if not charts:
        return None
    return Section(
        "fleets",
        FLEETS_TITLE,
        "One fleet is one draw. Fleets drawn anew from its profile, with the same jobs, show how much of the answer is "
        "the fleet's.",
        [],
        charts=charts,
    )


def _sensitivity(results: Results) -> Section | None:
    charts = sensitivity_charts(results)
    if not charts:
        return None
    return Section(
        "sensitivity",
        SENSITIVITY_TITLE,
        "One thing is changed at a time, all else as in the study.",
        [],
        lines=[line.removesuffix(".") for line in sensitivity_findings(results)],
        charts=charts,
        beside=True,
    )
