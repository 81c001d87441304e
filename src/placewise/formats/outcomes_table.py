"""`outcomes.parquet`: one row for each job and level, nothing summarised away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from placewise.formats.writing import replacing
from placewise.model.results import OutcomeTable

OUTCOMES = "outcomes.parquet"

_DESCRIPTIONS = {
    "experiment": "the experiment, as in scores.json",
    "job": "name of the job",
    "level": "how many subsystems the scheduler was told",
    "subsystem": "the subsystem told last (null: none, or all at once)",
    "matched": "clusters that match",
    "feasible": "clusters on which the job would succeed",
    "success": "probability of success; 0 where nothing matches",
    "points": "expected number of outcome rules that hold",
    "possible": "outcome rules of the job",
    "cluster": "the cluster assigned (null: an expectation over the matches, or no match)",
    "additional_runtime_s": "expected runtime beyond that of the package's fastest builds, in s (NaN: not predicted)",
    "additional_cost": "that in hours times the price of the cluster (NaN: not predicted, or no price)",
}
_COSTS = ("additional_runtime_s", "additional_cost")


def write_outcomes(
    path: Path,
    tables: Sequence[OutcomeTable],
    jobs: Sequence[str],
    subsystems: Sequence[str],
    clusters: Sequence[str],
) -> None:
    """Write outcome tables as one Parquet file, whole or not at all; the names are those that the tables number."""
    schema = pa.schema(
        [
            pa.field(name, kind, metadata={"description": _DESCRIPTIONS[name]})
            for name, kind in (
                ("experiment", _NAMES),
                ("job", _NAMES),
                ("level", pa.int32()),
                ("subsystem", _NAMES),
                ("matched", pa.int32()),
                ("feasible", pa.int32()),
                ("success", pa.float64()),
                ("points", pa.float64()),
                ("possible", pa.int32()),
                ("cluster", _NAMES),
                *((name, pa.float64()) for name in _COSTS if tables and getattr(tables[0], name) is not None),
            )
        ]
    )
    job_names, subsystem_names, cluster_names = (pa.array(list(n), pa.string()) for n in (jobs, subsystems, clusters))
    experiments = pa.array([table.experiment for table in tables], pa.string())
    # Names repeat and gain from dictionaries; trying one on every column of numbers doubles the time.
    names = [field.name for field in schema if field.type == _NAMES]
    options = {"compression": "zstd", "use_dictionary": names}
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema, **options) as writer:
        for number, table in enumerate(tables):
            columns = [
                _named(np.full(len(table.job), number), experiments),
                _named(table.job, job_names),
                pa.array(table.level, pa.int32()),
                _named(table.subsystem, subsystem_names),
                pa.array(table.matched.astype(np.int32)),
                pa.array(table.feasible.astype(np.int32)),
                pa.array(table.success),
                pa.array(table.points),
                pa.array(table.possible.astype(np.int32)),
                _named(table.cluster, cluster_names),
            ]
            columns += [pa.array(getattr(table, name)) for name in schema.names if name in _COSTS]
            writer.write_table(pa.table(columns, schema=schema))


_NAMES = pa.dictionary(pa.int32(), pa.string())


def _named(numbers: NDArray[np.integer], names: pa.Array) -> pa.DictionaryArray:
    """Turn numbers into names; a negative number is a null."""
    numbers = numbers.astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(numbers, mask=numbers < 0), names)
