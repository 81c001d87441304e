"""The scores of a run as one flat table, a row an experiment: `scores.csv`, and Arrow."""

from __future__ import annotations

import io
from collections.abc import Callable

import pyarrow as pa
import pyarrow.csv

from placewise.model.results import Results, Score

_COLUMNS: dict[str, tuple[pa.DataType, str, Callable[[Score], float | int | None]]] = {
    "submissions": (pa.int64(), "jobs, each once for every level of metadata", lambda one: one.total_jobs),
    "unmatched": (pa.int64(), "submissions that no cluster matches", lambda one: one.unmatched),
    "success": (pa.float64(), "share of all submissions that succeed", lambda one: one.success),
    "success_of_matched": (
        pa.float64(),
        "share of the assigned submissions that succeed",
        lambda one: one.success_of_matched.mean,
    ),
    "ceiling": (pa.float64(), "share of submissions that some cluster would run with success", lambda one: one.ceiling),
    "marginal_score": (
        pa.float64(),
        "share of the outcome rules that hold, of matched submissions",
        lambda one: one.marginal_score.mean,
    ),
    "precision": (pa.float64(), "share of matching pairs that would succeed", lambda one: one.precision),
    "recall": (pa.float64(), "share of pairs that would succeed that match", lambda one: one.recall),
    "matched_clusters": (pa.float64(), "clusters that match, a submission", lambda one: one.matched_clusters.mean),
    "clusters": (pa.int64(), "clusters of the fleet", lambda one: one.clusters),
    "clusters_used": (pa.float64(), "expected clusters with at least one submission", lambda one: one.clusters_used),
}


def scores_table(results: Results) -> pa.Table:
    """Return a row an experiment; what each column is stands in the metadata of its field."""
    fields = [pa.field("experiment", pa.string(), metadata={"description": "as in scores.json"})]
    columns = [pa.array(list(results.scores), pa.string())]
    for name, (kind, description, read) in _COLUMNS.items():
        fields.append(pa.field(name, kind, metadata={"description": description}))
        columns.append(pa.array([read(score) for score in results.scores.values()], kind))
    return pa.table(columns, schema=pa.schema(fields))


def scores_csv(results: Results) -> bytes:
    """Return the table as CSV."""
    text = io.BytesIO()
    pyarrow.csv.write_csv(scores_table(results), text)
    return text.getvalue()
