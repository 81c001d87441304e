"""The Standard Workload Format 2.2 of the Parallel Workloads Archive: 18 numbers a job, after a header of `;` lines.

Described at https://www.cs.huji.ac.il/labs/parallel/workload/swf.html. -1 is a number not said, and so is
any other below 0 but for a submission time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from placewise.errors import InputError, locating
from placewise.formats.table_files.csv_reading import on_one_thread
from placewise.formats.traces.columns import finished, labels_of, requests_nothing, rows_after
from placewise.formats.traces.trace_bytes import decoded
from placewise.model.traces.trace import UNKNOWN, Ints, Machine, Trace

FIELDS = (
    "job number",
    "submit time",
    "wait time",
    "run time",
    "number of allocated processors",
    "average CPU time used",
    "used memory",
    "requested number of processors",
    "requested time",
    "requested memory",
    "status",
    "user ID",
    "group ID",
    "executable number",
    "queue number",
    "partition number",
    "preceding job number",
    "think time",
)
NUMBER, SUBMIT, WAIT, RUN, GIVEN, _, _, ASKED, LIMIT, MEMORY, STATUS, USER, GROUP, _, QUEUE, _, BEFORE, THINK = range(
    18
)
READ = (NUMBER, SUBMIT, WAIT, RUN, GIVEN, ASKED, LIMIT, MEMORY, STATUS, USER, GROUP, QUEUE, BEFORE, THINK)
"""The fields that are looked at."""

PARTIAL = "the line is of a part of a job that has a line of the whole, too"
_OF_PARTS = (2, 3, 4)
"""The status of a part that is continued, and of a last one that was completed or failed."""

MOST = 1 << 53
"""Numbers are below this on either side of 0, so that every one is exact as a float, too."""

_BLOCK = 1 << 25
_PLAIN = b"0123456789.- \t\v\f\r\n"
_SPACES = bytes.maketrans(b"\t\r\v\f", b"    ")
_KB = 1024
_HEADER = re.compile(r";\s*([A-Za-z]{1,40})\s*:(.*)", re.DOTALL)
_LONGEST_NAME = 200


def read_swf(content: bytes, source: object) -> Trace:
    """Return the trace of a text in SWF; memory is in KB a processor there.

    Raises InputError naming the line for another number of fields, for what is no number, and for no jobs.
    """
    header, body = split_header(content)
    with locating(file=source):
        columns = _columns(body, lines_before=content[: len(content) - len(body)].count(b"\n"))
        if not len(columns[SUBMIT]):
            raise InputError("the trace has no jobs", expected="one or more lines of 18 numbers")
        columns, parts = _whole_jobs(columns)
        trace = replace(swf_trace(columns, header, source), left_out=((PARTIAL, parts),) if parts else ())
        again = _again(columns[NUMBER])
        note = f"Further records of a job number that is above in the file, each a job here: {again:,}."
        return finished(trace, [note] if again else [])


def _whole_jobs(columns: dict[int, Ints]) -> tuple[dict[int, Ints], int]:
    """Return the columns without parts of jobs that have a line of the whole, and how many parts those are."""
    parts = np.isin(columns[STATUS], _OF_PARTS)
    if parts.any():
        parts &= (columns[NUMBER] >= 0) & np.isin(columns[NUMBER], columns[NUMBER][~parts])
        columns = {field: column[~parts] for field, column in columns.items()}
    return columns, int(parts.sum())


def _again(numbers: Ints) -> int:
    """Return how many jobs have the number of an earlier one; most traces count upwards."""
    if (np.diff(numbers) > 0).all():
        return 0
    known = numbers[numbers >= 0]
    return len(known) - len(np.unique(known))


def swf_trace(columns: Mapping[int, Ints], header: tuple[str, ...], source: object) -> Trace:
    """Return the trace of columns, by their positions in SWF, and of a header, in the order of the columns."""
    said = header_fields(header)
    jobs = len(columns[SUBMIT])
    columns = {at: column if at == SUBMIT else np.maximum(column, UNKNOWN) for at, column in columns.items()}
    processors, asked = columns[GIVEN], columns[ASKED]
    each = np.where(asked > 0, asked, processors)
    memory = columns[MEMORY]
    after = rows_after(columns[NUMBER], columns[BEFORE])
    return Trace(
        names=columns[NUMBER],
        submit_s=columns[SUBMIT],
        runtime_s=columns[RUN],
        requested_s=columns[LIMIT],
        processors=processors,
        requested_processors=asked,
        nodes=np.full(jobs, UNKNOWN, dtype=np.int64),
        memory_bytes=np.where((memory > 0) & (each > 0), _times(memory, each) * _KB, UNKNOWN),
        gpus_milli=np.full(jobs, UNKNOWN, dtype=np.int64),
        exclusive=np.zeros(jobs, dtype=bool),
        user=labels_of(columns[USER]),
        group=labels_of(columns[GROUP]),
        queue=labels_of(columns[QUEUE]),
        **requests_nothing(jobs),
        after=after,
        think_s=np.where(after == UNKNOWN, UNKNOWN, columns[THINK]),
        machines=_machine(said),
        start_unix_s=_whole(said.get("UnixStartTime")),
        waited_s=None if (columns[WAIT] < 0).all() else columns[WAIT],
        submits_are_starts=submits_are_starts(header),
        source=said.get("Computer", "") or Path(str(source)).name,
    )


def split_header(content: bytes) -> tuple[tuple[str, ...], bytes]:
    """Return the lines at the start that begin with `;`, and the rest."""
    start = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    lines = []
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        line = content[start:end].strip()
        if line and not line.startswith(b";"):
            break
        lines.append(decoded(line))
        start = end + 1
    return tuple(lines), content[start:]


def header_fields(header: tuple[str, ...]) -> dict[str, str]:
    """Return the labels of a header and what follows them; of one that comes twice the first counts."""
    found: dict[str, str] = {}
    for match in filter(None, map(_HEADER.match, header)):
        found.setdefault(match[1], match[2].strip()[:_LONGEST_NAME])
    return found


def submits_are_starts(header: tuple[str, ...]) -> bool:
    """Whether a header says that what it gives as submission times are start times, as that of NASA iPSC does."""
    said = " ".join(line.lstrip("; ") for line in header).lower()
    return bool(re.search(r"submit\s+times?\s+are\s+(actually\s+|really\s+|in fact\s+)?(the\s+)?start", said))


def _machine(said: Mapping[str, str]) -> tuple[Machine, ...]:
    processors = _whole(said.get("MaxProcs")) or _whole(said.get("MaxNodes"))
    return (Machine(_machine_name(said.get("Computer", "")), processors),) if processors else ()


def _machine_name(computer: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", computer).strip("-").lower() or "machine"


def _whole(text: str | None) -> int | None:
    """Return the number that a header's field begins with, None if it begins with none above 0."""
    found = re.match(r"\d{1,15}(?!\d)", text or "")
    return int(found[0]) or None if found else None


def _times(one: Ints, other: Ints) -> Ints:
    """Return products, each at most what still fits when it is in bytes."""
    product = one.astype(np.float64) * other
    return np.where(product < MOST // _KB, product, MOST // _KB).astype(np.int64)


def _columns(body: bytes, lines_before: int) -> dict[int, Ints]:
    """Return the fields that are kept, quickly where each line is 18 whole numbers and exactly otherwise."""
    parts: list[dict[int, Ints]] = []
    start = 0
    while start < len(body):
        end = len(body) if len(body) - start <= _BLOCK else body.rfind(b"\n", start, start + _BLOCK) + 1
        end = end if end > start else (body.find(b"\n", start) + 1 or len(body))
        block = body[start:end]
        parts.append(quick_columns(block) or exact_columns(block, lines_before))
        lines_before += block.count(b"\n")
        start = end
    return {field: np.concatenate([part[field] for part in parts]) if parts else _empty() for field in READ}


def _empty() -> Ints:
    return np.zeros(0, dtype=np.int64)


def quick_columns(block: bytes) -> dict[int, Ints] | None:
    """Return the columns of lines of 18 numbers each; None where a line may be anything else."""
    # Arrow would take 0x1f for a number, too.
    if block.translate(None, _PLAIN):
        return None
    # One space between numbers: the first of a run stays, unless a line begins or ends with it.
    signs = np.frombuffer(block.translate(_SPACES), dtype=np.uint8)
    keep = signs != ord(" ")
    keep[1:] |= (signs[:-1] != ord(" ")) & (signs[:-1] != ord("\n"))
    lines = signs[keep].tobytes().replace(b" \n", b"\n").rstrip()
    # Most traces have whole numbers alone.
    table = _table(lines, pa.int64()) or _table(lines, pa.float64())
    if table is None:
        return None
    columns = {field: table[str(field)].to_numpy() for field in READ}
    if not all(((one > -MOST) & (one < MOST)).all() for one in columns.values()):
        return None
    return {field: np.rint(one).astype(np.int64) if one.dtype == float else one for field, one in columns.items()}


def _table(lines: bytes, kind: pa.DataType) -> pa.Table | None:
    """Return the fields that are kept as numbers of one kind, None where one is none."""
    names = list(map(str, range(len(FIELDS))))
    try:
        return pyarrow.csv.read_csv(
            pa.BufferReader(lines),
            read_options=on_one_thread(column_names=names, block_size=1 << 22),
            parse_options=pyarrow.csv.ParseOptions(delimiter=" ", quote_char=False),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=[str(field) for field in READ],
                column_types=dict.fromkeys(names, kind),
                null_values=[],
            ),
        )
    except (pa.ArrowException, OSError, ValueError):
        return None


def exact_columns(block: bytes, lines_before: int) -> dict[int, Ints]:
    """Return the columns of lines of 18 numbers, line by line; fractions are rounded to whole numbers.

    Raises InputError naming the line, which is counted from 1 after `lines_before`, for any other line.
    """
    rows = []
    for position, line in enumerate(block.split(b"\n"), lines_before + 1):
        words = line.split()
        if not words or words[0].startswith(b";"):
            continue
        place = f"line {position}"
        if len(words) != len(FIELDS):
            raise InputError("has the wrong number of fields", place=place, found=len(words), expected="18 numbers")
        rows.append([number(words[field], f"{place}, {FIELDS[field]}") for field in READ])
    table = np.array(rows, dtype=np.int64).reshape(len(rows), len(READ))
    return {field: table[:, at].copy() for at, field in enumerate(READ)}


def number(word: bytes, place: str) -> int:
    """Return a number as a whole one. Raises InputError for what is none, NaN, infinities, and what is too large."""
    try:
        value = round(float(word)) if b"_" not in word else None
    except (ValueError, OverflowError):
        value = None
    if value is None or not -MOST < value < MOST:
        found = decoded(word)
        raise InputError(
            "is not a usable number", place=place, found=found, expected=f"a number between {-MOST:,} and {MOST:,}"
        )
    return value
