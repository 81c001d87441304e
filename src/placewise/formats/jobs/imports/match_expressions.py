"""Match expressions: of Kubernetes' node selectors on labels, and of NFD on features."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from placewise.errors import InputError
from placewise.formats.node_facts import NAMES, NUMBER
from placewise.formats.notations.nfd_regexps import literals
from placewise.formats.values import sequence, text
from placewise.model.requirements.predicates import Contains, Equals, OneOf, Predicate, Within
from placewise.model.requirements.requirement import Condition, Expression, Requirement, negated

_HOST_LABEL = "kubernetes.io/hostname"
_NAME_FIELD = "metadata.name"
_WHOLE = re.compile(r"-?[0-9]{1,15}")
FLAGS = ("cpu.cpuid", "kernel.loadedmodule", "kernel.enabledmodule")
INSTANCES = ("memory.nv", "network.device", "network.virtual", "pci.device", "storage.block", "usb.device")


def property_expression(entry: Mapping[str, Any], place: str, *, of_fields: bool) -> Expression | None:
    """Return what a node selector asks of labels, or of the node's name; None for an operator that has no meaning here.

    Gt and Lt ask for the number that a label's value writes. Raises InputError for what is no expression.
    """
    key, operator = text(entry.get("key"), f"{place}.key"), entry.get("operator")
    values = tuple([text(one, f"{place}.values") for one in sequence(entry.get("values") or [], f"{place}.values")])
    if of_fields and key != _NAME_FIELD:
        return None
    host = of_fields or key == _HOST_LABEL
    if operator in ("In", "NotIn"):
        if not values:
            raise InputError("names no values", place=f"{place}.values", expected="at least one")
        named = () if host else (Condition("name", Equals(key)),)
        field = "name" if host else "value"
        wanted = Requirement("host" if host else "property", (*named, Condition(field, one_of(values))))
    elif operator in ("Gt", "Lt") and not host:
        bound = _bound(operator, values, f"{place}.values")
        wanted = Requirement("property", (Condition("name", Equals(key)), Condition(NUMBER, bound)))
    elif operator in ("Exists", "DoesNotExist"):
        wanted = Requirement("host") if host else Requirement("property", (Condition("name", Equals(key)),))
    else:
        return None
    return negated(wanted) if operator in ("NotIn", "DoesNotExist") else wanted


def one_of(values: tuple[str, ...]) -> Predicate:
    """Return the test that a value is one of some."""
    distinct = tuple(sorted(set(values)))
    return Equals(distinct[0]) if len(distinct) == 1 else OneOf(distinct)


def feature_condition(field: str, operator: Any, values: tuple[str, ...], place: str) -> Condition | None:
    """Return what NFD asks of one field of a feature, where a vertex can be asked that; None where it cannot.

    Raises InputError for bounds that are no whole numbers.
    """
    if operator == "InRegexp":
        found = [literals(one) for one in values]
        operator, values = "In", tuple([text for one in found for text in one or ()]) if None not in found else ()
    if operator == "In" and values:
        return Condition(field, one_of(values))
    if operator in ("IsTrue", "IsFalse"):
        return Condition(field, Equals("true" if operator == "IsTrue" else "false"))
    if operator == "Exists":
        return Condition(NAMES, Contains((field,)))
    return Condition(field, _bound(operator, values, place)) if operator in _BOUNDS else None


_BOUNDS = ("Gt", "Ge", "Lt", "Le", "GtLt", "GeLe")


def _bound(operator: str, values: tuple[str, ...], place: str) -> Within:
    """Return the bounds of an operator on whole numbers. Raises InputError for anything else."""
    wanted = 2 if operator in ("GtLt", "GeLe") else 1
    if len(values) != wanted or not all(_WHOLE.fullmatch(one) for one in values):
        expected = "two whole numbers" if wanted > 1 else "one whole number"
        raise InputError(f"{operator} compares whole numbers", place=place, found=list(values), expected=expected)
    numbers = [int(one) for one in values]
    # What is greater than a whole number is at least the next one.
    if operator.startswith("G"):
        least = numbers[0] + (operator[1] == "t")
        most = None if wanted == 1 else numbers[1] - (operator == "GtLt")
        if most is not None and least > most:
            raise InputError(
                "no number lies between the two bounds",
                place=place,
                found=list(values),
                expected="bounds with a whole number between them",
            )
        return Within(least, most)
    return Within(None, numbers[0] - (operator == "Lt"))
