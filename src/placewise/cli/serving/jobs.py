"""Commands about jobs at a scheduler: submit, status, cancel, receive."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import EXIT_FITS_NOWHERE, app
from placewise.cli.options import Jobspec, Json, choices, policies_in, policy_names
from placewise.cli.printing import console, naming, print_json, print_text, say
from placewise.cli.serving.connecting import (
    DEFAULT_SERVER,
    TOKEN_VARIABLE,
    OwnCluster,
    SecretFile,
    Server,
    TlsCa,
    TlsCert,
    TlsKey,
    TokenFile,
    UsableClusters,
    connected,
    own_secret,
    user_credentials,
)
from placewise.errors import InputError
from placewise.selection.offered import CONSTRAINT, IN_A_SERVICE

_MOST_NAMED = 8

JobId = Annotated[int, typer.Argument(help="The job's id.", min=1)]


@app.command(rich_help_panel="Service")
def submit(
    jobspec: Jobspec,
    cluster: UsableClusters = None,
    name: Annotated[
        str, typer.Option(help="The job's name, unless its jobspec says one; the file's if not given.")
    ] = "",
    match: Annotated[
        str,
        typer.Option(
            help="match, range or equals; the scheduler's own if not given.",
            autocompletion=choices("match", "range", "equals"),
        ),
    ] = "",
    select: Annotated[
        str,
        typer.Option(
            "--select",
            "--policy",
            help=f"{policies_in(IN_A_SERVICE, CONSTRAINT)} or a plugin (preferred,cheapest: of equals the "
            "cheapest); the scheduler's own if not given.",
            autocompletion=policy_names(IN_A_SERVICE, CONSTRAINT),
        ),
    ] = "",
    option: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE for the selection; NAME=@FILE for what stands in a file.", show_default=False),
    ] = None,
    unknown: Annotated[
        str,
        typer.Option(
            help="Whether a cluster may be chosen of which it is unknown whether it matches: yes or no.",
            autocompletion=choices("yes", "no"),
        ),
    ] = "no",
    token_file: TokenFile = None,
    server: Server = DEFAULT_SERVER,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    json: Json = False,
) -> None:
    """Submit a job, and print its id and its cluster; exit code 3, with the reasons, when it fits nowhere."""
    if unknown not in ("yes", "no"):
        raise InputError("is neither yes nor no", place="--unknown", found=unknown, expected="yes or no")
    with connected(server, tls_ca, tls_cert, tls_key) as client:
        credentials = user_credentials(client, server, cluster or [], token_file)
        if not credentials.tokens and not credentials.global_token:
            expected = f"--token-file, {TOKEN_VARIABLE}, or a cluster registered from here"
            raise InputError(f"there is no token for {server}", expected=expected)
        options = _options(option or [])
        done = naming(
            jobspec,
            lambda: client.submit(
                jobspec,
                credentials,
                name=name,
                match_algorithm=match,
                select_algorithm=select,
                select_options=options,
                unknown=unknown == "yes",
            ),
        )
    from placewise.cli.serving.service_answers import score_line, submission_document, undecided_lines
    from placewise.report.terminal.explanation import print_explanation

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
    if not json and done.explanation is None:
        for line in undecided_lines(done, most=_MOST_NAMED):
            say(line)
    if done.cluster is None:
        raise typer.Exit(EXIT_FITS_NOWHERE)


def _options(texts: list[str]) -> dict[str, str]:
    from placewise.formats.reading import read_text

    options = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise InputError("is not an option", place="--option", found=text, expected="NAME=VALUE")
        options[name] = read_text(Path(value[1:])) if value.startswith("@") else value
    return options


@app.command(rich_help_panel="Service")
def status(
    job_id: Annotated[int | None, typer.Argument(help="A job; the clusters if not given.", min=1)] = None,
    jobs: Annotated[int, typer.Option(help="The newest so many jobs as well.", min=0)] = 0,
    cluster: UsableClusters = None,
    token_file: TokenFile = None,
    server: Server = DEFAULT_SERVER,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    json: Json = False,
) -> None:
    """Show the clusters and how many jobs wait and run there, or one job with its history."""
    with connected(server, tls_ca, tls_cert, tls_key) as client:
        from placewise.cli.serving.service_answers import (
            cluster_document,
            job_document,
            print_clusters,
            print_job,
            print_jobs,
        )

        credentials = user_credentials(client, server, cluster or [], token_file)
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


@app.command(rich_help_panel="Service")
def cancel(
    job_id: JobId,
    reason: Annotated[str, typer.Option(help="Why, for the job's history.")] = "",
    cluster: UsableClusters = None,
    token_file: TokenFile = None,
    server: Server = DEFAULT_SERVER,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    json: Json = False,
) -> None:
    """Cancel a job that is not over; an agent that runs it ends it."""
    with connected(server, tls_ca, tls_cert, tls_key) as client:
        from placewise.cli.serving.service_answers import job_document

        job = client.cancel_job(job_id, user_credentials(client, server, cluster or [], token_file), reason=reason)
    if json:
        print_json(job_document(job))
    else:
        say(f"job {job.id} is {job.state}")


@app.command(rich_help_panel="Service")
def receive(
    cluster: OwnCluster = None,
    most: Annotated[int, typer.Option(help="At most so many; as many as fit into one message if 0.", min=0)] = 0,
    accept: Annotated[
        bool, typer.Option("--accept", help="Accept them; if not, they return to the queue when their leases run out.")
    ] = False,
    secret_file: SecretFile = None,
    server: Server = DEFAULT_SERVER,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    json: Json = False,
) -> None:
    """Receive a cluster's waiting jobs under a lease, and print each one's id, name and command."""
    with connected(server, tls_ca, tls_cert, tls_key) as client:
        from placewise.cli.serving.service_answers import assignment_document, assignment_line

        own = own_secret(client, server, cluster, secret_file)
        received = client.receive_jobs(own, most=most)
        accepted = client.accept_jobs(own, received) if accept and received else frozenset()
    if json:
        documents = [assignment_document(job, accepted=job.job_id in accepted) for job in received]
        print_json({"cluster": own.name, "jobs": documents})
        return
    for job in received:
        print_text(assignment_line(job))
    lost = [job.job_id for job in received if accept and job.job_id not in accepted]
    if lost:
        say(f"not accepted, since their leases were over: {', '.join(map(str, lost))}")
    if not received:
        say(f"no job waits for {own.name}")
