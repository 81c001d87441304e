"""Options of commands that ask fleets about jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.options.completing import choices

_UNKNOWN = ("separate", "yes", "no")

Jobspecs = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Jobspecs (YAML or JSON, any of the three dialects); - for standard input.",
        metavar="JOBSPEC",
        show_default=False,
    ),
]
Require = Annotated[
    list[str] | None,
    typer.Option(
        "--require",
        help="Add a requirement to every job.",
        metavar="LINE",
        show_default=False,
    ),
]
Unknown = Annotated[
    str,
    typer.Option(
        "--unknown",
        help="Clusters that may match: separate, yes (count in) or no.",
        metavar="HOW",
        autocompletion=choices(*_UNKNOWN),
    ),
]
ChooseUnknown = Annotated[
    str,
    typer.Option(
        "--unknown",
        help="Clusters that may match: separate, yes (select too) or no.",
        metavar="HOW",
        autocompletion=choices(*_UNKNOWN),
    ),
]
SeparateEntries = Annotated[
    bool,
    typer.Option("--separate-entries", help="Entries of one subsystem may match different vertices."),
]
IgnoreLimits = Annotated[
    bool,
    typer.Option("--ignore-limits", help="Ignore partition limits and states, and nodes that are down."),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Name the parts of a jobspec that do not affect matching.")
]
FleetPath = Annotated[
    Path,
    typer.Option(
        "--fleet",
        help="The fleet: folders of JGF files, cluster-features.json, Flux's graph or R, or an export of another tool.",
        metavar="FLEET",
    ),
]
OptionalFleet = Annotated[
    Path | None,
    typer.Option(
        "--fleet",
        help="The fleet, as for match.",
        metavar="FLEET",
        show_default="the trace's machines",
    ),
]
JobSources = Annotated[
    list[Path] | None,
    typer.Option(
        "--jobs",
        help="Jobs: a jobspec, a list of jobs, a folder of these, an experiment folder, or a Parquet workload.",
        metavar="JOBS",
        show_default=False,
    ),
]
