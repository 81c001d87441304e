"""Commands that ask a fleet about jobs: match, explain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import EXIT_FITS_NOWHERE, command
from placewise.cli.asking.asked_jobs import answered, asked_jobs, exit_code, limited
from placewise.cli.asking.start_options import StartOptions
from placewise.cli.options.asking import (
    FleetPath,
    IgnoreLimits,
    Jobspecs,
    Require,
    SeparateEntries,
    Unknown,
    Verbose,
)
from placewise.cli.options.output import Force, Html, Json
from placewise.cli.options.panels import FLEETS
from placewise.cli.options.taking import takes
from placewise.cli.printing import command_line, console, plain, print_json, print_text, print_words, say

if TYPE_CHECKING:
    from placewise.cli.asking.asked_jobs import Answered, AskedJob
    from placewise.matching.causes.relaxing import Relaxations
    from placewise.matching.causes.why_not import WhyNot
    from placewise.matching.fleet.index import FleetIndex
    from placewise.model.fleets.cluster import Fleet
    from placewise.model.traces.start_estimate import StartEstimate

_UNKNOWN = "--unknown"


@command(
    FLEETS,
    "placewise match job.yaml --fleet clusters/",
    "placewise match --require 'gcc@12: and not gpu' --fleet clusters/",
    "placewise match job.yaml --fleet clusters/ --nodes --json",
)
def match(
    fleet: FleetPath,
    jobspecs: Jobspecs = None,
    require: Require = None,
    unknown: Unknown = "separate",
    scores: Annotated[
        bool, typer.Option("--scores", help="Also score each cluster by the job's wishes, best first.")
    ] = False,
    nodes: Annotated[bool, typer.Option("--nodes", help="Also name the nodes on which the job fits.")] = False,
    separate_entries: SeparateEntries = False,
    ignore_limits: IgnoreLimits = False,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """List the clusters that can run a job.

    Several jobspecs give a table; --require works without a jobspec too. Exit code 3 if a job fits nowhere, 4 if it
    may fit, but too little is known.
    """
    from placewise.matching.deciding import refuse_other_words
    from placewise.report.data.jobs.matches import matches_document
    from placewise.report.terminal.jobs.scores import print_scores

    refuse_other_words(unknown, _UNKNOWN)
    jobs = partial(asked_jobs, jobspecs, require, separate_entries=separate_entries)
    clusters, index, asked = _compiled(fleet, jobs, ignore_limits=ignore_limits, verbose=verbose)
    answers = answered(index, asked, unknown)
    fitting = [one.nodes(index, clusters) for one in answers] if nodes else None
    scored = [one.scores(index) for one in answers] if scores else None
    if json:
        print_json(matches_document([(one.name, one.match) for one in answers], len(index.names), scored, fitting))
    elif fitting is not None:
        _print_nodes(answers, fitting, len(index.names))
    elif scored is not None:
        print_scores([(plain(one.name), found) for one, found in zip(answers, scored, strict=True)], console())
        for one in answers:
            one.say_incomparable()
    else:
        if len(answers) == 1:
            _print_clusters(answers[0], len(index.names))
        else:
            _print_table(answers, index)
        for one in answers:
            one.say_incomparable()
    _leave(answers)


@command(
    FLEETS,
    "placewise explain job.yaml --fleet clusters/",
    "placewise explain job.yaml --fleet clusters/ --queue squeue.txt --limit 2h",
    "placewise explain a.yaml b.yaml --fleet clusters/ --html why.html",
)
@takes(StartOptions)
def explain(
    starts: StartOptions,
    fleet: FleetPath,
    jobspecs: Jobspecs = None,
    require: Require = None,
    unknown: Unknown = "separate",
    html: Html = None,
    force: Force = False,
    separate_entries: SeparateEntries = False,
    ignore_limits: IgnoreLimits = False,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say why clusters do not match a job, and what to relax.

    With --queue it also estimates when the job would start. The page (--html) adds costs where the fleet has prices.
    Exit code 3 if a job fits nowhere, 4 if it may fit, but too little is known.
    """
    from placewise.formats.writing import refuse_existing
    from placewise.matching.causes.relaxing import relaxations
    from placewise.matching.causes.why_not import why_not
    from placewise.matching.deciding import refuse_other_words
    from placewise.report.data.jobs.explanation import explanation_document
    from placewise.report.data.jobs.start_estimate import start_document
    from placewise.report.terminal.jobs.explanation import print_explanation
    from placewise.report.terminal.jobs.start_estimate import print_start_estimate

    refuse_other_words(unknown, _UNKNOWN)
    if html is not None:
        refuse_existing(html, force=force)
    jobs = partial(asked_jobs, jobspecs, require, separate_entries=separate_entries)
    _, index, asked = _compiled(fleet, jobs, ignore_limits=ignore_limits, verbose=verbose)
    answers = answered(index, asked, unknown)
    found = [one.naming(lambda job: (why_not(index, job), relaxations(index, job))) for one in asked]
    when = starts.estimates(index.fleet, answers)
    if html is not None:
        _write_page(html, fleet, index, answers, found, when)
        say(f"written to {html}")
    if json:
        documents = [explanation_document(*one) for one in found]
        for document, start in zip(documents, when, strict=False):
            document["starts"] = start_document(start)
        print_json(documents[0] if len(documents) == 1 else {"jobs": documents})
    for number, (answer, relaxed) in enumerate([] if json else found):
        if number:
            print_text("")
        print_explanation(answer, console(), relaxed)
        if when:
            print_start_estimate(when[number], console())
    _leave(answers)


def _write_page(
    path: Path,
    fleet: Path,
    index: FleetIndex,
    answers: Sequence[Answered],
    found: Sequence[tuple[WhyNot, Relaxations]],
    starts: Sequence[StartEstimate],
) -> None:
    """Write a page of all jobs; what they cost rests on the processors and limits that their starts rest on."""
    from placewise.advice.job_costs import job_cost
    from placewise.report.page.explain_page import ExplainedJob, write_explain_page

    jobs = []
    for number, (answer, (why, relaxed)) in enumerate(zip(answers, found, strict=True)):
        start = starts[number] if starts else None
        processors, limit = (None, None) if start is None else (start.processors, start.limit_s)
        price = partial(job_cost, index.fleet, answer.match.positions, processors=processors, limit_s=limit)
        cost = answer.asked.naming(price)
        jobs.append(ExplainedJob(answer.asked.job, why, relaxed, cost, start))
    write_explain_page(jobs, path, fleet=str(fleet), command=command_line())


def _compiled(
    fleet: Path, jobs: Callable[[], list[AskedJob]], *, ignore_limits: bool, verbose: bool
) -> tuple[Fleet, FleetIndex, list[AskedJob]]:
    """Read a fleet and then jobs; return both, the fleet compiled too, the jobs as they have to meet site limits."""
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.matching.fleet.index import FleetIndex

    clusters, asked = read_fleet(fleet), jobs()
    for job in asked:
        job.say_notes(verbose=verbose)
    index = FleetIndex(clusters, names_apart=True)
    return clusters, index, asked if ignore_limits else limited(index, asked)


def _print_clusters(answer: Answered, total: int) -> None:
    for name in answer.match.names:
        print_text(name)
    _say_others(answer, total)


def _say_others(answer: Answered, total: int) -> None:
    """Say of which clusters it is not known whether they match, or that none matches."""
    found = answer.match
    if found.unknown:
        may = "may also match" if found else "is not known to match any cluster; it may match"
        say(f"{answer.name} {may} {len(found.unknown)} of {total}, of which not enough is described:")
        for name in found.unknown:
            say(f"  {name}")
    elif not found and not found.incomparable:
        say(f"{answer.name} fits on none of {total} clusters; placewise explain says why")


def _print_nodes(answers: Sequence[Answered], fitting: Sequence[dict[str, tuple[str, ...]]], total: int) -> None:
    from placewise.formats.notations.hostlists import hostlist_text
    from placewise.model.scalar import counted

    for answer, found in zip(answers, fitting, strict=True):
        of_job = f"{answer.name} on " if len(answers) > 1 else ""
        for name, nodes in found.items():
            said = f"{counted(len(nodes), 'node')}: {hostlist_text(nodes)}" if nodes else "no nodes are said"
            print_words(f"{of_job}{name}: {said}")
        _say_others(answer, total)
        answer.say_incomparable()


def _print_table(answers: Sequence[Answered], index: FleetIndex) -> None:
    from placewise.matching.causes.reasons import reason
    from placewise.report.terminal.jobs.matches import print_matches

    rows = [
        (plain(one.name), one.match, reason(index, one.asked.job) if one.exit_code == EXIT_FITS_NOWHERE else "")
        for one in answers
    ]
    print_matches(rows, len(index.names), console())


def _leave(answers: Sequence[Answered]) -> None:
    code = exit_code(answers)
    if code:
        raise typer.Exit(code)
