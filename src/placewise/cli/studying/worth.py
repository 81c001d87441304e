"""Commands that ask what metadata is worth: value, minimal, pareto."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placewise.cli.app import command
from placewise.cli.options.chance import HoldOut, Resamples, Unit
from placewise.cli.options.completing import choices
from placewise.cli.options.output import Force, Json, Out
from placewise.cli.options.panels import CHANCE, STUDIES
from placewise.cli.options.studies import StudyOptions, held_out_names
from placewise.cli.options.taking import takes
from placewise.cli.options.work import Dask, Workers
from placewise.cli.printing import console, print_json
from placewise.errors import InputError

if TYPE_CHECKING:
    from placewise.model.results.results import Results

_PRICES = "Costs and worth"

Questions = Annotated[
    str,
    typer.Option(
        "--questions",
        "--forms",
        help="For build records: questions to value, or all.",
        metavar="NAMES",
        show_default="the study's",
    ),
]
Splits = Annotated[
    int,
    typer.Option(
        help="Random halves to hold out, and fleets to draw, for --hold-out.",
        min=1,
        metavar="N",
        rich_help_panel=CHANCE,
    ),
]
_EVERYTHING_HELD_OUT = "root-package,profile,fleet"
Costs = Annotated[
    Path | None,
    typer.Option(
        "--collection-cost",
        help="YAML file: the cost of collecting each subsystem.",
        metavar="FILE",
        show_default=False,
        rich_help_panel=_PRICES,
    ),
]


@command(
    STUDIES,
    "placewise value --jobs 1000",
    "placewise value experiment/ --collection-cost costs.yaml --out worth",
    "placewise value --rank-unknown --top 10",
)
@takes(StudyOptions)
def value(
    options: StudyOptions,
    questions: Questions = "",
    collection_cost: Costs = None,
    job_worth: Annotated[
        float,
        typer.Option(
            help="Worth of a job that succeeds, in the unit of the costs.",
            min=0,
            metavar="AMOUNT",
            rich_help_panel=_PRICES,
        ),
    ] = 1.0,
    method: Annotated[
        str,
        typer.Option(
            help="exact, sampled, or auto: exact where that is quick.",
            metavar="METHOD",
            autocompletion=choices("auto", "exact", "sampled"),
        ),
    ] = "auto",
    precision: Annotated[
        float,
        typer.Option(help="sampled: largest relative standard error in the top 20.", metavar="FRACTION"),
    ] = 0.03,
    resamples: Resamples = 1000,
    unit: Unit = None,
    fleets: Annotated[
        int,
        typer.Option(help="Other fleets to draw; 0 for none.", min=0, metavar="N", rich_help_panel=CHANCE),
    ] = 20,
    hold_out: HoldOut = _EVERYTHING_HELD_OUT,
    splits: Splits = 20,
    unknown: Annotated[
        bool,
        typer.Option(
            "--rank-unknown",
            "--unknown",
            help="Rank undescribed facts by the jobs that each would settle.",
        ),
    ] = False,
    top: Annotated[int, typer.Option(help="Subsystems to print.", min=1, metavar="N")] = 20,
    workers: Workers = 1,
    dask: Dask = None,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Say what metadata on each subsystem is worth: its Shapley value."""
    if unknown:
        _unknown(options, top=top, json=json)
        return
    from placewise.formats.results.worth_files import HELD_OUT, VALUE
    from placewise.formats.studies.cost_file import read_costs
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.studies.held_out import print_held_out
    from placewise.report.terminal.studies.worth import print_worth
    from placewise.study.held_out import held_out_of
    from placewise.study.values import over_fleets, study_game, worth_of
    from placewise.sweep.executors import runner

    held = held_out_names(hold_out)
    costs = None if collection_cost is None else read_costs(collection_cost)
    with (
        output_folder(out, force, VALUE, HELD_OUT) as folder,
        stages(console(stderr=True)) as progress,
        runner(workers, dask) as where,
    ):
        played = study_game(options.study(), among=questions)
        worth = worth_of(
            played.game,
            method=method,
            precision=precision,
            seed=options.seed,
            costs=costs,
            job_worth=job_worth,
            units=played.labels.units(unit),
            resamples=resamples,
            runner=where,
            progress=progress,
        )
        left_out = []
        if fleets:
            progress.advanced("values on other fleets", 0, 1)
            try:
                worth = over_fleets(worth, played, fleets, runner=where)
            except InputError as error:
                left_out.append(f"values on fleets drawn anew: {error}")
        held_out = held_out_of(played, held, splits=splits, runner=where, progress=progress)
        results = replace(played.results, worth=worth, held_out=held_out)
        write_asked(folder, results)
    if json:
        print_json(_documents(VALUE, results))
        return
    print_worth(worth, console(), top=top, left_out=left_out)
    print_held_out(results, console())


def _documents(name: str, results: Results) -> dict[str, Any]:
    """Return the content of a file of `worth_files`, with what was held out in it."""
    from placewise.formats.results.worth_files import HELD_OUT, worth_document

    found = worth_document(name, results)
    return found if results.held_out is None else found | {"held_out": worth_document(HELD_OUT, results)}


def _unknown(options: StudyOptions, *, top: int, json: bool) -> None:
    from dataclasses import asdict

    from placewise.report.terminal.jobs.unknown_facts import print_unknown_facts
    from placewise.study.unknown_facts import unknown_facts_of

    study = options.study()
    facts, jobs = unknown_facts_of(study)
    if json:
        print_json({"source": study.source, "total_jobs": jobs, "unknown_facts": [asdict(fact) for fact in facts]})
    else:
        print_unknown_facts(facts, jobs, console(), top=top)


@command(
    STUDIES,
    "placewise minimal --jobs 1000",
    "placewise minimal experiment/ --target 0.99 --limit 300",
)
@takes(StudyOptions)
def minimal(
    options: StudyOptions,
    target: Annotated[float, typer.Option(help="Fraction of the ceiling to reach.", metavar="FRACTION")] = 0.95,
    questions: Questions = "all",
    collection_cost: Costs = None,
    random_orders: Annotated[
        int, typer.Option(help="Random orders to try beside the greedy one.", min=1, metavar="N")
    ] = 200,
    limit: Annotated[
        float, typer.Option(help="Time limit of the proof; 0 for no proof.", min=0, metavar="SECONDS")
    ] = 60.0,
    hold_out: HoldOut = _EVERYTHING_HELD_OUT,
    splits: Splits = 20,
    workers: Workers = 1,
    dask: Dask = None,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Find the fewest subsystems that reach a share of the ceiling.

    Also proves, within a time limit, that no smaller set reaches it.
    """
    from placewise.formats.results.worth_files import HELD_OUT, MINIMAL
    from placewise.formats.studies.cost_file import read_costs
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.studies.held_out import print_held_out
    from placewise.report.terminal.studies.worth import print_sufficiency
    from placewise.study.held_out import held_out_of
    from placewise.study.values import costs_of, study_game
    from placewise.sweep.executors import runner
    from placewise.worth.sufficiency import smallest_set

    held = held_out_names(hold_out)
    costs = None if collection_cost is None else read_costs(collection_cost)
    with (
        output_folder(out, force, MINIMAL, HELD_OUT) as folder,
        stages(console(stderr=True)) as progress,
        runner(workers, dask) as where,
    ):
        played = study_game(options.study(), among=questions)
        progress.advanced("searching and proving", 0, 1)
        price = None if costs is None else costs_of(played.game.names, costs)
        found = smallest_set(
            played.game, target, costs=price, random_orders=random_orders, seed=options.seed, limit_s=limit
        )
        held_out = held_out_of(played, held, target=target, costs=price, splits=splits, runner=where, progress=progress)
        results = replace(played.results, sufficiency=found, held_out=held_out)
        write_asked(folder, results)
    if json:
        print_json(_documents(MINIMAL, results))
        return
    print_sufficiency(found, console())
    print_held_out(results, console())


@command(STUDIES, "placewise pareto --jobs 1000", "placewise pareto --collection-cost costs.yaml --out front")
@takes(StudyOptions)
def pareto(
    options: StudyOptions,
    questions: Questions = "all",
    collection_cost: Costs = None,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """List the Pareto-optimal levels of metadata.

    They trade cost and waste against success.
    """
    from placewise.formats.results.worth_files import PARETO, worth_document
    from placewise.formats.studies.cost_file import read_costs
    from placewise.report.terminal.studies.worth import print_front
    from placewise.study.values import costs_of, study_game
    from placewise.worth.pareto import level_points
    from placewise.worth.sufficiency import greedy_names

    costs = None if collection_cost is None else read_costs(collection_cost)
    with output_folder(out, force, PARETO) as folder:
        played = study_game(options.study(), among=questions)
        game = played.game
        price = None if costs is None else costs_of(game.names, costs)
        points, exact = level_points(game, greedy_names(game, price), price)
        results = replace(played.results, front=points, front_exact=exact)
        write_asked(folder, results)
    if json:
        print_json(worth_document(PARETO, results))
    else:
        print_front(results, console())


@contextlib.contextmanager
def output_folder(out: Path | None, force: bool, *names: str, also: tuple[str, ...] = ()) -> Iterator[Path | None]:
    """Yield where to write some of the files of `worth_files` with their figures, and others; None for nowhere.

    A place that cannot be written to is refused before the work.
    """
    if out is None:
        yield None
        return
    from placewise.formats.results.results_names import ASKED, with_pictures
    from placewise.formats.writing import staged

    with staged(out, owned=(*with_pictures(*names), *also), marks=dict.fromkeys(names, ASKED), force=force) as stage:
        yield stage


def write_asked(folder: Path | None, results: Results) -> None:
    """Write what was asked for, with its figure; nothing for nowhere."""
    if folder is None:
        return
    from placewise.formats.results.worth_files import write_worth
    from placewise.report.drawn.figures import draw_figures

    write_worth(folder, results)
    draw_figures(results, folder)
