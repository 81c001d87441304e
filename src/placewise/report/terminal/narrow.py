"""Lines no wider than the terminal, and no wider than a page where they go to a file or pipe."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console

from placewise.report.terminal.tables import PIPED_WIDTH

_CUT = "…"
_LONGEST_FIRST = 40


def width_of(console: Console) -> int:
    """Return how many characters a line may have."""
    return console.width if console.is_terminal else PIPED_WIDTH


def cut(text: str, width: int) -> str:
    """Return a text that takes so many columns at most; what is left out is marked."""
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)).rstrip() + _CUT


def some_names(names: Sequence[str], width: int) -> str:
    """Return as many names as so many columns hold, one at least, and the number of the others."""
    for shown in range(len(names), 1, -1):
        text = _first(names, shown)
        if cell_len(text) <= width:
            return text
    if not names:
        return ""
    rest = _first(names, 1)[len(names[0]) :]
    return cut(names[0], max(1, width - len(rest))) + rest


def two_columns(headings: tuple[str, str], rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Return a table of two columns as lines, one a row: what is too long is cut."""
    first = min(max(cell_len(one) for one, _ in (headings, *rows)), _LONGEST_FIRST, width // 2)
    return [
        f"{set_cell_size(cut(one, first), first)}  {cut(other, width - first - 2)}".rstrip()
        for one, other in (headings, *rows)
    ]


def _first(names: Sequence[str], shown: int) -> str:
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest else "")
