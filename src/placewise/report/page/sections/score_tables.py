"""The tables of a page on experiments: scores, single subsystems, reasons of failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from placewise.model.quantities import SUCCESS, SUCCESS_OF_MATCHED
from placewise.model.results.results import Results, Score
from placewise.report.data.studies.experiments import by_failures, by_gain, in_order
from placewise.report.data.studies.uncertainty import intervals_of
from placewise.report.page.cells import Cell, Row, Table, count_cell, share_cell
from placewise.report.page.sections.level_tables import rules_cell, used_cell
from placewise.report.words.intervals import interval_over, interval_words
from placewise.report.words.names import experiment_word


def score_table(results: Results) -> Table:
    """Return every score of every experiment, and the intervals of success."""
    scores = in_order(results.scores)
    shown_scores = _SCORES if results.truth is None else [row for row in _SCORES if row[0] not in _OF_RULES]
    rows: list[Row] = [(name, meaning, [cell(score) for _, score in scores]) for name, meaning, cell in shown_scores]
    rows += _interval_rows(results, [name for name, _ in scores])
    columns = [(experiment_word(name), "") for name, _ in scores]
    return Table("Each experiment over its submissions; under each name, what it is a share of.", "", columns, rows)


def _interval_rows(results: Results, experiments: list[str]) -> Iterator[Row]:
    for quantity in (SUCCESS_OF_MATCHED, SUCCESS):
        known = {name: intervals_of(results, name, quantity) for name in experiments}
        for over in dict.fromkeys(interval.over for found in known.values() for interval in found):
            by_name = {name: next((i for i in found if i.over == over), None) for name, found in known.items()}
            some = next(interval for interval in by_name.values() if interval is not None)
            cells = [Cell("-") if one is None else Cell(interval_words(one), repr(one.low)) for one in by_name.values()]
            yield f"{quantity}, from and to", interval_over(some), cells


def subsystem_table(results: Results) -> Table:
    """Return what metadata on one subsystem alone does for the jobs that need it, the largest gain first."""
    columns = [
        ("jobs", "that need it"),
        ("unmatched", "jobs that no cluster matches"),
        ("success of matched jobs", ""),
        ("success", "of all its jobs"),
        ("could succeed", "of all its jobs, on some cluster"),
        ("clusters matched", "mean a job, of the fleet"),
        ("precision", "of matched (job, cluster) pairs"),
    ]
    # Without a summary of `single` the baselines were not recorded.
    recorded = results.single is not None
    columns += [("without metadata", "success of the same jobs"), ("gain", "in success")] * recorded
    rows: list[Row] = []
    for subsystem, gain in by_gain(results.subsystems):
        score = subsystem.score
        cells = [
            count_cell(score.total_jobs),
            count_cell(score.unmatched),
            share_cell(score.success_of_matched.mean),
            share_cell(score.success),
            share_cell(score.best_possible),
            count_cell(score.matched_clusters.mean, of=score.clusters),
            share_cell(score.precision),
        ]
        cells += [share_cell(subsystem.baseline), share_cell(gain)] * recorded
        rows.append((subsystem.subsystem, "", cells))
    return Table(f"All {len(rows)}.", "subsystem", columns, rows)


def failure_table(results: Results) -> Table:
    """Return every subsystem on which a submission fails, the most frequent first."""
    scores = in_order(results.scores)
    columns = [(experiment_word(name), "submissions") for name, _ in scores]
    names = by_failures([score for _, score in scores])
    rows: list[Row] = [(name, "", [count_cell(s.failures.get(name, 0.0)) for _, s in scores]) for name in names]
    return Table("The most frequent first.", "subsystem", columns, rows)


_OF_RULES = ("marginal score", "rules that hold")
# Each row with its denominator.
_SCORES: Sequence[tuple[str, str, Callable[[Score], Cell]]] = (
    ("submissions", "a job at a level of metadata", lambda s: count_cell(s.total_jobs)),
    ("unmatched", "submissions that no cluster matches", lambda s: count_cell(s.unmatched)),
    (
        "success of matched jobs",
        "mean ± standard deviation of one, of matched submissions",
        lambda s: share_cell(s.success_of_matched.mean, s.success_of_matched.std),
    ),
    ("success", "of all submissions, unmatched as 0", lambda s: share_cell(s.success)),
    (
        "marginal score",
        "mean ± standard deviation of one, of matched submissions: share of outcome rules that hold",
        lambda s: share_cell(s.marginal_score.mean, s.marginal_score.std),
    ),
    (
        "rules that hold",
        "outcome rules that hold, of all rules of matched submissions",
        rules_cell,
    ),
    (
        "clusters matched",
        "mean ± standard deviation of one, of all submissions; out of the fleet",
        lambda s: count_cell(s.matched_clusters.mean, s.matched_clusters.std, of=s.clusters),
    ),
    (
        "precision",
        "of matched (submission, cluster) pairs, those that would succeed",
        lambda s: share_cell(s.precision),
    ),
    ("recall", "of the pairs that would succeed, those that match", lambda s: share_cell(s.recall)),
    (
        "clusters used",
        "expected to be given a submission, out of the fleet",
        used_cell,
    ),
)
