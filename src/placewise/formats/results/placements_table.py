"""`placements.parquet`: one row a job, which clusters match it and which was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

ROW_GROUP = 1 << 16

_SCHEMA = pa.schema(
    [
        pa.field("job", pa.string(), metadata={"description": "name of the job"}),
        pa.field("matched", pa.int32(), metadata={"description": "clusters that match"}),
        pa.field(
            "cluster", pa.dictionary(pa.int32(), pa.string()), metadata={"description": "the cluster chosen, or null"}
        ),
    ]
)


def write_placements(
    path: Path, blocks: Iterable[tuple[pa.Array, NDArray[np.int32], NDArray[np.int32]]], clusters: Sequence[str]
) -> None:
    """Write blocks of job names, matches and chosen clusters, a row group each, to a path that is renamed later.

    A cluster is a position in `clusters`, negative for none. In blocks of `ROW_GROUP` jobs, the last one shorter,
    the same placements make the same bytes.
    """
    names = pa.array(list(clusters), pa.string())
    options = {"compression": "zstd", "use_dictionary": ["cluster"]}
    # Opened here, since Arrow takes only names that are UTF-8.
    with path.open("wb") as file, pq.ParquetWriter(file, _SCHEMA, **options) as writer:
        for jobs, matched, cluster in blocks:
            chosen = pa.DictionaryArray.from_arrays(pa.array(cluster, mask=cluster < 0), names)
            writer.write_table(pa.table([jobs, pa.array(matched), chosen], schema=_SCHEMA))
