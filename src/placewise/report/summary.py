"""The table that a run ends with on the terminal."""

from __future__ import annotations

from collections.abc import Callable

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from placewise.model.results import Results, Score
from placewise.report.level_summary import level_lines, level_table
from placewise.report.statistics import interval_over_orders, single_shares
from placewise.report.uncertainty_table import interval_table, left_out_lines
from placewise.report.wording import (
    MISSING,
    counted,
    experiment_word,
    in_order,
    number,
    orders_word,
    scoring_line,
    share,
)


def summary(results: Results, *, console: Console) -> None:
    """Print the scores, and what they come to in lines; 80 columns are enough."""
    console.print(level_table(results) if results.levels else _score_table(results))
    intervals = interval_table(results)
    if intervals is not None:
        console.print(intervals)
    for line in summary_lines(results):
        console.print(line, markup=False, highlight=False)


def _score_table(results: Results) -> Table:
    scores = in_order(results.scores)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name, _ in scores:
        mark = "*" if _is_macro(results, name) else ""
        table.add_column(escape(experiment_word(name)) + mark, justify="right", no_wrap=True, overflow="ellipsis")
    shares = dict(zip(_MACRO_ROWS, single_shares(results), strict=True))
    for label, cell in _ROWS:
        cells = [
            _share(shares[label]) if label in shares and _is_macro(results, name) else cell(score)
            for name, score in scores
        ]
        table.add_row(label, *cells)
    return table


def _is_macro(results: Results, name: str) -> bool:
    """Whether the table shows an experiment's shares as means over subsystems, as it does those of `single`."""
    return experiment_word(name) == "single" and results.single is not None and results.single.macro is not None


def summary_lines(results: Results) -> list[str]:
    """Return the lines under the table: what levels or single come to, expanding over its orders, and the scoring."""
    lines = level_lines(results) if results.levels else []
    single = results.single
    if single is not None:
        subsystems = counted(single.subsystems, "subsystem")
        lines.append(
            f"single*: success and ceiling are means of {subsystems}, other rows are pooled; "
            f"nothing told, same jobs: {_share(single.baseline)}; build success pooled: {_share(single.pooled)}"
        )
    parts = []
    if results.last_level is not None:
        parts.append(f"{_share(results.last_level)} at the last level with a match")
    interval = interval_over_orders(results)
    if interval is not None:
        orders = counted(interval.count, "random order")
        which = f"range over {interval.count:,} orders" if interval.is_range else "central 95%"
        spread = f" ({which}: {_share(interval.low)} to {_share(interval.high)})" if interval.count > 1 else ""
        parts.append(f"{orders_word(results)} over {orders}: median {_share(interval.median)}{spread}")
    if parts:
        lines.append(f"expanding: {'; '.join(parts)}")
    return [*lines, *left_out_lines(results), scoring_line(results)]


def _share(value: float | None) -> str:
    return MISSING if value is None else share(value, space="")


_MACRO_ROWS = ("build success, of matched", "joint success, of all", "ceiling, of all")
_ROWS: tuple[tuple[str, Callable[[Score], str]], ...] = (
    ("submissions", lambda score: number(score.total_jobs)),
    ("unmatched", lambda score: number(score.unmatched)),
    (_MACRO_ROWS[0], lambda score: _share(score.success_of_matched.mean)),
    (_MACRO_ROWS[1], lambda score: _share(score.success)),
    (_MACRO_ROWS[2], lambda score: _share(score.ceiling)),
    ("marginal score, of matched", lambda score: _share(score.marginal_score.mean)),
    ("clusters matched, mean", lambda score: number(score.matched_clusters.mean)),
    ("precision", lambda score: _share(score.precision)),
    ("recall", lambda score: _share(score.recall)),
)
