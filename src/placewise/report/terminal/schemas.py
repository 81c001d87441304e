"""The names of the schemas as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, JustifyMethod

from placewise.report.terminal.tables import print_table


def print_schemas(rows: Sequence[tuple[str, str]], console: Console) -> None:
    """Print (name, what documents it is of) rows."""
    headings: dict[str, JustifyMethod] = {"name": "left", "documents": "left"}
    print_table("Schemas (placewise schema NAME)", headings, rows, console)
