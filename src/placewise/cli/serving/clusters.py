"""Commands with which clusters come, change and go: register, update, delete, rotate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.completing import choices
from placewise.cli.options.output import Json
from placewise.cli.options.panels import CONNECTION, OUTPUT, SERVICE
from placewise.cli.options.taking import takes
from placewise.cli.printing import console, plain, print_json, print_text, say
from placewise.cli.serving.connecting import (
    REGISTRATION_VARIABLE,
    Connection,
    RegistrationFile,
    SecretFile,
    identity_of,
    own_secret,
    read_secret,
    saved_clusters,
    service_extra,
)
from placewise.errors import InputError

if TYPE_CHECKING:
    from placewise.model.fleets.cluster import Cluster
    from placewise.service.client import Client, Registration
    from placewise.service.client.messages.cluster_documents import Documents

ShowSecrets = Annotated[
    bool,
    typer.Option("--show-secrets", help="Also print the credentials, which are saved anyway.", rich_help_panel=OUTPUT),
]
ClusterArgument = Annotated[
    str, typer.Argument(help="The cluster's name.", metavar="CLUSTER", autocompletion=saved_clusters)
]


@command(
    SERVICE,
    "placewise register clusters/alpine --registration-secret-file secret.txt",
    "placewise register clusters/ --skip-known --server scheduler:50051",
)
@takes(Connection)
def register(
    connection: Connection,
    folder: Annotated[
        Path,
        typer.Argument(
            help="A cluster's folder of JGF files, a folder of such folders, or cluster-features.json.",
            metavar="FLEET",
        ),
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of a single cluster.", metavar="NAME", show_default="its own")
    ] = None,
    skip_known: Annotated[
        bool, typer.Option("--skip-known", help="Leave clusters alone that are registered already.")
    ] = False,
    registration_secret_file: RegistrationFile = None,
    show_secrets: ShowSecrets = False,
    json: Json = False,
) -> None:
    """Register clusters, and save their credentials.

    A cluster gets a token for its users and a secret for itself.
    """
    with service_extra():
        from placewise.service.client.saved_credentials import credentials_file
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.report.terminal.progress import stages

    fleet = read_fleet(folder)
    if name is not None and len(fleet) != 1:
        raise InputError("one name cannot serve several clusters", place="--name", found=name, expected="one cluster")
    secret = read_secret(registration_secret_file, REGISTRATION_VARIABLE)
    if secret is None:
        expected = f"--registration-secret-file, or {REGISTRATION_VARIABLE}"
        raise InputError("no registration secret is given", expected=expected)
    registered: list[dict[str, str]] = []
    try:
        with connection.client() as client, stages(console(stderr=True)) as progress:
            _prepare(connection.server, identity_of(client))
            for number, cluster in enumerate(fleet.clusters):
                progress.advanced("registering", number, len(fleet))
                called = name or cluster.name
                given = _register(client, cluster, called, secret, skip_known=skip_known)
                if given is None:
                    continue
                shown = _saved(connection.server, called, given, show_secrets=show_secrets, json=json)
                registered.append({"cluster": called, **shown})
                if not json:
                    print_text(_line(called, shown, "registered"))
    finally:
        if json and registered:
            print_json({"clusters": registered, "saved": str(credentials_file(connection.server))})
    if not json:
        saved = credentials_file(connection.server)
        say(f"{len(registered)} of {len(fleet)} clusters registered; secrets are saved in {saved}")


def _prepare(server: str, identity: str) -> None:
    """See that what is given can be saved, before anything is given that nobody can tell a second time."""
    from placewise.service.client.saved_credentials import prepare

    moved = prepare(server, identity)
    if moved is not None:
        say(f"the saved credentials for {server} belong to another server; they are in {moved} now")


def _saved(server: str, cluster: str, given: Registration, *, show_secrets: bool, json: bool) -> dict[str, str]:
    """Save what a cluster was given, before anything is printed, and return what of it is to be shown."""
    from placewise.service.client.saved_credentials import save

    fresh = {what: one for what, one in (("token", given.token), ("secret", given.secret)) if one}
    try:
        save(server, cluster, given)
    except InputError:
        # Nobody can tell them a second time.
        if json:
            print_json({"cluster": cluster, **fresh})
        else:
            print_text(_line(cluster, fresh, ""))
        raise
    return fresh if show_secrets else {}


def _line(cluster: str, shown: dict[str, str], otherwise: str) -> str:
    return f"{cluster}: " + (", ".join(f"{what} {one}" for what, one in shown.items()) or otherwise)


def _register(client: Client, cluster: Cluster, name: str, secret: str, *, skip_known: bool) -> Registration | None:
    from placewise.service.client import ServiceError

    try:
        return client.register_cluster(cluster, registration_secret=secret, name=name)
    except ServiceError as error:
        if skip_known and error.code.name == "ALREADY_EXISTS":
            say(f"{name} is registered already")
            return None
        raise
    except InputError as error:
        raise error.within(place=f"cluster {name!r}") from None


@command(
    SERVICE,
    "placewise update alpine clusters/alpine",
    "placewise update alpine --state state.json --remove-subsystem gpu",
)
@takes(Connection)
def update(
    connection: Connection,
    cluster: ClusterArgument,
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="A folder of JGF files: its graph, its state and each subsystem replace the cluster's.",
            metavar="FOLDER",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            help="JSON object whose fields are set; null removes a field.", metavar="FILE", show_default=False
        ),
    ] = None,
    subsystem: Annotated[
        list[Path] | None,
        typer.Option(help="A NAME-subsystem.json to add or replace.", metavar="FILE", show_default=False),
    ] = None,
    remove_subsystem: Annotated[
        list[str] | None, typer.Option(help="A subsystem to remove.", metavar="NAME", show_default=False)
    ] = None,
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Replace parts of a cluster's description.

    The scheduler applies all of the changes or none.
    """
    with service_extra():
        changes = _changes(folder, state, subsystem or [])
    removed = remove_subsystem or []
    if not (changes.nodes or changes.subsystems or changes.state or removed):
        raise InputError("nothing is to be changed", expected="a folder, --state, --subsystem or --remove-subsystem")
    with connection.client() as client:
        client.update_cluster(own_secret(client, connection.server, cluster, secret_file), changes, removed=removed)
    if json:
        print_json({"cluster": cluster, "subsystems": sorted(changes.subsystems), "removed": removed})
    else:
        say(f"{cluster} is updated")


def _changes(folder: Path | None, state: Path | None, subsystems: list[Path]) -> Documents:
    from urllib.parse import unquote

    from placewise.formats.fleets.jgf.writing import SUBSYSTEM_SUFFIX
    from placewise.formats.reading import read_text
    from placewise.service.client.messages.cluster_documents import Documents, documents_of

    found = Documents() if folder is None else documents_of(folder)[1]
    texts = dict(found.subsystems)
    for path in subsystems:
        if not path.name.endswith(SUBSYSTEM_SUFFIX):
            raise InputError(
                "does not tell the subsystem's name", file=path, expected=f"a file <name>{SUBSYSTEM_SUFFIX}"
            )
        texts[unquote(path.name.removesuffix(SUBSYSTEM_SUFFIX))] = read_text(path)
    return Documents(found.nodes, texts, found.state if state is None else read_text(state))


@command(SERVICE, "placewise delete alpine", "placewise delete alpine --yes --server scheduler:50051")
@takes(Connection)
def delete(
    connection: Connection,
    cluster: ClusterArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Remove a cluster from the scheduler.

    Cancels its jobs that are not over, and forgets its saved credentials.
    """
    server = connection.server
    if not yes:
        if not sys.stdin or not sys.stdin.isatty():
            raise InputError("is asked for at a terminal only", place="delete", found=cluster, expected="--yes")
        asked = f"Delete {plain(cluster)} at {plain(server)}, and cancel its jobs that are not over?"
        typer.confirm(asked, abort=True, err=True)
    with connection.client() as client:
        from placewise.service.client.saved_credentials import forget, saved_server

        identity = identity_of(client) if saved_server(server) else ""
        cancelled = client.delete_cluster(own_secret(client, server, cluster, secret_file))
    forget(server, cluster, identity)
    if json:
        print_json({"cluster": cluster, "cancelled_jobs": cancelled})
    else:
        say(f"{cluster} is deleted; jobs cancelled: {cancelled}")


@command(
    SERVICE,
    "placewise rotate alpine",
    "placewise rotate alpine --only token --show-secrets",
    "placewise rotate alpine --database placewise.db",
)
@takes(Connection)
def rotate(
    connection: Connection,
    cluster: ClusterArgument,
    only: Annotated[
        str | None,
        typer.Option(
            help="Replace only this: secret or token.",
            metavar="KIND",
            show_default="both",
            autocompletion=choices("secret", "token"),
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            help="For operators who lost the secret: change the scheduler's database (path or URL) directly.",
            metavar="DATABASE",
            show_default=False,
            rich_help_panel=CONNECTION,
        ),
    ] = None,
    show_secrets: ShowSecrets = False,
    secret_file: SecretFile = None,
    json: Json = False,
) -> None:
    """Replace a cluster's secret and token, and save the new ones.

    The scheduler refuses the old ones from then on.
    """
    server = connection.server
    if only not in (None, "secret", "token"):
        raise InputError("is nothing that can be replaced", place="--only", found=only, expected="secret or token")
    keep_secret, keep_token = only == "token", only == "secret"
    with service_extra():
        from placewise.service.client.saved_credentials import credentials_file
    if database is not None:
        given = _reset(database, cluster, server, keep_secret=keep_secret, keep_token=keep_token)
    else:
        with connection.client() as client:
            own = own_secret(client, server, cluster, secret_file)
            _prepare(server, identity_of(client))
            given = client.rotate_credentials(own, keep_secret=keep_secret, keep_token=keep_token)
    shown = _saved(server, cluster, given, show_secrets=show_secrets, json=json)
    path = credentials_file(server)
    if json:
        print_json({"cluster": cluster, "saved": str(path), **shown})
    else:
        if shown:
            print_text(_line(cluster, shown, ""))
        say(f"the old credentials no longer work; the new ones are saved in {path}")


def _reset(database: str, cluster: str, server: str, *, keep_secret: bool, keep_token: bool) -> Registration:
    with service_extra():
        from placewise.service.client import Registration
        from placewise.service.store.resetting import identity_in, reset_credentials

    _prepare(server, identity_in(database))
    given = reset_credentials(database, cluster, keep_secret=keep_secret, keep_token=keep_token)
    return Registration(given.token, given.secret)
