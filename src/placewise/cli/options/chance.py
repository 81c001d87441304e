"""Options of random choices and intervals."""

from __future__ import annotations

from typing import Annotated

import typer

from placewise.cli.options.completing import choices
from placewise.cli.options.panels import CHANCE

Seed = Annotated[
    int, typer.Option("--seed", help="Seed of all random choices.", min=0, metavar="N", rich_help_panel=CHANCE)
]
Resamples = Annotated[
    int,
    typer.Option(
        "--resamples", help="Bootstrap resamples of the jobs; 0 for none.", min=0, metavar="N", rich_help_panel=CHANCE
    ),
]
WeekResamples = Annotated[
    int,
    typer.Option(
        "--resamples",
        help="Bootstrap resamples of the weeks; 0 for none.",
        min=0,
        max=1_000_000,
        metavar="N",
        rich_help_panel=CHANCE,
    ),
]
PackageResamples = Annotated[
    int,
    typer.Option(
        "--resamples",
        help="Bootstrap resamples of the packages; 0 for none.",
        min=0,
        metavar="N",
        rich_help_panel=CHANCE,
    ),
]
Unit = Annotated[
    str | None,
    typer.Option(
        "--unit",
        help="What to resample: root-package, profile or row.",
        metavar="UNIT",
        autocompletion=choices("root-package", "profile", "row"),
        show_default="root-package where jobs have one, else profile",
        rich_help_panel=CHANCE,
    ),
]
FleetModel = Annotated[
    str,
    typer.Option(
        "--fleet-model",
        help="How fleets are drawn: independent, or periodic as in the prior work.",
        metavar="MODEL",
        autocompletion=choices("independent", "periodic"),
        rich_help_panel=CHANCE,
    ),
]
HoldOut = Annotated[
    str,
    typer.Option(
        "--hold-out",
        help="Also judge sets and rankings on held-out data: root-package, profile or fleet, separated by commas; or "
        "none.",
        metavar="KINDS",
        autocompletion=choices("none", "root-package", "profile", "fleet"),
        rich_help_panel=CHANCE,
    ),
]
