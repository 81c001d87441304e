"""The table that a run ends with on the terminal."""

from __future__ import annotations

from collections.abc import Callable

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from placewise.model.results import Results, Score
from placewise.report.level_summary import level_lines, level_table
from placewise.report.statistics import central_interval
from placewise.report.wording import MISSING, counted, experiment_word, in_order, number, scoring_line, share


def summary(results: Results, *, console: Console) -> None:
    """Print the scores, and what they come to in lines; 80 columns are enough."""
    console.print(level_table(results) if results.levels else _score_table(results))
    for line in summary_lines(results):
        console.print(line, markup=False, highlight=False)


def _score_table(results: Results) -> Table:
    scores = in_order(results.scores)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name, _ in scores:
        table.add_column(escape(experiment_word(name)), justify="right", no_wrap=True, overflow="ellipsis")
    for label, cell in _ROWS:
        table.add_row(label, *(cell(score) for _, score in scores))
    return table


def summary_lines(results: Results) -> list[str]:
    """Return the lines under the table: what levels or single come to, expanding over its orders, and the scoring."""
    lines = level_lines(results) if results.levels else []
    single = results.single
    if single is not None:
        lines.append(
            f"single: {_share(single.macro)} as the mean of {counted(single.subsystems, 'subsystem')} "
            f"(nothing told, same jobs: {_share(single.baseline)}); pooled {_share(single.pooled)}"
        )
    parts = []
    if results.last_level is not None:
        parts.append(f"{_share(results.last_level)} at the last level with a match")
    interval = None if results.orders is None else central_interval(results.orders.build_success)
    if interval is not None:
        orders = counted(interval.count, "random order")
        spread = f" (central 95%: {_share(interval.low)} to {_share(interval.high)})" if interval.count > 1 else ""
        parts.append(f"build success over {orders}: median {_share(interval.median)}{spread}")
    if parts:
        lines.append(f"expanding: {'; '.join(parts)}")
    return [*lines, scoring_line(results)]


def _share(value: float | None) -> str:
    return MISSING if value is None else share(value, space="")


_ROWS: tuple[tuple[str, Callable[[Score], str]], ...] = (
    ("submissions", lambda score: number(score.total_jobs)),
    ("unmatched", lambda score: number(score.unmatched)),
    ("build success, of matched", lambda score: _share(score.build_success.mean)),
    ("joint success, of all", lambda score: _share(score.joint_success)),
    ("ceiling, of all", lambda score: _share(score.ceiling)),
    ("marginal score, of matched", lambda score: _share(score.marginal_score.mean)),
    ("clusters matched, mean", lambda score: number(score.matched_clusters.mean)),
    ("precision", lambda score: _share(score.precision)),
    ("recall", lambda score: _share(score.recall)),
)
