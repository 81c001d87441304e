"""Sets of whole numbers as Flux writes them (RFC 22): ``0-3,7``, in square brackets or without."""

from __future__ import annotations

import re

from placewise.errors import InputError

MOST_IDS = 1_000_000
"""How many numbers one text may stand for: a short one could stand for more than any memory holds."""
_IDSET = re.compile(r"(?:\[(?P<inner>[^\[\]]*)\]|(?P<plain>[^\[\]]*))\Z")
_RANGE = re.compile(r"(0|[1-9][0-9]{0,18})(?:-(0|[1-9][0-9]{0,18}))?\Z", re.ASCII)


def parse_idset(written: object, place: str) -> tuple[range, ...]:
    """Return the ranges of an idset, ascending and apart; none for an empty one. Raises InputError for anything else."""
    whole = _IDSET.match(written) if isinstance(written, str) else None
    if whole is None:
        raise _no_idset(written, place)
    text = whole["plain"] if whole["inner"] is None else whole["inner"]
    ranges: list[range] = []
    count = 0
    for part in text.split(",") if text else ():
        match = _RANGE.match(part)
        if match is None:
            raise _no_idset(written, place)
        first = int(match[1])
        last = first if match[2] is None else int(match[2])
        if last < first or (ranges and first < ranges[-1].stop):
            raise _no_idset(written, place)
        count += last - first + 1
        if count > MOST_IDS:
            raise InputError("holds too many ids", place=place, found=written, expected=f"at most {MOST_IDS}")
        ranges.append(range(first, last + 1))
    return tuple(ranges)


def size_of(ranges: tuple[range, ...]) -> int:
    """Return how many numbers there are."""
    return sum(map(len, ranges))


def _no_idset(written: object, place: str) -> InputError:
    return InputError("is not a set of ids", place=place, found=written, expected='ids in ascending order, as "0-3,7"')
