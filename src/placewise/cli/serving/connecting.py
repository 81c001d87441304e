"""What commands need that talk to a scheduler: where it is, and the secrets and tokens to show it.

Neither secrets nor tokens are options: what stands on a command line can be read by everybody on the machine.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.options.panels import CONNECTION
from placewise.errors import InputError

if TYPE_CHECKING:
    from placewise.service.client import Client, ClientTls, ClusterSecret, Credentials

DEFAULT_SERVER = "127.0.0.1:50051"
SECRET_VARIABLE = "PLACEWISE_SECRET"  # noqa: S105, a variable's name
TOKEN_VARIABLE = "PLACEWISE_TOKEN"  # noqa: S105, likewise
REGISTRATION_VARIABLE = "PLACEWISE_REGISTRATION_SECRET"
_SYSTEM = "system"
# What a user can set right; anything else is the scheduler's or the connection's fault.
_BAD_REQUESTS = ("UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION")


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a scheduler is, and how to connect to it."""

    server: Annotated[
        str,
        typer.Option(
            help="Address of the scheduler.",
            envvar="PLACEWISE_SERVER",
            metavar="HOST:PORT",
            rich_help_panel=CONNECTION,
        ),
    ] = DEFAULT_SERVER
    tls_ca: Annotated[
        str | None,
        typer.Option(
            help=f"Connect with TLS, and check the server against these CA certificates (PEM), or: {_SYSTEM}.",
            envvar="PLACEWISE_TLS_CA",
            metavar="FILE",
            show_default=False,
            rich_help_panel=CONNECTION,
        ),
    ] = None
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            help="Client certificate (PEM).",
            envvar="PLACEWISE_TLS_CERT",
            metavar="FILE",
            show_default=False,
            rich_help_panel=CONNECTION,
        ),
    ] = None
    tls_key: Annotated[
        Path | None,
        typer.Option(
            help="Key of the client certificate (PEM).",
            envvar="PLACEWISE_TLS_KEY",
            metavar="FILE",
            show_default=False,
            rich_help_panel=CONNECTION,
        ),
    ] = None

    @contextlib.contextmanager
    def client(self) -> Iterator[Client]:
        """Yield a client of the scheduler."""
        with service_extra():
            from placewise.service.client import Client
        with refusals(), Client(self.server, tls=self.tls()) as client:
            yield client

    def tls(self) -> ClientTls | None:
        """Return how to use TLS, None for without. Raises InputError for a certificate that TLS is not asked for."""
        from placewise.service.client import ClientTls

        if self.tls_ca is None:
            if self.tls_cert is not None or self.tls_key is not None:
                raise InputError("a client certificate needs TLS", expected=f"--tls-ca with a PEM file, or {_SYSTEM}")
            return None
        return ClientTls(None if self.tls_ca == _SYSTEM else Path(self.tls_ca), self.tls_cert, self.tls_key)


def saved_clusters(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a cluster's name: those that were registered at this scheduler from here."""
    try:
        from placewise.service.client.saved_credentials import saved

        names = sorted(saved(context.params.get("server") or DEFAULT_SERVER))
    except (ImportError, InputError):  # a shell that completes is no place for errors
        return []
    return [name for name in names if name.startswith(incomplete)]


SecretFile = Annotated[
    Path | None,
    typer.Option(
        help="File with the cluster's secret; - for standard input.",
        metavar="FILE",
        show_default=f"{SECRET_VARIABLE}, else as saved by register",
        rich_help_panel=CONNECTION,
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        help="File with the token of --cluster, or the global token; - for standard input.",
        metavar="FILE",
        show_default=f"{TOKEN_VARIABLE}, else as saved by register",
        rich_help_panel=CONNECTION,
    ),
]
RegistrationFile = Annotated[
    Path | None,
    typer.Option(
        "--registration-secret-file",
        help="File with the scheduler's registration secret; - for standard input.",
        metavar="FILE",
        show_default=REGISTRATION_VARIABLE,
        rich_help_panel=CONNECTION,
    ),
]
OwnCluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="The cluster.",
        metavar="NAME",
        show_default="the only one registered from here",
        autocompletion=saved_clusters,
    ),
]
UsableClusters = Annotated[
    list[str] | None,
    typer.Option(
        "--cluster",
        help="A cluster to use.",
        metavar="NAME",
        show_default="all with a token",
        autocompletion=saved_clusters,
    ),
]


def service_extra() -> contextlib.AbstractContextManager[None]:
    """Import parts of the service, as `extra` does."""
    return extra("service")


@contextlib.contextmanager
def extra(name: str) -> Iterator[None]:
    """Import what needs an extra. Raises InputError that says what to install when a library of it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "placewise":
            raise
        raise InputError(
            f"the library {error.name!r} is not installed", expected=f"pip install 'placewise[{name}]'"
        ) from None


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Turn what the scheduler refuses for a reason on our side into bad input."""
    from placewise.service.client import ServiceError

    try:
        yield
    except ServiceError as error:
        if error.code.name in _BAD_REQUESTS:
            raise InputError(error.problem, place=error.place) from None
        raise


def identity_of(client: Client) -> str:
    """Return which scheduler a client talks to; empty for one that does not say."""
    from placewise.service.client import ServiceError

    try:
        return client.identify()
    except ServiceError as error:
        if error.code.name == "UNIMPLEMENTED":  # an older one
            return ""
        raise


def same_server(client: Client, server: str) -> None:
    """Raise InputError where what is saved for an address was given by another scheduler than the one there now."""
    from placewise.service.client.saved_credentials import refuse_other_server, saved_server

    if saved_server(server):
        refuse_other_server(server, identity_of(client))


def own_secret(client: Client, server: str, cluster: str | None, file: Path | None) -> ClusterSecret:
    """Return a cluster's name and secret."""
    from placewise.service.client import ClusterSecret

    if cluster is None or (file is None and not os.environ.get(SECRET_VARIABLE)):
        same_server(client, server)
    name = own_cluster(server, cluster)
    return ClusterSecret(name, secret_source(server, name, file)())


def own_cluster(server: str, cluster: str | None) -> str:
    """Return the name of the cluster that is meant: that given, or the only one saved."""
    from placewise.service.client.saved_credentials import credentials_file, saved

    if cluster is not None:
        return cluster
    known = sorted(saved(server))
    if len(known) != 1:
        raise InputError(
            "no cluster is named",
            file=credentials_file(server),
            found=known,
            expected="--cluster, or one saved cluster",
        )
    return known[0]


def secret_source(server: str, cluster: str, file: Path | None) -> Callable[[], str]:
    """Return what returns a cluster's secret; a file is read each time, since secrets may be replaced."""
    from placewise.service.client.saved_credentials import credentials_file, saved

    def look_up() -> str:
        known = saved(server).get(cluster)
        if known is None or not known.secret:
            raise InputError(
                f"no secret of {cluster!r} is saved for {server}",
                file=credentials_file(server),
                expected=f"--secret-file, or {SECRET_VARIABLE}",
            )
        return known.secret

    if file is not None and str(file) != "-":
        return lambda: _only_line(file)
    given = read_secret(file, SECRET_VARIABLE)
    return look_up if given is None else lambda: given


def user_credentials(client: Client, server: str, clusters: Sequence[str], file: Path | None) -> Credentials:
    """Return the tokens for the clusters named, or for all that may be used; empty if there are none."""
    from placewise.service.client import Credentials
    from placewise.service.client.saved_credentials import credentials_file, saved

    given = read_secret(file, TOKEN_VARIABLE)
    if given is None:
        same_server(client, server)
    if not clusters:
        if given is not None:
            return Credentials(global_token=given)
        return Credentials({name: known.token for name, known in saved(server).items() if known.token})
    known = {} if given is not None else saved(server)
    tokens = {name: known[name].token if name in known else given or "" for name in clusters}
    for name, token in tokens.items():
        if not token:
            raise InputError(
                f"no token of {name!r} is saved for {server}",
                file=credentials_file(server),
                expected=f"--token-file, or {TOKEN_VARIABLE}",
            )
    return Credentials(tokens)


def read_secret(file: Path | None, variable: str) -> str | None:
    """Return the secret in a file, on standard input or in a variable; None if there is none."""
    if file is None:
        given = os.environ.get(variable) or None
        if given is not None and not given.isprintable():
            raise InputError("holds no secret", place=variable, expected="printable text")
        return given
    return _only_line(file)


def _only_line(file: Path) -> str:
    from placewise.formats.reading import read_text

    written = (sys.stdin.readline() if str(file) == "-" else read_text(file)).strip()
    if not written or not written.isprintable():
        raise InputError("holds no secret", file=file, expected="one line")
    return written
