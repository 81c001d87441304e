"""The tables and lines that a run ends with."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console, JustifyMethod

from placewise.model.results.results import Results, Score
from placewise.report.data.studies import levels
from placewise.report.data.studies.experiments import in_order
from placewise.report.terminal.replays.timed import print_timed
from placewise.report.terminal.studies.uncertainty import print_intervals
from placewise.report.terminal.tables import print_answer, print_line, print_lines, print_table
from placewise.report.words.names import experiment_word, level_rows, scoring_line
from placewise.report.words.numbers import jobs, number, share, shown
from placewise.report.words.openings.results import opening_of
from placewise.report.words.studies.findings import orders_findings, single_findings
from placewise.report.words.studies.level_findings import choice_findings
from placewise.report.words.truth import truth_findings


def summary(results: Results, *, console: Console) -> None:
    """Print the answer in the sentence that the report begins with, the scores, and few lines on them."""
    if results.timed is not None:
        print_timed(results.timed, console)
    else:
        print_answer(opening_of(results), console)
        (_print_levels if results.levels else _print_scores)(results, console)
    print_intervals(results, console)
    print_lines(summary_lines(results), console)


def _print_scores(results: Results, console: Console) -> None:
    scores = in_order(results.scores)
    headings: dict[str, JustifyMethod] = {"": "left"}
    headings |= dict.fromkeys((experiment_word(name) for name, _ in scores), "right")
    rows = [(label, *(cell(score) for _, score in scores)) for label, cell in _ROWS]
    print_table("", headings, rows, console, ruled=True)
    known = [f"{word}: {_EXPERIMENTS[word]}" for word in map(experiment_word, results.scores) if word in _EXPERIMENTS]
    print_line("; ".join(known), console)
    print_line("precision: the share of matches that succeed; recall: the share of possible successes found", console)


_ROWS: tuple[tuple[str, Callable[[Score], str]], ...] = (
    ("submissions", lambda score: number(score.total_jobs)),
    ("unmatched", lambda score: number(score.unmatched)),
    ("success of matched jobs", lambda score: share(score.success_of_matched.mean)),
    ("success", lambda score: share(score.success)),
    ("clusters matched, mean", lambda score: number(score.matched_clusters.mean)),
    ("precision", lambda score: share(score.precision)),
    ("recall", lambda score: share(score.recall)),
)
_EXPERIMENTS = {
    "none": "without metadata",
    "single": "metadata on one subsystem per submission",
    "expanding": "metadata on one subsystem more at a time, while some cluster matches",
    "all": "all metadata",
}


def _print_levels(results: Results, console: Console) -> None:
    """Print a row for each level: clusters matched, unmatched, success, and the additional cost of one job."""
    rows, reference = level_rows(results), levels.reference_of(results)
    headings: dict[str, JustifyMethod] = {"metadata on": "left"}
    names = ("clusters\nmatched", "un-\nmatched", "success of\nmatched jobs", "success", "cost of\none job")
    headings |= dict.fromkeys(names, "right")
    lines = []
    for row in rows:
        score = row.level.score
        line = (
            row.label,
            number(score.matched_clusters.mean, 3),
            number(score.unmatched),
            share(score.success_of_matched.mean),
            share(score.success),
            number(levels.cost_each(row.level.costs.get(reference or "")), 3),
        )
        lines.append(line)
    sections = [i for i, row in enumerate(rows) if i and rows[i - 1].group != row.group]
    print_table("", headings, lines, console, ruled=True, sections=sections)


def summary_lines(results: Results) -> list[str]:
    """Return the lines under the table: the ceiling, what levels, single and orders come to, and the scoring."""
    lines = (
        []
        if results.ceiling is None
        else [f"ceiling: {share(results.ceiling)} of jobs, the most that can succeed on this fleet"]
    )
    reference = levels.reference_of(results)
    if results.levels:
        lines.append(jobs(results.levels[0].score.total_jobs))
    if reference is not None:
        lines.append(
            "cost of one job: predicted, not measured; price units beyond its reference "
            f"({shown(reference)}), over the jobs that are assigned"
        )
    if results.last_level is not None:
        lines.append(f"expanding: success at the last level {share(results.last_level)}")
    lines += [
        *truth_findings(results),
        *choice_findings(results),
        *single_findings(results),
        *orders_findings(results),
    ]
    if results.incomparable:
        they = "1 cluster has" if results.incomparable == 1 else f"{number(results.incomparable)} clusters have"
        lines.append(f"not comparable: {they} values that cannot be compared with what jobs ask for")
    left_out = results.study.get("left_out")
    lines += [f"left out: {shown(str(line), 200)}" for line in left_out] if isinstance(left_out, list) else []
    return [*lines, scoring_line(results)] if results.scores else lines
