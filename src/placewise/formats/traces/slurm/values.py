"""Fields as Slurm's commands write them: times, limits, counts, memory, constraints."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from placewise.errors import InputError
from placewise.formats.notations.memory_sizes import memory_bytes
from placewise.formats.notations.slurm_constraint import parse_slurm_constraint
from placewise.formats.traces.slurm.rows import Row
from placewise.formats.values import LARGEST_BYTES
from placewise.model.durations import seconds_of
from placewise.model.requirements.requirement import Expression
from placewise.model.traces.trace import UNKNOWN

_NO_TIME = ("", "unknown", "none", "n/a", "0", "invalid")
_NO_LIMIT = ("", "unlimited", "infinite", "partition_limit", "not_set", "invalid", "n/a", "unknown")
_NO_CONSTRAINT = ("", "(null)", "n/a", "none")
_MOST_S = 1 << 40


@lru_cache(maxsize=4096)
def requirements_of(constraint: str) -> tuple[Expression, ...]:
    """Return what a constraint asks for, nothing where there is none. Raises InputError for what is none."""
    return () if constraint.lower() in _NO_CONSTRAINT else (parse_slurm_constraint(constraint),)


def unix_clock(zone: str | None) -> Callable[[str], int | None]:
    """Return the reader of times of a zone (UTC if None): seconds since 1970, None where none is given.

    Raises InputError for a zone that is not known; the reader does for what is no time.
    """
    try:
        where: tzinfo = UTC if zone is None else ZoneInfo(zone)
    except (LookupError, ValueError, OSError) as error:
        raise InputError("is not a known time zone", found=zone, expected="such as Europe/Stockholm") from error

    def read(text: str) -> int | None:
        if text.lower() in _NO_TIME:
            return None
        try:
            if text.isdecimal():
                seconds = int(text[:20])
            else:
                time = datetime.fromisoformat(text)
                seconds = round((time if time.tzinfo else time.replace(tzinfo=where)).timestamp())
        except (ValueError, OverflowError):
            seconds = _MOST_S
        if not 0 <= seconds < _MOST_S:
            raise InputError("is not a time", found=text, expected="such as 2026-01-31T12:00:00")
        return seconds

    return read


def elapsed_s(row: Row) -> int | None:
    """Return how long a job ran, None where it is not said. Raises InputError for what is no length of time."""
    raw = row.get("elapsedraw", "")
    if raw.isdecimal():
        return _bounded(float(raw[:20]))
    text = row.get("elapsed", "") or row.get("time", "")
    return _bounded(_seconds(text)) if text.lower() not in ("", "unknown", "invalid") else None


def limit_s(row: Row) -> int:
    """Return the limit in seconds, UNKNOWN where there is none; raw ones are in minutes.

    Raises InputError for what is no length of time.
    """
    raw = row.get("timelimitraw", "").lower()
    if raw.isdecimal():
        return _bounded(60 * float(raw[:20]))
    text = (row.get("timelimit", "") or row.get("time_limit", "")).lower()
    if text in _NO_LIMIT:
        return UNKNOWN
    return _bounded(60 * float(text[:20]) if text.isdecimal() else _seconds(text))


@lru_cache(maxsize=4096)
def _seconds(text: str) -> float:
    return seconds_of(text)


def _bounded(seconds: float) -> int:
    if not 0 <= seconds < _MOST_S:
        raise InputError("is not a usable time", found=seconds, expected=f"0 to {_MOST_S:,} seconds")
    return int(seconds)


def count_of(row: Row, *names: str) -> int:
    """Return the first of these columns that says how many, UNKNOWN if none does; 4K is 4096 to Slurm.

    Raises InputError for what is no count.
    """
    for name in names:
        text = row.get(name, "")
        if text in ("", "0", "Unknown", "N/A"):
            continue
        number = int(text) if text.isdecimal() and len(text) < 12 else _prefixed(text, name)
        if number:
            return number
    return UNKNOWN


def _prefixed(text: str, name: str) -> int:
    match = re.fullmatch(r"(\d{1,9})(?:\.(\d{1,6}))?([KkMm])", text)
    if match is None:
        raise InputError("is not a count", place=name, found=text, expected="a whole number")
    return int(float(f"{match[1]}.{match[2] or 0}") * 1024 ** " km".index(match[3].lower()))


def job_memory_bytes(text: str, processors: int, nodes: int) -> int:
    """Return the memory of a whole job: c at the end is of each processor, n of each node; a bare number is MB.

    Raises InputError for what is no amount of memory.
    """
    if text.lower() in ("", "?", "0", "0n", "0c", "unknown"):
        return UNKNOWN
    per = text[-1].lower() if text[-1] in "cnCN" else ""
    found = memory_bytes(text[:-1] if per else text, "ReqMem", bare="m")
    if per == "c" and processors <= 0:
        return UNKNOWN
    total = found * {"c": processors, "n": nodes, "": 1}[per]
    if total >= LARGEST_BYTES:
        raise InputError(
            "is too much memory", place="ReqMem", found=text, expected=f"less than {LARGEST_BYTES:,} bytes"
        )
    return total or UNKNOWN
