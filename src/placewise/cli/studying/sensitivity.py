"""The command that asks what other circumstances would give."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import Dask, Force, Json, StudyOptions, Workers, output_path, takes
from placewise.cli.printing import command_line, console, print_json, say
from placewise.cli.studying.worth import output_folder, write_asked


@app.command(rich_help_panel="Studies")
@takes(StudyOptions)
def sensitivity(
    options: StudyOptions,
    over: Annotated[
        str,
        typer.Option(
            help="What to change, with commas between: clusters, ranges, wrong, missing; all that is possible if not "
            "given.",
            show_default=False,
        ),
    ] = "",
    draws: Annotated[int, typer.Option(help="Draws of each amount that chance has a part in.", min=1)] = 10,
    workers: Workers = 1,
    dask: Dask = None,
    out: Annotated[
        Path | None,
        typer.Option(help="A folder for the JSON file and the figure.", parser=output_path, metavar="PATH"),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Say what success would be with more clusters, wider ranges, or metadata that is wrong or missing."""
    from placewise.formats.results.worth_files import SENSITIVITY, worth_document
    from placewise.model.results.results import Results
    from placewise.model.studies.settings import names_in
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.uncertainty import print_sensitivity
    from placewise.study.vary.sensitivity import sensitivity as found_under
    from placewise.sweep.executors import runner
    from placewise.sweep.parts import PARTS, clear

    parts = None if out is None else out / PARTS
    with (
        output_folder(out, force, SENSITIVITY) as folder,
        stages(console(stderr=True)) as progress,
        runner(workers, dask, parts) as where,
    ):
        study = options.study()
        found = found_under(study, over=names_in(over), draws=draws, runner=where, progress=progress)
        record = {"command": command_line(), "source": study.source}
        results = Results({}, scoring=options.scoring, sensitivity=found.points, study=record)
        write_asked(folder, results)
    if parts is not None:
        clear(parts)
    if json:
        print_json({"source": study.source, "left_out": list(found.left_out), **worth_document(SENSITIVITY, results)})
        return
    print_sensitivity(found.points, found.left_out, console())
    if out is not None:
        say(f"written to {out / SENSITIVITY}")
