"""Parsed inputs kept in the user's cache folder, so that documents are parsed once and not once a run.

An entry is one .npz file, named by a hash of all that was read and of what read it. It holds columns of
numbers as arrays and everything else as JSON (see `input_packing`); nothing in it can run code. An entry that cannot
be used is logged and replaced, never an error: the documents themselves are at hand.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import placewise
from placewise.errors import InputError
from placewise.formats.cache.input_packing import pack, unpack
from placewise.formats.writing import replacing
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.records import Records
from placewise.model.jobs.workload import Workload

# To be raised whenever the same documents come to mean something else, or are kept in another way.
FORMAT = 3
ENTRIES_KEPT = 20
VARIABLE = "PLACEWISE_CACHE"

Inputs: TypeAlias = tuple[tuple[str, str], ...]

_FACTS, _PACKED = "facts", "packed"

_log = logging.getLogger(__name__)


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return where parsed inputs are kept: PLACEWISE_CACHE, or the user's cache folder; None for ``off``."""
    chosen = environment.get(VARIABLE)
    if chosen == "off":
        return None
    if chosen:
        return Path(chosen)
    import platformdirs  # noqa: PLC0415, of no use where the folder is named

    return platformdirs.user_cache_path("placewise")


def entry_path(folder: Path, inputs: Inputs) -> Path:
    """Return the file that keeps what was parsed from these (relative name, SHA-256) pairs."""
    return folder / f"inputs-{_key(inputs)}.npz"


def load(folder: Path, inputs: Inputs) -> tuple[str, Fleet, Workload | Records, str] | None:
    """Return kind, fleet, jobs and their digest as they were stored for these inputs; None if not, or not well.

    The digest is of what is in the entry, which anybody may have written who can write the folder.
    """
    path = entry_path(folder, inputs)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as members:
            arrays = dict(members.items())
        facts = json.loads(arrays.pop(_FACTS).tobytes())
        if facts["key"] != _key(inputs):
            raise ValueError("it was made from other inputs")  # noqa: TRY301, one end for all that is not usable
        packed = arrays.pop(_PACKED).tobytes()
        found = facts["kind"], *unpack(json.loads(packed), arrays), _digest(facts["kind"], packed, arrays)
    except FileNotFoundError:
        return None
    except Exception as error:  # noqa: BLE001, a damaged file fails in ways without number, and costs only time
        _log.warning("the cached inputs %s are not usable and will be made anew: %s", path, error)
        return None
    with contextlib.suppress(OSError):  # a cache may be shared and read-only
        os.utime(path)  # so that the least recently used entry goes first
    return found


def digest(kind: str, fleet: Fleet, jobs: Workload | Records) -> str:
    """Return a SHA-256 of what was parsed, however it came about; empty for what no entry can hold."""
    try:
        packed, arrays = _packed(fleet, jobs)
    except InputError:
        return ""
    return _digest(kind, packed, arrays)


def _packed(fleet: Fleet, jobs: Workload | Records) -> tuple[bytes, Mapping[str, NDArray[Any]]]:
    facts, arrays = pack(fleet, jobs)
    return json.dumps(facts, separators=(",", ":")).encode(), arrays


def _digest(kind: str, packed: bytes, arrays: Mapping[str, NDArray[Any]]) -> str:
    found = hashlib.sha256(json.dumps([kind, len(packed)]).encode() + packed)
    for name, array in sorted(arrays.items()):
        found.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def store(folder: Path, inputs: Inputs, kind: str, fleet: Fleet, jobs: Workload | Records) -> str:
    """Keep what was parsed from these inputs, drop the entries beyond the newest `ENTRIES_KEPT`; return its digest.

    Equal values give equal bytes. Two processes may store at once: files are replaced whole. A folder
    that cannot be written to is logged.
    """
    found = ""
    try:
        packed, arrays = _packed(fleet, jobs)
        found = _digest(kind, packed, arrays)
        facts = json.dumps({"key": _key(inputs), "kind": kind}, separators=(",", ":")).encode()
        with replacing(entry_path(folder, inputs)) as temporary, temporary.open("wb") as file:
            texts = {_FACTS: facts, _PACKED: packed}
            members = {**{name: np.frombuffer(text, dtype=np.uint8) for name, text in texts.items()}, **arrays}
            np.savez(file, **members)  # type: ignore[arg-type]  # the stubs take each keyword for a flag
        _drop_old_entries(folder)
    except (InputError, OSError) as error:
        _log.warning("the parsed inputs cannot be cached: %s", error)
    return found


def _key(inputs: Inputs) -> str:
    return hashlib.sha256(json.dumps([FORMAT, placewise.__version__, inputs]).encode()).hexdigest()


def _drop_old_entries(folder: Path) -> None:
    # Temporary files that a crash left behind match too, and grow old.
    entries = [(path.stat().st_mtime_ns, path) for path in folder.glob("*inputs-*.npz")]
    for _, path in sorted(entries, reverse=True)[ENTRIES_KEPT:]:
        path.unlink(missing_ok=True)
