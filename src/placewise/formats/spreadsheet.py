"""Texts in CSV files as spreadsheets read them: what they would take for a formula, they are shown as text.

Source: OWASP, CSV Injection: cells that begin with = + - @, a tab or a carriage return.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def defused(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows in which an apostrophe stands before each text that a spreadsheet would compute; numbers stay."""
    return [
        {
            name: f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
            for name, value in row.items()
        }
        for row in rows
    ]
