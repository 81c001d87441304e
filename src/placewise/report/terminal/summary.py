"""The tables and lines that a run ends with."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from placewise.model.results import Results, Score
from placewise.model.study import SINGLE, folder_name
from placewise.report.data import levels
from placewise.report.data.experiments import in_order, interval_over_orders, single_without_metadata
from placewise.report.terminal.tables import print_lines, ruled_table
from placewise.report.terminal.uncertainty import interval_table
from placewise.report.words.names import experiment_word, level_rows, orders_word, scoring_line
from placewise.report.words.numbers import amount, counted, jobs, number, plain_share, shown


def summary(results: Results, *, console: Console) -> None:
    """Print the scores, and what they come to in lines; 80 columns are enough."""
    console.print(_level_table(results) if results.levels else _score_table(results))
    intervals = interval_table(results)
    if intervals is not None:
        console.print(intervals)
    print_lines(summary_lines(results), console)


def _score_table(results: Results) -> Table:
    scores = in_order(results.scores)
    table = ruled_table()
    table.add_column("", no_wrap=True)
    for name, _ in scores:
        table.add_column(escape(experiment_word(name)), justify="right", no_wrap=True, overflow="ellipsis")
    for label, cell in _ROWS:
        table.add_row(label, *(cell(score) for _, score in scores))
    return table


_ROWS: tuple[tuple[str, Callable[[Score], str]], ...] = (
    ("submissions", lambda score: number(score.total_jobs)),
    ("unmatched", lambda score: number(score.unmatched)),
    ("success of matched jobs", lambda score: plain_share(score.success_of_matched.mean)),
    ("success", lambda score: plain_share(score.success)),
    ("marginal score, of matched", lambda score: plain_share(score.marginal_score.mean)),
    ("clusters matched, mean", lambda score: number(score.matched_clusters.mean)),
    ("precision", lambda score: plain_share(score.precision)),
    ("recall", lambda score: plain_share(score.recall)),
)


def _level_table(results: Results) -> Table:
    """Return a row for each level: clusters matched, unmatched, success, and the additional cost of one job."""
    rows, reference = level_rows(results), levels.reference_of(results)
    table = ruled_table()
    table.add_column("metadata on", overflow="fold", vertical="bottom")
    for heading in ("clusters\nmatched", "un-\nmatched", "success of\nmatched jobs", "success", "cost of\none job"):
        table.add_column(heading, justify="right", no_wrap=True, overflow="ellipsis", vertical="bottom")
    for i, row in enumerate(rows):
        score = row.level.score
        if i and rows[i - 1].group != row.group:
            table.add_section()
        table.add_row(
            escape(row.label),
            number(score.matched_clusters.mean, 3),
            number(score.unmatched),
            plain_share(score.success_of_matched.mean),
            plain_share(score.success),
            number(levels.cost_each(row.level.costs.get(reference or "")), 3),
        )
    return table


def summary_lines(results: Results) -> list[str]:
    """Return the lines under the table: ceiling, levels, single, expanding over its orders, and the scoring."""
    lines = [] if results.ceiling is None else [f"ceiling: {plain_share(results.ceiling)} of jobs"]
    lines += _level_lines(results) if results.levels else []
    lines += _single_lines(results)
    parts = []
    if results.last_level is not None:
        parts.append(f"success at the last level {plain_share(results.last_level)}")
    interval = interval_over_orders(results)
    if interval is not None:
        which = f"range over {interval.count:,} orders" if interval.is_range else "central 95%"
        ends = f" ({which}: {plain_share(interval.low)} to {plain_share(interval.high)})" if interval.count > 1 else ""
        orders = counted(interval.count, "random order")
        parts.append(f"{orders_word(results)} over {orders}: median {plain_share(interval.median)}{ends}")
    if parts:
        lines.append(f"expanding: {'; '.join(parts)}")
    left_out = results.study.get("left_out")
    lines += [f"left out: {shown(str(line), 200)}" for line in left_out] if isinstance(left_out, list) else []
    return [*lines, scoring_line(results)]


def _single_lines(results: Results) -> list[str]:
    """Return what single subsystems come to beside no metadata, over submissions and over subsystems."""
    single, score, nothing = results.single, results.scores.get(folder_name(SINGLE)), single_without_metadata(results)
    if single is None:
        return []
    of_matched = (
        f"single: success of matched jobs, mean over {counted(single.subsystems, 'subsystem')}: "
        f"{plain_share(single.macro)}; without metadata, same jobs: {plain_share(single.baseline)}"
    )
    if score is None or nothing is None:
        return [of_matched]
    success = f"success {plain_share(score.success)}; without metadata, same submissions: {plain_share(nothing)}"
    return [f"single: {success}", of_matched]


def _level_lines(results: Results) -> list[str]:
    """Return denominators, the version's form, the policy, and how much is extrapolated."""
    rows, reference = level_rows(results), levels.reference_of(results)
    lines = [jobs(rows[0].level.score.total_jobs)]
    if reference is not None:
        lines.append(f"cost: additional, price units, of jobs assigned, against {shown(reference)}")
    pair = levels.exact_beside_at_least(rows)
    if pair is not None:
        sides = [f"{plain_share(row.level.score.success)} with {row.label}" for row in pair]
        lines.append(f"success: {', '.join(sides)}")
    for row in (row for row in rows if reference is not None and levels.is_chosen(row.level)):
        other = levels.same_metadata_by_chance(rows, row)
        if other is None:
            continue
        before, after = other.level.costs.get(reference or ""), row.level.costs.get(reference or "")
        count = levels.assigned(row.level)
        if not row.level.no_capacity and before and after and levels.assigned(other.level) == count:
            lines.append(
                f"{row.label}: additional cost {amount(after.cost)} for {jobs(count)}; "
                f"{amount(before.cost)} with any cluster that matches"
            )
        if row.level.no_capacity:
            lines.append(f"{row.label}: {jobs(row.level.no_capacity)} match full clusters only")
    best = levels.best_row(rows)
    if best is not None and best.level.outside_range:
        lines.append(
            f"caution: {plain_share(best.level.outside_range, 3)} of runtimes ({best.label}) are predicted at a "
            "memory outside the range seen"
        )
    return lines
