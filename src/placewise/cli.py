"""The command line, in one file since a command is little but its options: arguments in, calls out, nothing else.

Rooms are imported inside the commands, so that ``--help`` need not load NumPy or matplotlib.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO, TypeVar

import typer

import placewise
from placewise.errors import InputError, PlacewiseError

if TYPE_CHECKING:
    from rich.console import Console

    from placewise.model.results import Results

T = TypeVar("T")

EXIT_INPUT = 2
EXIT_FITS_NOWHERE = 3

app = typer.Typer(
    name="placewise",
    help="Decide where jobs can run, and measure what a scheduler has to be told to decide it well.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Seed = Annotated[int, typer.Option(help="Seed of every random choice.", min=0)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, and nothing else, on standard output.")]
Jobspec = Annotated[Path, typer.Argument(help="A jobspec in YAML or JSON, in any of the three dialects.")]
FleetPath = Annotated[
    Path, typer.Option("--fleet", help="cluster-features.json, a folder of JGF files, or a folder of such folders.")
]


def main() -> NoReturn:
    """Run the command line and turn what Placewise foresaw into one line and an exit code."""
    # Schedulers and timeouts end us so; leaving in order removes what is half-written.
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except InputError as error:
        _say(f"placewise: {error}")
        sys.exit(EXIT_INPUT)
    except PlacewiseError as error:
        _say(f"placewise: {error}")
        sys.exit(1)
    except BrokenPipeError:
        # The reader went away, as `head` does: there is nobody to tell.
        _hush(sys.stdout)
        sys.exit(1)
    except OSError as error:
        _hush(sys.stdout)
        _say(f"placewise: cannot write the output: {error.strerror or error}")
        sys.exit(1)
    sys.exit(0)


def _terminated(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def _hush(stream: TextIO) -> None:
    """Send what is still buffered nowhere, so that closing the stream cannot fail again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        _print(placewise.__version__)
        raise typer.Exit


@app.command()
def simulate(
    source: Annotated[
        Path | None,
        typer.Argument(
            help="An experiment folder, or a study file (.toml); without one, the embedded default.", show_default=False
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="Embedded default: reliabuild (default) or spack-build.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="The results folder.", parser=_output, metavar="PATH")] = Path(
        "placewise-results"
    ),
    experiments: Annotated[str, typer.Option(help="Which to run, with commas between.")] = "none,single,expanding,all",
    scoring: Annotated[str, typer.Option(help="corrected, or published: as the prior work scored.")] = "corrected",
    unique: Annotated[bool, typer.Option("--unique", help="One job of each distinct set of requirements.")] = False,
    order: Annotated[
        str, typer.Option(help="Order in which expanding tells subsystems: alphabetical, or a file of names.")
    ] = "alphabetical",
    orders: Annotated[int, typer.Option(help="Random orders to run beside it.", min=0)] = 20,
    seed: Seed = 0,
    sample: Annotated[bool, typer.Option("--sample", help="Draw one cluster a job; exact expectation if not.")] = False,
    policy: Annotated[
        str, typer.Option(help="random, first, least-loaded or a plugin; all but random are sampled.")
    ] = "random",
    jobs: Annotated[int | None, typer.Option(help="Only the first so many jobs.", min=1, show_default=False)] = None,
    workers: Annotated[int, typer.Option(help="Processes for random orders; results do not change.", min=1)] = 1,
    kernels: Annotated[str, typer.Option(help="Inner loops: numpy, numba, or auto.")] = "numpy",
    model: Annotated[str, typer.Option(help="Of build records: runtime model, knn, linear or log-linear.")] = "knn",
    minimum_builds: Annotated[int, typer.Option(help="Of build records: packages with fewer get no model.")] = 100,
    nodes_per_job: Annotated[int, typer.Option(help="Of build records: nodes that each takes.")] = 2,
    nodes_free: Annotated[
        int | None,
        typer.Option(help="Of build records: free nodes a cluster; shared out if not given.", show_default=False),
    ] = None,
    choose: Annotated[
        str,
        typer.Option(help="Of build records: cheapest, fastest, ... when everything is told, or a file of priorities."),
    ] = "cheapest",
    plots: Annotated[bool, typer.Option("--plots/--no-plots", help="Draw the figures and the report page.")] = True,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Keep parsed inputs for the next run.")] = True,
    json: Json = False,
) -> None:
    """Run the experiments over a fleet and a workload, and write scores, rows, figures and a report."""
    from placewise.experiment.builds.design import BuildDesign
    from placewise.experiment.design import Design
    from placewise.experiment.inputs import gather
    from placewise.experiment.simulate import simulate as run
    from placewise.formats.input_cache import cache_folder
    from placewise.formats.order_file import read_order
    from placewise.formats.results_names import RESULTS, STUDY
    from placewise.formats.selection_config import read_priorities
    from placewise.formats.writing import staged
    from placewise.matching.kernels import load_kernels
    from placewise.report.progress import stages

    design = Design(
        experiments=tuple(name.strip() for name in experiments.split(",") if name.strip()),
        scoring=scoring,  # type: ignore[arg-type]  # the design refuses other texts
        unique=unique,
        first=jobs,
        order=() if order == "alphabetical" else read_order(Path(order)),
        orders=orders,
        seed=seed,
        sample=sample,
        policy=policy,
        workers=workers,
    )
    build_design = BuildDesign(
        scoring=scoring,  # type: ignore[arg-type]  # likewise
        first=jobs,
        orders=orders,
        seed=seed,
        sample=sample,
        model=model,  # type: ignore[arg-type]  # likewise
        minimum_builds=minimum_builds,
        nodes_per_job=nodes_per_job,
        nodes_free=nodes_free,
        choose="constraint" if _is_file_name(choose) else choose,
        priorities=read_priorities(Path(choose)) if _is_file_name(choose) else (),
        workers=workers,
    )
    loops = load_kernels(kernels)
    with stages(_console(stderr=True)) as progress, staged(out, owned=RESULTS, mark=STUDY) as stage:
        inputs = gather(source, dataset, seed, cache_folder() if cache else None)
        results = run(inputs, design, build_design, loops, stage, command=_command(), progress=progress)
        if plots:
            _draw(results, stage)
    _tell(results, out, json=json)


@app.command()
def plot(
    results: Annotated[Path, typer.Argument(help="A results folder, ours or one of the prior work.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Where to draw; the results folder if not given.", parser=_output, metavar="PATH"),
    ] = None,
    json: Json = False,
) -> None:
    """Draw the figures and the report page of a results folder."""
    from placewise.formats.results_folder import read_results
    from placewise.formats.results_names import PAGE, PICTURES
    from placewise.formats.writing import staged

    found = read_results(results)
    folder = out or results
    with staged(folder, owned=PICTURES, mark=PAGE) as stage:
        _draw(found, stage)
    _tell(found, folder, json=json)


@app.command()
def match(jobspec: Jobspec, fleet: FleetPath, json: Json = False) -> None:
    """List the clusters that could ever run a job; exit code 3 when there are none."""
    from placewise.formats.fleet_source import read_fleet
    from placewise.formats.jobspec import read_jobspec
    from placewise.scheduler import Scheduler

    scheduler, job = Scheduler(read_fleet(fleet)), read_jobspec(jobspec)
    found = _in(jobspec, lambda: scheduler.match(job))
    if json:
        _print_json({"job": job.name, "clusters": list(found.names), "total_clusters": len(scheduler.index.fleet)})
    elif found:
        _print("\n".join(found.names))
    else:
        _say(f"{job.name} fits on none of {len(scheduler.index.fleet)} clusters; placewise explain says why")
    if not found:
        raise typer.Exit(EXIT_FITS_NOWHERE)


@app.command()
def explain(jobspec: Jobspec, fleet: FleetPath, json: Json = False) -> None:
    """Say why the clusters that do not match a job do not; exit code 3 when none does."""
    from placewise.formats.fleet_source import read_fleet
    from placewise.formats.jobspec import read_jobspec
    from placewise.report.explanation import explanation_document, print_explanation
    from placewise.scheduler import Scheduler

    scheduler, job = Scheduler(read_fleet(fleet)), read_jobspec(jobspec)
    answer = _in(jobspec, lambda: scheduler.why_not(job))
    if json:
        _print_json(explanation_document(answer))
    else:
        print_explanation(answer, _console())
    if not answer.matched:
        raise typer.Exit(EXIT_FITS_NOWHERE)


@app.command()
def generate(
    out: Annotated[Path, typer.Option(help="The experiment folder to write.", parser=_output, metavar="PATH")],
    dataset: Annotated[
        str, typer.Option(help="Shipped profile to draw from: reliabuild or spack-build.")
    ] = "reliabuild",
    clusters: Annotated[int, typer.Option(help="Clusters to draw.", min=1, max=1_000_000)] = 100,
    jobs: Annotated[int, typer.Option(help="Jobs to draw.", min=1, max=1_000_000_000)] = 10_000,
    seed: Seed = 0,
    profile: Annotated[
        Path | None, typer.Option(help="A profile file instead, of either kind.", show_default=False)
    ] = None,
) -> None:
    """Draw a fleet and jobs from a profile, as an experiment folder."""
    from placewise.experiment.inputs import draw, shipped
    from placewise.experiment.record import write_inputs
    from placewise.formats.build_profile_file import read_either_profile

    drawn = draw(shipped(dataset) if profile is None else read_either_profile(profile), clusters, jobs, seed)
    write_inputs(drawn, out)
    _say(f"{len(drawn.fleet):,} clusters and {len(drawn.jobs):,} jobs written to {out}")


@app.command()
def profile(
    data: Annotated[Path, typer.Argument(help="An experiment folder of either kind.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="The profile file to write (.json or .json.gz).", parser=_output, metavar="PATH"
        ),
    ],
) -> None:
    """Fit a statistical profile to an experiment folder."""
    from placewise.experiment.inputs import fit_to, gather
    from placewise.formats.build_profile_file import write_either_profile
    from placewise.formats.input_cache import cache_folder

    inputs = gather(data, None, 0, cache_folder())
    write_either_profile(fit_to(inputs), out)
    _say(f"a profile of {len(inputs.jobs):,} jobs written to {out}")


@app.command()
def fit(
    source: Annotated[
        Path, typer.Argument(help="Builds: an experiment folder, .csv, .parquet, or SQLite with a table builds.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The folder of models to write.", parser=_output, metavar="PATH")
    ] = Path("models"),
    minimum: Annotated[int, typer.Option(help="Packages with fewer builds are left out, and named.", min=1)] = 100,
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation.", min=2)] = 5,
    seed: Seed = 0,
    report: Annotated[bool, typer.Option("--report", help="Draw every package's builds and fits, and a page.")] = False,
    json: Json = False,
) -> None:
    """Fit runtime models, from memory to duration, to the builds of each package."""
    from placewise.formats.build_records import read_build_records
    from placewise.formats.input_cache import cache_folder
    from placewise.formats.model_files import MODELS, OWNED, write_models
    from placewise.formats.writing import staged
    from placewise.prediction import fit_models
    from placewise.report.model_cards import fit_document, print_fit

    with staged(out, owned=OWNED, mark=MODELS) as stage:
        builds = read_build_records(source, cache=cache_folder())
        models = _in(
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

            write_models_page(models, draw_model_figures(models, stage), stage / "models.html", command=_command())
    if json:
        _print_json({"out": str(out), **fit_document(models)})
        return
    print_fit(models, console=_console())
    _say(f"written to {out}")


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Smaller sizes and fewer repeats.")] = False,
    json: Json = False,
) -> None:
    """Time the matching kernels beside their peers, on this machine, in one run."""
    from placewise.bench.run import run_bench
    from placewise.report.progress import stages

    with stages(_console(stderr=True)) as progress:
        timings = run_bench(quick=quick, report=progress)
    if json:
        _print_json(timings.document())
    else:
        timings.print(_console())


def _output(text: str | Path) -> Path:
    if not str(text):
        raise InputError("has no name", place="--out", found=text, expected="a path, such as . for this folder")
    return Path(text)


def _is_file_name(text: str) -> bool:
    return Path(text).suffix in (".yaml", ".yml") or "/" in text


def _in(path: Path, act: Callable[[], T]) -> T:
    """Run something about a document, naming the document in what goes wrong."""
    try:
        return act()
    except InputError as error:
        raise error.within(file=path) from None


def _draw(results: Results, folder: Path) -> None:
    from placewise.report.figures import draw_figures
    from placewise.report.page import write_page

    write_page(results, draw_figures(results, folder), folder / "report.html", command=_command())


def _tell(results: Results, folder: Path, *, json: bool) -> None:
    if json:
        from placewise.formats.results_folder import scores_document, summary_document

        _print_json({"out": str(folder), "scores": scores_document(results), "summary": summary_document(results)})
        return
    from placewise.report.summary import summary

    summary(results, console=_console())
    _say(f"written to {folder}")


def _command() -> str:
    import shlex

    return shlex.join(["placewise", *sys.argv[1:]])


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    class Honest(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Honest(stderr=stderr)


def _print(text: str) -> None:
    typer.echo(text)


def _print_json(document: object) -> None:
    import json

    typer.echo(json.dumps(document, indent=1))


def _say(text: str) -> None:
    typer.echo(text, err=True)
