"""Match expressions: of Kubernetes' node selectors on labels, and of NFD on features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from placewise.errors import InputError
from placewise.formats.values import sequence, text
from placewise.model.requirements.predicates import Equals, OneOf, Predicate
from placewise.model.requirements.requirement import Condition, Expression, Requirement, negated

_HOST_LABEL = "kubernetes.io/hostname"
_NAME_FIELD = "metadata.name"
FLAGS = ("cpu.cpuid", "kernel.loadedmodule", "kernel.enabledmodule")


def property_expression(entry: Mapping[str, Any], place: str, *, of_fields: bool) -> Expression | None:
    """Return what a node selector asks of labels, or of the node's name; None for an operator that has no meaning here.

    Gt and Lt have none, since the values of labels are text. Raises InputError for what is no expression.
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
    elif operator in ("Exists", "DoesNotExist"):
        wanted = Requirement("host") if host else Requirement("property", (Condition("name", Equals(key)),))
    else:
        return None
    return negated(wanted) if operator in ("NotIn", "DoesNotExist") else wanted


def one_of(values: tuple[str, ...]) -> Predicate:
    """Return the test that a value is one of some."""
    distinct = tuple(sorted(set(values)))
    return Equals(distinct[0]) if len(distinct) == 1 else OneOf(distinct)


def feature_condition(field: str, operator: Any, values: tuple[str, ...]) -> Condition | None:
    """Return what NFD asks of one field of a feature, where a vertex can be asked that; None where it cannot."""
    if operator == "In" and values:
        return Condition(field, one_of(values))
    if operator in ("IsTrue", "IsFalse"):
        return Condition(field, Equals("true" if operator == "IsTrue" else "false"))
    return None
