"""A trace from wherever it is: the kind is seen in the content, or named."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from placewise.errors import InputError, one_of
from placewise.formats.reading import STANDARD_INPUT, entries_of, found_at
from placewise.formats.traces.format_names import TraceFormat
from placewise.formats.traces.openb import is_nodes, is_pods, read_openb, read_openb_nodes
from placewise.formats.traces.parquet_trace import MAGIC, read_parquet_trace
from placewise.formats.traces.slurm.sacct import read_sacct
from placewise.formats.traces.swf.alea import COLUMNS, read_alea, read_machines
from placewise.formats.traces.swf.reading import read_swf, split_header
from placewise.formats.traces.trace_bytes import read_trace_bytes
from placewise.model.traces.trace import Trace


def read_trace(
    path: str | Path,
    trace_format: TraceFormat | None = None,
    *,
    machines: str | Path | None = None,
    zone: str | None = None,
) -> Trace:
    """Return the trace in a file, or of the kind openb in a folder with its two tables; gzip is unpacked.

    trace_format : swf, alea, sacct, openb or parquet; seen in the content if None.
    machines : the file that describes the clusters: of alea (else the one beside the trace that is named as it is,
    with ``.machines``), or the table of nodes of openb (else the one beside the table of pods).
    zone : the time zone of what sacct wrote; UTC if None.

    Raises InputError naming file, place, what was found and what is expected.
    """
    path = Path(path)
    given = None if machines is None else Path(machines)
    if trace_format is not None and trace_format not in get_args(TraceFormat):
        raise InputError(
            "no such format of traces", found=trace_format, expected=one_of(trace_format, get_args(TraceFormat))
        )
    if found_at(path) == "folder":
        path, given = _tables_of(path, given)
    if trace_format == "parquet" or (trace_format is None and is_parquet(path)):
        return read_parquet_trace(path)
    content = read_trace_bytes(path)
    if content.startswith(MAGIC):
        raise InputError("is Parquet, which cannot be read from a pipe", file=path, expected="a file")
    kind = trace_format or _kind(content, path)
    if kind == "alea":
        beside = given or _machines_beside(path)
        return read_alea(content, path, () if beside is None else read_machines(beside))
    if kind == "openb":
        beside = given or _nodes_beside(path)
        return read_openb(content, path, () if beside is None else read_openb_nodes(beside))
    if kind == "sacct":
        return read_sacct(content, path, zone)
    return read_swf(content, path)


def is_parquet(path: Path) -> bool:
    """Whether a file begins as Parquet does. It may be read by parts (`parquet_trace`)."""
    if path == STANDARD_INPUT or not path.is_file():  # a pipe could be read only once
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path) from error


def _kind(content: bytes, path: Path) -> TraceFormat:
    if is_pods(content):
        return "openb"
    if is_nodes(content):
        raise InputError("is a table of nodes", file=path, expected="the table of pods, or the folder of both")
    start = content.lstrip()[:4096]
    first = start.split(b"\n", 1)[0]
    if start.startswith(b"{") or (b"|" in first and not first.startswith(b";")):
        return "sacct"
    _, body = split_header(content)
    words = next((line.split(maxsplit=COLUMNS) for line in body[: 1 << 20].split(b"\n", 64) if line.strip()), [])
    return "alea" if len(words) == COLUMNS else "swf"


def _machines_beside(trace: Path) -> Path | None:
    bare = trace.with_suffix("") if trace.suffix == ".gz" else trace
    candidates = (bare.with_suffix(".machines"), bare.with_name(f"{bare.name}.machines"))
    return next((path for path in candidates if found_at(path) == "file"), None)


def _nodes_beside(pods: Path) -> Path | None:
    if pods == STANDARD_INPUT:
        return None
    return _only([path for path in _tables(pods.parent) if is_nodes(_start_of(path))], pods.parent, "nodes")


def _tables_of(folder: Path, nodes: Path | None) -> tuple[Path, Path | None]:
    """Return the two tables of openb in a folder. Raises InputError unless there is one of pods."""
    pods = _only([path for path in _tables(folder) if is_pods(_start_of(path))], folder, "pods")
    if pods is None:
        raise InputError(
            "holds no table of pods", file=folder, expected="the two tables of openb, or the name of a file"
        )
    return pods, nodes


def _only(found: list[Path], folder: Path, what: str) -> Path | None:
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InputError(
            f"holds several tables of {what}", file=folder, found=names, expected="one table, or the name of a file"
        )
    return found[0] if found else None


def _tables(folder: Path) -> list[Path]:
    return [path for path in entries_of(folder) if path.name.endswith((".csv", ".csv.gz")) and found_at(path) == "file"]


def _start_of(path: Path) -> bytes:
    try:
        return read_trace_bytes(path)[:4096]
    except InputError:
        return b""
