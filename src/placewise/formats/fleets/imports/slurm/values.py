"""What Slurm says of nodes and partitions alone: states, lists of names, how nodes are shared, columns of sinfo."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from placewise.errors import InputError
from placewise.formats.node_facts import DOWN, DRAINED, UP
from placewise.formats.notations.slurm_values import NOTHING, count
from placewise.formats.values import text

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
_FORCED = 1 << 15
"""SHARED_FORCE of slurm.h, in the number of jobs that share a resource."""
_COUNT_OR_MORE = re.compile(r"([0-9]{1,15})(\+?)")


def least(value: str, place: str) -> tuple[int | None, bool]:
    """Return the number of a column of sinfo, and whether it is the least of several: 28+. None for nothing said."""
    if value in NOTHING:
        return None, False
    match = _COUNT_OR_MORE.fullmatch(value)
    if match is None:
        raise InputError(
            "is not a count", place=place, found=value, expected="a whole number, perhaps with a + after it"
        )
    return count(match[1], place, wide=True), bool(match[2])


def names_of(value: Any, place: str) -> tuple[str, ...]:
    """Return the names of a list, or of a text with commas between, sorted, each once."""
    if value is None or (isinstance(value, str) and value.strip() in NOTHING):
        return ()
    found = value.split(",") if isinstance(value, str) else value
    if not isinstance(found, list):
        raise InputError("is not a list of names", place=place, found=value, expected="names separated by commas")
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


def sharing_of(value: Any) -> str:
    """Return how nodes are shared, as text, empty for nothing said.

    JSON has jobs a resource, 0 for whole nodes, and whether it is forced; before 23.11 both in one number.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        jobs, flags = count(value.get("jobs"), "oversubscribe.jobs"), value.get("flags")
        forced = isinstance(flags, list) and any(isinstance(one, str) and one.lower() == "force" for one in flags)
    else:
        jobs = count(value, "shares")
        forced = jobs is not None and bool(jobs & _FORCED)
    return "FORCE" if forced else "EXCLUSIVE" if jobs == 0 else "" if jobs is None else "NO"
