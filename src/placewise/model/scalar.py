"""Plain values of documents, and how they are written."""

from __future__ import annotations

import re
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | tuple[Scalar, ...]
"""What a field of a vertex holds: one plain value, or a set of them."""

# Narrower than what float() takes: "1_0", " 1" and digits of other scripts are no numbers in a document.
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


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


def decimal(value: Value) -> float | None:
    """Return the number that a value is, or that its text writes; None for anything else, NaN and booleans too."""
    if isinstance(value, str):
        return float(value) if _DECIMAL.fullmatch(value) else None
    return None if isinstance(value, bool | tuple) or value != value else value
