"""The tables of a page on levels of metadata: scores, costs, reasons of failure, packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from typing import Any

from placewise.model.results.results import CostScore, LevelResult, Moments, Reasons, Results, Score, Used
from placewise.model.scalar import counted
from placewise.prediction.cost import SECONDS_PER_HOUR
from placewise.report.data.studies.levels import (
    BEST_MEMORY,
    LevelRow,
    assigned,
    best_row,
    clusters_taking,
    cost_each,
    failing,
    is_chosen,
    references,
    runtime_each,
)
from placewise.report.page.cells import Cell, Row, Table, amount_cell, count_cell, part_cell, share_cell
from placewise.report.page.sections.section import Section
from placewise.report.words.names import (
    level_key,
    level_rows,
    reason_word,
    reasons_word,
    reference_words,
)
from placewise.report.words.numbers import MISSING, share, shown
from placewise.report.words.studies.level_findings import runtime_findings, success_findings

Column = tuple[str, str, Callable[[LevelResult], Cell]]
"""A name, what it is a share of, and the cell of a level."""


def level_sections(results: Results) -> list[Section]:
    """Return the sections with the tables of levels; none where the results have no levels."""
    rows = level_rows(results)
    sections = [_levels(results, rows), _costs(results, rows), _reasons(rows)] if rows else []
    return [section for section in sections if section.tables]


def _table(caption: str, columns: Sequence[Column], rows: Sequence[LevelRow], *, folded: bool = False) -> Table:
    lines: list[Row] = [(row.label, level_key(row.level), [cell(row.level) for _, _, cell in columns]) for row in rows]
    return Table(caption, "metadata on", [(name, of) for name, of, _ in columns], lines, folded=folded)


def _of_all(name: str, count: Callable[[LevelResult], int]) -> Column:
    return name, "of all jobs", lambda level: part_cell(count(level), level.score.total_jobs)


def _moments(name: str, of: str, cell: Callable[..., Cell], moments: Callable[[Score], Moments]) -> Column:
    return name, f"mean ± standard deviation of one{of}", lambda level: cell(*astuple(moments(level.score)))


def _levels(results: Results, rows: Sequence[LevelRow]) -> Section:
    full, refused = any(row.level.no_capacity for row in rows), any(row.level.refused for row in rows)
    columns: list[Column] = [
        _moments("clusters matched", " job", count_cell, lambda score: score.matched_clusters),
        _of_all("unmatched", lambda level: level.score.unmatched),
        *[_of_all("all full", lambda level: level.no_capacity)] * full,
        *[_of_all("refused", lambda level: level.refused)] * refused,
        ("success of matched jobs", "", lambda level: share_cell(level.score.success_of_matched.mean)),
        ("success", "of all jobs", lambda level: share_cell(level.score.success)),
        ("clusters used", "expected, of the fleet", lambda level: used_cell(level.score)),
        ("take 90 %", "clusters, of jobs assigned", lambda level: count_cell(clusters_taking(level, 0.9))),
        ("outside the range", "of jobs assigned: runtime extrapolated", lambda level: share_cell(level.outside_range)),
    ]
    more: list[Column] = [
        _moments("marginal score", ", of jobs assigned", share_cell, lambda score: score.marginal_score),
        ("rules that hold", "of all rules of jobs assigned", lambda level: rules_cell(level.score)),
        ("precision", "of matched (job, cluster) pairs", lambda level: share_cell(level.score.precision)),
        ("recall", "of pairs that would succeed", lambda level: share_cell(level.score.recall)),
        ("jobs assigned", "of all jobs", lambda level: count_cell(assigned(level), of=level.score.total_jobs)),
    ]
    total = counted(rows[0].level.score.total_jobs, "job")
    return Section(
        "levels",
        "How does each level of metadata do?",
        "Success counts all jobs. Success of matched jobs counts only the jobs that are given a cluster, so a level "
        "that refuses jobs does well by it alone.",
        [
            _table(f"All levels, each over {total}; under each, its key.", columns, rows),
            _table("More scores: outcome rules, precision and recall.", more, rows, folded=True),
        ],
        success_findings(results),
    )


def rules_cell(score: Score) -> Cell:
    """Return how many outcome rules hold, out of how many."""
    return Cell(f"{score.versions_correct:,.0f} of {score.versions_possible:,}", repr(score.versions_correct))


def used_cell(score: Score) -> Cell:
    """Return how many clusters are expected to be given a job, out of how many."""
    return count_cell(score.clusters_used, of=score.clusters)


def _costs(results: Results, rows: Sequence[LevelRow]) -> Section:
    tables = []
    for reference in references(results):
        lines: list[Row] = [
            (row.label, level_key(row.level), _cost_cells(row.level.costs.get(reference))) for row in rows
        ]
        caption = f"Against {shown(reference)}, {reference_words(reference)}."
        tables.append(Table(caption, "metadata on", _COST_COLUMNS, lines))
    tables += [*_used(rows), *_per_build(rows), *_packages(results, rows)]
    return Section(
        "costs",
        "What runtime and cost does each level add?",
        "Additional runtime and cost are beyond a reference runtime, and they are predictions at the memory of the "
        "assigned cluster, not measurements. Totals grow with the number of jobs assigned, and each level assigns "
        "other jobs.",
        tables,
        runtime_findings(results),
    )


_COST_COLUMNS = [
    (f"{what}{of_one}", f"{unit}, of {who}")
    for what, units in (("runtime", ("h", "s")), ("cost", ("price units", "price units")))
    for of_one, unit in zip(("", " of one"), units, strict=True)
    for who in ("jobs assigned", "successes")
] + [
    ("jobs with a cost", "expected, assigned"),
    ("cost of one, least", "of models not clearly worse"),
    ("cost of one, most", "of models not clearly worse"),
]


def _cost_cells(cost: CostScore | None) -> list[Cell]:
    if cost is None:
        return [Cell(MISSING)] * len(_COST_COLUMNS)
    amounts = (
        cost.runtime_s / SECONDS_PER_HOUR,
        cost.runtime_of_successes_s / SECONDS_PER_HOUR,
        runtime_each(cost),
        runtime_each(cost, successes=True),
        cost.cost,
        cost.cost_of_successes,
        cost_each(cost),
        cost_each(cost, successes=True),
        cost.priced,
        min(cost.spread.values(), default=None),
        max(cost.spread.values(), default=None),
    )
    return [amount_cell(value) for value in amounts]


def _used(rows: Sequence[LevelRow]) -> list[Table]:
    """Show what failures use up, beside what a success costs with them."""
    rows = [row for row in rows if row.level.used is not None]
    if not rows or rows[0].level.used is None:
        return []

    def of(cell: Callable[[Used], Cell]) -> Callable[[LevelResult], Cell]:
        return lambda level: Cell(MISSING) if level.used is None else cell(level.used)

    columns: list[Column] = [
        ("failures", "price units", of(lambda used: amount_cell(used.cost_of_failures))),
        ("failures", "h", of(lambda used: amount_cell(used.runtime_of_failures_s / SECONDS_PER_HOUR))),
        ("failures", "of all that is used", of(lambda used: share_cell(used.share_of_failures))),
        ("successes", "price units", of(lambda used: amount_cell(used.cost_of_successes))),
        ("one success", "price units, failures paid for", of(lambda used: amount_cell(used.cost_of_a_success))),
    ]
    after = share(rows[0].level.used.fail_after, 3)
    return [_table(f"What jobs use up; those that fail, {after} of their runtime.", columns, rows)]


def _per_build(rows: Sequence[LevelRow]) -> list[Table]:
    """List the percentiles of what single jobs expect, of which the figure shows the main levels."""
    rows = [row for row in rows if row.level.per_build]
    columns: list[Column] = []
    for name, what, unit in (("runtime_s", "runtime", "s"), ("cost", "cost", "price units")):
        if any(name in row.level.per_build for row in rows):
            columns += [(what, f"{unit}, {part}", _percentile(name, place)) for place, part in _PERCENTILES]
    caption = f"Of single jobs, against {BEST_MEMORY}: the share of jobs assigned that lies below."
    return [_table(caption, columns, rows, folded=True)] if columns else []


_PERCENTILES = ((0, "least"), (5, "5 %"), (25, "25 %"), (50, "median"), (75, "75 %"), (95, "95 %"), (100, "most"))


def _percentile(name: str, place: int) -> Callable[[LevelResult], Cell]:
    return lambda level: amount_cell(level.per_build[name][place] if name in level.per_build else None)


def _packages(results: Results, rows: Sequence[LevelRow]) -> list[Table]:
    """List every package with its costs at the levels that differ most: no metadata, the best, the chosen."""
    best = best_row(rows)
    some = [*(row for row in rows if not row.level.metadata), *([best] if best else [])]
    some += [row for row in rows if is_chosen(row.level)][:1]
    tables = []
    for reference in references(results):
        picked = [row for row in rows if row in some and reference in row.level.costs]
        packages = [row.level.costs[reference].by_package for row in picked]
        names = {name for costs in packages for name in costs}
        if not names:
            continue
        columns = [
            (what, f"{of}, {row.label}") for row in picked for what, of in (("runtime", "h"), ("cost", "price units"))
        ]
        ordered = sorted(names, key=lambda name: (-max(p.get(name, (0.0, 0.0))[1] for p in packages), name))
        lines: list[Row] = []
        for name in ordered:
            cells = []
            for costs in packages:
                runtime, cost = costs.get(name, (None, None))
                cells += [amount_cell(None if runtime is None else runtime / SECONDS_PER_HOUR), amount_cell(cost)]
            lines.append((shown(name), "", cells))
        caption = f"All {counted(len(names), 'package')} against {shown(reference)}, over jobs assigned."
        tables.append(Table(caption, "package", columns, lines, folded=True))
    return tables


def _reasons(rows: Sequence[LevelRow]) -> Section:
    rows = [row for row in rows if row.level.reasons.together]
    names = list(dict.fromkeys(name for row in rows for name in row.level.reasons.every))
    sets = list(dict.fromkeys(together for row in rows for together in row.level.reasons.together))
    sets.sort(key=lambda one: (len(one), [names.index(name) if name in names else len(names) for name in one]))

    def of(key: Any, counts: Callable[[Reasons], Mapping[Any, float]]) -> Callable[[LevelResult], Cell]:
        return lambda level: part_cell(counts(level.reasons).get(key, 0.0), assigned(level))

    every: list[Column] = [("failing", "of jobs assigned", lambda level: part_cell(failing(level), assigned(level)))]
    every += [(reason_word(name), "alone or with others", of(name, lambda reasons: reasons.every)) for name in names]
    every += [(reason_word(name), "as the first reason", of(name, lambda reasons: reasons.first)) for name in names]
    by_set: list[Column] = [
        (reasons_word(one), "only" if len(one) == 1 else "and no other", of(one, lambda reasons: reasons.together))
        for one in sets
    ]
    tables = [
        _table("Every reason, and the first in the order of the rules.", every, rows),
        _table("By the set of reasons, each job in one column.", by_set, rows, folded=True),
    ]
    return Section(
        "reasons",
        "Why do jobs fail?",
        "Each cell gives the expected number of jobs that fail on their assigned cluster, and their share of the jobs "
        "assigned. A job counts under each of its reasons, or under its first where a column says so. "
        "Levels without failures are not shown.",
        tables if rows else [],
    )
