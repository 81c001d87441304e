"""The table of levels of metadata that a run ends with on the terminal, and the lines under it."""

from __future__ import annotations

from rich import box
from rich.markup import escape
from rich.table import Table

from placewise.model.results import Results
from placewise.model.study import WITHOUT_REPLACEMENT
from placewise.report.cells import amount
from placewise.report.levels import (
    assigned,
    best_row,
    cost_each,
    exact_beside_at_least,
    level_rows,
    reference_of,
)
from placewise.report.wording import MISSING, builds, is_chosen, number, share, shown


def level_table(results: Results) -> Table:
    """Return a row for each level: clusters matched, unmatched, success, and the additional cost of one build."""
    rows, reference = level_rows(results), reference_of(results)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("told", overflow="fold", vertical="bottom")
    for heading in ("clusters\nmatched", "un-\nmatched", "build\nsuccess", "joint\nsuccess", "cost of\none build"):
        table.add_column(heading, justify="right", no_wrap=True, overflow="ellipsis")
    for i, row in enumerate(rows):
        score = row.level.score
        if i and rows[i - 1].group != row.group:
            table.add_section()
        table.add_row(
            escape(row.label),
            number(score.matched_clusters.mean, 3),
            number(score.unmatched),
            _share(score.success_of_matched.mean),
            _share(score.success),
            number(cost_each(row.level.costs.get(reference or "")), 3),
        )
    return table


def level_lines(results: Results) -> list[str]:
    """Return the lines under the table: denominators, the version's form, the policy, and how much is extrapolated."""
    rows, reference = level_rows(results), reference_of(results)
    total = builds(rows[0].level.score.total_jobs)
    lines = [f"{total}; build success of those assigned, joint success of all (ceiling {_share(results.ceiling)})"]
    if reference is not None:
        lines.append(f"cost: additional, price units, of builds assigned, against {shown(reference)}")
    pair = exact_beside_at_least(rows)
    if pair is not None:
        exact, least = pair
        lines.append(
            f"joint success: {_share(exact.level.score.success)} with {exact.label}, "
            f"{_share(least.level.score.success)} with {least.label}"
        )
    for row in rows:
        other = next((r for r in rows if r.level.metadata == row.level.metadata and not is_chosen(r.level)), None)
        if reference is None or not is_chosen(row.level) or other is None:
            continue
        before, after = other.level.costs.get(reference), row.level.costs.get(reference)
        if row.level.name != WITHOUT_REPLACEMENT and before and after and assigned(other.level) == assigned(row.level):
            lines.append(
                f"{row.label}: additional cost {amount(after.cost)} for {builds(assigned(row.level))}; "
                f"{amount(before.cost)} with any cluster that matches"
            )
        if row.level.no_capacity:
            lines.append(f"{row.label}: {builds(row.level.no_capacity)} match full clusters only")
    best = best_row(rows)
    if best is not None and best.level.outside_range:
        lines.append(
            f"caution: {share(best.level.outside_range, 3, space='')} of runtimes ({best.label}) are predicted at a "
            "memory outside the range seen"
        )
    return lines


def _share(value: float | None) -> str:
    return MISSING if value is None else share(value, space="")
