"""Values as Slurm writes them: numbers of its JSON, GRES, lists of names, states of nodes, limits of time."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from placewise.errors import InputError
from placewise.formats.fleets.imports.machines import LARGEST_COUNT
from placewise.formats.fleets.node_facts import DOWN, DRAINED, UP
from placewise.formats.jobs.jobspec.hostlists import parse_hostlist
from placewise.formats.values import number, refuse_control, text

NOTHING = ("", "(null)", "N/A", "n/a", "None", "none", "NONE")
ENDLESS = ("UNLIMITED", "INFINITE", "unlimited", "infinite")
# NO_VAL and INFINITE of slurm.h, in 16 bits first, then in 32 and 64, as JSON had them before {set, infinite, number}.
_UNSET = (0xFFFE, 0xFFFFFFFE, 0xFFFFFFFFFFFFFFFE, -2)
_INFINITE = (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
_MEBI_BYTES = 1 << 20

_CLOSED_BY = {
    DRAINED: ("drain", "drained", "draining", "drng", "maint", "maintenance", "$", "fail", "failing", "failg"),
    DOWN: (
        *("down", "error", "future", "futr", "unknown", "unk", "inval", "invalid", "invalid_reg", "not_responding"),
        *("no_respond", "*", "dynamic_future", "blocked", "block", "external"),
    ),
}
_OPEN = (
    *("idle", "allocated", "alloc", "mixed", "mix", "completing", "comp", "cloud", "planned", "plnd", "-", "reserved"),
    *("resv", "res", "powered_down", "pow_dn", "powering_down", "powering_up", "pow_up", "power_down", "power_up", "~"),
    *("power_drain", "#", "!", "%", "@", "^", "reboot", "reboot_requested", "reboot_issued", "reboot_cancel", "boot"),
    *("dynamic_norm", "dynamic", "net", "npc", "perfctrs", "resume", "undrain", "run", "parallel_reset"),
)
_MEANING = {**dict.fromkeys(_OPEN, UP), **{word: state for state, words in _CLOSED_BY.items() for word in words}}
_STATE_PARTS = re.compile(r"[A-Za-z][A-Za-z_]*|[*~#!%$@^-]|\S")
_COUNT = re.compile(r"([0-9]{1,15})([KMGTP]?)")
_COUNT_OR_MORE = re.compile(r"([0-9]{1,15})(\+?)")
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


def least(value: str, place: str) -> tuple[int | None, bool]:
    """Return the number of a column of sinfo, and whether it is the least of several: 28+. None for nothing said."""
    if value in NOTHING:
        return None, False
    match = _COUNT_OR_MORE.fullmatch(value)
    if match is None:
        raise InputError("is not a count", place=place, found=value, expected="a whole number, or one and a +")
    return count(match[1], place, wide=True), bool(match[2])


def names_of(value: Any, place: str) -> tuple[str, ...]:
    """Return the names of a list, or of a text with commas between, sorted, each once."""
    if value is None or (isinstance(value, str) and value.strip() in NOTHING):
        return ()
    found = value.split(",") if isinstance(value, str) else value
    if not isinstance(found, list):
        raise InputError("is no list of names", place=place, found=value, expected="names with commas between")
    names = [text(one, place).strip() for one in found if one != ""]
    return tuple(sorted({name for name in names if name}))


def words_of_state(value: Any, flags: Any, place: str) -> tuple[str, ...]:
    """Return the words of a node's state: a text such as IDLE+DRAIN or idle*, or a list of words; flags are more."""
    words: list[str] = []
    for one in (value, flags):
        parts = one if isinstance(one, list) else [] if one is None else [one]
        for part in parts:
            if not isinstance(part, str):
                raise InputError("is not a state", place=place, found=part, expected="text such as IDLE+DRAIN")
            words += [word.lower() for word in _STATE_PARTS.findall(part.replace("+", " "))]
    return tuple(words)


def node_state(words: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """Return up, down or drained, and the words that are not known, which say nothing."""
    found = [_MEANING.get(word) for word in words]
    unknown = tuple([word for word, state in zip(words, found, strict=True) if state is None])
    # A node that is down and drained is drained once it is repaired.
    return next((state for state in (DRAINED, DOWN) if state in found), UP), unknown


def parse_gres(value: Any, place: str) -> tuple[tuple[Gres, ...], bool]:
    """Return the GRES of a node, such as ``gpu:a100:4(S:0-3),nic:1``, and whether sockets were named, sorted.

    Raises InputError for what is no list of them.
    """
    if value is None or (isinstance(value, str) and value in NOTHING):
        return (), False
    if not isinstance(value, str):
        raise InputError("is no list of GRES", place=place, found=value, expected="text such as gpu:a100:4")
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
            raise InputError("is no list of GRES", place=place, found=bare, expected="such as gpu:a100:4")
        total = int(match[1]) * 1024 ** "\0KMGTP".index(match[2] or "\0") if match else 1
        if total > LARGEST_COUNT * 1024:
            raise InputError("is too many of a GRES", place=place, found=part, expected=f"at most {LARGEST_COUNT}")
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
            raise InputError("is no list of hosts", place=place, found=written, expected="such as n[1-3],login")
        for piece in pieces:
            ends = parse_hostlist(piece, place, most)
            if len(names) * len(ends) + len(found) > most:
                raise InputError("stands for too many hosts", place=place, found=written, expected=f"at most {most}")
            names = [name + end for name in names for end in ends]
        found += names
    return found
