"""Values as Slurm writes them: numbers of its JSON, GRES, lists of names, states of nodes, limits of time."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from placewise.errors import InputError, locating
from placewise.formats.notations.hostlists import parse_hostlist
from placewise.formats.values import LARGEST_COUNT, number, refuse_control
from placewise.model.durations import seconds_of

NOTHING = ("", "(null)", "N/A", "n/a", "None", "none", "NONE")
ENDLESS = ("UNLIMITED", "INFINITE", "unlimited", "infinite")
# NO_VAL and INFINITE of slurm.h, in 16 bits first, then in 32 and 64, as JSON had them before {set, infinite, number}.
_UNSET = (0xFFFE, 0xFFFFFFFE, 0xFFFFFFFFFFFFFFFE, -2)
_INFINITE = (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
_MEBI_BYTES = 1 << 20

_COUNT = re.compile(r"([0-9]{1,15})([KMGTP]?)")
_TWO_RANGES = re.compile(r"\][^,\[]*\[")
_COMMA_OUTSIDE = re.compile(r",(?![^\[]*\])")
_RANGE_AND_REST = re.compile(r"[^\[\]]*\[[^\[\]]*\]|[^\[\]]+")
_BRACKETS = re.compile(r"\([^()]*\)")


class Gres(NamedTuple):
    """A generic resource of a node; the type is empty where none is said."""

    name: str
    type: str
    total: int


def amount(value: Any, place: str, *, wide: bool = False) -> int | float | None:
    """Return a number, plain or as ``{set, infinite, number}``: infinity for no limit, None for nothing said.

    wide : of more than 16 bits, so that 65534 and 65535 are numbers. Raises InputError for anything else.
    """
    if isinstance(value, dict):
        if value.get("infinite") is True:
            return math.inf
        if value.get("set", True) is not True or "number" not in value:
            return None
        return number(value["number"], f"{place}.number")
    if isinstance(value, str):
        if value in NOTHING:
            return None
        value = int(value) if value.isascii() and value.isdecimal() and len(value) <= 20 else value
    if value is None or value in _UNSET[wide:]:
        return None
    return math.inf if value in (*_INFINITE[wide:], *ENDLESS) else number(value, place)


def count(value: Any, place: str, *, wide: bool = False) -> int | None:
    """Return how many, None for nothing said. Raises InputError for what is no whole number of usual size."""
    found = amount(value, place, wide=wide)
    if found is None or found == math.inf:
        return None
    if not 0 <= found <= LARGEST_COUNT or found != int(found):
        raise InputError("is not a usable count", place=place, found=value, expected="a whole number")
    return int(found)


def mebibytes(value: Any, place: str) -> int | None:
    """Return what Slurm says in MB, which are 1024 * 1024 bytes each, in bytes; None for nothing said."""
    found = count(value, place, wide=True)
    return None if found is None else found * _MEBI_BYTES


def time_limit(value: Any, place: str) -> int | str:
    """Return a limit of time in seconds, or unlimited; empty for nothing said. A bare number is minutes to Slurm.

    Raises InputError for what is no limit of time.
    """
    if isinstance(value, str) and value not in (*NOTHING, *ENDLESS) and not (value.isascii() and value.isdecimal()):
        with locating(place=place):
            seconds = seconds_of(value)
    else:
        minutes = amount(value, place, wide=True)
        if minutes is None or minutes == math.inf:
            return "" if minutes is None else "unlimited"
        seconds = minutes * 60
    if not seconds < 1e15:
        raise InputError("is not a usable time limit", place=place, found=value, expected="such as 7-00:00:00")
    return int(seconds)


def parse_gres(value: Any, place: str) -> tuple[tuple[Gres, ...], bool]:
    """Return the GRES of a node, such as ``gpu:a100:4(S:0-3),nic:1``, and whether sockets were named, sorted.

    Raises InputError for what is no list of them.
    """
    if value is None or (isinstance(value, str) and value in NOTHING):
        return (), False
    if not isinstance(value, str):
        raise InputError("is not a list of GRES", place=place, found=value, expected="text such as gpu:a100:4")
    refuse_control(value, place)
    bare = _BRACKETS.sub("", value)
    totals: dict[tuple[str, str], int] = {}
    for name, kind, number_of in _gres(bare, place):
        totals[name, kind] = totals.get((name, kind), 0) + number_of
    return tuple(Gres(*key, total) for key, total in sorted(totals.items())), bare != value


def _gres(bare: str, place: str) -> Iterator[Gres]:
    for part in bare.split(","):
        fields = [one for one in part.strip().split(":") if one != "no_consume"]
        if fields == [""]:
            continue
        match = _COUNT.fullmatch(fields[-1]) if len(fields) > 1 else None
        names = fields[:-1] if match else fields
        if not 1 <= len(names) <= 2 or not all(names):
            raise InputError("is not a list of GRES", place=place, found=bare, expected="such as gpu:a100:4")
        total = int(match[1]) * 1024 ** "\0KMGTP".index(match[2] or "\0") if match else 1
        if total > LARGEST_COUNT * 1024:
            raise InputError(
                "the GRES count is too large", place=place, found=part, expected=f"at most {LARGEST_COUNT * 1024:,}"
            )
        yield Gres(names[0], names[1] if len(names) == 2 else "", total)


def hosts_of(written: str, place: str, most: int) -> list[str]:
    """Return the names of a list of hosts; a name may have two ranges, as in rack[0-3]_blade[0-1].

    Raises InputError for what is no list, and for more names than `most`.
    """
    if _TWO_RANGES.search(written) is None:
        return parse_hostlist(written, place, most)
    found: list[str] = []
    for part in _COMMA_OUTSIDE.split(written):
        names = [""]
        pieces = _RANGE_AND_REST.findall(part)
        if "".join(pieces) != part:
            raise InputError("is not a list of hosts", place=place, found=written, expected="such as n[1-3],login")
        for piece in pieces:
            ends = parse_hostlist(piece, place, most)
            if len(names) * len(ends) + len(found) > most:
                raise InputError("names too many hosts", place=place, found=written, expected=f"at most {most}")
            names = [name + end for name in names for end in ends]
        found += names
    return found
