"""Amounts of memory as batch systems write them: powers of 1024, whatever the letter's case."""

from __future__ import annotations

import re
from typing import Any

from placewise.errors import InputError
from placewise.formats.values import LARGEST_BYTES

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([kmgtp]?)(?:i?b)?", re.IGNORECASE)
_WORD_BYTES = 8
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


def memory_bytes(text: str, place: str, *, bare: str = "") -> int:
    """Return an amount such as 2gb, 94035968kb or 1.5G in bytes, rounded down; a bare number is in units of `bare`.

    Raises InputError for anything else, and from an exbibyte on.
    """
    match = _SIZE.fullmatch(text.strip())
    found = -1.0
    if match:
        found = float(match[1]) * 1024.0 ** _POWERS[(match[2] or bare).lower()]
    if not 0 <= found < LARGEST_BYTES:
        raise InputError("is not an amount of memory", place=place, found=text, expected="such as 2gb or 512M")
    return int(found)


def pbs_bytes(value: Any, place: str) -> int:
    """Return a size of PBS in bytes: a number and k, m, g, t or p, of 1024 each, then b, or w for words of 8 bytes.

    Raises InputError for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError("is not a PBS size", place=place, found=value, expected="such as 384000000kb")
    written = str(value) if not isinstance(value, int) or abs(value) < LARGEST_BYTES else ""
    words = written.lower().endswith("w")
    return memory_bytes(written[:-1], place) * _WORD_BYTES if words else memory_bytes(written, place)
