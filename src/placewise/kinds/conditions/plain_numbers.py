"""Numbers as values hold or write them."""

from __future__ import annotations

from placewise.model.scalar import Value, decimal

LONGEST = 400
"""A text of more characters is no number; a float64 is written in fewer."""


def number(value: Value) -> int | float | None:
    """Return the number that a value is, or that its text writes, whole ones exactly; None for anything else."""
    if isinstance(value, str) and len(value) > LONGEST:
        return None
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and decimal(value) is not None:
        return int(value)
    return decimal(value)
