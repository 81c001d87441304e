"""Options that say where the work is done, and by which engine."""

from __future__ import annotations

from typing import Annotated

import typer

from placewise.cli.options.completing import choices
from placewise.cli.options.panels import WORK

Workers = Annotated[
    int,
    typer.Option(
        "--workers", help="Worker processes; results do not change.", min=1, metavar="N", rich_help_panel=WORK
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        "--dask",
        help="Dask scheduler to use: its address or file (.json).",
        metavar="ADDRESS",
        show_default=False,
        rich_help_panel=WORK,
    ),
]
Kernels = Annotated[
    str,
    typer.Option(
        "--kernels",
        help="Matching kernels: numpy, numba or auto.",
        metavar="KERNELS",
        autocompletion=choices("numpy", "numba", "auto"),
        rich_help_panel=WORK,
    ),
]
