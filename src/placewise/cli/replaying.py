"""The command that runs a trace over virtual time: replay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import Force, Json, output_path, takes
from placewise.cli.printing import command_line, console, print_json, say
from placewise.cli.replay_options import ReplayOptions


@app.command()
@takes(ReplayOptions)
def replay(
    options: ReplayOptions,
    out: Annotated[
        Path | None,
        typer.Option(
            help="A folder for jobs, summary, figures and a report.",
            parser=output_path,
            metavar="FOLDER",
            show_default=False,
        ),
    ] = None,
    plots: Annotated[bool, typer.Option("--plots/--no-plots", help="Draw the figures and the report page.")] = True,
    force: Force = False,
    json: Json = False,
) -> None:
    """Run a trace of jobs on a fleet over virtual time: who waited how long, at what use, cost and waste."""
    import contextlib

    from placewise.formats.results.replay_files import summary_document, write_replay
    from placewise.formats.results.results_names import REPLAY, REPLAYED
    from placewise.formats.writing import staged
    from placewise.replay.replaying import replay_trace
    from placewise.report.terminal.progress import over_time, stages
    from placewise.report.terminal.replay import print_replay

    settings, pieces = options.settings(), options.pieces()  # refused before anything is read
    with contextlib.ExitStack() as opened:
        stage = None if out is None else opened.enter_context(staged(out, owned=REPLAY, marks=REPLAYED, force=force))
        progress = opened.enter_context(stages(console(stderr=True)))
        cleaned, fleet = options.read()
        found = replay_trace(
            cleaned,
            fleet,
            settings,
            origin="the machines of the trace" if options.fleet is None else str(options.fleet),
            metadata=pieces,
            resamples=options.resamples,
            progress=over_time(progress, cleaned.trace.submit_s),
        )
        if stage is not None:
            progress.advanced("writing", 0, 1)
            write_replay(stage, found)
            if plots:
                from placewise.report.page.replay_page import draw_replay

                draw_replay(found, stage, command=command_line())
    if json:
        print_json({**({} if out is None else {"out": str(out)}), **summary_document(found)})
        return
    print_replay(found, console())
    if out is not None:
        say(f"written to {out}")
