"""The command that times the kernels: bench."""

from __future__ import annotations

from typing import Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import Json
from placewise.cli.printing import console, print_json


@app.command(rich_help_panel="Studies")
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Smaller sizes and fewer repeats.")] = False,
    large: Annotated[
        bool, typer.Option("--large", help="Also 10 million jobs x 10,000 clusters, chunk by chunk: some minutes more.")
    ] = False,
    json: Json = False,
) -> None:
    """Time the matching kernels beside their peers, on this machine, in one run."""
    from placewise.bench.run import run_bench
    from placewise.report.terminal.progress import stages

    with stages(console(stderr=True)) as progress:
        timings = run_bench(quick=quick, large=large, progress=progress)
    if json:
        print_json(timings.document())
    else:
        timings.print(console())
