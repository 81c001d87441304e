"""A trace from wherever it is: the kind is seen in the content, or named."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias, get_args

from placewise.errors import InputError
from placewise.formats.reading import found_at
from placewise.formats.traces.alea import COLUMNS, read_alea, read_machines
from placewise.formats.traces.swf import read_swf, split_header
from placewise.formats.traces.trace_bytes import read_trace_bytes
from placewise.model.trace import Machine, Trace

TraceFormat: TypeAlias = Literal["swf", "alea"]


def read_trace(path: str | Path, trace_format: TraceFormat | None = None, *, machines: Path | None = None) -> Trace:
    """Return the trace in a file, plain or compressed by gzip.

    trace_format : swf or alea; seen in the content if None. machines : the file that describes the clusters of an
    alea trace, else the one beside it that is named as it is, with ``.machines``.

    Raises InputError naming file, place, what was found and what is expected.
    """
    path = Path(path)
    if trace_format is not None and trace_format not in get_args(TraceFormat):
        raise InputError("no such format", found=trace_format, expected=", ".join(get_args(TraceFormat)))
    content = read_trace_bytes(path)
    kind = trace_format or _kind(content)
    if kind == "alea":
        return read_alea(content, path, _machines(path, machines))
    return read_swf(content, path)


def _kind(content: bytes) -> TraceFormat:
    _, body = split_header(content)
    first = next((line.split(maxsplit=COLUMNS) for line in body.split(b"\n", 64) if line.strip()), [])
    return "alea" if len(first) == COLUMNS else "swf"


def _machines(trace: Path, given: Path | None) -> tuple[Machine, ...]:
    if given is not None:
        return read_machines(given)
    bare = trace.with_suffix("") if trace.suffix == ".gz" else trace
    for beside in (bare.with_suffix(".machines"), bare.with_name(f"{bare.name}.machines")):
        if found_at(beside) == "file":
            return read_machines(beside)
    return ()
