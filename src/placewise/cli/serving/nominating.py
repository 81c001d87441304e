"""The command that nominates clusters for workloads of Kueue: nominate."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import choices, policies_in, policy_names
from placewise.cli.printing import only_documents, print_json, print_text, say
from placewise.cli.serving.connecting import extra
from placewise.errors import InputError
from placewise.selection.offered import IN_A_SERVICE

if TYPE_CHECKING:
    from placewise.kueue.nominating import Notice


@app.command(rich_help_panel="Service")
def nominate(
    fleet: Annotated[Path, typer.Argument(help="A fleet whose clusters are called like the MultiKueueClusters.")],
    policy: Annotated[
        str,
        typer.Option(
            help=f"What decides the order of the clusters that match: {policies_in(IN_A_SERVICE)}.",
            autocompletion=policy_names(IN_A_SERVICE),
        ),
    ] = "preferred,first",
    most: Annotated[int, typer.Option(help="So many clusters at a time.", min=1, max=10)] = 10,
    unknown: Annotated[
        str,
        typer.Option(
            help="Whether clusters are nominated of which it is unknown whether they match: no or yes.",
            autocompletion=choices("no", "yes"),
        ),
    ] = "no",
    context: Annotated[
        str | None,
        typer.Option(
            help="A context of the kubeconfig: the manager's cluster. Without it the current one, or in a pod its own.",
            show_default=False,
        ),
    ] = None,
    field_manager: Annotated[
        str,
        typer.Option(
            help="As which field manager statuses are applied. Kueue takes back only what its own applied, unless it "
            "has a policy for that (0.18)."
        ),
    ] = "kueue-admission",
    once: Annotated[bool, typer.Option("--once", help="Nominate for what waits now, and end.")] = False,
    json: Annotated[
        bool,
        typer.Option("--json", help="Print a JSON document a line for what happens.", callback=only_documents),
    ] = False,
) -> None:
    """Nominate the clusters that match each workload of Kueue's MultiKueue, as an external dispatcher.

    SIGTERM or an interrupt ends it; nominations stay.
    """
    from threading import Event

    with extra("kubernetes"):
        from placewise.kueue.manager_cluster import connected
        from placewise.kueue.nominating import Dispatcher, Terms
    from placewise.advice.choosing import refuse_other_words
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.matching.index import FleetIndex
    from placewise.scheduler import Scheduler
    from placewise.selection.composing import policy_named

    refuse_other_words(unknown, "--unknown")
    terms = Terms(policy, most, unknown)
    policy_named(policy)
    scheduler = Scheduler(FleetIndex(read_fleet(fleet), names_apart=True))
    show = _print_json if json else _print
    dispatcher = Dispatcher(connected(context, field_manager), scheduler, terms, show)
    if once:
        with _refusals():
            dispatcher.look(dispatcher.cluster.version())
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        dispatcher.run(Event())


def _print(notice: Notice) -> None:
    from placewise.kueue.nominating import Nominated, NotNominated

    if isinstance(notice, Nominated):
        print_text(f"{notice.workload}: {', '.join(notice.clusters)}")
        for place, why in notice.left_out:
            say(f"  not held against clusters: {place}: {why}")
    elif isinstance(notice, NotNominated):
        say(f"{notice.workload}: none: {notice.why}")
    else:
        say(f"the API server cannot be asked: {notice.problem}; again in {notice.wait_s:g} s")


def _print_json(notice: Notice) -> None:
    from dataclasses import asdict

    print_json({"what": type(notice).__name__, **asdict(notice)}, lines=True)


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Turn an API server that cannot be asked into one line."""
    import urllib3
    from kubernetes.client import ApiException

    try:
        yield
    except ApiException as error:
        raise InputError(f"the API server refuses it: {error.status} {error.reason}") from None
    except urllib3.exceptions.HTTPError as error:
        raise InputError(f"the API server cannot be asked: {type(error).__name__}") from None
