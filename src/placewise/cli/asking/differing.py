"""The command that says what changed between two fleets, and what that does to jobs: diff."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import EXIT_CHECK_FAILED, app
from placewise.cli.options import Force, Html, IgnoreLimits, Json, SeparateEntries
from placewise.cli.printing import command_line, console, print_json, say


@app.command(rich_help_panel="Fleets and jobs")
def diff(
    before: Annotated[
        Path,
        typer.Argument(
            help="A fleet as it was: any that --fleet of match takes.", metavar="FLEET_A", show_default=False
        ),
    ],
    after: Annotated[Path, typer.Argument(help="The fleet as it is.", metavar="FLEET_B", show_default=False)],
    jobs: Annotated[
        list[Path] | None,
        typer.Option(
            "--jobs",
            help="Also say which of these jobs gain and lose clusters, and why: a jobspec, a list of jobs, a folder of "
            "either, an experiment folder, or a workload in Parquet; may be given several times.",
            metavar="JOBS",
            show_default=False,
        ),
    ] = None,
    exit_code: Annotated[
        bool,
        typer.Option("--exit-code", help="End with exit code 3 if anything is different, as git diff does with 1."),
    ] = False,
    html: Html = None,
    force: Force = False,
    separate_entries: SeparateEntries = False,
    ignore_limits: IgnoreLimits = False,
    json: Json = False,
) -> None:
    """Say what changed between two fleets, and which jobs gain and lose clusters by it, with the cause.

    The exit code is 0 whether they differ or not, unless --exit-code is given.
    """
    from placewise.advice.asked_jobs import asked_jobs
    from placewise.advice.fleet_diff import fleet_diff
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.formats.jobs.job_sources import read_jobs
    from placewise.formats.writing import refuse_existing
    from placewise.report.data.fleet_diff import diff_document
    from placewise.report.terminal.fleet_diff import print_fleet_diff

    if html is not None:
        refuse_existing(html, force=force)
    fleets = read_fleet(before), read_fleet(after)
    asked = None
    if jobs:
        asked = asked_jobs(one for path in jobs for one in read_jobs(path, separate_entries=separate_entries))
    found = fleet_diff(*fleets, asked, ignore_limits=ignore_limits)
    if html is not None:
        from placewise.report.page.diff_page import write_diff_page

        write_diff_page(found, html, before=str(before), after=str(after), command=command_line())
        say(f"written to {html}")
    if json:
        print_json({"before": str(before), "after": str(after), **diff_document(found)})
    else:
        print_fleet_diff(found, console())
    if exit_code and found:
        raise typer.Exit(EXIT_CHECK_FAILED)
