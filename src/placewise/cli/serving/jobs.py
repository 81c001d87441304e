"""Commands about jobs at a scheduler: submit, status, cancel, receive."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placewise.cli.app import EXIT_FITS_NOWHERE, command
from placewise.cli.options.asking import ChooseUnknown
from placewise.cli.options.completing import choices, policies_in, policy_names
from placewise.cli.options.output import Json
from placewise.cli.options.panels import SERVICE
from placewise.cli.options.taking import takes
from placewise.cli.printing import console, naming, print_json, print_text, print_words, say
from placewise.cli.serving.connecting import (
    TOKEN_VARIABLE,
    Connection,
    OwnCluster,
    SecretFile,
    TokenFile,
    UsableClusters,
    own_secret,
    user_credentials,
)
from placewise.cli.serving.many_jobs import json_lines, print_answers, readable
from placewise.errors import InputError
from placewise.selection.offered import CONSTRAINT, IN_A_SERVICE

if TYPE_CHECKING:
    from placewise.service.client import Submission

_MOST_NAMED = 8

JobId = Annotated[int, typer.Argument(help="The job's id.", min=1, metavar="JOB")]


@command(
    SERVICE,
    "placewise submit job.yaml",
    "placewise submit a.yaml b.yaml --select preferred,cheapest",
    "placewise submit --many jobs.jsonl --request-id night-12 --json",
)
@takes(Connection)
def submit(
    connection: Connection,
    jobspecs: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Jobspecs (YAML or JSON, any of the three dialects); - for standard input.",
            metavar="JOBSPEC",
            show_default=False,
        ),
    ] = None,
    many: Annotated[
        Path | None,
        typer.Option(
            help="File with a jobspec per line, as JSON; - for standard input.", metavar="FILE", show_default=False
        ),
    ] = None,
    request_id: Annotated[
        str,
        typer.Option(help="Name of this submission: sending it again adds no job.", metavar="NAME", show_default=False),
    ] = "",
    cluster: UsableClusters = None,
    name: Annotated[
        str,
        typer.Option(help="Name of the job, if its jobspec has none.", metavar="NAME", show_default="the file's"),
    ] = "",
    match: Annotated[
        str,
        typer.Option(
            help="Match algorithm: match, range or equals.",
            metavar="ALGORITHM",
            show_default="the scheduler's",
            autocompletion=choices("match", "range", "equals"),
        ),
    ] = "",
    select: Annotated[
        str,
        typer.Option(
            "--select",
            "--policy",
            help=f"Selection policy: {policies_in(IN_A_SERVICE, CONSTRAINT)} or a plugin.",
            metavar="POLICY",
            show_default="the scheduler's",
            autocompletion=policy_names(IN_A_SERVICE, CONSTRAINT),
        ),
    ] = "",
    option: Annotated[
        list[str] | None,
        typer.Option(
            help="Option of the selection policy; NAME=@FILE reads the value from a file.",
            metavar="NAME=VALUE",
            show_default=False,
        ),
    ] = None,
    unknown: ChooseUnknown = "separate",
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Submit jobs, and print their ids and clusters.

    Exit code 3, with the reasons, if a job fits nowhere. Several jobs give a line each, in their order: - replaces the
    cluster if the job fits nowhere, and the id if the scheduler does not understand the job; the exit code is then 2.
    Each job of several gets the --request-id with its number.
    """
    from placewise.matching.deciding import refuse_other_words

    paths = jobspecs or []
    if bool(paths) == (many is not None):
        raise InputError("jobs are given by JOBSPEC or by --many", expected="one of both")
    refuse_other_words(unknown, "--unknown")
    with connection.client() as client:
        credentials = user_credentials(client, connection.server, cluster or [], token_file)
        if not credentials.tokens and not credentials.global_token:
            expected = f"--token-file, {TOKEN_VARIABLE}, or a cluster registered from here"
            raise InputError(f"there is no token for {connection.server}", expected=expected)
        how: dict[str, Any] = {
            "match_algorithm": match,
            "select_algorithm": select,
            "select_options": _options(option or []),
            "request_id": request_id,
            "unknown": unknown == "yes",
        }
        if many is not None or len(paths) > 1:
            if name:
                raise InputError("several jobs cannot have one name", place="--name", expected="a name in each jobspec")
            named = json_lines(many) if many is not None else readable(paths)
            answers = client.submit_many(named.values(), credentials, **how)
            raise typer.Exit(print_answers(zip(named, answers, strict=True), json=json))
        (jobspec,) = paths
        done = naming(jobspec, lambda: client.submit(jobspec, credentials, name=name, **how))
    _print_submitted(done, named=unknown != "no", json=json)
    if done.cluster is None:
        raise typer.Exit(EXIT_FITS_NOWHERE)


def _print_submitted(done: Submission, *, named: bool, json: bool) -> None:
    from placewise.cli.serving.service_answers import score_line, submission_document, undecided_lines
    from placewise.report.terminal.jobs.explanation import print_explanation

    if json:
        print_json(submission_document(done))
    elif done.cluster is not None:
        print_text(f"{done.job_id} {done.cluster}")
        if line := score_line(done):
            say(line)
    else:
        if done.explanation is not None:
            print_explanation(done.explanation, console())
        say(f"job {done.job_id} is {done.state}: {done.reason}")
    if named and not json and done.explanation is None:
        for line in undecided_lines(done, most=_MOST_NAMED):
            say(line)


def _options(texts: list[str]) -> dict[str, str]:
    from placewise.formats.reading import read_text

    options = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise InputError("is not an option", place="--option", found=text, expected="NAME=VALUE")
        options[name] = read_text(Path(value[1:])) if value.startswith("@") else value
    return options


@command(SERVICE, "placewise status", "placewise status --jobs 20", "placewise status 12 --json")
@takes(Connection)
def status(
    connection: Connection,
    job_id: Annotated[
        int | None, typer.Argument(help="A job's id.", min=1, metavar="JOB", show_default="show the clusters")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Also show the newest N jobs.", min=0, metavar="N")] = 0,
    cluster: UsableClusters = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Show the clusters with their queues, or a job with its history."""
    with connection.client() as client:
        from placewise.cli.serving.service_answers import (
            cluster_document,
            job_document,
            print_clusters,
            print_job,
            print_jobs,
        )

        credentials = user_credentials(client, connection.server, cluster or [], token_file)
        if job_id is not None:
            job = client.get_job(job_id, credentials)
            if json:
                print_json(job_document(job))
            else:
                print_job(job, console())
            return
        clusters = client.list_clusters(credentials)
        newest = list(islice(client.list_jobs(credentials), jobs)) if jobs else []
    if json:
        listed = {"jobs": [job_document(one) for one in newest]} if jobs else {}
        print_json({"clusters": [cluster_document(one) for one in clusters], **listed})
        return
    print_clusters(clusters, console())
    if newest:
        print_jobs(newest, console())


@command(SERVICE, "placewise cancel 12", "placewise cancel 12 --reason 'wrong input'")
@takes(Connection)
def cancel(
    connection: Connection,
    job_id: JobId,
    reason: Annotated[str, typer.Option(help="Reason, for the job's history.", metavar="TEXT")] = "",
    cluster: UsableClusters = None,
    token_file: TokenFile = None,
    json: Json = False,
) -> None:
    """Cancel a job that waits or runs.

    If an agent runs the job, the agent ends it.
    """
    with connection.client() as client:
        from placewise.cli.serving.service_answers import job_document

        job = client.cancel_job(
            job_id, user_credentials(client, connection.server, cluster or [], token_file), reason=reason
        )
    if json:
        print_json(job_document(job))
    else:
        say(f"job {job.id} is {job.state}")


@command(SERVICE, "placewise receive", "placewise receive --cluster alpine --most 10 --accept --json")
@takes(Connection)
def receive(
    connection: Connection,
    cluster: OwnCluster = None,
    most: Annotated[
        int, typer.Option(help="Receive at most N jobs; 0 for as many as a message holds.", min=0, metavar="N")
    ] = 0,
    accept: Annotated[bool, typer.Option("--accept", help="Accept the jobs.")] = False,
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Receive a cluster's waiting jobs under a lease.

    Prints each job's id, name and command. Jobs that are not accepted return to the queue when their lease ends.
    """
    with connection.client() as client:
        from placewise.cli.serving.service_answers import assignment_document, assignment_line

        own = own_secret(client, connection.server, cluster, secret_file)
        received = client.receive_jobs(own, most=most)
        accepted = client.accept_jobs(own, received) if accept and received else frozenset()
    if json:
        documents = [assignment_document(job, accepted=job.job_id in accepted) for job in received]
        print_json({"cluster": own.name, "jobs": documents})
        return
    for job in received:
        print_words(assignment_line(job))
    lost = [job.job_id for job in received if accept and job.job_id not in accepted]
    if lost:
        say(f"not accepted, since their leases were over: {', '.join(map(str, lost))}")
    if not received:
        say(f"no job waits for {own.name}")
