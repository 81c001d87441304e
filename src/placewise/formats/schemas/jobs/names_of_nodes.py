"""Lists of hosts, sets of ids and RFC 31 constraints as schemas."""

from __future__ import annotations

import re

from placewise.formats.jobs.jobspec.flux_rfcs.constraints import OPERATORS, SIGNS
from placewise.formats.schemas.plain import END, TEXT, Schema, closed, list_of, ref

_ID = "(?:0|[1-9][0-9]{0,17})"
_SET = rf"{_ID}(?:-{_ID})?(?:,{_ID}(?:-{_ID})?)*"
_LARGEST_ID = 10**18 - 1
# What is printable in ASCII, but for blanks, brackets and commas.
_SIGN = r"[!-+\--Z\\^-~]"
_RANGE = "[0-9]{1,18}(?:-[0-9]{1,18})?"
_HOSTS = rf"(?:{_SIGN}*\[{_RANGE}(?:,{_RANGE})*\]{_SIGN}*|{_SIGN}+)"

IDS: Schema = {
    "type": ["string", "integer"],
    "pattern": rf"^(?:\[{_SET}\]|{_SET}){END}",
    "minimum": 0,
    "maximum": _LARGEST_ID,
    "examples": ["0-3,7"],
}
"""A set of numbers, as RFC 22 writes it."""
IDS_OR_NONE: Schema = {**IDS, "pattern": rf"^(?:\[{_SET}\]|{_SET})?{END}"}
HOSTS: Schema = {
    "type": ["string", "integer"],
    "pattern": rf"^(?:{_HOSTS}(?:,{_HOSTS})*)?{END}",
    "examples": ["n[1-3,5]"],
}
"""A list of hosts, as RFC 29 writes it."""


def constraint() -> Schema:
    """Return what constraints are (RFC 31), which `$defs` has under this name, too."""
    signs = "".join(map(re.escape, sorted(SIGNS)))
    # A ^ in front is a property that nodes lack.
    name = rf"^\^?[^{signs}]+{END}"
    within = list_of(ref("constraint"))
    parts = {
        "properties": list_of({**TEXT, "allOf": [{"pattern": name}]}),
        "hostlist": list_of(HOSTS),
        "ranks": list_of(IDS),
        "and": within,
        "or": within,
        "not": within,
    }
    return closed(OPERATORS, parts)
