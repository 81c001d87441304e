"""The command that says what changed between two fleets, and what that does to jobs: diff."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import EXIT_CHECK_FAILED, command
from placewise.cli.options.asking import IgnoreLimits, JobSources, SeparateEntries
from placewise.cli.options.output import Force, Html, Json
from placewise.cli.options.panels import FLEETS
from placewise.cli.printing import command_line, console, print_json, say


@command(
    FLEETS,
    "placewise diff before/ after/",
    "placewise diff before/ after/ --jobs jobs.yaml --html changes.html",
)
def diff(
    before: Annotated[
        Path,
        typer.Argument(help="The fleet before: any that match takes.", metavar="BEFORE", show_default=False),
    ],
    after: Annotated[Path, typer.Argument(help="The fleet after.", metavar="AFTER", show_default=False)],
    jobs: JobSources = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with exit code 3 if the fleets differ.")] = False,
    html: Html = None,
    force: Force = False,
    separate_entries: SeparateEntries = False,
    ignore_limits: IgnoreLimits = False,
    json: Json = False,
) -> None:
    """Say what changed between two fleets, and which jobs it affects.

    With --jobs it names the jobs that gain and lose clusters, and why. The exit code is 0 even if the fleets differ,
    unless --exit-code is given.
    """
    from placewise.advice.asked_jobs import asked_jobs
    from placewise.advice.fleet_diff import fleet_diff
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.formats.jobs.job_sources import read_jobs
    from placewise.formats.writing import refuse_existing
    from placewise.report.data.fleets.fleet_diff import diff_document
    from placewise.report.terminal.fleets.fleet_diff import print_fleet_diff

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
