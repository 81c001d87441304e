"""The command that asks what other circumstances would give."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import Force, Json, Seed, Source, output_path
from placewise.cli.printing import command_line, console, print_json, say
from placewise.cli.worth import Dask, Dataset, Jobs, Scoring, Workers, output_folder, write_asked


@app.command()
def sensitivity(
    source: Source = None,
    over: Annotated[
        str,
        typer.Option(
            help="What to change, with commas between: clusters, ranges, wrong, missing; all that is possible if not "
            "given.",
            show_default=False,
        ),
    ] = "",
    draws: Annotated[int, typer.Option(help="Draws of each amount that chance has a part in.", min=1)] = 10,
    dataset: Dataset = None,
    scoring: Scoring = "corrected",
    jobs: Jobs = None,
    seed: Seed = 0,
    workers: Workers = 1,
    dask: Dask = None,
    out: Annotated[
        Path | None,
        typer.Option(help="A folder for the JSON file and the figure.", parser=output_path, metavar="PATH"),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Say what joint success would be with more clusters, wider ranges, or metadata that is wrong or missing."""
    from placewise.formats.input_cache import cache_folder
    from placewise.formats.results.worth_files import SENSITIVITY, worth_document
    from placewise.matching.kernels import load_kernels
    from placewise.model.results import Results
    from placewise.report.progress import stages
    from placewise.report.uncertainty_table import print_sensitivity
    from placewise.study.design import listed
    from placewise.study.inputs import gather
    from placewise.study.varying.sensitivity import sensitivity as found_under
    from placewise.sweep.executors import runner
    from placewise.sweep.parts import PARTS, clear

    parts = None if out is None else out / PARTS
    with (
        output_folder(out, SENSITIVITY, force) as folder,
        stages(console(stderr=True)) as progress,
        runner(workers, dask, parts) as where,
    ):
        inputs = gather(source, dataset, seed, cache_folder())
        found = found_under(
            inputs,
            load_kernels("numpy"),
            over=listed(over),
            draws=draws,
            seed=seed,
            scoring=scoring,  # type: ignore[arg-type]  # the design refuses other texts
            first=jobs,
            runner=where,
            progress=progress,
        )
        study = {"command": command_line(), "source": inputs.source}
        results = Results({}, scoring=scoring, sensitivity=found.points, study=study)
        write_asked(folder, results)
    if parts is not None:
        clear(parts)
    if json:
        print_json({"source": inputs.source, "left_out": list(found.left_out), **worth_document(SENSITIVITY, results)})
        return
    print_sensitivity(found.points, found.left_out, console())
    if out is not None:
        say(f"written to {out / SENSITIVITY}")
