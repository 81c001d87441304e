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
        {name: defused_text(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows
    ]


def defused_text(text: str) -> str:
    """Return a text with an apostrophe before it if a spreadsheet would compute it."""
    return f"'{text}" if text.startswith(_FORMULA) else text
