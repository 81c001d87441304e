"""jobspecs/*.yaml of the kind spack-build: builds, many a file, with what they ran on and what they took.

The format is that of the prior work (rainbow-experiments, spack-build): each file is a list of
``{name, package, attributes: {duration, memory_global_best_runtime, memory_of_top_ten_percent_runtime},
resources: {arch: {arch}, compiler: {compiler_name, compiler_version}, memory: {mem_max, mem_mean, mem_min}}}``,
durations in seconds and memory in bytes. The two memories among the attributes may be missing or null;
the second is checked and not kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.jobs.jobspec_lists import parse_jobspecs
from placewise.model.jobs.records import Records
from placewise.model.versions.version import parse_version

# In the order of the fields of Records, and at last the memory of the fastest tenth, which is not kept.
Build: TypeAlias = tuple[str, str, str, str, str, float, float, float, float, float, float]
Columns: TypeAlias = Sequence[Sequence[Any]]

FIELDS = frozenset(("name", "package", "attributes", "resources"))
ATTRIBUTES = ("duration",)
OPTIONAL = ("memory_global_best_runtime", "memory_of_top_ten_percent_runtime")
_ALL_ATTRIBUTES = frozenset((*ATTRIBUTES, *OPTIONAL))
RESOURCES = ("arch", "compiler", "memory")
ARCH = ("arch",)
COMPILER = ("compiler_name", "compiler_version")
MEMORY = ("mem_max", "mem_mean", "mem_min")
_VERSION, _KEPT = 4, 10


def builds_of(documents: Sequence[tuple[Path, bytes]]) -> Records:
    """Return the builds of jobspec files, given as path and content, in order.

    A name may be a whole number, read as its digits. Builds that are equal in all are kept and count.
    Raises InputError naming file, job and field: the first in the order of the files.
    """
    columns_of = [_columns(content, path) for path, content in documents]
    columns = [list(chain.from_iterable(column)) for column in zip(*columns_of, strict=True)]
    if not columns or not columns[0]:
        raise InputError("there are no jobs", file=documents[0][0] if documents else None, expected="at least one job")
    _refuse_conflicts(columns, [(path, len(one[0])) for (path, _), one in zip(documents, columns_of, strict=True)])
    texts, numbers = columns[: _VERSION + 1], columns[_VERSION + 1 : _KEPT]
    return Records.of_builds(*map(tuple, texts), *map(np.array, numbers))  # type: ignore[arg-type]


def build_of(entry: Any, place: str) -> Build:
    """Return the build of one entry of a parsed list. Raises InputError naming place and field."""
    _section(entry, (), FIELDS, place)
    name = values.text(_given(entry, "name", place), f"{place}, name")
    place = f"job {name!r}"
    package = values.text(_given(entry, "package", place), f"{place}, package")
    attributes = _section(_given(entry, "attributes", place), ATTRIBUTES, _ALL_ATTRIBUTES, f"{place}, attributes")
    resources = _section(_given(entry, "resources", place), RESOURCES, frozenset(RESOURCES), f"{place}, resources")
    arch, compiler, memory = (
        _section(resources[field], fields, frozenset(fields), f"{place}, {field}")
        for field, fields in zip(RESOURCES, (ARCH, COMPILER, MEMORY), strict=True)
    )
    version = values.version_text(compiler["compiler_version"], f"{place}, compiler_version")
    with locating(place=f"{place}, compiler_version"):
        parse_version(version)
    memory_max, memory_mean, memory_min = (
        values.amount(memory[field], f"{place}, {field}", zero=field == "mem_min") for field in MEMORY
    )
    if memory_min > memory_max:
        expected = f"at most {memory_max}"
        raise InputError("exceeds mem_max", place=f"{place}, mem_min", found=memory_min, expected=expected)
    best, top_tenth = (
        math.nan if attributes.get(field) is None else values.amount(attributes[field], f"{place}, {field}")
        for field in OPTIONAL
    )
    return (
        name,
        package,
        values.text(arch["arch"], f"{place}, arch"),
        values.text(compiler["compiler_name"], f"{place}, compiler_name"),
        version,
        memory_max,
        memory_mean,
        memory_min,
        values.amount(attributes["duration"], f"{place}, duration"),
        best,
        top_tenth,
    )


def first_conflict(builds: Iterator[tuple[Any, ...]]) -> tuple[int, int] | None:
    """Return the first build that differs from an earlier one of its name (the first item), after that one; or None."""
    first_of: dict[str, tuple[int, tuple[Any, ...]]] = {}
    for position, (name, *facts) in enumerate(builds):
        # NaN, which stands for what is not given, is one with itself here.
        build = tuple(None if fact != fact else fact for fact in facts)
        first, known = first_of.setdefault(name, (position, build))
        if known != build:
            return first, position
    return None


def _columns(content: bytes, path: Path) -> Columns:
    entries = parse_jobspecs(content, path)
    if not isinstance(entries, list):
        raise InputError("is not a list of jobs", file=path, found=entries, expected="a list of jobs")
    with locating(file=path):
        builds = [build_of(entry, f"job {position}") for position, entry in enumerate(entries, start=1)]
    return list(zip(*builds, strict=True)) or [()] * (_KEPT + 1)


def _given(mapping: dict[str, Any], field: str, place: str) -> Any:
    if field not in mapping:
        raise InputError(f"has no {field}", place=place, expected=f"a {field}")
    return mapping[field]


def _section(value: Any, required: Sequence[str], fields: frozenset[str], place: str) -> dict[str, Any]:
    if isinstance(value, dict) and value.keys() == fields:
        return value  # every field and no other, as published files have them: nothing to look for
    values.refuse_unknown(values.mapping(value, place), fields, place)
    for field in required:
        if field not in value:
            raise InputError(f"has no {field}", place=place, expected=", ".join(sorted(fields)))
    return value  # type: ignore[no-any-return]


def _refuse_conflicts(columns: Columns, files: Sequence[tuple[Path, int]]) -> None:
    if len(set(columns[0])) == len(columns[0]):
        return
    conflict = first_conflict(zip(*columns[:_KEPT], strict=True))
    if conflict is None:
        return
    where = [(path, position) for path, count in files for position in range(1, count + 1)]
    (one, first), (other, second) = (where[job] for job in conflict)
    raise InputError(
        f"two jobs are named {columns[0][conflict[0]]!r} and differ",
        file=other,
        place=f"job {second}, and job {first} of {one}",
        expected="a name of its own for each build (equal builds may share one, and all count)",
    )
