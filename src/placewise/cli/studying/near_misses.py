"""The command that looks for small changes with which more jobs would match: near-miss."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import Force, Json, StudyOptions, output_path, takes
from placewise.cli.printing import console, print_json, say


@app.command(name="near-miss", rich_help_panel="Studies")
@takes(StudyOptions)
def near_miss(
    options: StudyOptions,
    top: Annotated[int, typer.Option(help="How many relaxations and fleet changes to list.", min=1)] = 20,
    min_jobs: Annotated[int, typer.Option(help="List only what gains so many jobs or more.", min=1)] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the JSON document here too.", parser=output_path, metavar="PATH", show_default=False),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Say which relaxed requirement, or which change of the fleet, would let the most further jobs match."""
    from placewise.formats.writing import refuse_existing, write_json
    from placewise.report.data.near_misses import near_misses_document
    from placewise.report.terminal.near_misses import print_near_misses
    from placewise.report.terminal.progress import stages
    from placewise.study.near_misses import near_misses_of

    if out is not None:
        refuse_existing(out, force=force)
    with stages(console(stderr=True)) as progress:
        study = options.study()
        found = near_misses_of(study, top=top, least=min_jobs, progress=progress)
    document = {"source": study.source, **near_misses_document(found)}
    if out is not None:
        write_json(out, document)
    if json:
        print_json(document)
        return
    print_near_misses(found, console())
    if out is not None:
        say(f"written to {out}")
