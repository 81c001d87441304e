"""The command that runs a cluster's jobs: agent."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import app
from placewise.cli.printing import only_documents, print_json, say
from placewise.cli.serving.connecting import (
    DEFAULT_SERVER,
    SECRET_VARIABLE,
    OwnCluster,
    SecretFile,
    Server,
    TlsCa,
    TlsCert,
    TlsKey,
    client_tls,
    own_cluster,
    refusals,
    secret_source,
    service_extra,
)

if TYPE_CHECKING:
    from placewise.service.client import ClientTls
    from placewise.service.client.agent import Ended, Orders

_STDERR = 2


@app.command(rich_help_panel="Service")
def agent(
    command: Annotated[
        str,
        typer.Option(
            "--exec",
            help="What to run for a job; the words of its command are appended, unless {command} (as one word, quoted "
            "for a shell), {jobspec} (the path of a file), {id} or {name} stand in it. No shell runs it.",
            metavar="COMMAND",
        ),
    ],
    cluster: OwnCluster = None,
    jobs: Annotated[int, typer.Option(help="Jobs to run at a time.", min=1, max=10_000)] = 1,
    once: Annotated[bool, typer.Option("--once", help="Run what waits, and end.")] = False,
    poll: Annotated[
        float, typer.Option(help="Seconds between looks whether a running job was cancelled.", min=0.1)
    ] = 5.0,
    grace: Annotated[float, typer.Option(help="Seconds that a command has to end when asked to.", min=0.0)] = 10.0,
    secret_file: SecretFile = None,
    server: Server = DEFAULT_SERVER,
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print a JSON document a line for each job that ends; what jobs print goes elsewhere.",
            callback=only_documents,
        ),
    ] = False,
) -> None:
    """Take a cluster's jobs as they are assigned, run a command for each, and report how it ended.

    For example: --exec 'flux submit', --exec 'sbatch --wrap {command}' or --exec 'sh -c {command}'. The command finds
    PLACEWISE_JOB_ID, PLACEWISE_JOB_NAME and PLACEWISE_CLUSTER in its environment. A job that is cancelled is ended.
    SIGTERM or an interrupt: no more jobs are taken, and those that run are waited for; a second one ends them.
    """
    import asyncio

    with service_extra():
        from placewise.service.client.agent import Orders
        from placewise.service.client.exec_template import parse_template
        from placewise.service.guard.own_process import close_standard_input, hide_secrets
    name = own_cluster(server, cluster)
    secret = secret_source(server, name, secret_file)
    from_saved = secret_file is None and not os.environ.get(SECRET_VARIABLE)
    hide_secrets()
    if str(secret_file) == "-":
        close_standard_input()
    orders = Orders(
        cluster=name,
        secret=secret,
        template=parse_template(command),
        at_once=jobs,
        once=once,
        stdout=_STDERR if json else None,
        poll_s=poll,
        grace_s=grace,
    )
    with refusals():
        tls = client_tls(tls_ca, tls_cert, tls_key)
        unreported = asyncio.run(_run(server, tls, orders, from_saved=from_saved, json=json))
    if unreported:
        say(f"placewise: the scheduler does not know how these jobs ended: {', '.join(map(str, unreported))}")
        raise typer.Exit(1)


async def _run(server: str, tls: ClientTls | None, orders: Orders, *, from_saved: bool, json: bool) -> list[int]:
    import asyncio

    from placewise.service.client import AsyncClient
    from placewise.service.client.agent import Agent
    from placewise.service.client.saved_credentials import refuse_other_server
    from placewise.service.client.wary_client import WaryClient

    meet = partial(refuse_other_server, server)
    async with WaryClient(server, meet, tls=tls) if from_saved else AsyncClient(server, tls=tls) as client:
        running = Agent(client, orders, say, partial(_tell, json=json))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, running.stop)
        await running.run()
        return running.unreported


def _tell(ended: Ended, *, json: bool) -> None:
    if json:
        document = {
            "id": ended.job.job_id,
            "name": ended.job.name,
            "state": str(ended.state),
            "duration_s": ended.outcome.duration_s,
            "reason": ended.outcome.reason,
        }
        print_json(document, lines=True)
