"""The command that runs a cluster's jobs: agent."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.output import JsonLines
from placewise.cli.options.panels import SERVICE
from placewise.cli.options.taking import takes
from placewise.cli.printing import print_json, say
from placewise.cli.serving.connecting import (
    SECRET_VARIABLE,
    Connection,
    OwnCluster,
    SecretFile,
    own_cluster,
    refusals,
    secret_source,
    service_extra,
)

if TYPE_CHECKING:
    from placewise.service.client import ClientTls
    from placewise.service.client.agent.agent import Ended, Orders

_STDERR = 2


@command(
    SERVICE,
    "placewise agent --exec 'flux submit' --jobs 4",
    "placewise agent --exec 'sbatch --wrap {command}'",
    "placewise agent --exec 'sh -c {command}' --once",
)
@takes(Connection)
def agent(
    connection: Connection,
    template: Annotated[
        str,
        typer.Option(
            "--exec",
            help="Command to run for a job, without a shell. The words of the job's command are appended, unless it "
            "contains {command} (one word, quoted for a shell), {jobspec} (path of a file), {id} or {name}.",
            metavar="COMMAND",
        ),
    ],
    cluster: OwnCluster = None,
    jobs: Annotated[int, typer.Option(help="Jobs to run at a time.", min=1, max=10_000, metavar="N")] = 1,
    once: Annotated[bool, typer.Option("--once", help="Run the jobs that wait, and end.")] = False,
    poll: Annotated[
        float,
        typer.Option(help="Time between checks for cancelled jobs.", min=0.1, metavar="SECONDS"),
    ] = 5.0,
    grace: Annotated[
        float,
        typer.Option(help="Time that a cancelled job's command gets to end.", min=0.0, metavar="SECONDS"),
    ] = 10.0,
    secret_file: SecretFile = None,
    json: JsonLines = False,
) -> None:
    """Run the jobs that the scheduler assigns to a cluster.

    The agent runs a command for each job and reports how it ended. The command finds PLACEWISE_JOB_ID,
    PLACEWISE_JOB_NAME and PLACEWISE_CLUSTER in its environment. With --json, what jobs print goes to standard error.
    After SIGTERM or an interrupt the agent takes no more jobs and waits for those that run; a second one ends them.
    """
    import asyncio

    with service_extra():
        from placewise.service.client.agent.agent import Orders
        from placewise.service.client.agent.exec_template import parse_template
        from placewise.service.guard.own_process import close_standard_input, hide_secrets
    name = own_cluster(connection.server, cluster)
    secret = secret_source(connection.server, name, secret_file)
    from_saved = secret_file is None and not os.environ.get(SECRET_VARIABLE)
    hide_secrets()
    if str(secret_file) == "-":
        close_standard_input()
    orders = Orders(
        cluster=name,
        secret=secret,
        template=parse_template(template),
        at_once=jobs,
        once=once,
        stdout=_STDERR if json else None,
        poll_s=poll,
        grace_s=grace,
    )
    with refusals():
        tls = connection.tls()
        unreported = asyncio.run(_run(connection.server, tls, orders, from_saved=from_saved, json=json))
    if unreported:
        say(f"placewise: the scheduler does not know how these jobs ended: {', '.join(map(str, unreported))}")
        raise typer.Exit(1)


async def _run(server: str, tls: ClientTls | None, orders: Orders, *, from_saved: bool, json: bool) -> list[int]:
    import asyncio

    from placewise.service.client import AsyncClient
    from placewise.service.client.agent.agent import Agent
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
