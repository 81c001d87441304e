"""Amounts of memory as batch systems write them: powers of 1024, whatever the letter's case."""

from __future__ import annotations

import re

from placewise.errors import InputError

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([kmgtp]?)(?:i?b)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
LARGEST_MEMORY_BYTES = 1 << 60


def memory_bytes(text: str, place: str, *, bare: str = "") -> int:
    """Return an amount such as 2gb, 94035968kb or 1.5G in bytes, rounded down; a bare number is in units of `bare`.

    Raises InputError for anything else, and from an exbibyte on.
    """
    match = _SIZE.fullmatch(text.strip())
    found = -1.0
    if match:
        found = float(match[1]) * 1024.0 ** _POWERS[(match[2] or bare).lower()]
    if not 0 <= found < LARGEST_MEMORY_BYTES:
        raise InputError("is not an amount of memory", place=place, found=text, expected="such as 2gb or 512M")
    return int(found)
