"""`jobs.csv` of a replay: the columns that Batsim writes, so that evalys and scripts made for it read a replay.

A row is an attempt that started; attempts after a job's first are named `JOB#1`, `JOB#2`, as Batsim names jobs that are
submitted again. Source of the columns: Batsim's documentation, "Output files", jobs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np

from placewise.formats.results.replay_jobs import attempt_numbers
from placewise.formats.spreadsheet import defused
from placewise.model.traces.replay import Schedule
from placewise.model.traces.replay_allocation import allocations
from placewise.model.traces.trace import Trace

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


def batsim_jobs(trace: Trace, schedule: Schedule) -> bytes:
    """Return the content of `jobs.csv`, in the order in which attempts were submitted."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(defused(_rows(trace, schedule)))
    return text.getvalue().encode(errors="replace")


def _rows(trace: Trace, schedule: Schedule) -> Iterator[dict[str, object]]:
    started = np.flatnonzero(schedule.start_s >= 0)
    attempts = attempt_numbers(schedule)[started].tolist()
    held = allocations(schedule)
    columns = (schedule.job, schedule.cluster, schedule.submit_s, schedule.start_s, schedule.end_s, schedule.failed)
    rows = zip(started.tolist(), attempts, *(column[started].tolist() for column in columns), strict=True)
    processors, limits = schedule.processors.tolist(), trace.requested_s.tolist()
    for row, attempt, job, cluster, submit, start, end, failed in rows:
        name = str(trace.names[job])
        yield {
            "job_id": name if attempt == 1 else f"{name}#{attempt - 1}",
            "workload_name": trace.source,
            "profile": int(trace.runtime_s[job]),
            "submission_time": submit,
            "requested_number_of_resources": processors[row],
            "requested_time": limits[job] if limits[job] > 0 else "",
            "success": int(not failed),
            "final_state": "COMPLETED_FAILED" if failed else "COMPLETED_SUCCESSFULLY",
            "starting_time": start,
            "execution_time": end - start,
            "finish_time": end,
            "waiting_time": start - submit,
            "turnaround_time": end - submit,
            "stretch": (end - submit) / (end - start) if end > start else "",
            "allocated_resources": " ".join(_words(low, high) for low, high in held[row]),
            # Batsim's word for what is not known.
            "consumed_energy": -1,
            "metadata": schedule.clusters[cluster],
        }


def _words(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"
