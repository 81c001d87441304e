"""`jobs.csv` of a replay: the columns that Batsim writes, so that evalys and scripts made for it read a replay.

A row is an attempt that started; attempts after a job's first are named `JOB#1`, `JOB#2`, as Batsim names jobs that are
submitted again. Source of the columns: Batsim's documentation, "Output files", jobs.
"""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placewise.formats.table_files.spreadsheet import defused_text
from placewise.formats.writing import replacing
from placewise.model.traces.replay_allocation import Held
from placewise.model.traces.replayed import Attempts

COLUMNS = (
    "job_id",
    "workload_name",
    "profile",
    "submission_time",
    "requested_number_of_resources",
    "requested_time",
    "success",
    "final_state",
    "starting_time",
    "execution_time",
    "finish_time",
    "waiting_time",
    "turnaround_time",
    "stretch",
    "allocated_resources",
    "consumed_energy",
    "metadata",
)

_AT_ONCE = 1 << 14


@contextlib.contextmanager
def writing_batsim_jobs(path: Path) -> Iterator[Callable[[Attempts, Sequence[Held]], None]]:
    """Yield what takes attempts in, in their order, with the processors that each holds; they are written as they come.

    Nothing is held of them, and a file is written whole or not at all.
    """
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="replace", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)

        def take(attempts: Attempts, held: Sequence[Held]) -> None:
            started = np.flatnonzero(attempts.schedule.start_s >= 0)
            for start in range(0, len(started), _AT_ONCE):
                writer.writerows(zip(*_columns(attempts, started[start : start + _AT_ONCE], held), strict=True))

        yield take


def _columns(attempts: Attempts, rows: NDArray[np.int64], held: Sequence[Held]) -> Iterator[Iterable[object]]:
    """Yield the columns of some rows. held : of each attempt, or nothing where they are not laid out."""
    trace, schedule = attempts.trace, attempts.schedule
    job, count = schedule.job[rows], len(rows)
    submit, start, end = schedule.submit_s[rows], schedule.start_s[rows], schedule.end_s[rows]
    failed, limit, lasted = schedule.failed[rows], trace.requested_s[job], end - start
    names = trace.names[job].tolist() if isinstance(trace.names, np.ndarray) else [trace.names[at] for at in job]
    yield [
        defused_text(str(name) if number == 1 else f"{name}#{number - 1}")
        for name, number in zip(names, attempts.number[rows].tolist(), strict=True)
    ]
    yield repeat(defused_text(trace.source), count)
    yield trace.runtime_s[job].tolist()
    yield submit.tolist()
    yield schedule.processors[rows].tolist()
    yield [most if most > 0 else "" for most in limit.tolist()]
    yield (~failed).astype(np.int64).tolist()
    yield ["COMPLETED_FAILED" if one else "COMPLETED_SUCCESSFULLY" for one in failed.tolist()]
    yield start.tolist()
    yield lasted.tolist()
    yield end.tolist()
    yield (start - submit).tolist()
    yield (end - submit).tolist()
    yield [all_of / ran if ran else "" for all_of, ran in zip((end - submit).tolist(), lasted.tolist(), strict=True)]
    laid_out = (" ".join(_words(low, high) for low, high in held[row]) for row in rows.tolist())
    yield laid_out if held else repeat("", count)
    # Batsim's word for what is not known.
    yield repeat(-1, count)
    clusters = [defused_text(name) for name in schedule.clusters]
    yield [clusters[at] for at in schedule.cluster[rows].tolist()]


def _words(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"
