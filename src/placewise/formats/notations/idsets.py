"""Sets of numbers as Flux writes them: RFC 22 idsets, such as ``0-3,7``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from placewise.errors import InputError

_ID = r"(?:0|[1-9][0-9]{0,17})"
_PART = re.compile(rf"({_ID})(?:-({_ID}))?")
EXPECTED = "ids in ascending order, such as 0-3,7"


def unbracketed(text: str) -> str:
    """Return a text without the brackets around it, which RFC 22 and 45 allow."""
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


def parse_idset(text: str, place: str) -> list[tuple[int, int]]:
    """Return the ranges of an idset, both ends included, in ascending order.

    Ranges stay ranges: a few letters can stand for a billion ids. Raises InputError for an empty set, for leading
    zeros, and for ids out of order.
    """
    found: list[tuple[int, int]] = []
    for part in unbracketed(text).split(","):
        match = _PART.fullmatch(part)
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        if low > high or (found and low <= found[-1][1]):
            raise InputError("is not a set of ids", place=place, found=text, expected=EXPECTED)
        found.append((low, high))
    return found


def size(ranges: list[tuple[int, int]]) -> int:
    """Return how many ids there are in ranges."""
    return sum(high - low + 1 for low, high in ranges)


def idset_text(ids: list[int]) -> str:
    """Return the idset of numbers in ascending order, each once."""
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in _ranges(ids))


def _ranges(ids: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for end in range(1, len(ids) + 1):
        if end == len(ids) or ids[end] != ids[end - 1] + 1:
            yield ids[start], ids[end - 1]
            start = end
