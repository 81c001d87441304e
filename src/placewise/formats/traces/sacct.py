"""An operator's own history: what Slurm's sacct writes of past jobs, as text (`-P` or `-p`) or with `--json`.

Columns may come in any order; those that are not known are ignored. A job is kept if it ran and has ended.
See https://slurm.schedmd.com/sacct.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from placewise.errors import InputError
from placewise.formats.traces.columns import finished, labels_of_texts, requests_of
from placewise.formats.traces.slurm_rows import (
    LeftOut,
    LeftOutError,
    Row,
    json_rows,
    sacct_fields,
    text_rows,
    tres_count,
)
from placewise.formats.traces.slurm_values import (
    count_of,
    elapsed_s,
    job_memory_bytes,
    limit_s,
    requirements_of,
    unix_clock,
)
from placewise.model.requirements.requirement import Expression
from placewise.model.traces.trace import UNKNOWN, Ints, Trace

STEP = "a step of a job, not a job"
NOT_ENDED = "the job had not ended"
NEVER_STARTED = "the job never started"
NO_SUBMIT = "the submission time is not known"
NO_ELAPSED = "how long the job ran is not known"

_ENDED = {
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "REVOKED",
    "TIMEOUT",
}
_WAITING = {"PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"}
_HEADER = "the header of sacct -P, with JobIDRaw, Submit, Start, ElapsedRaw, AllocCPUS, State and others"
_STEP = re.compile(r"\.\w+")


@dataclass(frozen=True, slots=True)
class _Job:
    name: str
    submit_s: int
    waited_s: int
    runtime_s: int
    limit_s: int
    processors: int
    asked: int
    nodes: int
    memory_bytes: int
    gpus_milli: int
    user: str
    group: str
    queue: str
    requirements: tuple[Expression, ...]


def read_sacct(content: bytes, source: object, zone: str | None = None) -> Trace:
    """Return the trace of what sacct wrote; what is left out is counted by its reason.

    zone : the time zone of its times, such as Europe/Stockholm; UTC if None, and then the hour that a clock is put
    forward or back is not seen. Raises InputError for another document, an unknown zone, and if no job is left.
    """
    left_out = LeftOut(source)
    clock = unix_clock(zone)
    jobs: list[_Job] = []
    parts, on_clock = 0, False
    for place, row in (
        json_rows(content, source, sacct_fields)
        if content.lstrip().startswith(b"{")
        else text_rows(content, source, left_out.counts, required=("submit", "state"), expected=_HEADER)
    ):
        with left_out.row(place):
            jobs.append(_job(row, clock))
            parts += "+" in jobs[-1].name
            on_clock |= "-" in row["submit"]
    if not jobs:
        raise left_out.refuse("no job ran and ended")
    notes = left_out.notes
    if parts:
        notes.append(f"Parts of heterogeneous jobs, each a job of its own here: {parts:,}.")
    if zone is None and on_clock:
        notes.append("No time zone was named, so times are taken as UTC.")
    return finished(_trace(jobs, left_out.reasons, source), notes)


def _job(row: Row, clock: Callable[[str], int | None]) -> _Job:
    """Return the job of a row. Raises LeftOutError for what is none of the trace, InputError for what is not read."""
    name = row.get("jobid") or row.get("jobidraw", "")
    if _STEP.search(name):
        raise LeftOutError(STEP)
    words = row["state"].upper().split()
    state = words[0].rstrip("+") if words else ""
    started = clock(row.get("start", ""))
    submitted = clock(row["submit"])
    if submitted is None:
        raise LeftOutError(NO_SUBMIT)
    if state in _WAITING or ("start" in row and started is None):
        raise LeftOutError(NEVER_STARTED)
    if state not in _ENDED:
        if state in (
            "RUNNING",
            "SUSPENDED",
            "COMPLETING",
            "CONFIGURING",
            "RESIZING",
            "SIGNALING",
            "STAGE_OUT",
            "STOPPED",
        ):
            raise LeftOutError(NOT_ENDED)
        raise InputError("is not a known state", place="State", found=row["state"], expected="such as COMPLETED")
    ended = clock(row.get("end", ""))
    runtime = elapsed_s(row)
    if runtime is None:
        if started is None or ended is None or ended < started:
            raise LeftOutError(NO_ELAPSED)
        runtime = ended - started
    if started is None and runtime == 0:
        raise LeftOutError(NEVER_STARTED)
    processors = count_of(row, "alloccpus", "ncpus")
    nodes = count_of(row, "reqnodes", "allocnodes", "nnodes")
    asked = count_of(row, "reqcpus")
    gpus = tres_count((row.get("reqtres", ""), row.get("alloctres", "")), "gres/gpu")
    return _Job(
        name,
        submitted,
        UNKNOWN if started is None else max(started - submitted, UNKNOWN),
        runtime,
        limit_s(row),
        processors,
        asked,
        nodes,
        job_memory_bytes(row.get("reqmem", ""), max(processors, asked), max(nodes, 1)),
        UNKNOWN if gpus is None else 1000 * gpus,
        row.get("user", "") or row.get("uid", ""),
        row.get("group", "") or row.get("account", ""),
        row.get("partition", ""),
        requirements_of(row.get("constraints", "")),
    )


def _trace(jobs: list[_Job], left_out: tuple[tuple[str, int], ...], source: object) -> Trace:
    began = min(job.submit_s for job in jobs)

    def column(name: str) -> Ints:
        return np.array([getattr(job, name) for job in jobs], dtype=np.int64)

    waited = column("waited_s")
    return Trace(
        names=tuple(job.name for job in jobs),
        submit_s=column("submit_s") - began,
        runtime_s=column("runtime_s"),
        requested_s=column("limit_s"),
        processors=column("processors"),
        requested_processors=column("asked"),
        nodes=column("nodes"),
        memory_bytes=column("memory_bytes"),
        gpus_milli=column("gpus_milli"),
        exclusive=np.zeros(len(jobs), dtype=bool),
        user=labels_of_texts([job.user for job in jobs]),
        group=labels_of_texts([job.group for job in jobs]),
        queue=labels_of_texts([job.queue for job in jobs]),
        **requests_of([job.requirements for job in jobs]),
        after=np.full(len(jobs), UNKNOWN, dtype=np.int64),
        think_s=np.full(len(jobs), UNKNOWN, dtype=np.int64),
        start_unix_s=began,
        waited_s=None if (waited < 0).all() else waited,
        left_out=left_out,
        source=Path(str(source)).name,
    )
