"""Scores as flat tables, a row an experiment: `scores.csv`, an Arrow table, and `reasons-for-failure.csv`.

The two CSV files have the columns of the prior work's, which its plotting scripts read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from placewise.formats.results.score_files import DESCRIPTIONS
from placewise.formats.table_files.spreadsheet import defused
from placewise.model.results.results import CostScore, LevelResult, Results, Score

if TYPE_CHECKING:
    import pyarrow as pa

SCORES_CSV = "scores.csv"
REASONS_CSV = "reasons-for-failure.csv"

# The prior work measured against the model at the memory of the fastest build.
_PUBLISHED_REFERENCE = "best-memory"
# Of the Arrow table: name, type, and what it is, which is said in `scores.json` already where that has the same key.
_COLUMNS = (
    ("experiment", "string", "the experiment or level, as in scores.json"),
    ("jobs", "int64", DESCRIPTIONS["total_jobs"]),
    ("unmatched", "int64", DESCRIPTIONS["unmatched"]),
    ("success", "float64", DESCRIPTIONS["success"]),
    ("success_of_matched", "float64", "share of matched submissions whose every outcome rule holds"),
    ("best_possible", "float64", DESCRIPTIONS["best_possible"]),
    ("marginal_score", "float64", "share of the outcome rules that hold, a submission; over matched submissions"),
    ("versions_correct", "float64", "outcome rules that hold, summed over matched submissions"),
    ("versions_possible", "int64", "outcome rules, summed over matched submissions"),
    ("precision", "float64", DESCRIPTIONS["precision"]),
    ("recall", "float64", DESCRIPTIONS["recall"]),
    ("matched_clusters_mean", "float64", DESCRIPTIONS["matched_clusters_per_job"]),
    ("matched_clusters_std", "float64", "the standard deviation of that"),
    ("clusters", "int64", DESCRIPTIONS["total_clusters"]),
    ("clusters_used", "float64", DESCRIPTIONS["clusters_used"]),
    ("no_capacity", "int64", "builds that matched, but only clusters that were full; null where nodes are not counted"),
    ("refused", "int64", "builds that matched, and for which the policy chose no cluster; null likewise"),
    ("additional_runtime_s", "float64", f"beyond the reference {_PUBLISHED_REFERENCE}, over assigned builds, in s"),
    ("additional_cost", "float64", "that in hours times the price of the cluster; null where nothing is predicted"),
)


def scores_table(results: Results) -> pa.Table:
    """Return the scores as an Arrow table, a row an experiment; each field says in its metadata what it is."""
    import pyarrow as pa  # noqa: PLC0415, only tables need it

    rows = []
    for name, score, level, cost in _scored(results):
        rows.append(
            {
                "experiment": name,
                "jobs": score.total_jobs,
                "success_of_matched": score.success_of_matched.mean,
                "marginal_score": score.marginal_score.mean,
                "matched_clusters_mean": score.matched_clusters.mean,
                "matched_clusters_std": score.matched_clusters.std,
                "no_capacity": None if level is None else level.no_capacity,
                "refused": None if level is None else level.refused,
                "additional_runtime_s": None if cost is None else cost.runtime_s,
                "additional_cost": None if cost is None else cost.cost,
            }
        )
        rows[-1] |= {column: getattr(score, column) for column, _, _ in _COLUMNS if column not in rows[-1]}
    fields = [pa.field(name, getattr(pa, kind)(), metadata={"description": said}) for name, kind, said in _COLUMNS]
    return pa.Table.from_pylist(rows, pa.schema(fields))


def scores_csv(results: Results) -> bytes:
    """Return the content of `scores.csv`; costs and capacity are columns of build records only."""
    rows = []
    for name, score, level, cost in _scored(results):
        mean = score.matched_clusters.mean
        assigned = score.total_jobs - score.unmatched - (0 if level is None else level.no_capacity + level.refused)
        earned = assigned * (score.success_of_matched.mean or 0.0)
        row: dict[str, Any] = {"experiment": name}
        if cost is not None:
            row |= {"total_additional_runtime_seconds": cost.runtime_s, "total_additional_cost": cost.cost}
        row |= {
            "unmatched_percent": score.unmatched / score.total_jobs if score.total_jobs else None,
            "unmatched_count": score.unmatched,
            "build_success_mean": score.success_of_matched.mean,
            "build_success_std": score.success_of_matched.std,
            "points_scored_correct": earned,
            "points_scored_incorrect": assigned - earned,
            "points_scored_possible": assigned,
            "matched_clusters_per_job_mean": mean,
            "matched_clusters_per_job_std": score.matched_clusters.std,
            "mismatched_clusters_per_job_mean": None if mean is None else score.clusters - mean,
            "mismatched_clusters_per_job_std": score.matched_clusters.std,
            "total_jobs": score.total_jobs,
            "total_clusters": score.clusters,
            "success": score.success,
        }
        rows.append(row if level is None else row | {"no_capacity": level.no_capacity})
    return _csv(rows)


def reasons_csv(results: Results) -> bytes:
    """Return the content of `reasons-for-failure.csv`, a row for each level and reason."""
    return _csv(
        [
            {
                "experiment": level.name,
                "reason_for_failure": reason,
                "count": level.reasons.first[reason],
                "total_count": level.score.total_jobs,
                "percentage": level.reasons.first[reason] / level.score.total_jobs if level.score.total_jobs else None,
                "count_alone_or_with_others": count,
            }
            for level in results.levels
            for reason, count in level.reasons.every.items()
        ]
    )


def _scored(results: Results) -> Iterator[tuple[str, Score, LevelResult | None, CostScore | None]]:
    levels = {level.name: level for level in results.levels}
    for name, score in results.scores.items():
        level = levels.get(name)
        yield name, score, level, None if level is None else level.costs.get(_PUBLISHED_REFERENCE)


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    columns = ["", *(rows[0] if rows else ())]
    # All text is quoted: a level may have any name, a line break in it too.
    writer = csv.DictWriter(text, columns, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    writer.writerows({"": number, **row} for number, row in enumerate(defused(rows)))
    return text.getvalue().encode()
