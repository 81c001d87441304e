"""Forms of condition evaluated for many builds at once: one set of places for each distinct requirement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching import bitset
from placewise.matching.index import FleetIndex
from placewise.model.builds import BuildRecords
from placewise.model.requirement import (
    Condition,
    Equals,
    InNumericRange,
    InVersionRange,
    Predicate,
    Requirement,
)
from placewise.model.study import TEXT_COLUMNS, FieldForm, Form
from placewise.model.version_range import parse_bounds


@dataclass(frozen=True, slots=True, eq=False)
class FormRows:
    """Where a form is met, for each build.

    ids : (builds,) int32, positions in `table`.
    table : (distinct requirements, words), the place classes at which each holds.
    """

    ids: NDArray[np.int32]
    table: NDArray[np.uint64]


def form_rows(index: FleetIndex, records: BuildRecords, form: Form) -> FormRows:
    """Evaluate a form for every build.

    Numeric bounds are first moved to the nearest number that the fleet offers, which changes no match
    and leaves few distinct requirements. Raises InputError when no cluster has the subsystem.
    """
    index.require_known(form.subsystem)
    if len(form.fields) == 1 and form.fields[0].columns[0] not in TEXT_COLUMNS:
        found = _numeric_rows(index, records, form.subsystem, form.fields[0])
        if found is not None:
            return found
    choices = [_choices(index, records, form.subsystem, field) for field in form.fields]
    codes = np.stack([codes for codes, _ in choices], axis=1)
    distinct, ids = np.unique(codes, axis=0, return_inverse=True)
    table = np.zeros((len(distinct), index.words), dtype=np.uint64)
    for row, chosen in enumerate(distinct.tolist()):
        predicates = [found[code] for code, (_, found) in zip(chosen, choices, strict=True)]
        conditions = [
            Condition(field.field, predicate)
            for field, predicate in zip(form.fields, predicates, strict=True)
            if predicate is not None
        ]
        # A field that nothing on offer can meet leaves its row empty.
        if len(conditions) == len(predicates):
            table[row] = index.meeting(Requirement(form.subsystem, tuple(conditions)))
    return FormRows(ids.reshape(-1).astype(np.int32), table)


def stacked(rows: Sequence[FormRows], words: int) -> tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.int32]]:
    """Join forms side by side: (builds, forms) ids, one table, and the form of each of its rows."""
    edges = np.cumsum([0, *(len(one.table) for one in rows)])
    tables = np.concatenate([np.zeros((0, words), dtype=np.uint64), *(one.table for one in rows)])
    ids = [one.ids + edge for one, edge in zip(rows, edges[:-1].tolist(), strict=True)]
    joined = np.stack(ids, axis=1).astype(np.int32) if ids else np.zeros((0, 0), dtype=np.int32)
    return joined, tables, np.repeat(np.arange(len(rows)), np.diff(edges)).astype(np.int32)


def _choices(
    index: FleetIndex, records: BuildRecords, subsystem: str, field: FieldForm
) -> tuple[NDArray[np.int64], list[Predicate | None]]:
    """Return (builds,) codes and the predicate of each code, None where nothing on offer can pass."""
    if field.columns[0] in TEXT_COLUMNS:
        return _text_choices(records, field)
    offered = np.unique(_numbers_offered(index, subsystem, field.field)[0])
    pairs, codes = _bounds_among(offered, records, field)
    return codes, [
        InNumericRange(float(offered[low]), float(offered[high - 1])) if low < high else None
        for low, high in pairs.tolist()
    ]


def _text_choices(records: BuildRecords, field: FieldForm) -> tuple[NDArray[np.int64], list[Predicate | None]]:
    columns = [np.array(getattr(records, name), dtype=np.str_) for name in field.columns]
    texts, codes = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    predicates: list[Predicate | None] = []
    for row in texts.tolist():
        if field.equals is not None:
            predicates.append(Equals(row[0]))
            continue
        bounds = dict(zip(field.columns, row, strict=True))
        try:
            versions = parse_bounds(bounds.get(field.at_least or ""), bounds.get(field.at_most or ""))
        except InputError as error:
            raise error.within(place=f"the field {field.field!r}") from None
        predicates.append(InVersionRange(versions))
    return codes.reshape(-1), predicates


def _bounds_among(
    offered: NDArray[np.float64], records: BuildRecords, field: FieldForm
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (distinct, 2) which of the sorted numbers pass, from the first to before the second; (builds,) which."""
    lowest = np.zeros(len(records), dtype=np.int64)
    beyond = np.full(len(records), len(offered), dtype=np.int64)
    if field.at_least is not None:
        lowest = np.searchsorted(offered, getattr(records, field.at_least), side="left")
    if field.at_most is not None:
        beyond = np.searchsorted(offered, getattr(records, field.at_most) * field.at_most_factor, side="right")
    width = len(offered) + 1
    pairs, codes = np.unique(lowest * width + beyond, return_inverse=True)
    return np.stack([pairs // width, pairs % width], axis=1), codes.reshape(-1)


def _numeric_rows(index: FleetIndex, records: BuildRecords, subsystem: str, field: FieldForm) -> FormRows | None:
    """Evaluate a form of bounds on one number for many builds at once; None where a place sees several numbers."""
    offered, members = _numbers_offered(index, subsystem, field.field)
    order = np.argsort(offered, kind="stable")
    # (numbers + 1, words) the places that see this number or a larger one.
    larger = np.zeros((len(offered) + 1, index.words), dtype=np.uint64)
    larger[:-1] = np.bitwise_or.accumulate(members[order][::-1], axis=0)[::-1]
    # Text that reads as a number is one to a requirement, and is left to it.
    if len(offered) < len(index.offered(subsystem)) or bitset.size_of(members).sum() != bitset.size_of(larger[0]):
        return None
    pairs, codes = _bounds_among(offered[order], records, field)
    lowest, beyond = pairs.T
    table = larger[lowest] & ~larger[np.maximum(lowest, beyond)]
    return FormRows(codes.astype(np.int32), table)


def _numbers_offered(index: FleetIndex, subsystem: str, name: str) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
    """Return the numbers on offer, (n,) one a vertex, and (n, words) the places that see each."""
    found = []
    for properties, members in index.offered(subsystem):
        value = dict(properties).get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.append((float(value), members))
    return np.array([value for value, _ in found]), np.array([m for _, m in found], np.uint64).reshape(-1, index.words)
