"""Commands of studies: simulate, plot, generate, profile, fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import Force, Json, Seed, Source, choices, output_path, plugin_names
from placewise.cli.printing import command_line, console, naming, print_json, say
from placewise.errors import InputError

if TYPE_CHECKING:
    from placewise.model.results import Results

_DATASETS = choices("reliabuild", "spack-build")
_EXPERIMENTS = choices("none", "single", "expanding", "told", "all")


@app.command()
def simulate(
    source: Source = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="Embedded default: reliabuild (default) or spack-build.", show_default=False, autocompletion=_DATASETS
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The results folder.", parser=output_path, metavar="PATH")] = Path(
        "placewise-results"
    ),
    experiments: Annotated[
        str, typer.Option(help="Which to run, with commas between.", autocompletion=_EXPERIMENTS)
    ] = "none,single,expanding,all",
    scoring: Annotated[
        str,
        typer.Option(
            help="corrected, or published: as the prior work scored.", autocompletion=choices("corrected", "published")
        ),
    ] = "corrected",
    unique: Annotated[bool, typer.Option("--unique", help="One job of each distinct set of requirements.")] = False,
    order: Annotated[
        str,
        typer.Option(
            help="Order in which expanding tells subsystems: alphabetical, or a file of names.",
            autocompletion=choices("alphabetical"),
        ),
    ] = "alphabetical",
    orders: Annotated[int, typer.Option(help="Random orders to run beside it.", min=0)] = 20,
    resamples: Annotated[int, typer.Option(help="Resamples of the jobs for the intervals; 0 for none.", min=0)] = 1000,
    fleets: Annotated[int, typer.Option(help="Fleets drawn anew like this one; 0 for none.", min=0)] = 20,
    tell: Annotated[
        str,
        typer.Option(
            help="One more experiment: telling just these subsystems (forms), with commas between.", show_default=False
        ),
    ] = "",
    seed: Seed = 0,
    sample: Annotated[bool, typer.Option("--sample", help="Draw one cluster a job; exact expectation if not.")] = False,
    policy: Annotated[
        str,
        typer.Option(
            help="random, first, least-loaded or a plugin; all but random are sampled.", autocompletion=plugin_names
        ),
    ] = "random",
    jobs: Annotated[int | None, typer.Option(help="Only the first so many jobs.", min=1, show_default=False)] = None,
    workers: Annotated[int, typer.Option(help="Processes for what is drawn often; results do not change.", min=1)] = 1,
    dask: Annotated[
        str | None,
        typer.Option(
            help="A Dask scheduler for those instead: its address, or its scheduler file (.json).",
            metavar="ADDRESS",
            show_default=False,
        ),
    ] = None,
    kernels: Annotated[
        str,
        typer.Option(help="Inner loops: numpy, numba, or auto.", autocompletion=choices("numpy", "numba", "auto")),
    ] = "numpy",
    model: Annotated[
        str,
        typer.Option(
            help="Of build records: runtime model, knn, linear or log-linear.",
            autocompletion=choices("knn", "linear", "log-linear"),
        ),
    ] = "knn",
    minimum_builds: Annotated[int, typer.Option(help="Of build records: packages with fewer get no model.")] = 100,
    nodes_per_job: Annotated[int, typer.Option(help="Of build records: nodes that each takes.")] = 2,
    nodes_free: Annotated[
        int | None,
        typer.Option(help="Of build records: free nodes a cluster; shared out if not given.", show_default=False),
    ] = None,
    choose: Annotated[
        str,
        typer.Option(
            help="Of build records: cheapest, fastest, ... when everything is told, or a file of priorities.",
            autocompletion=plugin_names,
        ),
    ] = "cheapest",
    plots: Annotated[bool, typer.Option("--plots/--no-plots", help="Draw the figures and the report page.")] = True,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Keep parsed inputs for the next run.")] = True,
    force: Force = False,
    json: Json = False,
) -> None:
    """Run the experiments over a fleet and a workload, and write scores, rows, figures and a report."""
    from placewise.formats.input_cache import cache_folder
    from placewise.formats.results.results_names import RESULTS, RUN
    from placewise.formats.studies.order_file import read_order
    from placewise.formats.studies.selection_config import read_priorities
    from placewise.formats.studies.study_settings import is_file_name
    from placewise.formats.writing import staged
    from placewise.matching.kernels import load_kernels
    from placewise.report.progress import stages
    from placewise.study.builds.design import BuildDesign
    from placewise.study.design import Design, listed
    from placewise.study.inputs import gather
    from placewise.study.simulate import simulate as run
    from placewise.sweep.executors import runner
    from placewise.sweep.parts import PARTS, clear

    design = Design(
        experiments=listed(experiments),
        scoring=scoring,  # type: ignore[arg-type]  # the design refuses other texts
        unique=unique,
        first=jobs,
        order=() if order == "alphabetical" else read_order(Path(order)),
        orders=orders,
        resamples=resamples,
        fleets=fleets,
        seed=seed,
        sample=sample,
        policy=policy,
        tell=listed(tell),
    )
    build_design = BuildDesign(
        scoring=scoring,  # type: ignore[arg-type]  # likewise
        first=jobs,
        orders=orders,
        resamples=resamples,
        fleets=fleets,
        seed=seed,
        sample=sample,
        model=model,  # type: ignore[arg-type]  # likewise
        minimum_builds=minimum_builds,
        nodes_per_job=nodes_per_job,
        nodes_free=nodes_free,
        choose="constraint" if is_file_name(choose) else choose,
        priorities=read_priorities(Path(choose)) if is_file_name(choose) else (),
        tell=listed(tell),
    )
    loops = load_kernels(kernels)
    with (
        runner(workers, dask, parts=out / PARTS) as sweeps,
        stages(console(stderr=True)) as progress,
        staged(out, owned=RESULTS, marks=RUN, force=force) as stage,
    ):
        inputs = gather(source, dataset, seed, cache_folder() if cache else None)
        command = command_line()
        results = run(inputs, design, build_design, loops, stage, command=command, progress=progress, runner=sweeps)
        if plots:
            _draw(results, stage)
    clear(out / PARTS)
    _tell(results, out, json=json)


@app.command()
def plot(
    results: Annotated[Path, typer.Argument(help="A results folder, ours or one of the prior work.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Where to draw; the results folder if not given.", parser=output_path, metavar="PATH"),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Draw the figures and the report page of a results folder."""
    from placewise.formats.results.results_folder import read_results
    from placewise.formats.results.results_names import DRAWN, PICTURES, RUN
    from placewise.formats.writing import staged

    found = read_results(results)
    folder = out or results
    with staged(folder, owned=PICTURES, marks=RUN | DRAWN, force=force) as stage:
        _draw(found, stage)
    _tell(found, folder, json=json)


@app.command()
def generate(
    out: Annotated[Path, typer.Option(help="The experiment folder to write.", parser=output_path, metavar="PATH")],
    dataset: Annotated[
        str,
        typer.Option(help="Shipped profile to draw from: reliabuild or spack-build.", autocompletion=_DATASETS),
    ] = "reliabuild",
    clusters: Annotated[int, typer.Option(help="Clusters to draw.", min=1, max=1_000_000)] = 100,
    jobs: Annotated[int, typer.Option(help="Jobs to draw.", min=1, max=1_000_000_000)] = 10_000,
    seed: Seed = 0,
    profile: Annotated[
        Path | None, typer.Option(help="A profile file instead, of either kind.", show_default=False)
    ] = None,
    streamed: Annotated[
        bool,
        typer.Option(
            "--streamed", help="Write the jobs as workload.parquet, chunk by chunk, for placewise place; with prices."
        ),
    ] = False,
    force: Force = False,
) -> None:
    """Draw a fleet and jobs from a profile, as an experiment folder."""
    from placewise.formats.profiles.profile_file import read_profile, shipped_profile
    from placewise.study.inputs import draw
    from placewise.study.record import write_inputs

    drawn_from = shipped_profile(dataset) if profile is None else read_profile(profile)
    if streamed:
        from placewise.report.progress import stages
        from placewise.study.streaming.write import write_streamed

        with stages(console(stderr=True)) as progress:
            write_streamed(drawn_from, clusters, jobs, seed, out, progress, force=force)
        say(f"{clusters:,} clusters and {jobs:,} jobs written to {out}")
        return
    drawn = draw(drawn_from, clusters, jobs, seed)
    write_inputs(drawn, out, force=force)
    say(f"{len(drawn.fleet):,} clusters and {len(drawn.jobs):,} jobs written to {out}")


@app.command()
def profile(
    data: Annotated[Path, typer.Argument(help="An experiment folder of either kind.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="The profile file to write (.json or .json.gz).", parser=output_path, metavar="PATH"
        ),
    ],
    force: Force = False,
) -> None:
    """Fit a statistical profile to an experiment folder."""
    from placewise.formats.input_cache import cache_folder
    from placewise.formats.profiles.profile_file import write_profile
    from placewise.formats.writing import refuse_existing
    from placewise.study.inputs import gather
    from placewise.synthesis import fit as fitted

    refuse_existing(out, force=force)
    inputs = gather(data, None, 0, cache_folder())
    write_profile(fitted(inputs.fleet, inputs.jobs), out)
    say(f"a profile of {len(inputs.jobs):,} jobs written to {out}")


@app.command()
def fit(
    source: Annotated[
        Path, typer.Argument(help="Builds: an experiment folder, .csv, .parquet, or SQLite with a table builds.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The folder of models to write.", parser=output_path, metavar="PATH")
    ] = Path("models"),
    minimum: Annotated[int, typer.Option(help="Packages with fewer builds are left out, and named.", min=1)] = 100,
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation.", min=2)] = 5,
    seed: Seed = 0,
    report: Annotated[bool, typer.Option("--report", help="Draw every package's builds and fits, and a page.")] = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Fit runtime models, from memory to duration, to the builds of each package."""
    from placewise.formats.build_records import read_build_records
    from placewise.formats.input_cache import cache_folder
    from placewise.formats.results.model_files import OWNED, write_models
    from placewise.formats.results.results_names import FITTED
    from placewise.formats.writing import staged
    from placewise.prediction import fit_models
    from placewise.report.model_cards import fit_document, print_fit

    with staged(out, owned=OWNED, marks=FITTED, force=force) as stage:
        builds = read_build_records(source, cache=cache_folder())
        models = naming(
            source,
            lambda: fit_models(
                builds.packages, builds.memory_bytes, builds.duration_s, minimum_builds=minimum, folds=folds, seed=seed
            ),
        )
        if not len(models):
            most = max(count for _, count in models.too_few)
            raise InputError("no package has enough builds", file=source, found=most, expected=f"{minimum} or more")
        write_models(models, stage)
        if report:
            from placewise.report.model_cards import write_models_page
            from placewise.report.model_figures import draw_model_figures

            write_models_page(models, draw_model_figures(models, stage), stage / "models.html", command=command_line())
    if json:
        print_json({"out": str(out), **fit_document(models)})
        return
    print_fit(models, console=console())
    say(f"written to {out}")


def _draw(results: Results, folder: Path) -> None:
    from placewise.report.figures import draw_figures
    from placewise.report.page import write_page

    write_page(results, draw_figures(results, folder), folder / "report.html", command=command_line())


def _tell(results: Results, folder: Path, *, json: bool) -> None:
    if json:
        from placewise.formats.results.results_folder import scores_document, summary_document

        print_json({"out": str(folder), "scores": scores_document(results), "summary": summary_document(results)})
        return
    from placewise.report.summary import summary

    summary(results, console=console())
    say(f"written to {folder}")
