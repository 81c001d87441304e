"""Records with outcomes, from Parquet, CSV or SQLite: columns by convention or by name, maps as families of facts."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, Words, locating, one_of
from placewise.formats import values
from placewise.formats.reading import parse_json
from placewise.formats.table_files.parquet_files import MOST_VALUES, listed
from placewise.formats.table_files.records import read_table
from placewise.formats.table_files.sqlite_table import sqlite_columns
from placewise.model.outcomes.outcome_records import (
    ABSENT,
    COMPILER,
    DEPENDENCIES,
    OTHERS,
    PACKAGE_VERSION,
    VARIANTS,
    Fact,
    FactKind,
    OutcomeRecords,
)
from placewise.model.versions.version import parse_version

TABLE = "builds"
ROLES: Mapping[str, tuple[str, ...]] = {
    "name": ("hash", "name", "id"),
    "outcome": ("built", "succeeded", "success", "outcome"),
    "package": ("package", "package_name", "pkg"),
    "version": ("version", "package_version"),
    "compiler": ("compiler", "compiler_name"),
    "compiler_version": ("compiler_version",),
    "dependencies": ("dependencies",),
    "variants": ("variants",),
}
"""The columns that have a meaning of their own, and the names by which they are known."""

DURATION, MEMORY, TIME = "duration_s", "memory_bytes", "submit_time"
"""Columns that say how a run went, or when: read by `placewise fit`, and no facts that could be known before it."""

_FAMILIES: tuple[tuple[str, str, FactKind], ...] = (
    ("dependencies", DEPENDENCIES, "version"),
    ("variants", VARIANTS, "text"),
)
_NEEDED = ("outcome", "package")
_SUCCESS = frozenset(("true", "yes", "1", "success", "succeeded", "built", "passed", "ok"))
_FAILURE = frozenset(("false", "no", "0", "failure", "failed", "error"))
_EXPECTED = ".parquet, .csv, .db, .sqlite or .sqlite3"
_LONGEST_NAME = 256


def read_outcome_records(path: Path, columns: Mapping[str, str] | None = None) -> OutcomeRecords:
    """Return the records of a .parquet or .csv file, or of the table or view ``builds`` of an SQLite database.

    columns : by role (the keys of `ROLES`), the names of columns that are called otherwise. A record has an outcome
    (true and false, 1 and 0, or such words) and a package; whatever else there is, is a fact. A map, or a text that is
    a JSON object, is a family of facts, one a key, in a group of its column's name; numbers in CSV and SQLite are
    numbers if all of a column are; duration_s, memory_bytes and submit_time are no facts. Without names, records are
    called by their row.

    Raises InputError naming file, row (the first of the data is row 1) and column.
    """
    with locating(file=path):
        table = _columns(path)
        named = _roles(list(table), columns or {})
        rows = len(table[named["outcome"]])
        if not rows:
            raise InputError("holds no records", expected="one or more rows")
        names = [str(row) for row in range(1, rows + 1)]
        if "name" in named:
            names = list(_texts(table[named["name"]], named["name"]))
        succeeded = np.fromiter(outcomes_of(table[named["outcome"]], named["outcome"]), dtype=np.bool_, count=rows)
        packages = list(_texts(table[named["package"]], named["package"]))
        versions = _versions(table, named, "version")
        job_of = cache(_job)  # a long text that repeats is in memory once
        jobs = packages if versions is None else list(map(job_of, packages, versions))
        package_names, package = _coded(packages, "text")
        job_names, job = _coded(jobs, "text")
        facts = tuple(_named_apart(_facts(table, named, versions, rows)))
        return OutcomeRecords(tuple(names), succeeded, package_names, package, job_names, job, facts, named["outcome"])


def _columns(path: Path) -> dict[str, Sequence[Any]]:
    suffix = path.suffix.lower()
    if suffix in (".db", ".sqlite", ".sqlite3"):
        return sqlite_columns(path, TABLE, lambda names: names)
    if suffix not in (".csv", ".parquet"):
        raise InputError("has no known extension", found=path.suffix, expected=_EXPECTED)
    # A version such as 1.10 is no number, so that of CSV everything is read as text first.
    table = read_table(path, lambda names: names)
    return {name: listed(table[name], name) for name in table.column_names}


def _roles(names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each role that there is one for."""
    found: dict[str, str] = {}
    for role, column in given.items():
        if role not in ROLES:
            raise InputError("columns have no such role", found=role, expected=one_of(role, ROLES))
        if column not in names:
            raise InputError(f"has no column for the {role}", found=column, expected=one_of(column, names))
        found[role] = column
    for role, known in ROLES.items():
        if role in found:
            continue
        there = [name for name in known if name in names and name not in found.values()]
        if len(there) > 1:
            raise InputError(
                f"several columns could be the {role}", found=Words(", ".join(there)), expected=f"--column {role}=NAME"
            )
        if there:
            found[role] = there[0]
        elif role in _NEEDED:
            expected = f"one of {', '.join(known)}, or --column {role}=NAME"
            raise InputError(f"has no column for the {role}", found=Words(", ".join(names)), expected=expected)
    return found


def _texts(column: Sequence[Any], name: str) -> Iterator[str]:
    for row, value in enumerate(column, start=1):
        yield values.text(value, _place(row, name))


def _versions(table: Mapping[str, Sequence[Any]], named: Mapping[str, str], role: str) -> list[str | None] | None:
    if role not in named:
        return None
    column = named[role]
    found: list[str | None] = []
    for row, value in enumerate(table[column], start=1):
        missing = value is None or value == ""
        found.append(None if missing else values.version_text(value, _place(row, column)))
    return found


def _job(package: str, version: str | None) -> str:
    return package if version is None else f"{package}@{version}"


def outcomes_of(column: Sequence[Any] | NDArray[np.float64], name: str) -> Iterator[bool]:
    """Yield whether each record of a column succeeded. Raises InputError for what is no outcome."""
    for row, value in enumerate(column, start=1):
        word = str(value).lower() if isinstance(value, str | bool | int) else None
        if word in _SUCCESS:
            yield True
        elif word in _FAILURE:
            yield False
        elif isinstance(value, float) and value in (0.0, 1.0):
            yield value == 1.0
        else:
            raise InputError("is not an outcome", place=_place(row, name), found=value, expected="true or false")


def _facts(
    table: Mapping[str, Sequence[Any]], named: Mapping[str, str], versions: list[str | None] | None, rows: int
) -> Iterator[Fact]:
    """Yield the facts, those with a meaning of their own first."""
    if versions is not None:
        yield _fact(PACKAGE_VERSION, PACKAGE_VERSION, "version", versions)
    if "compiler" in named:
        yield _plain(COMPILER, COMPILER, table[named["compiler"]], named["compiler"])
    compiler_versions = _versions(table, named, "compiler_version")
    if compiler_versions is not None:
        yield _fact("compiler version", COMPILER, "version", compiler_versions)
    for role, group, kind in _FAMILIES:
        if role in named:
            mappings = _mappings(table[named[role]], named[role])
            if mappings is None:
                place = f"column {named[role]}"
                raise InputError("is not a column of maps", place=place, expected="maps, or JSON objects")
            yield from _family(mappings, group, kind, named[role], rows)
    for name, column in table.items():
        if name in named.values() or name in (DURATION, MEMORY, TIME):
            continue
        values.refuse_control(name, "the header")
        mappings = _mappings(column, name)
        if mappings is not None:
            yield from _family(mappings, name, "text", name, rows)
        else:
            yield _plain(name, OTHERS, column, name)


def _named_apart(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield the facts that some record has; one whose name is taken is named with its group."""
    taken: set[str] = set()
    for fact in facts:
        if not fact.values:
            continue
        name = f"{fact.group}.{fact.name}" if fact.name in taken else fact.name
        if name in taken:
            raise InputError("two facts have the same name", found=name, expected="names that differ")
        taken.add(name)
        yield fact if name == fact.name else replace(fact, name=name)


def _plain(name: str, group: str, column: Sequence[Any], place: str) -> Fact:
    """Return the fact in a column of one value a record: numbers where all are, else texts."""
    texts = [_scalar(value, row, place) for row, value in enumerate(column, start=1)]
    known = {text for text in texts if text is not None}
    numbers = group == OTHERS and bool(known) and all(map(_is_number, known))
    return _fact(name, group, "number" if numbers else "text", texts)


def _mappings(column: Sequence[Any], name: str) -> list[Mapping[str, Any]] | None:
    """Return a column of maps, or of JSON objects, as mappings, empty where there is nothing; None for another."""
    known = [value for value in column if value is not None and value != ""]
    if not known or not all(isinstance(value, dict | list) or _may_be_object(value) for value in known):
        return None
    parsed: dict[str, Mapping[str, Any]] = {}
    found: list[Mapping[str, Any]] = []
    for row, value in enumerate(column, start=1):
        place = _place(row, name)
        if value is None or value == "":
            found.append({})
        elif isinstance(value, str):
            if value not in parsed:
                parsed[value] = _object(value, place)
            found.append(parsed[value])
        else:
            found.append(_mapping(value, place))
    return found


def _may_be_object(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("{")


def _object(text: str, place: str) -> Mapping[str, Any]:
    try:
        return values.mapping(parse_json(text, None), place)
    except InputError as error:
        raise InputError(error.problem, place=place, found=text, expected="a JSON object") from None


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    """Return a map of Arrow's, which comes as a list of pairs, or a struct as a mapping."""
    if isinstance(value, dict):
        return values.mapping(value, place)
    try:
        pairs = [(key, one) for key, one in value]
    except (TypeError, ValueError):
        raise InputError("is not a map", place=place, found=value, expected="a map of names to values") from None
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InputError("a key occurs twice", place=place, found=value, expected="keys that differ")
    return values.mapping(found, place)


def _family(column: Sequence[Mapping[str, Any]], group: str, kind: FactKind, name: str, rows: int) -> Iterator[Fact]:
    """Yield a fact for each key of a column of mappings, by name."""
    entries: dict[str, tuple[list[int], list[str]]] = {}
    for row, mapping in enumerate(column):
        for key, value in mapping.items():
            text = _scalar(value, row + 1, f"{name}, {key}")
            if text is not None:
                if key not in entries:
                    _refuse_name(key, row + 1, name)
                    if len(entries) * rows > MOST_VALUES:
                        raise InputError("there are too many facts", place=f"column {name}", expected="fewer keys")
                    entries[key] = ([], [])
                entries[key][0].append(row)
                entries[key][1].append(text)
    for key in sorted(entries):
        there, texts = entries[key]
        known, codes = _coded(texts, kind)
        spread = np.full(rows, ABSENT, dtype=np.int32)
        spread[there] = codes
        yield Fact(key if group == DEPENDENCIES else f"{group}.{key}", group, _kind_of(known, kind), known, spread)


def _refuse_name(key: str, row: int, column: str) -> None:
    values.text(key, _place(row, column))
    if len(key) > _LONGEST_NAME:
        raise InputError(
            "a key is too long", place=_place(row, column), found=key, expected=f"at most {_LONGEST_NAME} characters"
        )


def _scalar(value: Any, row: int, column: str) -> str | None:
    """Return a value as text, a list of values with commas between; None for nothing."""
    if value is None or value == "" or value != value:
        return None
    place = _place(row, column)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError("is not a usable number", place=place, found=value, expected="a finite number")
        return repr(value)
    if isinstance(value, list):
        return ",".join(filter(None, (_scalar(one, row, column) for one in value if not isinstance(one, list)))) or None
    if isinstance(value, dict | bytes | tuple):
        raise InputError("is not a plain value", place=place, found=value, expected="text, a number, true or false")
    text = str(value)
    values.refuse_control(text, place)
    return text


def _is_number(text: str) -> bool:
    try:
        return "_" not in text and math.isfinite(float(text))
    except ValueError:
        return False


def _fact(name: str, group: str, kind: FactKind, texts: Sequence[str | None]) -> Fact:
    known, codes = _coded(texts, kind)
    return Fact(name, group, _kind_of(known, kind), known, codes)


def _kind_of(known: Iterable[str], kind: FactKind) -> FactKind:
    """Return the kind, or text where one of the values is no version."""
    return "text" if kind == "version" and not _are_versions(known) else kind


def _coded(texts: Sequence[str | None], kind: FactKind) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Return the distinct values in the order of their kind, and (records,) their codes."""
    known = {text for text in texts if text is not None}
    if kind == "version" and _are_versions(known):
        ordered = sorted(known, key=lambda text: (parse_version(text).key, text))
    elif kind == "number":
        ordered = sorted(known, key=lambda text: (float(text), text))
    else:
        ordered = sorted(known)
    codes: dict[str | None, int] = {text: code for code, text in enumerate(ordered)}
    codes[None] = ABSENT
    return tuple(ordered), np.fromiter((codes[text] for text in texts), dtype=np.int32, count=len(texts))


def _are_versions(known: Iterable[str]) -> bool:
    with contextlib.suppress(InputError):
        for text in known:
            parse_version(text)
        return True
    return False


def _place(row: int, column: str) -> str:
    return f"row {row}, column {column}"
