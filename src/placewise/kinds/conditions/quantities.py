"""Tests of quantities: numbers with units, compared exactly, in one unit."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from placewise.errors import InputError
from placewise.kinds.conditions.asked import Asked, Test, any_test, contains_test
from placewise.kinds.conditions.comparing import OPERATORS, bounds_of, comparisons_of, expect_uncrossed, written_text
from placewise.kinds.conditions.plain_numbers import number
from placewise.kinds.scales.units import Unit, unit_of
from placewise.model.durations import seconds_of
from placewise.model.requirements.predicates import Contains, Equals, InNumericRange, OneOf, Predicate, Within
from placewise.model.scalar import Scalar, Value, scalar_text
from placewise.model.versions.range_notation import is_comparison

# An exponent of more digits would fill the memory.
_AMOUNT = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)\s*([^\s0-9].*)?", re.DOTALL)
_LONGEST = 128
SECONDS = "s"
"""In a field of this unit a text is read as a length of time: 30m are minutes, and 7-00:00:00 are days."""
# Longer than any limit of time is one without end.
_WITHOUT_END = Fraction(10**18)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, exactly as it is written, and the text of its unit; a bare number has an empty one."""

    number: Fraction
    unit: str = ""


def amount(value: Value) -> Amount | None:
    """Return the amount that a value is or writes; None for anything else, an unknown unit included."""
    if isinstance(value, str):
        match = _AMOUNT.fullmatch(value) if len(value) <= _LONGEST else None
        unit = (match[2] or "").strip() if match else ""
        if match is None or (unit and unit_of(unit) is None):
            return None
        return Amount(Fraction(match[1]), unit)
    if isinstance(value, bool | tuple) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    # The shortest text of a float is what its author wrote.
    return Amount(Fraction(repr(value)) if isinstance(value, float) else Fraction(value))


def _amount(asked: Asked, value: Value) -> Amount | None:
    """Return the amount that a value of a field is."""
    if asked.unit == SECONDS and isinstance(value, str):
        with contextlib.suppress(InputError):
            seconds = seconds_of(value)
            return Amount(_WITHOUT_END if math.isinf(seconds) else Fraction(repr(seconds)), SECONDS)
    return amount(value)


def quantity_test(asked: Asked, predicate: Predicate) -> Test:
    """Return the test of a quantity. Raises InputError for a bound that is no amount, or of two dimensions."""
    match predicate:
        case Equals(text):
            return _equals(asked, text)
        case OneOf(texts):
            return any_test(_equals(asked, text) for text in texts)
        case Contains():
            return contains_test(asked, predicate)
        case Within():
            return _compared(asked, bounds_of(predicate), predicate)
        case InNumericRange(minimum, maximum):
            return _compared(asked, bounds_of(Within(minimum, maximum)), predicate)
    raise asked.of_another_kind(predicate, expected="an amount such as 64 GB")


def _equals(asked: Asked, text: str) -> Test:
    if is_comparison(text):
        return _compared(asked, comparisons_of(asked, text), Equals(text))
    bound = _amount(asked, text)
    same = None if bound is None else _compared(asked, [("==", text)], Equals(text))

    def test(value: Value, values: Mapping[str, Value]) -> bool:
        if scalar_text(value) == text:
            return True
        if same is not None:
            return same(value, values)
        if _amount(asked, value) is not None or isinstance(value, tuple):
            raise asked.incomparable(
                f"is compared with {text!r}, which is not a quantity", found=value, expected="two amounts such as 64 GB"
            )
        return False

    return test


def _compared(asked: Asked, wanted: list[tuple[str, Scalar]], predicate: Predicate) -> Test:
    if asked.unit and unit_of(asked.unit) is None:
        raise asked.refused("the vocabulary gives a unit that is not known", found=asked.unit, expected="a unit")
    bounds = []
    for written, bound in wanted:
        found = _amount(asked, bound)
        if found is None:
            raise asked.refused(
                "a quantity is compared with what is none", found=bound, expected="an amount such as 64 GB"
            )
        bounds.append((written, found))
    _expect_ordered(asked, bounds, predicate)
    compare = tuple(_comparison(asked, written, bound) for written, bound in bounds)
    # An amount may have blanks after it, and is no plain number then.
    numbers = [number(bound) for _, bound in wanted]
    bare = not asked.unit and not any(bound.unit for _, bound in bounds) and None not in numbers
    plain = [(OPERATORS[written], one) for (written, _), one in zip(wanted, numbers, strict=True)] if bare else []

    def test(value: Value, values: Mapping[str, Value]) -> bool:
        if bare and type(value) in (int, float) and value == value and not _measures(_unit_beside(asked, values)):
            # Two bare numbers compare as numbers.
            return all(holds(value, bound) for holds, bound in plain)
        found = _amount(asked, value)
        if found is None:
            raise asked.incomparable(
                "is not a quantity in a known unit",
                found=scalar_text(value) if isinstance(value, tuple) else value,
                expected="an amount such as 64 GB",
            )
        return all(one(found, values) for one in compare)

    return test


def _comparison(asked: Asked, written: str, bound: Amount) -> Callable[[Amount, Mapping[str, Value]], bool]:
    holds = OPERATORS[written]
    text = bound.unit or asked.unit
    unit = unit_of(text) if text else None
    wanted = None if unit is None else _base(bound.number, unit)

    def compare(found: Amount, values: Mapping[str, Value]) -> bool:
        own = found.unit or _unit_beside(asked, values)
        if not text and not _measures(own):
            return holds(found.number, bound.number)
        if unit is None or not own:
            raise asked.incomparable(
                f"the field has no unit, and {_written(found, own)} is compared with {_written(bound)}",
                found=_written(found, own),
                expected="a unit for both, as vocabulary.yaml can give the field one",
            )
        other = unit_of(own)
        if other is None:
            raise asked.incomparable("the unit beside the value is not known", found=own, expected="a unit")
        if other.dimension != unit.dimension:
            raise asked.incomparable(
                f"{own} and {text} are units of different things", found=_written(found, own), expected=f"as in {text}"
            )
        return holds(_base(found.number, other), wanted)

    return compare


def _unit_beside(asked: Asked, values: Mapping[str, Value]) -> str:
    """Return the unit of a bare number: the vocabulary's, else what stands in FIELD_unit or unit; empty for none.

    Raises Incomparable where the vocabulary and the vertex say different units.
    """
    beside = values.get(f"{asked.field}_unit") or values.get("unit")
    said = beside if isinstance(beside, str) else ""
    if asked.unit and said and unit_of(said) != unit_of(asked.unit):
        raise asked.incomparable(
            f"the vocabulary gives the field the unit {asked.unit}, and the vertex says another",
            found=said,
            expected=asked.unit,
        )
    return asked.unit or said


def _measures(text: str) -> bool:
    """Whether a number in a unit is not the bare number: ``GB`` and ``%``, and not ``devices``."""
    unit = unit_of(text) if text else None
    return unit is not None and (unit.dimension != () or unit.scale != 1)


def _expect_ordered(asked: Asked, bounds: list[tuple[str, Amount]], predicate: Predicate) -> None:
    """Raise InputError for bounds that cross, and for bounds of which no value can meet both."""
    texts = {bound.unit or asked.unit for _, bound in bounds}
    units = [unit_of(text) if text else None for text in texts]
    if len({None if unit is None else unit.dimension for unit in units}) > 1:
        raise asked.refused(
            "the bounds are in units of different things", found=written_text(predicate), expected="units of one thing"
        )
    based = []
    for written, bound in bounds:
        unit = unit_of(bound.unit or asked.unit)
        based.append((written, bound.number if unit is None else _base(bound.number, unit)))
    expect_uncrossed(asked, based, predicate)


def _base(number: Fraction, unit: Unit) -> Fraction:
    return number * unit.scale + unit.offset


def _written(found: Amount, unit: str = "") -> str:
    whole = found.number.denominator == 1
    number = scalar_text(found.number.numerator) if whole else format(float(found.number), ".15g")
    return f"{number} {unit or found.unit}".rstrip()
