"""Secrets and tokens of the clusters registered from here, in a file of the user's for each scheduler.

The file is JSON, ``{cluster: {"token": ..., "secret": ...}}``, for its owner alone, and lies in the user's folder for
configuration, in ``placewise/credentials``.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import platformdirs

from placewise.errors import InputError, locating
from placewise.formats.reading import found_at, read_json
from placewise.formats.values import mapping, text
from placewise.service.client.values import Registration
from placewise.service.kept_secret import private_file


def credentials_file(target: str) -> Path:
    """Return where the credentials for a scheduler are kept."""
    name = quote(target.replace(":", "_"), safe="")
    return platformdirs.user_config_path("placewise") / "credentials" / f"{name}.json"


def saved(target: str) -> dict[str, Registration]:
    """Return what is saved of each cluster of a scheduler. Raises InputError for a file that cannot be used."""
    path = credentials_file(target)
    if found_at(path) == "nothing":
        return {}
    with locating(file=path):
        return {cluster: _entry(value, repr(cluster)) for cluster, value in mapping(read_json(path), "file").items()}


def save(target: str, cluster: str, given: Registration) -> Path:
    """Save what a cluster was given, keeping what is empty as it was, and return the file."""

    def put(known: dict[str, Registration]) -> None:
        before = known.get(cluster, Registration("", ""))
        known[cluster] = Registration(given.token or before.token, given.secret or before.secret)

    return _change(target, put)


def forget(target: str, cluster: str) -> None:
    """Remove what is saved of a cluster."""
    if cluster in saved(target):
        _change(target, lambda known: known.pop(cluster, None))


def _entry(value: object, place: str) -> Registration:
    entry = mapping(value, place)
    return Registration(*(text(entry[key], f"{place}.{key}") if entry.get(key) else "" for key in ("token", "secret")))


def _change(target: str, change: Callable[[dict[str, Registration]], object]) -> Path:
    path = credentials_file(target)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(path.parent):
            known = saved(target)
            change(known)
            content = {name: {"token": one.token, "secret": one.secret} for name, one in known.items()}
            with private_file(path, json.dumps(content, indent=1)) as temporary:
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
