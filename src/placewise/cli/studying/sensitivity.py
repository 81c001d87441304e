"""The command that asks what other circumstances would give."""

from __future__ import annotations

from typing import Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.completing import choices
from placewise.cli.options.output import Force, Json, Out
from placewise.cli.options.panels import CHANCE, STUDIES
from placewise.cli.options.studies import StudyOptions
from placewise.cli.options.taking import takes
from placewise.cli.options.work import Dask, Workers
from placewise.cli.printing import command_line, console, print_json, say
from placewise.cli.studying.worth import output_folder, write_asked


@command(STUDIES, "placewise sensitivity --jobs 1000", "placewise sensitivity --over clusters,wrong --out results")
@takes(StudyOptions)
def sensitivity(
    options: StudyOptions,
    over: Annotated[
        str,
        typer.Option(
            help="What to change, separated by commas: clusters, ranges, wrong or missing.",
            metavar="NAMES",
            show_default="all that is possible",
            autocompletion=choices("clusters", "ranges", "wrong", "missing"),
        ),
    ] = "",
    draws: Annotated[
        int, typer.Option(help="Draws per amount of change.", min=1, metavar="N", rich_help_panel=CHANCE)
    ] = 10,
    workers: Workers = 1,
    dask: Dask = None,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Estimate success with other clusters, ranges or worse metadata.

    Adds clusters, widens version ranges, or makes metadata wrong or missing.
    """
    from placewise.formats.results.worth_files import SENSITIVITY, worth_document
    from placewise.model.results.results import Results
    from placewise.model.studies.settings import names_in
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.studies.uncertainty import print_sensitivity
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
