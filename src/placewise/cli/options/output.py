"""Options that say what is printed and written, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from placewise.cli.options.panels import OUTPUT
from placewise.cli.printing import only_documents
from placewise.errors import InputError


def output_path(text: str | Path) -> Path:
    """Return where to write. Raises InputError for an empty name."""
    if not str(text):
        raise InputError("has no name", place="--out", found=text, expected="a path, such as . for this folder")
    return Path(text)


def out_option(written: str, metavar: str) -> Any:
    """Return the option ``--out`` of a command that writes only where it is given. written : what is written there."""
    return typer.Option(
        "--out", help=written, parser=output_path, metavar=metavar, show_default=False, rich_help_panel=OUTPUT
    )


Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document.", callback=only_documents, rich_help_panel=OUTPUT),
]
JsonLines = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document per line.", callback=only_documents, rich_help_panel=OUTPUT),
]
Force = Annotated[bool, typer.Option("--force", help="Replace existing files.", rich_help_panel=OUTPUT)]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html",
        help="Also write the answer as a self-contained web page.",
        metavar="FILE",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Out = Annotated[
    Path | None,
    out_option("Write the JSON file and the figure to this folder.", "FOLDER"),
]
Plots = Annotated[
    bool,
    typer.Option("--plots/--no-plots", help="Draw the figures and the report page.", rich_help_panel=OUTPUT),
]
