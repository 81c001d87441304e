"""Secrets and tokens of the clusters registered from here, in a file of the user's for each scheduler.

The file is JSON, ``{"server": ..., "clusters": {cluster: {"token": ..., "secret": ...}}}``, for its owner alone, and
lies in the user's folder for configuration, in ``placewise/credentials``. The server is what the scheduler answers to
Identify; a file of clusters alone, as they were once written, is of a scheduler that is not known.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import quote

import platformdirs

from placewise.errors import InputError, Words, locating
from placewise.formats.reading import found_at, read_json
from placewise.formats.values import mapping, text
from placewise.service.client.errors import OtherServerError
from placewise.service.client.messages.values import Registration
from placewise.service.kept_secret import private_file

_SHOWN = 8


@dataclass(slots=True)
class _Saved:
    server: str = ""
    clusters: dict[str, Registration] = field(default_factory=dict)


def credentials_file(target: str) -> Path:
    """Return where the credentials for a scheduler are kept."""
    name = quote(target.replace(":", "_"), safe="")
    return platformdirs.user_config_path("placewise") / "credentials" / f"{name}.json"


def saved(target: str) -> dict[str, Registration]:
    """Return what is saved of each cluster of a scheduler. Raises InputError for a file that cannot be used."""
    return _read(credentials_file(target)).clusters


def saved_server(target: str) -> str:
    """Return of which scheduler the saved credentials are; empty where that is not known, or nothing is saved."""
    return _read(credentials_file(target)).server


def refuse_other_server(target: str, server: str) -> None:
    """Raise OtherServerError where what is saved was given by another scheduler than the one at the address now."""
    before = saved_server(target)
    if before and server and before != server:
        raise OtherServerError(
            "these credentials are of another server",
            file=credentials_file(target),
            found=Words(f"server {before[:_SHOWN]}, and {server[:_SHOWN]} is at {target}"),
            expected="another --server, that server back, or clusters registered with this one",
        )


def prepare(target: str, server: str) -> Path | None:
    """See that what a scheduler gives can be saved; return where credentials of another one were moved to, if any.

    Raises InputError where it cannot.
    """
    moved = None

    def change(known: _Saved) -> None:
        nonlocal moved
        if known.server and server and known.server != server:
            path = credentials_file(target)
            names = (f"{path.stem}.before-{number}.json" for number in count(1))
            moved = next(there for name in names if found_at(there := path.with_name(name)) == "nothing")
            path.rename(moved)
            known.server, known.clusters = "", {}
        known.server = server or known.server

    _change(target, change)
    return moved


def save(target: str, cluster: str, given: Registration) -> Path:
    """Save what a cluster was given, keeping what is empty as it was, and return the file."""

    def put(known: _Saved) -> None:
        before = known.clusters.get(cluster, Registration("", ""))
        known.clusters[cluster] = Registration(given.token or before.token, given.secret or before.secret)

    return _change(target, put)


def forget(target: str, cluster: str, server: str) -> None:
    """Remove what is saved of a cluster, unless it is another scheduler's of the same name."""
    if cluster in saved(target) and (saved_server(target) or server) == server:
        _change(target, lambda known: known.clusters.pop(cluster, None))


def _read(path: Path) -> _Saved:
    if found_at(path) == "nothing":
        return _Saved()
    with locating(file=path), _showing_nothing():
        document = mapping(read_json(path), "file")
        server, clusters = "", document
        if isinstance(document.get("server"), str):
            server, clusters = document["server"], mapping(document.get("clusters"), "clusters")
        return _Saved(server, {cluster: _entry(value, repr(cluster)) for cluster, value in clusters.items()})


@contextlib.contextmanager
def _showing_nothing() -> Iterator[None]:
    """Have errors say where something is wrong, and not what stands there: it may be a secret in a wrong place."""
    try:
        yield
    except InputError as error:
        raise InputError(error.problem, file=error.file, place=error.place, expected=error.expected) from None


def _entry(value: object, place: str) -> Registration:
    entry = mapping(value, place)
    return Registration(*(text(entry[key], f"{place}.{key}") if entry.get(key) else "" for key in ("token", "secret")))


def _change(target: str, change: Callable[[_Saved], object]) -> Path:
    path = credentials_file(target)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(path.parent):
            known = _read(path)
            change(known)
            clusters = {name: {"token": one.token, "secret": one.secret} for name, one in known.clusters.items()}
            content = json.dumps({"server": known.server, "clusters": clusters}, indent=1)
            with private_file(path, content) as temporary:
                temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=path) from error
    return path


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from changing what is saved while the block runs."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
