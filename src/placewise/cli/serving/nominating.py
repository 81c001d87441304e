"""The command that nominates clusters for workloads of Kueue: nominate."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.asking import ChooseUnknown
from placewise.cli.options.completing import policies_in, policy_names
from placewise.cli.options.output import JsonLines
from placewise.cli.options.panels import SERVICE
from placewise.cli.printing import print_json, print_words, say
from placewise.cli.serving.connecting import extra
from placewise.errors import InputError
from placewise.selection.offered import IN_A_SERVICE

if TYPE_CHECKING:
    from placewise.kueue.nominating import Notice


@command(
    SERVICE,
    "placewise nominate clusters/",
    "placewise nominate clusters/ --select preferred,cheapest --once",
)
def nominate(
    fleet: Annotated[
        Path,
        typer.Argument(help="A fleet whose clusters have the names of the MultiKueueClusters.", metavar="FLEET"),
    ],
    policy: Annotated[
        str,
        typer.Option(
            "--select",
            "--policy",
            help=f"Selection policy that orders the clusters: {policies_in(IN_A_SERVICE)}.",
            metavar="POLICY",
            autocompletion=policy_names(IN_A_SERVICE),
        ),
    ] = "preferred,first",
    most: Annotated[int, typer.Option(help="Nominate at most N clusters at a time.", min=1, max=10, metavar="N")] = 10,
    unknown: ChooseUnknown = "separate",
    context: Annotated[
        str | None,
        typer.Option(
            help="Context of the kubeconfig: the manager's cluster.",
            metavar="NAME",
            show_default="the current one; in a pod, its own",
        ),
    ] = None,
    field_manager: Annotated[
        str,
        typer.Option(
            help="Field manager that applies statuses. Kueue 0.18 takes back only what its own applied, unless it has "
            "a policy for that.",
            metavar="NAME",
        ),
    ] = "kueue-admission",
    once: Annotated[bool, typer.Option("--once", help="Nominate for the workloads that wait now, and end.")] = False,
    json: JsonLines = False,
) -> None:
    """Nominate matching clusters for workloads of Kueue's MultiKueue.

    Placewise acts as MultiKueue's external dispatcher. SIGTERM or an interrupt ends it; nominations stay.
    """
    from threading import Event

    with extra("kubernetes"):
        from placewise.kueue.manager_cluster import connected
        from placewise.kueue.nominating import Dispatcher, Terms
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.matching.deciding import refuse_other_words
    from placewise.matching.fleet.index import FleetIndex
    from placewise.scheduler import Scheduler
    from placewise.selection.composing import policy_named

    refuse_other_words(unknown, "--unknown")
    terms = Terms(policy, most, "yes" if unknown == "yes" else "no")
    policy_named(policy, known=IN_A_SERVICE)
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
        print_words(f"{notice.workload}: {', '.join(notice.clusters)}")
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
