"""Lists of hostnames as Flux writes them (RFC 29): ``node[001-100,104],login``."""

from __future__ import annotations

import re

from placewise.errors import InputError

MOST_HOSTS = 1_000_000
"""How many names one text may stand for: a short one could stand for more than any memory holds."""
LONGEST_BYTES = 1 << 26
_EXPRESSION = re.compile(r"([^\[\],\s]*)(?:\[([0-9,-]+)\]([^\[\],\s]*))?(?:,|\Z)")
_RANGE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?\Z", re.ASCII)


def parse_hostlist(written: object, place: str) -> list[str]:
    """Return the names of a hostlist, in its order, repeated ones too. Raises InputError for anything else."""
    if not isinstance(written, str) or not written.isascii() or not written.isprintable():
        raise _no_hostlist(written, place)
    hosts: list[str] = []
    size = at = 0
    while at < len(written):
        match = _EXPRESSION.match(written, at)
        if match is None or match.end() == at or (match[2] is None and not match[1]):
            raise _no_hostlist(written, place)
        at = match.end()
        before, ids, after = match.groups()
        if ids is None:
            found = [before]
        else:
            found = [f"{before}{id_}{after}" for id_ in _ids(ids, written, place, MOST_HOSTS - len(hosts))]
        hosts += found
        size += sum(map(len, found))
        if len(hosts) > MOST_HOSTS or size > LONGEST_BYTES:
            raise _too_many(written, place)
    if written.endswith(","):
        raise _no_hostlist(written, place)
    return hosts


def _ids(ids: str, written: str, place: str, most: int) -> list[str]:
    """Return the numbers of a list in brackets, each with the leading zeros of the first one."""
    found: list[str] = []
    width = 0
    for number, part in enumerate(ids.split(",")):
        match = _RANGE.match(part)
        if match is None:
            raise _no_hostlist(written, place)
        if not number and match[1].startswith("0"):
            width = len(match[1])
        first = int(match[1])
        last = first if match[2] is None else int(match[2])
        if last < first:
            raise _no_hostlist(written, place)
        if last - first >= most - len(found):
            raise _too_many(written, place)
        found += [str(id_).zfill(width) for id_ in range(first, last + 1)]
    return found


def _no_hostlist(written: object, place: str) -> InputError:
    return InputError("is not a list of hosts", place=place, found=written, expected='names, as "node[1-4,7],login"')


def _too_many(written: object, place: str) -> InputError:
    return InputError("holds too many hosts", place=place, found=written, expected=f"at most {MOST_HOSTS}")
