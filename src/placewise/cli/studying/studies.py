"""Commands of studies: simulate, plot, generate, profile, fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.chance import FleetModel, Seed
from placewise.cli.options.completing import choices
from placewise.cli.options.output import Force, Json, output_path
from placewise.cli.options.panels import OUTPUT, STUDIES
from placewise.cli.options.studies import RunOptions
from placewise.cli.options.taking import takes
from placewise.cli.printing import command_line, console, naming, print_json, say
from placewise.errors import InputError

if TYPE_CHECKING:
    from placewise.model.results.results import Results

_DATASETS = choices("reliabuild", "spack-build")


@command(
    STUDIES,
    "placewise simulate --jobs 1000 --out results",
    "placewise simulate experiment/ --experiments single --workers 4",
    "placewise simulate study.toml --no-plots --json",
)
@takes(RunOptions)
def simulate(
    options: RunOptions,
    out: Annotated[
        Path,
        typer.Option(help="Folder of results to write.", parser=output_path, metavar="FOLDER", rich_help_panel=OUTPUT),
    ] = Path("placewise-results"),
    force: Force = False,
    json: Json = False,
) -> None:
    """Measure how often jobs succeed with more and less metadata.

    Runs the experiments on a fleet and jobs, and writes scores, rows, figures and a report.
    """
    import gc

    # What a run makes stays, and has next to no cycles: to look for some every 700 objects is a tenth of a short run.
    gc.set_threshold(100_000)

    from placewise.formats.results.results_names import RESULTS, RUN
    from placewise.formats.writing import staged
    from placewise.matching.bits.kernels import load_kernels
    from placewise.report.terminal.progress import stages
    from placewise.study.record import write_run
    from placewise.study.run import run_study
    from placewise.sweep.executors import runner
    from placewise.sweep.parts import PARTS, clear

    options.settings()  # refused before anything is written
    loops = load_kernels(options.kernels)
    with (
        runner(options.workers, options.dask, parts=out / PARTS) as sweeps,
        stages(console(stderr=True)) as progress,
        staged(out, owned=RESULTS, marks=RUN, force=force) as stage,
    ):
        run = run_study(options.study(), loops, progress=progress, runner=sweeps)
        progress.advanced("writing", 0, 1)
        results = write_run(stage, run, command_line())
        if options.plots:
            _draw(results, stage)
    clear(out / PARTS)
    _print_results(results, out, json=json)


@command(STUDIES, "placewise plot results/", "placewise plot results/ --out figures")
def plot(
    results: Annotated[Path, typer.Argument(help="A folder of results: of simulate, of replay, or of the prior work.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to draw in.", parser=output_path, metavar="FOLDER", show_default="the folder of results"
        ),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Draw the figures and the report page of a folder of results."""
    from placewise.formats.results.replay_files import is_replay
    from placewise.formats.results.results_folder import read_results
    from placewise.formats.results.results_names import DRAWN, PICTURES, RUN
    from placewise.formats.writing import staged

    folder = out or results
    if is_replay(results):
        from placewise.cli.over_time.replaying import plot_replay

        plot_replay(results, folder, force=force, json=json)
        return
    with staged(folder, owned=PICTURES, marks=RUN | DRAWN, force=force) as stage:
        # Not earlier: another run may just be replacing them.
        found = read_results(results)
        _draw(found, stage)
    _print_results(found, folder, json=json)


@command(
    STUDIES,
    "placewise generate --clusters 50 --jobs 2000 --out experiment",
    "placewise generate --streamed --jobs 1000000 --out large",
)
def generate(
    out: Annotated[Path, typer.Option(help="Experiment folder to write.", parser=output_path, metavar="FOLDER")],
    dataset: Annotated[
        str,
        typer.Option(help="Embedded profile: reliabuild or spack-build.", metavar="NAME", autocompletion=_DATASETS),
    ] = "reliabuild",
    clusters: Annotated[int, typer.Option(help="Clusters to draw.", min=1, max=1_000_000, metavar="N")] = 100,
    jobs: Annotated[int, typer.Option(help="Jobs to draw.", min=1, max=1_000_000_000, metavar="N")] = 10_000,
    seed: Seed = 0,
    fleet_model: FleetModel = "independent",
    profile: Annotated[
        Path | None,
        typer.Option(help="Draw from this profile file instead.", metavar="FILE", show_default=False),
    ] = None,
    streamed: Annotated[
        bool,
        typer.Option("--streamed", help="Write prices, and the jobs as workload.parquet, for placewise place."),
    ] = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Draw a fleet and jobs from a profile, as an experiment folder."""
    from placewise.formats.experiment_folder import JOBSPECS, write_experiment
    from placewise.formats.fleets.cluster_features import FEATURES
    from placewise.formats.profiles.profile_file import read_profile, shipped_profile
    from placewise.model.studies.settings import Settings
    from placewise.study.sources import draw

    settings = Settings(seed=seed, fleet_model=fleet_model)  # type: ignore[arg-type]  # the settings refuse other texts
    drawn_from = shipped_profile(dataset) if profile is None else read_profile(profile)
    if streamed:
        from placewise.report.terminal.progress import stages
        from placewise.study.streaming.write import PRICES, WORKLOAD, write_streamed

        files = [FEATURES, PRICES, WORKLOAD]
        with stages(console(stderr=True)) as progress:
            write_streamed(drawn_from, clusters, jobs, seed, out, progress, model=settings.fleet_model, force=force)
    else:
        files = [FEATURES, JOBSPECS]
        drawn = draw(drawn_from, clusters, jobs, seed, settings)
        write_experiment(drawn.fleet, drawn.jobs, out, force=force)
    if json:
        document = {"out": str(out), "files": files, "profile": dataset if profile is None else str(profile)}
        print_json(document | {"seed": seed, "fleet_model": fleet_model, "clusters": clusters, "jobs": jobs})
    else:
        say(f"{clusters:,} clusters and {jobs:,} jobs written to {out}")


@command(STUDIES, "placewise profile experiment/ --out profile.json")
def profile(
    data: Annotated[Path, typer.Argument(help="An experiment folder of either kind.", metavar="FOLDER")],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="Profile to write (.json or .json.gz).", parser=output_path, metavar="FILE"),
    ],
    force: Force = False,
    json: Json = False,
) -> None:
    """Fit a statistical profile to an experiment folder."""
    from placewise.formats.cache.input_cache import cache_folder
    from placewise.formats.profiles.profile_file import write_profile
    from placewise.formats.writing import refuse_existing
    from placewise.model.studies.build_profile import BuildJobs
    from placewise.study.sources import read_study
    from placewise.synthesis import fit as fitted

    refuse_existing(out, force=force)
    study = read_study(data, cache=cache_folder())
    found = fitted(study.fleet, study.jobs)
    write_profile(found, out)
    if json:
        packages = found.jobs.packages if isinstance(found.jobs, BuildJobs) else found.jobs.roots
        document = {"out": str(out), "source": str(data), "kind": found.kind, "packages": len(packages)}
        print_json(document | {"clusters": len(study.fleet), "jobs": len(study.jobs)})
        return
    say(f"a profile of {len(study.jobs):,} jobs written to {out}")


@command(
    STUDIES,
    "placewise fit builds.csv --out models",
    "placewise fit builds.parquet --minimum 50 --boosted --report",
)
def fit(
    source: Annotated[
        Path,
        typer.Argument(help="Builds: an experiment folder, .csv, .parquet, or SQLite with a table builds."),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="Folder of models to write.", parser=output_path, metavar="FOLDER"),
    ] = Path("models"),
    minimum: Annotated[int, typer.Option(help="Leave out packages with fewer builds.", min=1, metavar="N")] = 100,
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation.", min=2, metavar="N")] = 5,
    seed: Seed = 0,
    time: Annotated[
        str | None,
        typer.Option(
            help="Column of when builds ran.",
            metavar="COLUMN",
            show_default="submit_time, start_time, started_at, built_at or timestamp",
        ),
    ] = None,
    boosted: Annotated[
        bool, typer.Option("--boosted", help="Also fit gradient boosting; needs the extra learn.")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Also draw each package's builds and fits, and a page.")
    ] = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Fit models of the runtime of each package's builds.

    They predict the duration from what a build ran on, and from its memory.
    """
    from placewise.formats.cache.input_cache import cache_folder
    from placewise.formats.records.build_records import read_build_records
    from placewise.formats.results.model_files import OWNED, write_models
    from placewise.formats.results.results_names import FITTED
    from placewise.formats.writing import staged
    from placewise.model.results.runtime_models import BEST, BEST_WITH_MEMORY
    from placewise.prediction import fit_models
    from placewise.report.data.records.models import fit_document
    from placewise.report.terminal.records.fit import print_fit

    with staged(out, owned=OWNED, marks=FITTED, force=force) as stage:
        builds = read_build_records(source, cache=cache_folder(), time=time)
        models = naming(
            source,
            lambda: fit_models(
                builds.packages,
                builds.memory_bytes,
                builds.duration_s,
                facts=builds.facts,
                times_s=builds.times_s,
                minimum_builds=minimum,
                folds=folds,
                seed=seed,
                nest=(BEST, BEST_WITH_MEMORY),
                boosted=boosted,
            ),
        )
        if not len(models):
            most = max(count for _, count in models.too_few)
            raise InputError("no package has enough builds", file=source, found=most, expected=f"{minimum} or more")
        write_models(models, stage)
        if report:
            from placewise.report.drawn.models import draw_model_figures
            from placewise.report.page.models_page import write_models_page

            write_models_page(models, draw_model_figures(models, stage), stage / "models.html", command=command_line())
    if json:
        print_json({"out": str(out), **fit_document(models), "left_out": builds.left_out})
        return
    print_fit(models, console=console())
    if builds.left_out:
        say(f"left out: {builds.left_out:,} builds that failed, or without memory or duration")
    say(f"written to {out}")


def _draw(results: Results, folder: Path) -> None:
    from placewise.report.drawn.figures import draw_figures
    from placewise.report.page.report_page import write_page

    write_page(results, draw_figures(results, folder), folder / "report.html", command=command_line())


def _print_results(results: Results, folder: Path, *, json: bool) -> None:
    if json:
        from placewise.formats.results.results_folder import scores_document, summary_document

        document = {"out": str(folder), "scores": scores_document(results), "summary": summary_document(results)}
        if results.timed is not None:
            from placewise.formats.results.timed_files import timed_document

            document["timed"] = timed_document(results.timed)
        print_json(document)
        return
    from placewise.report.terminal.summary import summary

    summary(results, console=console())
    say(f"written to {folder}")
