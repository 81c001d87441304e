"""Every setting of `placewise serve`, checked before anything starts."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
_LARGEST_INT32 = 2**31 - 1


def _default_database() -> str:
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
    most_queued : jobs a cluster. most_clusters; most_subsystems : a cluster.
    message_bytes, metadata_bytes, jobspec_bytes : the largest request, its metadata, and a jobspec in it.
    rate_limit : calls a second and address, 0 for no limit. most_denied : wrong credentials a minute and address.
    seed : of random choices, None for a different one each time.
    """

    name: str = "placewise"
    listen: str = "127.0.0.1:50051"
    http: str | None = "127.0.0.1:50052"
    database: str = field(default_factory=_default_database, repr=False)  # a URL may hold a password
    registration_secret: str = field(repr=False)
    registration_secret_file: Path | None = None
    global_token: str | None = field(default=None, repr=False)
    match_algorithm: str = "match"
    select_algorithm: str = "random"
    select_options: Mapping[str, str] = field(default_factory=dict)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None
    insecure: bool = False
    open_satisfy: bool = False
    lease_s: float = 60.0
    sweep_s: float = 1.0
    most_queued: int = 100_000
    most_clusters: int = 10_000
    most_subsystems: int = 10_000
    message_bytes: int = 4 << 20
    metadata_bytes: int = 16 << 10
    jobspec_bytes: int = 256 << 10
    rate_limit: int = 0
    most_denied: int = 60
    log_level: Level = "info"
    log_format: Format = "auto"
    seed: int | None = None
    tracing: bool = False

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
            "no registration secret is given, and the database is no file beside which one could be kept",
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
    return None, {name: (value, "--" + name.replace("_", "-")) for name, value in flags.items() if value is not None}


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


_READERS: dict[str, read.Reader] = {
    "name": read.name,
    "listen": read.address,
    "http": read.or_none(read.address),
    "database": read.database,
    "registration_secret": read.secret,
    "global_token": read.or_none(read.secret),
    "match_algorithm": plain_text,
    "select_algorithm": plain_text,
    "select_options": read.options,
    "tls_cert": read.or_none(read.path),
    "tls_key": read.or_none(read.path),
    "tls_ca": read.or_none(read.path),
    "insecure": read.switch,
    "open_satisfy": read.switch,
    "lease_s": read.seconds,
    "sweep_s": read.seconds,
    "most_queued": read.whole(1),
    "most_clusters": read.whole(1),
    "most_subsystems": read.whole(1),
    "message_bytes": read.whole(1024, _LARGEST_INT32),
    "metadata_bytes": read.whole(1024, _LARGEST_INT32),
    "jobspec_bytes": read.whole(1),
    "rate_limit": read.whole(0),
    "most_denied": read.whole(1),
    "log_level": read.one_of("debug", "info", "warning", "error"),
    "log_format": read.one_of("auto", "json", "console"),
    "seed": read.or_none(read.whole(0)),
    "tracing": read.switch,
}
