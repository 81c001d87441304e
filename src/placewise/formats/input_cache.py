"""Parsed inputs kept in the user's cache folder, so that documents are parsed once and not once a run.

An entry is one .npz file, named by a hash of all that was read and of what read it. It holds the
workload's rows as arrays and everything else as JSON; nothing in it can run code. An entry that cannot
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
import platformdirs

import placewise
from placewise.errors import InputError
from placewise.formats.cluster_features import package_version
from placewise.formats.writing import replacing
from placewise.model.cluster import Cluster, Fleet
from placewise.model.requirement import version_bounds, version_requirement
from placewise.model.resources import Subsystem, package_subsystem
from placewise.model.workload import Workload

# To be raised whenever the same documents come to mean something else, or are kept in another way.
FORMAT = 1
ENTRIES_KEPT = 20
VARIABLE = "PLACEWISE_CACHE"

Inputs: TypeAlias = tuple[tuple[str, str], ...]

_log = logging.getLogger(__name__)


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return where parsed inputs are kept: PLACEWISE_CACHE, or the user's cache folder; None for ``off``."""
    chosen = environment.get(VARIABLE)
    if chosen == "off":
        return None
    return Path(chosen) if chosen else platformdirs.user_cache_path("placewise")


def entry_path(folder: Path, inputs: Inputs) -> Path:
    """Return the file that keeps what was parsed from these (relative name, SHA-256) pairs."""
    return folder / f"inputs-{_key(inputs)}.npz"


def load(folder: Path, inputs: Inputs) -> tuple[str, Fleet, Workload] | None:
    """Return kind, fleet and workload as they were stored for these inputs; None if they were not, or not well."""
    path = entry_path(folder, inputs)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as members:
            found = _unpack(json.loads(members["facts"].tobytes()), members["offsets"], members["ids"], _key(inputs))
    except FileNotFoundError:
        return None
    except Exception as error:  # noqa: BLE001, a damaged file fails in ways without number, and costs only time
        _log.warning("the cached inputs %s are not usable and will be made anew: %s", path, error)
        return None
    with contextlib.suppress(OSError):  # a cache may be shared and read-only
        os.utime(path)  # so that the least recently used entry goes first
    return found


def store(folder: Path, inputs: Inputs, kind: str, fleet: Fleet, workload: Workload) -> None:
    """Keep what was parsed from these inputs, and drop the entries beyond the newest `ENTRIES_KEPT`.

    Equal values give equal bytes. Two processes may store at once: files are replaced whole. A folder
    that cannot be written to is logged.
    """
    try:
        facts = json.dumps(_facts(_key(inputs), kind, fleet, workload), separators=(",", ":")).encode()
        with replacing(entry_path(folder, inputs)) as temporary, temporary.open("wb") as file:
            np.savez(file, facts=np.frombuffer(facts, dtype=np.uint8), offsets=workload.offsets, ids=workload.ids)
        _drop_old_entries(folder)
    except (InputError, OSError) as error:
        _log.warning("the parsed inputs cannot be cached: %s", error)


def _key(inputs: Inputs) -> str:
    return hashlib.sha256(json.dumps([FORMAT, placewise.__version__, inputs]).encode()).hexdigest()


def _facts(key: str, kind: str, fleet: Fleet, workload: Workload) -> dict[str, Any]:
    numbers: dict[Subsystem, int] = {}
    # Most clusters share their values, and looking up an object is far cheaper than hashing its content.
    number_of: dict[int, int] = {}
    clusters = []
    for cluster in fleet.clusters:
        row = []
        for subsystem in cluster.subsystems:
            number = number_of.get(id(subsystem))
            if number is None:
                number = number_of[id(subsystem)] = numbers.setdefault(subsystem, len(numbers))
            row.append(number)
        clusters.append((cluster.name, row))
    return {
        "key": key,
        "kind": kind,
        "clusters": clusters,
        "packages": [package_version(subsystem) for subsystem in numbers],
        "requirements": [(r.subsystem, *version_bounds(r)) for r in workload.requirements],
        "names": workload.names,
        "columns": dict(workload.columns),
    }


def _unpack(facts: dict[str, Any], offsets: Any, ids: Any, key: str) -> tuple[str, Fleet, Workload]:
    if facts["key"] != key:
        raise ValueError("it was made from other inputs")
    packages = [package_subsystem(*one) for one in facts["packages"]]
    fleet = Fleet(
        tuple(Cluster(name, subsystems=tuple(map(packages.__getitem__, row))) for name, row in facts["clusters"])
    )
    requirements = tuple(version_requirement(*one) for one in facts["requirements"])
    if offsets[0] != 0 or offsets[-1] != len(ids) or (np.diff(offsets) < 0).any():
        raise ValueError("its rows do not add up")
    if len(ids) and not 0 <= ids.min() <= ids.max() < len(requirements):
        raise ValueError("its rows name requirements that it lacks")
    return facts["kind"], fleet, Workload(tuple(facts["names"]), requirements, offsets, ids, facts["columns"])


def _drop_old_entries(folder: Path) -> None:
    # Temporary files that a crash left behind match too, and grow old.
    entries = [(path.stat().st_mtime_ns, path) for path in folder.glob("*inputs-*.npz")]
    for _, path in sorted(entries, reverse=True)[ENTRIES_KEPT:]:
        path.unlink(missing_ok=True)
