"""The tables of a page on levels of metadata: scores, costs, reasons of failure, packages."""

from __future__ import annotations

from collections.abc import Sequence

from placewise.model.results import CostScore, Results
from placewise.prediction.cost import SECONDS_PER_HOUR
from placewise.report.cells import Cell, Table, amount_cell, count_cell, part_cell, share_cell
from placewise.report.cells import Row as TableRow
from placewise.report.levels import (
    PER_BUILD_REFERENCE,
    Row,
    assigned,
    best_row,
    clusters_taking,
    cost_each,
    failing,
    level_rows,
    reference_words,
    references,
    runtime_each,
)
from placewise.report.section import Section
from placewise.report.wording import MISSING, counted, is_chosen, reason_word, shown, told_words


def level_sections(results: Results) -> list[Section]:
    """Return the sections with the tables of levels; none where the results have no levels."""
    rows = level_rows(results)
    sections = [_levels(rows), _costs(results, rows), _reasons(rows)] if rows else []
    return [section for section in sections if section.tables]


def _levels(rows: Sequence[Row]) -> Section:
    columns = [("clusters matched", "mean ± standard deviation of one build"), ("unmatched", "of all builds")]
    full, refused = any(row.level.no_capacity for row in rows), any(row.level.refused for row in rows)
    columns += [("all full", "of all builds")] * full + [("refused", "of all builds")] * refused
    columns += [
        ("build success", "of builds assigned"),
        ("joint success", "of all builds"),
        ("ceiling", "of all builds"),
        ("clusters used", "expected, of the fleet"),
        ("take 90 %", "clusters, of builds assigned"),
        ("outside the range", "of builds assigned: runtime extrapolated"),
    ]
    lines: list[TableRow] = []
    for row in rows:
        level, score = row.level, row.level.score
        cells = [
            count_cell(score.matched_clusters.mean, score.matched_clusters.std),
            part_cell(score.unmatched, score.total_jobs),
        ]
        cells += [part_cell(level.no_capacity, score.total_jobs)] * full
        cells += [part_cell(level.refused, score.total_jobs)] * refused
        cells += [
            share_cell(score.success_of_matched.mean),
            share_cell(score.success),
            share_cell(score.ceiling),
            count_cell(score.clusters_used, of=score.clusters),
            count_cell(clusters_taking(level, 0.9)),
            share_cell(level.outside_range),
        ]
        lines.append((*_name(row), cells))
    total = rows[0].level.score.total_jobs
    return Section(
        "levels",
        "Levels",
        "What is told, in which form, and what comes of it. Joint success, over all builds, stands beside build "
        "success, over those that are assigned, because a level that refuses builds does well by the second alone.",
        [
            Table(f"All levels, each over {counted(total, 'build')}; under each, its key.", "told", columns, lines),
            _more_scores(rows),
        ],
    )


def _more_scores(rows: Sequence[Row]) -> Table:
    columns = [
        ("marginal score", "mean ± standard deviation of one, of builds assigned"),
        ("rules that hold", "of all rules of builds assigned"),
        ("precision", "of matched (build, cluster) pairs"),
        ("recall", "of pairs that would succeed"),
        ("builds assigned", "of all builds"),
    ]
    lines: list[TableRow] = []
    for row in rows:
        score = row.level.score
        cells = [
            share_cell(score.marginal_score.mean, score.marginal_score.std),
            Cell(f"{score.versions_correct:,.0f} of {score.versions_possible:,}", repr(score.versions_correct)),
            share_cell(score.precision),
            share_cell(score.recall),
            count_cell(assigned(row.level), of=score.total_jobs),
        ]
        lines.append((*_name(row), cells))
    return Table("More scores: outcome rules, precision and recall.", "told", columns, lines, folded=True)


def _costs(results: Results, rows: Sequence[Row]) -> Section:
    tables = []
    for reference in references(results):
        lines: list[TableRow] = [(*_name(row), _cost_cells(row.level.costs.get(reference))) for row in rows]
        caption = f"Against {shown(reference)}, {reference_words(reference)}."
        tables.append(Table(caption, "told", _COST_COLUMNS, lines))
    tables += [*_per_build(rows), *_packages(results, rows)]
    return Section(
        "costs",
        "Additional runtime and cost",
        "What builds take and cost beyond a reference runtime, predicted at the memory of the cluster that they are "
        "assigned to. Totals grow with the number of builds assigned; means are over other builds at other levels.",
        tables,
    )


_COST_COLUMNS = [
    ("runtime", "h, of builds assigned"),
    ("runtime", "h, of successes"),
    ("runtime of one", "s, of builds assigned"),
    ("runtime of one", "s, of successes"),
    ("cost", "price units, of builds assigned"),
    ("cost", "price units, of successes"),
    ("cost of one", "price units, of builds assigned"),
    ("cost of one", "price units, of successes"),
    ("builds with a cost", "expected, assigned"),
]


def _cost_cells(cost: CostScore | None) -> list[Cell]:
    if cost is None:
        return [Cell(MISSING)] * len(_COST_COLUMNS)
    return [
        amount_cell(cost.runtime_s / SECONDS_PER_HOUR),
        amount_cell(cost.runtime_of_successes_s / SECONDS_PER_HOUR),
        amount_cell(runtime_each(cost)),
        amount_cell(runtime_each(cost, successes=True)),
        amount_cell(cost.cost),
        amount_cell(cost.cost_of_successes),
        amount_cell(cost_each(cost)),
        amount_cell(cost_each(cost, successes=True)),
        amount_cell(cost.priced),
    ]


def _per_build(rows: Sequence[Row]) -> list[Table]:
    """List the percentiles of what single builds expect, of which the figure shows the main levels."""
    rows = [row for row in rows if row.level.per_build]
    columns: list[tuple[str, str]] = []
    lines: list[TableRow] = [(*_name(row), []) for row in rows]
    for name, what, unit in (("runtime_s", "runtime", "s"), ("cost", "cost", "price units")):
        if any(name in row.level.per_build for row in rows):
            columns += [(what, f"{unit}, {part}") for _, part in _PERCENTILES]
            for row, (_, _, cells) in zip(rows, lines, strict=True):
                found = row.level.per_build.get(name)
                cells += [amount_cell(None if found is None else found[place]) for place, _ in _PERCENTILES]
    caption = f"Of single builds, against {PER_BUILD_REFERENCE}: the share of builds assigned that lies below."
    return [Table(caption, "told", columns, lines, folded=True)] if columns else []


_PERCENTILES = ((0, "least"), (5, "5 %"), (25, "25 %"), (50, "median"), (75, "75 %"), (95, "95 %"), (100, "most"))


def _packages(results: Results, rows: Sequence[Row]) -> list[Table]:
    """List every package with its costs at the telling levels: nothing told, the best, the chosen."""
    best = best_row(rows)
    first = [row for row in rows if not row.level.metadata]
    chosen = [row for row in rows if is_chosen(row.level)]
    levels = list(dict.fromkeys(row.label for row in (*first, *([best] if best else []), *chosen[:1])))
    picked = [row for row in rows if row.label in levels]
    tables = []
    for reference in references(results):
        scores = [row.level.costs[reference].by_package for row in picked if reference in row.level.costs]
        names = {name for packages in scores for name in packages}
        if not names:
            continue
        columns = []
        for row in picked:
            if reference in row.level.costs:
                columns += [("runtime", f"h, {row.label}"), ("cost", f"price units, {row.label}")]
        ordered = sorted(names, key=lambda name: (-max(p.get(name, (0.0, 0.0))[1] for p in scores), name))
        lines: list[TableRow] = []
        for name in ordered:
            cells = []
            for packages in scores:
                runtime, cost = packages.get(name, (None, None))
                cells += [amount_cell(None if runtime is None else runtime / SECONDS_PER_HOUR), amount_cell(cost)]
            lines.append((shown(name), "", cells))
        caption = f"All {counted(len(names), 'package')} against {shown(reference)}, over builds assigned."
        tables.append(Table(caption, "package", columns, lines, folded=True))
    return tables


def _reasons(rows: Sequence[Row]) -> Section:
    rows = [row for row in rows if row.level.reasons.together]
    if not rows:
        return Section("reasons", "Reasons of failure", "", [])
    names = list(dict.fromkeys(name for row in rows for name in row.level.reasons.every))
    sets = list(dict.fromkeys(together for row in rows for together in row.level.reasons.together))
    sets.sort(key=lambda one: (len(one), [names.index(name) if name in names else len(names) for name in one]))
    columns = [("failing", "of builds assigned")]
    columns += [(reason_word(name), "alone or with others") for name in names]
    columns += [(reason_word(name), "as the first reason") for name in names]
    every: list[TableRow] = []
    together: list[TableRow] = []
    for row in rows:
        reasons, total = row.level.reasons, assigned(row.level)
        cells = [part_cell(failing(row.level), total)]
        cells += [part_cell(reasons.every.get(name, 0.0), total) for name in names]
        cells += [part_cell(reasons.first.get(name, 0.0), total) for name in names]
        every.append((*_name(row), cells))
        together.append((*_name(row), [part_cell(reasons.together.get(one, 0.0), total) for one in sets]))
    sets_columns = [(" + ".join(map(reason_word, one)), "only" if len(one) == 1 else "and no other") for one in sets]
    return Section(
        "reasons",
        "Reasons of failure",
        "The expected number of builds that fail where they are assigned, and the share of the builds assigned. All "
        "reasons count, not the first alone; the first is what the prior work reported. Levels without failures are "
        "left out.",
        [
            Table("Every reason, and the first in the order of the rules.", "told", columns, every),
            Table("By the set of reasons, each build in one column.", "told", sets_columns, together, folded=True),
        ],
    )


def _name(row: Row) -> tuple[str, str]:
    key = shown(row.level.name)
    return row.label, f"{key}: {told_words(row.level.metadata)}" if is_chosen(row.level) else key
