"""Counts as RFC 14 writes them: a number, a set of numbers (RFC 22), or a range (a mapping, or RFC 45)."""

from __future__ import annotations

import re
from typing import Any

from placewise.errors import InputError
from placewise.formats.notations.idsets import parse_idset, unbracketed
from placewise.formats.values import count, known_keys, natural

COUNT_KEYS = ("min", "max", "operator", "operand")
OPERATORS = ("+", "*", "^")
_NUMBER = "([1-9][0-9]{0,17}|0)"
# RFC 45: min-max or min+, then operand and operator, of which the last may be missing.
_RANGE = re.compile(rf"{_NUMBER}(?:-{_NUMBER}|\+)(?::{_NUMBER}(?::([+*^]))?)?")
_EXPECTED = "a whole number of 1 or more, a set such as 4,9,16, or a range such as 2+, 2-8:2 or 2-32:2:*"


def least(value: Any, place: str, *, zero: bool = False) -> int:
    """Return the least number that a count accepts: whoever can host that many can run the job.

    zero : whether nothing at all is a count. Raises InputError for anything that is no count.
    """
    if isinstance(value, dict):
        return _of_mapping(value, place, zero)
    if isinstance(value, str):
        return _number(_of_text(value, place), place, zero)
    return _number(value, place, zero)


def _number(value: Any, place: str, zero: bool) -> int:
    return natural(value, place) if zero else count(value, place)


def _of_mapping(value: dict[str, Any], place: str, zero: bool) -> int:
    counts = known_keys(value, COUNT_KEYS, place)
    lowest = _number(counts.get("min"), f"{place}.min", zero)
    if "max" in counts and _number(counts["max"], f"{place}.max", zero) < lowest:
        raise InputError("the minimum exceeds the maximum", place=place, found=value, expected="min at most max")
    if counts.get("operator", "+") not in OPERATORS:
        expected = " or ".join(OPERATORS)
        raise InputError("the operator is not known", place=f"{place}.operator", found=value, expected=expected)
    operand = count(counts.get("operand", 1), f"{place}.operand")
    if "operator" in counts and "operand" in counts:
        _refuse_standstill(lowest, counts["operator"], operand, value, place)
    return lowest


def _of_text(value: str, place: str) -> int:
    match = _RANGE.fullmatch(unbracketed(value))
    if match is None:
        try:
            return parse_idset(value, place)[0][0]
        except InputError:
            raise InputError("is not a usable count", place=place, found=value, expected=_EXPECTED) from None
    lowest, highest, operand, operator = match.groups()
    if highest is not None and int(highest) < int(lowest):
        raise InputError("the minimum exceeds the maximum", place=place, found=value, expected="min at most max")
    if operand == "0":
        raise InputError("the operand is 0", place=place, found=value, expected="an operand of 1 or more")
    if operator is not None:
        _refuse_standstill(int(lowest), operator, int(operand), value, place)
    return int(lowest)


def _refuse_standstill(lowest: int, operator: str, operand: int, value: Any, place: str) -> None:
    """Raise InputError for a range whose next count is the same one again, as Flux does."""
    if (operator != "+" and operand < 2) or (operator == "^" and lowest < 2):
        expected = "an operand of 2 or more, and for ^ a minimum of 2 or more"
        raise InputError("the range never grows", place=place, found=value, expected=expected)
