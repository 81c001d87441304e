"""Commands that ask a fleet about one job: match, explain."""

from __future__ import annotations

import typer

from placewise.cli.app import EXIT_FITS_NOWHERE, app
from placewise.cli.options import FleetPath, Jobspec, Json
from placewise.cli.printing import console, naming, print_json, print_text, say


@app.command()
def match(jobspec: Jobspec, fleet: FleetPath, json: Json = False) -> None:
    """List the clusters that could ever run a job; exit code 3 when there are none."""
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.formats.jobs.jobspec import read_jobspec
    from placewise.scheduler import Scheduler

    scheduler, job = Scheduler(read_fleet(fleet)), read_jobspec(jobspec)
    found = naming(jobspec, lambda: scheduler.match(job))
    if json:
        print_json({"job": job.name, "clusters": list(found.names), "total_clusters": len(scheduler.index.fleet)})
    elif found:
        for name in found.names:
            print_text(name)
    else:
        say(f"{job.name} fits on none of {len(scheduler.index.fleet)} clusters; placewise explain says why")
    if not found:
        raise typer.Exit(EXIT_FITS_NOWHERE)


@app.command()
def explain(jobspec: Jobspec, fleet: FleetPath, json: Json = False) -> None:
    """Say why the clusters that do not match a job do not, and what to relax; exit code 3 when none does."""
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.formats.jobs.jobspec import read_jobspec
    from placewise.matching.relaxing import relaxations
    from placewise.report.data.explanation import explanation_document
    from placewise.report.terminal.explanation import print_explanation
    from placewise.scheduler import Scheduler

    scheduler, job = Scheduler(read_fleet(fleet)), read_jobspec(jobspec)
    answer = naming(jobspec, lambda: scheduler.why_not(job))
    found = naming(jobspec, lambda: relaxations(scheduler.index, job))
    if json:
        print_json(explanation_document(answer, found))
    else:
        print_explanation(answer, console(), found)
    if not answer.matched:
        raise typer.Exit(EXIT_FITS_NOWHERE)
