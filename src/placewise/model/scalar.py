"""Plain values of documents, and how they are written."""

from __future__ import annotations

import json
import re
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | tuple[Scalar, ...]
"""What a field of a vertex holds: one plain value, or a set of them."""

# Narrower than what float() takes: "1_0", " 1" and digits of other scripts are no numbers in a document.
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

# From here on a float is shorter with its exponent, and Python reads back no more digits than these.
_WRITTEN_WHOLE = 1e16
_LONGEST_NUMBER = 4000

# What a line of requirements takes without quotes; words of the notation itself are no names.
_PLAIN = re.compile(r"[A-Za-z0-9_.+/:~-]+")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/-]*")
WORDS = frozenset(("and", "or", "not", "in", "contains"))


def scalar_text(value: Value) -> str:
    """Return a value as documents write it: booleans in lower case, whole floats without a fraction.

    A whole number of more digits than Python writes comes in base 16; a set comes with its members in brackets.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(scalar_text, value))}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    try:
        return str(value)
    except ValueError:
        return hex(int(value))


def counted(count: int, noun: str) -> str:
    """Write how many of something there are, in the singular or the plural.

    >>> counted(1, "job"), counted(1200, "job")
    ('1 job', '1,200 jobs')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def decimal(value: Value) -> float | None:
    """Return the number that a value is, or that its text writes; None for anything else, NaN and booleans too."""
    if isinstance(value, str):
        return float(value) if _DECIMAL.fullmatch(value) else None
    return None if isinstance(value, bool | tuple) or value != value else value


def word(text: str) -> str:
    """Return a text as a line of requirements writes a value: as it is, or in double quotes."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def name_word(text: str) -> str:
    """Return a name as a line of requirements writes it: as it is, or in double quotes."""
    return text if _NAME.fullmatch(text) and text not in WORDS else json.dumps(text, ensure_ascii=False)


def bound_word(bound: Scalar) -> str:
    """Return a bound as a line of requirements writes it: only numbers are digits without quotes.

    An infinite one is a number that no float holds.
    """
    if isinstance(bound, str):
        return word(bound) if decimal(bound) is None else json.dumps(bound)
    if isinstance(bound, float) and abs(bound) == float("inf"):
        return "1e999" if bound > 0 else "-1e999"
    if isinstance(bound, float) and abs(bound) >= _WRITTEN_WHOLE:
        return repr(bound)
    return scalar_text(bound)


def number_of(text: str) -> int | float | None:
    """Return the number that a text writes, whole where it has neither point nor exponent; None for other texts."""
    if not _DECIMAL.fullmatch(text) or len(text) > _LONGEST_NUMBER:
        return None
    digits = text.lstrip("+-")
    return int(text) if digits.isdigit() else float(text)
