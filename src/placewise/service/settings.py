"""Every setting of `placewise serve`, checked before anything starts."""

from __future__ import annotations

import dataclasses
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import platformdirs

from placewise.errors import InputError, locating
from placewise.formats.fleets.rainbow_config import read_rainbow_config
from placewise.formats.values import text as plain_text
from placewise.service import setting_values as read
from placewise.service.kept_secret import keep_secret
from placewise.service.observing.logs import Format, Level
from placewise.service.setting_values import Address

PREFIX = "PLACEWISE_SERVE_"
SECRET_FILE = "registration-secret"  # noqa: S105, a file's name
Orphans = Literal["keep", "requeue", "fail"]
_LARGEST_INT32 = 2**31 - 1


def default_database() -> str:
    """Return the database of a server that is given none: a file in the user's data folder."""
    return str(platformdirs.user_data_path("placewise") / "placewise.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a server; canonical at birth, whatever they were read from.

    Raises InputError, naming the setting, for a value that cannot be used and for values that do not go together:
    half of a certificate and its key, or an address that others can reach without TLS and without `insecure`.

    Attributes
    ----------
    name : of this server, for people.
    listen, http : "host:port" of gRPC and of the web page, health and metrics; `http` is None for no such port.
    database : a file of SQLite, or a URL.
    registration_secret : with it clusters register. registration_secret_file : where it is kept when it was made here.
    global_token : valid in place of every cluster's token.
    match_algorithm, select_algorithm, select_options : what a request that says nothing gets.
    tls_cert, tls_key : PEM files; both ports use them. tls_ca : the authorities of the certificates that clients
        must then show, on both ports.
    insecure : others may reach a port without TLS. open_satisfy : whoever reaches the server may ask what matches.
    lease_s : how long a cluster has to accept what it received. sweep_s : between looks for leases that ran out.
    orphans : what becomes of the jobs of an agent that was not heard of for agent_lost_s seconds: keep, requeue, until
        they were accepted most_attempts times, or fail.
    models : files or folders of fitted runtime models and of a learned model of success, which policies choose by.
    vocabulary : the operator's own, a vocabulary.yaml; it counts before what clusters teach.
    separate_entries : each entry of a list of requirements speaks of a vertex of its own, as in rainbow.
    keep_s : how long jobs that are over are kept with their histories; None for ever.
    quota_jobs, quota_bytes : what a token may use: jobs that wait or run, and bytes of the jobspecs and commands that
        are kept for it; None for no bound.
    most_queued : jobs a cluster. most_clusters; most_subsystems : a cluster. most_names : subsystems and fields that
        are remembered, those of clusters that are gone included.
    message_bytes, metadata_bytes, jobspec_bytes : the largest request, its metadata, and a jobspec in it.
    work_s : the longest that one call may be worked for beside the event loop, its turn not counted.
    rate_limit : calls a second and address, 0 for no limit. most_denied : wrong credentials a minute and address.
    most_connections : of gRPC, and most_web_connections : of the web page, as far as the limit of open files goes.
    most_streams_of_one : open calls and streams a connection. most_calls, most_streams : those of all.
    handshake_s : for a connection's beginning, TLS included. message_s : for a request to come, once it began.
    idle_s : after which a connection without calls is closed. stop_s : for calls under way when the server is to end.
    http_hosts : names, beside localhost and addresses, under which the web page may be asked for.
    seed : of random choices, None for a different one each time.
    processes : how many serve on the one port, with a PostgreSQL; the HTTP port of each is one more than the last's.

    What may be given says in its type what reads it.
    """

    name: Annotated[str, read.name] = "placewise"
    listen: Annotated[str, read.address] = "127.0.0.1:50051"
    http: Annotated[str | None, read.or_none(read.address)] = "127.0.0.1:50052"
    # A URL may hold a password.
    database: Annotated[str, read.database] = field(default_factory=default_database, repr=False)
    registration_secret: Annotated[str, read.secret] = field(repr=False)
    registration_secret_file: Path | None = None
    global_token: Annotated[str | None, read.or_none(read.secret)] = field(default=None, repr=False)
    match_algorithm: Annotated[str, plain_text] = "match"
    select_algorithm: Annotated[str, plain_text] = "random"
    select_options: Annotated[Mapping[str, str], read.options] = field(default_factory=dict)
    models: Annotated[tuple[Path, ...], read.paths] = ()
    vocabulary: Annotated[Path | None, read.or_none(read.path)] = None
    separate_entries: Annotated[bool, read.switch] = False
    tls_cert: Annotated[Path | None, read.or_none(read.path)] = None
    tls_key: Annotated[Path | None, read.or_none(read.path)] = None
    tls_ca: Annotated[Path | None, read.or_none(read.path)] = None
    insecure: Annotated[bool, read.switch] = False
    open_satisfy: Annotated[bool, read.switch] = False
    lease_s: Annotated[float, read.seconds] = 60.0
    sweep_s: Annotated[float, read.seconds] = 1.0
    orphans: Annotated[Orphans, read.one_of(*get_args(Orphans))] = "keep"
    agent_lost_s: Annotated[float, read.seconds] = 60.0
    most_attempts: Annotated[int, read.whole(1)] = 3
    keep_s: Annotated[float | None, read.or_none(read.span)] = None
    quota_jobs: Annotated[int | None, read.or_none(read.whole(1))] = None
    quota_bytes: Annotated[int | None, read.or_none(read.whole(1))] = None
    most_queued: Annotated[int, read.whole(1)] = 100_000
    most_clusters: Annotated[int, read.whole(1)] = 10_000
    most_subsystems: Annotated[int, read.whole(1)] = 10_000
    most_names: Annotated[int, read.whole(1)] = 200_000
    message_bytes: Annotated[int, read.whole(1024, _LARGEST_INT32)] = 4 << 20
    metadata_bytes: Annotated[int, read.whole(1024, _LARGEST_INT32)] = 16 << 10
    jobspec_bytes: Annotated[int, read.whole(1)] = 256 << 10
    work_s: Annotated[float, read.seconds] = 30.0
    rate_limit: Annotated[int, read.whole(0)] = 0
    most_denied: Annotated[int, read.whole(1)] = 60
    most_connections: Annotated[int, read.whole(1, _LARGEST_INT32)] = 8192
    most_web_connections: Annotated[int, read.whole(1, _LARGEST_INT32)] = 256
    most_streams_of_one: Annotated[int, read.whole(1, _LARGEST_INT32)] = 32
    most_calls: Annotated[int, read.whole(1)] = 8000
    most_streams: Annotated[int, read.whole(1)] = 4000
    handshake_s: Annotated[float, read.seconds] = 5.0
    message_s: Annotated[float, read.seconds] = 30.0
    idle_s: Annotated[float, read.seconds] = 300.0
    stop_s: Annotated[float, read.seconds] = 1.0
    http_hosts: Annotated[Sequence[str], read.hosts] = ()
    log_level: Annotated[Level, read.one_of(*get_args(Level))] = "info"
    log_format: Annotated[Format, read.one_of(*get_args(Format))] = "auto"
    seed: Annotated[int | None, read.or_none(read.whole(0))] = None
    tracing: Annotated[bool, read.switch] = False
    processes: Annotated[int, read.whole(1, 64)] = 1

    def __post_init__(self) -> None:
        for name, reader in _READERS.items():
            object.__setattr__(self, name, reader(getattr(self, name), name))
        _refuse_contradictions(self)

    @property
    def tls(self) -> bool:
        """Whether the ports use TLS."""
        return self.tls_cert is not None


def from_sources(config: Path | None, environment: Mapping[str, str], flags: Mapping[str, object | None]) -> Settings:
    """Return the settings of a server: flags over environment over the configuration of a rainbow scheduler.

    config : its ``rainbow-config.yaml``, of which the scheduler's name and secret and its algorithms count; the rest
    is for clients. environment : variables ``PLACEWISE_SERVE_<NAME>``; others are not looked at. flags : by the name of
    the setting; None is not given. Where no registration secret is given, one is made and kept in the file
    `registration-secret` beside the SQLite database, and read from it the next time.
    Raises InputError for anything unusable, naming the flag, variable or file, before that file is made.
    """
    given: dict[str, Any] = {}
    for source, values in (_of_config(config), _of_environment(environment), _of_flags(flags)):
        for name, (value, place) in values.items():
            with locating(file=source):
                given[name] = _READERS[name](value, place)
    if "registration_secret" in given:
        return Settings(**given)
    made = secrets.token_urlsafe(32)
    settings = Settings(**given, registration_secret=made)
    database = read.sqlite_file(settings.database)
    if database is None:
        raise InputError(
            "no registration secret is given, and the database is not a file beside which one could be kept",
            expected=f"--registration-secret or {PREFIX}REGISTRATION_SECRET",
        )
    path = database.absolute().with_name(SECRET_FILE)
    with locating(file=path):
        kept = read.secret(keep_secret(path, made), "the secret")
    return dataclasses.replace(settings, registration_secret=kept, registration_secret_file=path)


_Values = tuple[object, dict[str, tuple[Any, str]]]
"""The file that values come from, if any, and each value with its place, by the name of the setting."""


def _of_config(path: Path | None) -> _Values:
    if path is None:
        return None, {}
    config = read_rainbow_config(path)
    values = {
        "name": (config.scheduler_name, "scheduler.name"),
        "registration_secret": (config.registration_secret, "scheduler.secret"),
        "match_algorithm": (config.match_algorithm, "scheduler.algorithms.match.name"),
        "select_algorithm": (config.select_algorithm, "scheduler.algorithms.selection.name"),
        "select_options": (config.select_options, "scheduler.algorithms.selection.options"),
    }
    return path, {name: (value, place) for name, (value, place) in values.items() if value is not None}


def _of_environment(environment: Mapping[str, str]) -> _Values:
    variables = {name: PREFIX + name.upper() for name in _READERS}
    return None, {name: (environment[key], key) for name, key in variables.items() if environment.get(key)}


def _of_flags(flags: Mapping[str, object | None]) -> _Values:
    return None, {name: (value, _option(name)) for name, value in flags.items() if value is not None}


def _option(name: str) -> str:
    """Return the option of a setting: as help has it, which names no seconds."""
    return "--select" if name == "select_algorithm" else "--" + name.removesuffix("_s").replace("_", "-")


def _refuse_contradictions(settings: Settings) -> None:
    if (settings.tls_cert is None) != (settings.tls_key is None):
        missing = "tls_key" if settings.tls_key is None else "tls_cert"
        raise InputError("a certificate and its key go together", place=missing, found=None, expected="a PEM file")
    if settings.tls_ca is not None and not settings.tls:
        raise InputError("client certificates need TLS", place="tls_ca", expected="tls_cert and tls_key as well")
    addresses = {"listen": settings.listen, "http": settings.http}
    for place, text in addresses.items():
        if text is None or settings.tls or settings.insecure or Address.of(text, place).is_loopback:
            continue
        raise InputError(
            "others could reach this address, and read secrets on their way",
            place=place,
            found=text,
            expected="a loopback address, TLS (tls_cert and tls_key), or insecure",
        )
    if settings.listen == settings.http and Address.of(settings.listen, "listen").port != 0:
        raise InputError("is the address of gRPC as well", place="http", found=settings.http, expected="another port")
    if settings.jobspec_bytes > settings.message_bytes:
        raise InputError(
            "is larger than a message may be",
            place="jobspec_bytes",
            found=settings.jobspec_bytes,
            expected=f"at most message_bytes, {settings.message_bytes}",
        )
    if settings.processes > 1:
        _refuse_to_share(settings)


def _refuse_to_share(settings: Settings) -> None:
    """Raise InputError for what several processes cannot serve together."""
    if not settings.database.startswith("postgresql"):
        raise InputError(
            "an SQLite file is for one process: others would not learn of its leases and changes",
            place="processes",
            found=settings.processes,
            expected="1, or a PostgreSQL as the database",
        )
    if not hasattr(socket, "SO_REUSEPORT"):
        raise InputError("this system has no ports that are shared", place="processes", found=settings.processes)
    if settings.http is None or (first := Address.of(settings.http, "http").port) == 0:
        return
    last = first + settings.processes - 1
    if last > 65_535 or first <= Address.of(settings.listen, "listen").port <= last:
        raise InputError(
            "each process has an HTTP port of its own, one more than the last's",
            place="http",
            found=settings.http,
            expected=f"{settings.processes} ports in a row, without that of gRPC",
        )


_READERS: dict[str, read.Reader] = {
    name: hint.__metadata__[0]
    for name, hint in get_type_hints(Settings, include_extras=True).items()
    if get_origin(hint) is Annotated
}
"""What reads each setting that can be given, by its name."""
