"""Parsed inputs packed for the cache: facts that go into JSON, and arrays of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.formats.fleets.build_features import build_features, build_fleet_of
from placewise.formats.fleets.cluster_features import package_version
from placewise.formats.requirements.rows import requirement_of, requirement_row
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, package_subsystem
from placewise.model.jobs.records import Records
from placewise.model.jobs.workload import Workload

Arrays: TypeAlias = Mapping[str, NDArray[Any]]

_TEXTS = ("names", "packages", "arch", "compiler", "compiler_version")
_NUMBERS = ("memory_max_bytes", "memory_mean_bytes", "memory_min_bytes", "duration_s", "best_memory_bytes")


def pack(fleet: Fleet, jobs: Workload | Records) -> tuple[dict[str, Any], Arrays]:
    """Return what `unpack` makes the same fleet and jobs of. Raises InputError for a fleet of another kind."""
    if isinstance(jobs, Records):
        columns = {name: _coded(jobs.texts(name) if name != "names" else jobs.names) for name in _TEXTS}
        facts = {"features": build_features(fleet), "texts": {name: texts for name, (texts, _) in columns.items()}}
        codes = np.array([codes for _, codes in columns.values()], dtype=np.int32)
        return facts, {"codes": codes, "numbers": np.array([jobs.numbers(name) for name in _NUMBERS])}
    return _workload_facts(fleet, jobs), {"offsets": jobs.offsets, "ids": jobs.ids}


def unpack(facts: Mapping[str, Any], arrays: Arrays) -> tuple[Fleet, Workload | Records]:
    """Return the fleet and jobs that were packed. Raises any exception for what `pack` did not make."""
    if "features" in facts:
        return build_fleet_of(facts["features"], "the cache"), _records(facts["texts"], arrays)
    packages = [package_subsystem(*one) for one in facts["packages"]]
    fleet = Fleet(
        tuple(Cluster(name, subsystems=tuple(map(packages.__getitem__, row))) for name, row in facts["clusters"])
    )
    requirements = tuple(requirement_of(one, "the cache") for one in facts["requirements"])
    offsets, ids = arrays["offsets"], arrays["ids"]
    if offsets[0] != 0 or offsets[-1] != len(ids) or (np.diff(offsets) < 0).any():
        raise ValueError("its rows do not add up")
    _refuse_numbers_beyond(ids, len(requirements))
    return fleet, Workload(tuple(facts["names"]), requirements, offsets, ids, facts["columns"])


def _coded(column: Sequence[str]) -> tuple[list[str], list[int]]:
    numbers: dict[str, int] = {}
    codes = [numbers.setdefault(text, len(numbers)) for text in column]
    return list(numbers), codes


def _records(texts: Mapping[str, list[str]], arrays: Arrays) -> Records:
    columns: dict[str, Any] = {}
    for name, codes in zip(_TEXTS, arrays["codes"], strict=True):
        _refuse_numbers_beyond(codes, len(texts[name]))
        columns[name] = tuple(map(texts[name].__getitem__, codes.tolist()))
    if arrays["numbers"].dtype != np.float64:
        raise ValueError("its numbers are of another type")
    return Records.of_builds(**columns, **dict(zip(_NUMBERS, arrays["numbers"], strict=True)))


def _refuse_numbers_beyond(numbers: NDArray[Any], count: int) -> None:
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < count:
        raise ValueError("its rows name what it lacks")


def _workload_facts(fleet: Fleet, workload: Workload) -> dict[str, Any]:
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
        "clusters": clusters,
        "packages": [package_version(subsystem) for subsystem in numbers],
        "requirements": [requirement_row(r) for r in workload.requirements],
        "names": workload.names,
        "columns": dict(workload.columns),
    }
