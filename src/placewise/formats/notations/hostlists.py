"""Lists of hosts as Flux writes them: RFC 29, such as ``host[1-3,5],login``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from placewise.errors import InputError

# What stands between two commas outside of brackets.
_EXPRESSION = re.compile(r"([^\[\],]*)(?:\[([0-9,-]*)\]([^\[\],]*))?(?:,|$)")
_RANGE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")
_NUMBERED = re.compile(r"(.*?)([0-9]{1,18})", re.DOTALL)
_EXPECTED = "names separated by commas, such as host[1-3,5]"


def parse_hostlist(text: str, place: str, most: int) -> list[str]:
    """Return the names of a list, in its order. Raises InputError for what is no list, and for more names than `most`.

    How many there are is known before any is made.
    """
    parts = list(_expressions(text, place)) if text else []
    if sum(_size(part) for part in parts) > most:
        raise InputError("names too many hosts", place=place, found=text, expected=f"at most {most}")
    return [name for part in parts for name in _names(part)]


def hostlist_text(names: Iterable[str]) -> str:
    """Return names as such a list, numbers at their ends as ranges; each name once, in the order of their numbers.

    >>> hostlist_text(["n09", "n10", "n11", "login", "n2"])
    'login,n[09-11],n2'
    """
    numbered: dict[tuple[str, int], set[int]] = {}
    for name in names:
        match = _NUMBERED.fullmatch(name)
        prefix, digits = (match[1], match[2]) if match else (name, "")
        # As many digits only where the first is a zero, or may stand beside such: n09 and n10.
        numbered.setdefault((prefix, len(digits)), set()).update([int(digits)] if digits else [])
    texts = []
    for (prefix, digits), numbers in sorted(numbered.items()):
        ranges = [f"{low:0{digits}}" + (f"-{high:0{digits}}" if high > low else "") for low, high in _runs(numbers)]
        single = len(ranges) == 1 and "-" not in ranges[0]
        texts.append(prefix if not ranges else prefix + ranges[0] if single else f"{prefix}[{','.join(ranges)}]")
    return ",".join(texts)


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of numbers without gaps."""
    low = high = None
    for number in sorted(numbers):
        if high is not None and low is not None and number > high + 1:
            yield low, high
            low = None
        low, high = number if low is None else low, number
    if low is not None and high is not None:
        yield low, high


_Part = tuple[str, list[tuple[int, int, int]], str]
"""A prefix, ranges of numbers (the first, the last, the digits), and a suffix; without ranges the prefix alone."""


def _expressions(text: str, place: str) -> Iterator[_Part]:
    position = 0
    while position <= len(text):
        match = _EXPRESSION.match(text, position)
        if match is None or not match[0].rstrip(",") or not _plain(match[1] + (match[3] or "")):
            raise InputError("is not a list of hosts", place=place, found=text, expected=_EXPECTED)
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
            raise InputError("is not a list of hosts", place=place, found=text, expected=_EXPECTED)
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
