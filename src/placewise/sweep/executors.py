"""Executors for a sweep: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from placewise.errors import InputError
from placewise.sweep.runner import Runner

MOST_WORKERS = 1_000
PATIENCE_S = 0.5
"""How long a sweep may take before its parts are kept."""


@contextlib.contextmanager
def runner(workers: int = 1, dask: str | None = None, parts: Path | None = None) -> Iterator[Runner]:
    """Yield a runner with so many processes, or on a Dask cluster.

    On the way out its processes end; a cluster stays. workers : 1 computes in this process.
    dask : the address of a scheduler, such as tcp://host:8786, or the scheduler file (.json) that one has written.
    parts : where finished parts are kept, of sweeps that take longer than `PATIENCE_S` (see `Runner`).

    Raises InputError for a number of workers that is not usable, workers beside a cluster, a scheduler that does not
    answer within seconds, or Dask where it is not installed.
    """
    if not 1 <= workers <= MOST_WORKERS:
        raise InputError("--workers is not usable", found=workers, expected=f"1 to {MOST_WORKERS:,}")
    if dask is not None:
        if workers > 1:
            raise InputError("--workers is given beside --dask", found=workers, expected="one of them")
        from placewise.sweep.dask_cluster import connected  # noqa: PLC0415, as is the pool: few runs need them

        with connected(dask) as client:
            # Not pure: a block is computed even if the cluster remembers one like it that was cancelled.
            yield Runner(client.get_executor(pure=False), parts, patience_s=PATIENCE_S)
    elif workers > 1:
        from placewise.sweep.processes import processes  # noqa: PLC0415

        with processes(workers) as (pool, end):
            yield Runner(pool, parts, end, PATIENCE_S)
    else:
        yield Runner(None, parts, patience_s=PATIENCE_S)
