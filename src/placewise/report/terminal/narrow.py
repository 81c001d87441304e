"""Lists of names that take a given width at most."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len


def some_names(names: Sequence[str], width: int) -> str:
    """Return as many whole names as so many columns hold, one at least, and the number of the others."""
    for shown in range(len(names), 1, -1):
        text = _first(names, shown)
        if cell_len(text) <= width:
            return text
    return _first(names, 1) if names else ""


def _first(names: Sequence[str], shown: int) -> str:
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest else "")
