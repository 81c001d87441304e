"""The command that times the kernels: bench."""

from __future__ import annotations

from typing import Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.output import Json
from placewise.cli.options.panels import STUDIES
from placewise.cli.printing import console, print_json


@command(STUDIES, "placewise bench --quick", "placewise bench --json > timings.json")
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Use smaller sizes and fewer repeats.")] = False,
    large: Annotated[
        bool, typer.Option("--large", help="Also time 10 million jobs on 10,000 clusters (minutes).")
    ] = False,
    json: Json = False,
) -> None:
    """Time the matching kernels and their peers on this machine."""
    from placewise.bench.run import run_bench
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.tables import width_of

    with stages(console(stderr=True)) as progress:
        timings = run_bench(quick=quick, large=large, progress=progress)
    if json:
        print_json(timings.document())
    else:
        out = console()
        out.width = width_of(out)
        timings.print(out)
