"""DuckDB on one thread: requirements joined with offers, and the clusters counted that offer them all."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from placewise.bench.peers import Matching
from placewise.bench.peers.texts import offered, wanted
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload
from placewise.model.versions.version import parse_version
from placewise.model.versions.version_range import parse_bounds

_QUERY = """
    SELECT job, cluster
    FROM needed JOIN offer USING (package)
    WHERE version BETWEEN lowest AND highest
    GROUP BY job, cluster
    HAVING count(*) = any_value(needs)
"""


def prepare(fleet: Fleet, workload: Workload) -> Matching:
    """Load the tables; a version is the rank of its text among those offered, a range the ranks it holds.

    DuckDB has no order of versions, so it is given ours; what is timed is the join.
    """
    clusters = offered(fleet)
    texts = sorted({text for offers in clusters for text in offers.values()}, key=lambda text: parse_version(text).key)
    rank = {text: number for number, text in enumerate(texts)}
    package = {name: number for number, name in enumerate(sorted({name for offers in clusters for name in offers}))}
    offers = [(c, package[n], rank[text]) for c, offers in enumerate(clusters) for n, text in offers.items()]
    ranges = [(package.get(name, -1), *_ranks(texts, low, high)) for name, low, high in wanted(workload)]
    counts = workload.requirement_counts
    connection = duckdb.connect(config={"threads": 1})
    _load(connection, "offer", ("cluster", "package", "version"), np.array(offers, dtype=np.int32))
    rows = np.array(ranges, dtype=np.int32).reshape(-1, 3)[workload.ids]
    of_job = np.column_stack((np.repeat(np.arange(len(workload)), counts), np.repeat(counts, counts))).astype(np.int32)
    _load(connection, "needed", ("job", "needs", "package", "lowest", "highest"), np.hstack((of_job, rows)))

    def matching() -> NDArray[np.bool_]:
        found = connection.execute(_QUERY).fetchnumpy()
        # A job that needs nothing has no row to join, and fits everywhere.
        matched = np.repeat(counts[:, None] == 0, len(fleet), axis=1)
        matched[found["job"], found["cluster"]] = True
        return matched

    return matching


def _ranks(texts: list[str], low: str | None, high: str | None) -> tuple[int, int]:
    """Return the first and last rank inside a range; the first exceeds the last when there is none."""
    versions = parse_bounds(low, high)
    inside = [number for number, text in enumerate(texts) if parse_version(text) in versions]
    return (inside[0], inside[-1]) if inside else (1, 0)


def _load(connection: duckdb.DuckDBPyConnection, name: str, columns: tuple[str, ...], rows: NDArray[np.int32]) -> None:
    table = pa.table({column: np.ascontiguousarray(rows[:, i]) for i, column in enumerate(columns)})
    connection.register("arrow", table)
    connection.execute(f"CREATE TABLE {name} AS FROM arrow")
    connection.unregister("arrow")
