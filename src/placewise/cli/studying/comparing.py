"""The command that compares two results folders: compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.chance import Resamples, Seed
from placewise.cli.options.output import Json
from placewise.cli.options.panels import STUDIES
from placewise.cli.options.work import Workers
from placewise.cli.printing import console, print_json


@command(STUDIES, "placewise compare first/ second/", "placewise compare first/ second/ --resamples 10000 --json")
def compare(
    first: Annotated[Path, typer.Argument(help="A folder of results, A.", metavar="RESULTS_A", show_default=False)],
    second: Annotated[Path, typer.Argument(help="Another, B.", metavar="RESULTS_B", show_default=False)],
    resamples: Resamples = 1000,
    seed: Seed = 0,
    workers: Workers = 1,
    json: Json = False,
) -> None:
    """Compare two runs or two replays job by job.

    Prints the differences, A minus B, with 95 % intervals, and how the settings of the two differ.
    """
    from placewise.formats.results.replay_files import is_replay
    from placewise.formats.results.timed_files import is_timed

    if is_replay(first) and is_replay(second):
        _compare_replays(first, second, resamples, seed, json=json)
        return
    if is_timed(first) and is_timed(second):
        _compare_scenarios(first, second, resamples, seed, json=json)
        return
    from placewise.formats.codec import to_document
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.studies.comparison import print_comparison
    from placewise.study.compare.compare import compare as run
    from placewise.sweep.executors import runner

    with stages(console(stderr=True)) as progress, runner(workers) as where:
        found = run(first, second, resamples=resamples, seed=seed, runner=where, progress=progress)
    if json:
        print_json({"first": str(first), "second": str(second), **to_document(found)})
    else:
        print_comparison(found, first, second, console())


def _compare_replays(first: Path, second: Path, resamples: int, seed: int, *, json: bool) -> None:
    from placewise.formats.codec import to_document
    from placewise.report.terminal.replays.timed import print_folders
    from placewise.study.timed.paired import compare_folders

    found = compare_folders(first, second, resamples=resamples, seed=seed)
    if json:
        print_json(to_document(found))
    else:
        print_folders(found, console())


def _compare_scenarios(first: Path, second: Path, resamples: int, seed: int, *, json: bool) -> None:
    from placewise.formats.codec import to_document
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.replays.timed import print_scenario_folders
    from placewise.study.timed.paired import compare_scenarios

    with stages(console(stderr=True)) as progress:
        found = compare_scenarios(first, second, resamples=resamples, seed=seed, progress=progress)
    if json:
        print_json({"first": str(first), "second": str(second), **to_document(found)})
    else:
        print_scenario_folders(found, first, second, console())
