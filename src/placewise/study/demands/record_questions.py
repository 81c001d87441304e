"""Questions about records: the requirement that each record makes of a fleet, and the places at which it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.model.jobs.records import Records
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals, InNumericRange, InVersionRange, Predicate
from placewise.model.requirements.requirement import Condition, Requirement
from placewise.model.scalar import Value
from placewise.model.studies.study import Comparison, Question
from placewise.model.versions.version_range import parse_bounds
from placewise.study.demands.numbering import numbered


@dataclass(frozen=True, slots=True)
class _Never:
    """What no value passes, whatever its kind."""

    def holds(self, value: Value) -> bool:
        """See `Predicate.holds`."""
        del value
        return False

    def __str__(self) -> str:
        return " in ()"


_NEVER = _Never()


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Where a question is answered with yes, for each record.

    ids : (records,) int32, positions in `table`. table : (distinct requirements, words), the place classes.
    """

    ids: NDArray[np.int32]
    table: NDArray[np.uint64]


def answers(index: FleetIndex, records: Records, question: Question) -> Answers:
    """Find the places for every record.

    Raises InputError when no cluster has the subsystem, or what it offers cannot be compared with the columns.
    """
    _refuse_unlike(index, records, question)
    if len(question.fields) == 1 and _is_numeric(records, question.fields[0]):
        found = _numeric_answers(index, records, question.subsystem, question.fields[0])
        if found is not None:
            return found
    requirements, ids = _requirements(index, records, question, keep_unmet=False)
    return Answers(ids.astype(np.int32), index.table(requirements))


def as_workload(index: FleetIndex, records: Records, questions: Sequence[Question]) -> Workload:
    """Return records as jobs with one requirement a question.

    Bounds on numbers are moved to the nearest number that the fleet offers, which changes no match and leaves few
    distinct requirements; where none is offered within them they stay. Raises InputError when no cluster has a
    subsystem, or a column asked for as a version holds something else.
    """
    position: dict[Requirement, int] = {}
    columns = []
    for question in questions:
        _refuse_unlike(index, records, question)
        requirements, ids = _requirements(index, records, question, keep_unmet=True)
        numbers = [position.setdefault(requirement, len(position)) for requirement in requirements]
        columns.append(np.array(numbers, dtype=np.int64)[ids])
    flat = np.stack(columns, axis=1).reshape(-1) if columns else np.zeros(0, dtype=np.int32)
    lengths = np.full(len(records), len(questions), dtype=np.int64)
    return Workload.from_flat(records.names, tuple(position), lengths, flat.astype(np.int32), {})


def _refuse_unlike(index: FleetIndex, records: Records, question: Question) -> None:
    """Raise InputError where no answer could be yes: a field that nothing offers, or numbers held against texts."""
    index.require_known(question.subsystem)
    offered = [dict(properties) for properties, _ in index.offered(question.subsystem)]
    for field in question.fields:
        found = [properties[field.field] for properties in offered if field.field in properties]
        if not found:
            known = sorted({name for properties in offered for name in properties})
            raise InputError(
                f"no vertex of {question.subsystem!r} has the field of question {question.name!r}",
                found=field.field,
                expected=one_of(field.field, known),
            )
        numeric = _is_numeric(records, field)
        if not any((isinstance(value, int | float) and not isinstance(value, bool)) == numeric for value in found):
            asked, held = ("numbers", "texts") if numeric else ("texts", "numbers")
            raise InputError(
                f"question {question.name!r} compares {asked} of the column {field.columns[0]!r} with the field"
                f" {field.field!r}, which holds {held}",
                found=found[0],
                expected="a column of the same kind, declared under [columns]",
            )


def _is_numeric(records: Records, comparison: Comparison) -> bool:
    return records.kinds[comparison.columns[0]] == "number"


def _requirements(
    index: FleetIndex, records: Records, question: Question, *, keep_unmet: bool
) -> tuple[list[Requirement], NDArray[np.int64]]:
    """Return the distinct requirements of a question, and (records,) which of them each makes."""
    choices = [
        _number_choices(index, records, question.subsystem, field, keep_unmet=keep_unmet)
        if _is_numeric(records, field)
        else _text_choices(records, field)
        for field in question.fields
    ]
    distinct, ids = np.unique(np.stack([codes for codes, _ in choices], axis=1), axis=0, return_inverse=True)
    found = [
        Requirement(
            question.subsystem,
            tuple(
                Condition(field.field, predicates[code])
                for field, code, (_, predicates) in zip(question.fields, row, choices, strict=True)
            ),
        )
        for row in distinct.tolist()
    ]
    return found, ids.reshape(-1)


def _text_choices(records: Records, field: Comparison) -> tuple[NDArray[np.int64], list[Predicate]]:
    columns = [np.array(records.texts(name), dtype=np.str_) for name in field.columns]
    texts, codes = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    return codes.reshape(-1), [_text_predicate(field, row) for row in texts.tolist()]


def _text_predicate(field: Comparison, row: Sequence[str]) -> Predicate:
    if field.equals is not None:
        return Equals(row[0])
    bounds = dict(zip(field.columns, row, strict=True))
    try:
        return InVersionRange(parse_bounds(bounds.get(field.at_least or ""), bounds.get(field.at_most or "")))
    except InputError as error:
        raise error.within(place=f"the field {field.field!r}") from None


def _number_choices(
    index: FleetIndex, records: Records, subsystem: str, field: Comparison, *, keep_unmet: bool
) -> tuple[NDArray[np.int64], list[Predicate]]:
    """Return (records,) codes, and the predicate of each; keep_unmet : bounds that nothing on offer meets stay."""
    offered = np.unique(_numbers_offered(index, subsystem, field.field)[0])
    pairs, codes = _bounds_among(offered, records, field)
    predicates: list[Predicate] = [
        _between(field, float(offered[low]), float(offered[high - 1])) if low < high else _NEVER
        for low, high in pairs.tolist()
    ]
    unmet = (pairs[:, 0] >= pairs[:, 1])[codes]
    if not keep_unmet or not unmet.any():
        return codes, predicates
    least, most = _bounds(records, field)
    asked = np.stack([least, most], axis=1)[unmet]
    distinct, which = np.unique(np.nan_to_num(asked, nan=-np.inf), axis=0, return_inverse=True)
    codes = codes.copy()
    codes[unmet] = len(predicates) + which.reshape(-1)
    return codes, predicates + [_asked_between(field, *row) for row in distinct.tolist()]


def _between(field: Comparison, least: float, most: float) -> Predicate:
    return InNumericRange(None if field.at_least is None else least, None if field.at_most is None else most)


def _asked_between(field: Comparison, least: float, most: float) -> Predicate:
    """Return the range between two bounds, of which minus infinity is not known; nothing lies between crossed ones."""
    asked = [bound for bound, name in ((least, field.at_least), (most, field.at_most)) if name is not None]
    if min(asked) == -np.inf or asked[0] > asked[-1]:
        return _NEVER
    return _between(field, least, most)


def _bounds(records: Records, field: Comparison) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (records,) the bounds as they are asked for, NaN where there is none or it is not known."""
    nothing = np.full(len(records), np.nan)
    least = nothing if field.at_least is None else records.numbers(field.at_least)
    most = nothing if field.at_most is None else records.numbers(field.at_most) * field.at_most_factor
    return least, most


def _bounds_among(
    offered: NDArray[np.float64], records: Records, field: Comparison
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (distinct, 2) which of the sorted numbers pass, from the first to before the second; (records,) which.

    A bound that is not known admits nothing.
    """
    lowest = np.zeros(len(records), dtype=np.int64)
    beyond = np.full(len(records), len(offered), dtype=np.int64)
    least, most = _bounds(records, field)
    if field.at_least is not None:
        lowest = np.searchsorted(offered, least, side="left")
    if field.at_most is not None:
        beyond = np.where(np.isnan(most), 0, np.searchsorted(offered, most, side="right"))
    width = len(offered) + 1
    pairs, codes = numbered(lowest * width + beyond, width * width)
    return np.stack([pairs // width, pairs % width], axis=1), codes


def _numeric_answers(index: FleetIndex, records: Records, subsystem: str, field: Comparison) -> Answers | None:
    """Answer a question of bounds on one number for many records at once; None where a place sees several numbers."""
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
    return Answers(codes.astype(np.int32), table)


def _numbers_offered(index: FleetIndex, subsystem: str, name: str) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
    """Return the numbers on offer, (n,) one a vertex, and (n, words) the places that see each."""
    found = []
    for properties, members in index.offered(subsystem):
        value = dict(properties).get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.append((float(value), members))
    return np.array([value for value, _ in found]), np.array([m for _, m in found], np.uint64).reshape(-1, index.words)
