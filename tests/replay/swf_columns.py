"""The columns of an SWF file that a replay needs, read in a few lines, cleaned as `--clean strict` does."""

import gzip

import numpy as np
from random_replays import trace_of

from placewise.model.traces.trace import Trace


def strictly_cleaned(path, processors: int) -> Trace:
    with gzip.open(path, "rt") as lines:
        table = np.array(
            [line.split() for line in lines if line.strip() and not line.startswith(";")], dtype=np.float64
        )
    submit, runtime, given, asked, limit, user = table[:, [1, 3, 4, 7, 8, 11]].astype(np.int64).T
    asked = np.where(asked > 0, asked, given)
    limited = (limit > 0).any()
    kept = (runtime > 0) & (asked > 0) & (asked <= processors) & (given <= processors) & (submit >= 0)
    if limited:
        kept &= limit > 0
        runtime = np.minimum(runtime, limit)
    return trace_of(submit[kept], runtime[kept], limit[kept], asked[kept], user=user[kept])
