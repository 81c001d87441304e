"""The command that asks what other circumstances would give."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import Dask, Json, StudyOptions, Workers, output_path, takes
from placewise.cli.printing import command_line, console, print_json, say


@app.command()
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
    json: Json = False,
) -> None:
    """Say what success would be with more clusters, wider ranges, or metadata that is wrong or missing."""
    from placewise.formats.results.worth_files import SENSITIVITY, sensitivity_document, write_worth
    from placewise.formats.writing import staged
    from placewise.model.results import Results
    from placewise.model.settings import names_in
    from placewise.report.drawn.figures import draw_figures
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.uncertainty import print_sensitivity
    from placewise.study.vary.sensitivity import sensitivity as found_under
    from placewise.sweep.executors import runner
    from placewise.sweep.parts import PARTS, clear

    parts = None if out is None else out / PARTS
    with stages(console(stderr=True)) as progress, runner(workers, dask, parts) as where:
        study = options.study()
        found = found_under(study, over=names_in(over), draws=draws, runner=where, progress=progress)
    if out is not None and parts is not None:
        record = {"command": command_line(), "source": study.source}
        results = Results({}, scoring=options.scoring, sensitivity=found.points, study=record)
        with staged(out) as stage:
            write_worth(stage, results)
            draw_figures(results, stage)
        clear(parts)
    if json:
        print_json({"source": study.source, "left_out": list(found.left_out), **sensitivity_document(found.points)})
        return
    print_sensitivity(found.points, found.left_out, console())
    if out is not None:
        say(f"written to {out / SENSITIVITY}")
