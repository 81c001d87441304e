"""Traces written in the Standard Workload Format, plain or compressed by gzip."""

from __future__ import annotations

import contextlib
import gzip
from pathlib import Path
from typing import IO, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.formats.traces.swf import reading as swf
from placewise.formats.writing import replacing
from placewise.model.traces.trace import UNKNOWN, Ints, Labels, Trace

_KB = 1024


def write_swf(path: Path, trace: Trace) -> None:
    """Write a trace as SWF, whole or not at all; a name that ends in ``.gz`` is compressed.

    Users, groups and queues are written as numbers: their own if all are numbers, else their positions from 1 on; what
    a queue is called is in the header. SWF has no place for requirements, GPUs, nodes and where jobs ran; what is left
    out is in the header. Memory is in whole KB a processor, rounded up.

    Raises InputError for a trace that counts parts of processors, and for no jobs.
    """
    if trace.processor_parts != 1:
        raise InputError(
            "SWF counts whole processors",
            file=path,
            expected="a trace in whole processors; Parquet holds fractions too",
        )
    if not len(trace):
        raise InputError("a trace without jobs cannot be written", file=path, expected="at least one job")
    columns = _columns(trace)
    names = [str(at) for at in range(len(swf.FIELDS))]
    unknown = np.full(len(trace), UNKNOWN)
    table = pa.table([pa.array(columns.get(at, unknown), pa.int64()) for at in range(len(swf.FIELDS))], names=names)
    header = "".join(f"; {line}\n" for line in _header(trace))
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter=" ", quoting_style="none")
    with replacing(path) as temporary, contextlib.ExitStack() as opened:
        # Without the time of day, so that the same trace is the same bytes.
        file: IO[bytes] = opened.enter_context(temporary.open("wb"))
        if path.name.endswith(".gz"):
            file = cast("IO[bytes]", opened.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0)))
        file.write(header.encode())
        pyarrow.csv.write_csv(table, file, options)


def _columns(trace: Trace) -> dict[int, NDArray[np.int64]]:
    numbers = trace.names if isinstance(trace.names, np.ndarray) else np.arange(1, len(trace) + 1)
    if len(np.unique(numbers)) < len(numbers):
        numbers = np.arange(1, len(trace) + 1)
    each = np.where(trace.requested_processors > 0, trace.requested_processors, trace.processors)
    said = (trace.memory_bytes > 0) & (each > 0)
    return {
        swf.NUMBER: numbers,
        swf.SUBMIT: trace.submit_s,
        swf.WAIT: np.full(len(trace), UNKNOWN) if trace.waited_s is None else trace.waited_s,
        swf.RUN: trace.runtime_s,
        swf.GIVEN: trace.processors,
        swf.ASKED: trace.requested_processors,
        swf.LIMIT: trace.requested_s,
        swf.MEMORY: np.where(said, -(-trace.memory_bytes // np.where(said, each * _KB, 1)), UNKNOWN),
        swf.USER: _numbers(trace.user),
        swf.GROUP: _numbers(trace.group),
        swf.QUEUE: _numbers(trace.queue),
        swf.BEFORE: np.where(trace.after == UNKNOWN, UNKNOWN, numbers[trace.after]),
        swf.THINK: trace.think_s,
    }


def _are_numbers(labels: Labels) -> bool:
    return all(one.isascii() and one.isdecimal() and str(int(one[:16])) == one for one in labels.names)


def _numbers(labels: Labels) -> Ints:
    if _are_numbers(labels):
        own = np.array([*map(int, labels.names), UNKNOWN], dtype=np.int64)
        return own[labels.codes]
    return np.where(labels.codes == UNKNOWN, UNKNOWN, labels.codes + 1).astype(np.int64)


def _header(trace: Trace) -> list[str]:
    lines = [
        "Version: 2.2",
        f"Computer: {_one_line(trace.source)}",
        f"MaxJobs: {len(trace)}",
        f"MaxRecords: {len(trace)}",
    ]
    if trace.machines:
        lines.append(f"MaxProcs: {sum(machine.processors for machine in trace.machines)}")
    if trace.start_unix_s is not None:
        lines.append(f"UnixStartTime: {trace.start_unix_s}")
    if trace.submits_are_starts:
        lines.append("Note: the given submit times are start times")
    if not _are_numbers(trace.queue):
        lines += [f"Queue: {number} {_one_line(name)}" for number, name in enumerate(trace.queue.names, 1)]
    lost = [
        what
        for what, there in (
            ("requirements", (trace.ask > 0).any()),
            ("GPUs", (trace.gpus_milli > 0).any()),
            ("numbers of nodes", (trace.nodes > 0).any()),
            ("whole nodes", trace.exclusive.any()),
            ("where jobs ran", trace.ran_on is not None),
            ("names of users and groups", not (_are_numbers(trace.user) and _are_numbers(trace.group))),
            ("single clusters", len(trace.machines) > 1),
        )
        if there
    ]
    if lost:
        lines.append(f"Note: left out, since SWF has no place for it: {', '.join(lost)}")
    return lines


def _one_line(text: str) -> str:
    return " ".join(text.split())
