"""Lists of hosts as Flux writes them: RFC 29, such as ``host[1-3,5],login``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from placewise.errors import InputError

# What stands between two commas outside of brackets.
_EXPRESSION = re.compile(r"([^\[\],]*)(?:\[([0-9,-]*)\]([^\[\],]*))?(?:,|$)")
_RANGE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")
_EXPECTED = "names with commas between, such as host[1-3,5]"


def parse_hostlist(text: str, place: str, most: int) -> list[str]:
    """Return the names of a list, in its order. Raises InputError for what is no list, and for more names than `most`.

    How many there are is known before any is made.
    """
    parts = list(_expressions(text, place)) if text else []
    if sum(_size(part) for part in parts) > most:
        raise InputError("stands for too many hosts", place=place, found=text, expected=f"at most {most}")
    return [name for part in parts for name in _names(part)]


_Part = tuple[str, list[tuple[int, int, int]], str]
"""A prefix, ranges of numbers (the first, the last, the digits), and a suffix; without ranges the prefix alone."""


def _expressions(text: str, place: str) -> Iterator[_Part]:
    position = 0
    while position <= len(text):
        match = _EXPRESSION.match(text, position)
        if match is None or not match[0].rstrip(",") or not _plain(match[1] + (match[3] or "")):
            raise InputError("is no list of hosts", place=place, found=text, expected=_EXPECTED)
        yield match[1], [] if match[2] is None else _ranges(match[2], text, place), match[3] or ""
        position = match.end() if match[0].endswith(",") else len(text) + 1


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _ranges(ids: str, text: str, place: str) -> list[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    digits = 0
    for part in ids.split(","):
        match = _RANGE.fullmatch(part)
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        if match is None or low > high:
            raise InputError("is no list of hosts", place=place, found=text, expected=_EXPECTED)
        own = len(match[1]) if match[1].startswith("0") else 0
        # The first element's leading zeros are those of all the others.
        digits = digits if found else own
        found.append((low, high, max(digits, own)))
    return found


def _size(part: _Part) -> int:
    return sum(high - low + 1 for low, high, _ in part[1]) if part[1] else 1


def _names(part: _Part) -> Iterator[str]:
    prefix, ranges, suffix = part
    if not ranges:
        yield prefix
    for low, high, digits in ranges:
        for number in range(low, high + 1):
            yield f"{prefix}{number:0{digits}}{suffix}"
