"""The tables and lines that a run ends with."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from placewise.model.results.results import Results, Score
from placewise.report.data import levels
from placewise.report.data.experiments import in_order
from placewise.report.terminal.tables import print_lines, ruled_table
from placewise.report.terminal.timed import print_timed
from placewise.report.terminal.uncertainty import interval_table
from placewise.report.words.findings import orders_findings, single_findings
from placewise.report.words.intervals import brackets_explained
from placewise.report.words.level_findings import choice_findings
from placewise.report.words.names import experiment_word, level_rows, scoring_line
from placewise.report.words.numbers import NARROW_SPACE, jobs, number, plain_share, shown
from placewise.report.words.truth import truth_findings


def summary(results: Results, *, console: Console) -> None:
    """Print the scores, and what they come to in lines; 80 columns are enough."""
    if results.timed is not None:
        print_timed(results.timed, console)
    else:
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
    for label, cell in _ROWS if results.truth is None else _WITHOUT_RULES:
        table.add_row(label, *(cell(score) for _, score in scores))
    return table


_OF_RULES = "marginal score, of matched"
_ROWS: tuple[tuple[str, Callable[[Score], str]], ...] = (
    ("submissions", lambda score: number(score.total_jobs)),
    ("unmatched", lambda score: number(score.unmatched)),
    ("success of matched jobs", lambda score: plain_share(score.success_of_matched.mean)),
    ("success", lambda score: plain_share(score.success)),
    (_OF_RULES, lambda score: plain_share(score.marginal_score.mean)),
    ("clusters matched, mean", lambda score: number(score.matched_clusters.mean)),
    ("precision", lambda score: plain_share(score.precision)),
    ("recall", lambda score: plain_share(score.recall)),
)
_WITHOUT_RULES = tuple(row for row in _ROWS if row[0] != _OF_RULES)


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
    """Return the lines under the table: the ceiling, what levels, single and orders come to, and the scoring."""
    lines = [] if results.ceiling is None else [f"ceiling: {plain_share(results.ceiling)} of jobs"]
    reference = levels.reference_of(results)
    if results.levels:
        lines.append(jobs(results.levels[0].score.total_jobs))
    if reference is not None:
        lines.append(f"cost: additional, price units, of jobs assigned, against {shown(reference)}")
    if results.last_level is not None:
        lines.append(f"expanding: success at the last level {plain_share(results.last_level)}")
    single = list(single_findings(results))
    sentences = [
        *truth_findings(results),
        *choice_findings(results),
        *single,
        *(brackets_explained(results) if single else []),
    ]
    sentences += orders_findings(results)
    # Not every terminal knows a narrow space.
    lines += [sentence.replace(NARROW_SPACE, " ").replace(" %", "%") for sentence in sentences]
    if results.incomparable:
        they = "1 cluster has" if results.incomparable == 1 else f"{number(results.incomparable)} clusters have"
        lines.append(f"not comparable: {they} values of another kind than jobs ask for")
    left_out = results.study.get("left_out")
    lines += [f"left out: {shown(str(line), 200)}" for line in left_out] if isinstance(left_out, list) else []
    return [*lines, scoring_line(results)] if results.scores else lines
