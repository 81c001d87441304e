"""The command that runs a trace over virtual time: replay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.output import Force, Json, Plots, out_option
from placewise.cli.options.panels import SCHEDULING, TRACES
from placewise.cli.options.taking import takes
from placewise.cli.options.work import Dask, Workers
from placewise.cli.over_time.replay_options import ReplayOptions
from placewise.cli.printing import command_line, console, print_json, say

if TYPE_CHECKING:
    from placewise.model.fleets.cluster import Fleet
    from placewise.model.progress import Progress
    from placewise.model.traces.replay import ReplaySettings
    from placewise.model.traces.replayed import Answer
    from placewise.replays.inputs.trace_parts import PartSource


@command(
    TRACES,
    "placewise replay history.txt --fleet clusters/ --out replayed",
    "placewise replay log.swf.gz --queue-policy conservative --estimates exact",
    "placewise replay history.txt --scenarios scenarios.toml --out compared",
)
@takes(ReplayOptions)
def replay(
    options: ReplayOptions,
    out: Annotated[
        Path | None,
        out_option("Write jobs, summary, figures and a report to this folder.", "FOLDER"),
    ] = None,
    scenarios: Annotated[
        Path | None,
        typer.Option(
            help="Replay the policies, fleets and levels of metadata of this file (TOML) side by side.",
            metavar="FILE",
            show_default=False,
            rich_help_panel=SCHEDULING,
        ),
    ] = None,
    workers: Workers = 1,
    dask: Dask = None,
    plots: Plots = True,
    force: Force = False,
    json: Json = False,
) -> None:
    """Replay a trace on a fleet: waiting times, use and waste.

    With --scenarios, the other options hold for all scenarios.
    """
    import contextlib

    from placewise.formats.results.replay_files import summary_document
    from placewise.formats.results.results_names import REPLAY, REPLAYED
    from placewise.formats.writing import staged
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.replays.replay import print_replay

    if scenarios is not None:
        _side_by_side(options, scenarios, out, (workers, dask), plots=plots, force=force, json=json)
        return
    settings, pieces = options.settings(), options.pieces()  # refused before anything is read
    with contextlib.ExitStack() as opened:
        stage = None if out is None else opened.enter_context(staged(out, owned=REPLAY, marks=REPLAYED, force=force))
        progress = opened.enter_context(stages(console(stderr=True)))
        parts = options.parts(settings)
        if parts is None:
            found = _whole(options, settings, pieces, stage, progress, plots=plots)
        else:
            found = _by_parts(options, parts, settings, pieces, stage, progress, plots=plots)
    if json:
        print_json({**({} if out is None else {"out": str(out)}), **summary_document(found)})
        return
    print_replay(found, console())
    if out is not None:
        say(f"written to {out}")


def _whole(
    options: ReplayOptions,
    settings: ReplaySettings,
    pieces: tuple[str, ...] | None,
    stage: Path | None,
    progress: Progress,
    *,
    plots: bool,
) -> Answer:
    """Replay a trace that is read whole, and write its files."""
    from placewise.formats.results.replay_files import write_replay
    from placewise.replays.replaying import replay_trace
    from placewise.report.terminal.progress import over_time

    cleaned, fleet = options.read()
    submit_s = cleaned.trace.submit_s
    found = replay_trace(
        cleaned,
        fleet,
        settings,
        origin=options.origin(),
        metadata=pieces,
        resamples=options.resamples,
        engine=options.engine,  # type: ignore[arg-type]  # refuses other texts
        progress=over_time(progress, lambda done: float(submit_s[min(done, len(submit_s)) - 1] - submit_s[0])),
    )
    if stage is not None:
        progress.advanced("writing", 0, 1)
        write_replay(stage, found)
        if plots:
            from placewise.report.page.replay_page import draw_replay

            draw_replay(found, stage, command=command_line())
    return found


def _by_parts(
    options: ReplayOptions,
    source: tuple[PartSource, Fleet],
    settings: ReplaySettings,
    pieces: tuple[str, ...] | None,
    stage: Path | None,
    progress: Progress,
    *,
    plots: bool,
) -> Answer:
    """Replay a trace that is read part by part, and write its files as attempts end."""
    import contextlib

    from placewise.formats.results.replay_files import write_summary, writing_attempts
    from placewise.formats.results.replay_jobs import read_schedules
    from placewise.formats.results.results_names import JOBS
    from placewise.replays.inputs.trace_parts import looked_over
    from placewise.replays.streaming import replay_parts
    from placewise.report.terminal.progress import over_time

    parts, fleet = looked_over(source[0], progress), source[1]
    with contextlib.ExitStack() as opened:
        files = {} if stage is None else {"take": opened.enter_context(writing_attempts(stage))}
        found = replay_parts(
            parts,
            fleet,
            settings,
            origin=options.origin(),
            metadata=pieces,
            resamples=options.resamples,
            progress=over_time(progress, parts.elapsed_s),
            **files,
        )
    if stage is not None:
        progress.advanced("writing", 0, 1)
        write_summary(stage, found)
        if plots:
            from placewise.report.data.replays.replay import over_time_of
            from placewise.report.page.replay_page import draw_replay

            names = [one.name for one in found.summary.clusters]
            times = over_time_of(lambda: read_schedules(stage / JOBS, names), parts.like.processor_parts)
            draw_replay(found, stage, command=command_line(), times=times)
    return found


def _side_by_side(
    options: ReplayOptions,
    file: Path,
    out: Path | None,
    where: tuple[int, str | None],
    *,
    plots: bool,
    force: bool,
    json: bool,
) -> None:
    """Replay the scenarios of a file, and compare them."""
    import contextlib

    from placewise.formats.results.results_names import REPLAY, REPLAYED
    from placewise.formats.results.timed_files import timed_document, write_timed
    from placewise.formats.studies.scenario_file import read_scenarios
    from placewise.formats.writing import staged
    from placewise.model.traces.scenarios import Scenario
    from placewise.replays.summaries.fates import columns_of
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.replays.timed import print_timed
    from placewise.study.timed.grid import run_grid
    from placewise.sweep.executors import runner
    from placewise.sweep.parts import PARTS, clear

    settings, pieces = options.settings(), options.pieces()
    with contextlib.ExitStack() as opened:
        sweeps = opened.enter_context(runner(*where, parts=None if out is None else out / PARTS))
        stage = None if out is None else opened.enter_context(staged(out, owned=REPLAY, marks=REPLAYED, force=force))
        progress = opened.enter_context(stages(console(stderr=True)))
        cleaned, fleet = options.read()
        usual = Scenario("usual", settings, fleet, pieces, options.origin())
        asked = read_scenarios(file, usual)
        run = run_grid(
            cleaned,
            asked,
            resamples=options.resamples,
            runner=sweeps,
            progress=progress,
            engine=options.engine,  # type: ignore[arg-type]  # refuses other texts
        )
        found = run.timed
        if stage is not None:
            progress.advanced("writing", 0, 1)
            write_timed(stage, found, run.jobs, columns_of(run.fates, run.parts))
            if plots:
                from placewise.report.page.timed_page import draw_timed

                draw_timed(found, stage, command=command_line())
    if out is not None:
        clear(out / PARTS)
    if json:
        print_json({**({} if out is None else {"out": str(out)}), **timed_document(found)})
        return
    print_timed(found, console())
    if out is not None:
        say(f"written to {out}")


def plot_replay(results: Path, folder: Path, *, force: bool, json: bool) -> None:
    """Draw the figures and the report of a replay that was written before."""
    from placewise.formats.results.replay_files import read_replay, summary_document
    from placewise.formats.results.results_names import DRAWN, REPLAY_PICTURES, REPLAYED
    from placewise.formats.writing import staged
    from placewise.report.page.replay_page import draw_replay
    from placewise.report.terminal.replays.replay import print_replay

    with staged(folder, owned=REPLAY_PICTURES, marks=REPLAYED | DRAWN, force=force) as stage:
        found = read_replay(results)
        draw_replay(found, stage, command=command_line())
    if json:
        print_json({"out": str(folder), **summary_document(found)})
        return
    print_replay(found, console())
    say(f"written to {folder}")
