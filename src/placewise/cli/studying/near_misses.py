"""The command that looks for small changes with which more jobs would match: near-miss."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.output import Force, Json, out_option
from placewise.cli.options.panels import STUDIES
from placewise.cli.options.studies import StudyOptions
from placewise.cli.options.taking import takes
from placewise.cli.printing import console, print_json, say


@command(STUDIES, "placewise near-miss", "placewise near-miss experiment/ --top 5 --min-jobs 10", name="near-miss")
@takes(StudyOptions)
def near_miss(
    options: StudyOptions,
    top: Annotated[int, typer.Option(help="Relaxations and fleet changes to list.", min=1, metavar="N")] = 20,
    min_jobs: Annotated[int, typer.Option(help="List only changes that gain at least N jobs.", min=1, metavar="N")] = 1,
    out: Annotated[
        Path | None,
        out_option("Also write the JSON document to this file.", "FILE"),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Find the small changes that let the most further jobs match.

    A change relaxes a requirement, or changes the fleet.
    """
    from placewise.formats.writing import refuse_existing, write_json
    from placewise.report.data.jobs.near_misses import near_misses_document
    from placewise.report.terminal.jobs.near_misses import print_near_misses
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
