"""Whether the features of a node match what a rule of NFD asks, as NFD's feature rules are documented.

https://kubernetes-sigs.github.io/node-feature-discovery/stable/usage/customization-guide
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from placewise.errors import InputError
from placewise.formats.notations.nfd_regexps import found_in
from placewise.formats.values import mapping, sequence, text

MATCHED = "rule.matched"
_VERSION_PARTS = 3
_LONGEST_NUMBER = 18
# How many values each takes, and what holds of the value and these, in order.
_ORDERED: dict[str, tuple[int, Callable[[Any, Sequence[Any]], bool]]] = {
    "Gt": (1, lambda value, ends: value > ends[0]),
    "Ge": (1, lambda value, ends: value >= ends[0]),
    "Lt": (1, lambda value, ends: value < ends[0]),
    "Le": (1, lambda value, ends: value <= ends[0]),
    "GtLt": (2, lambda value, ends: ends[0] < value < ends[1]),
    "GeLe": (2, lambda value, ends: ends[0] <= value <= ends[1]),
}

_EQUALITIES: dict[str, Callable[[str, Sequence[str]], bool]] = {
    "In": lambda value, wanted: value in wanted,
    "NotIn": lambda value, wanted: value not in wanted,
    "IsTrue": lambda value, _: value == "true",
    "IsFalse": lambda value, _: value == "false",
}


@dataclass(slots=True)
class NodeFeatures:
    """The features of a node by set: attributes with values, flags, and instances with attributes of their own."""

    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    flags: dict[str, set[str]] = field(default_factory=dict)
    instances: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether a set was looked for, be it empty."""
        return name in self.attributes or name in self.flags or name in self.instances

    def value(self, reference: str) -> str:
        """Return what ``@feature.set.element`` names. Raises InputError where there is none."""
        parts = reference.removeprefix("@").split(".", 2)
        found = self.attributes.get(".".join(parts[:2]), {}).get(parts[2]) if len(parts) == _VERSION_PARTS else None
        if found is None:
            raise InputError("does not name an attribute of the node", found=reference, expected="FEATURE.ATTRIBUTE")
        return found


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression of a rule: an operator and its values."""

    operator: str
    values: tuple[str, ...]
    as_version: bool = False

    @classmethod
    def read(cls, value: Any, place: str) -> Expression:
        """Return an expression of a document. Raises InputError for what is none."""
        if isinstance(value, list):
            # In short: one of these values.
            return cls("In", tuple([text(one, place) for one in value]))
        entry = mapping(value, place)
        listed = entry.get("value")
        values = listed if isinstance(listed, list) else [] if listed is None else [listed]
        found = tuple([text(str(one) if isinstance(one, int) else one, f"{place}.value") for one in values])
        return cls(text(entry.get("op"), f"{place}.op"), found, entry.get("type") == "version")

    def holds(self, value: str | None) -> bool:
        """Whether it holds of a value, None for one that is not there. Raises InputError for what cannot be asked."""
        if self.operator in ("Exists", "DoesNotExist"):
            return (value is None) is (self.operator == "DoesNotExist")
        if self.operator not in (*_ORDERED, *_EQUALITIES, "InRegexp"):
            raise InputError("is not an NFD operator", found=self.operator, expected="such as In or Exists")
        if value is None:
            return False
        if self.operator in _EQUALITIES:
            return _EQUALITIES[self.operator](value, self.values)
        if self.operator == "InRegexp":
            return any(found_in(one, value) for one in self.values)
        count, compare = _ORDERED[self.operator]
        if len(self.values) != count:
            raise InputError(f"{self.operator} has the wrong number of values", found=self.values, expected=str(count))
        return compare(self._number(value), [self._number(one) for one in self.values])

    def _number(self, written: str) -> int | tuple[int, ...]:
        parts = written.split(".") if self.as_version else [written]
        digits = [part.removeprefix("-") if not self.as_version else part for part in parts]
        if len(parts) > _VERSION_PARTS or not all(
            part.isascii() and part.isdecimal() and len(part) <= _LONGEST_NUMBER for part in digits
        ):
            raise InputError("is not a number to compare", found=written, expected="a whole number")
        if not self.as_version:
            return int(written)
        return tuple([*map(int, parts), 0, 0][:_VERSION_PARTS])


def matches(rule: Mapping[str, Any], features: NodeFeatures, place: str) -> bool:
    """Whether a node matches a rule: all of `matchFeatures`, and one of `matchAny`.

    Raises InputError for what is no rule, and for what cannot be asked.
    """
    if not _all_match(rule.get("matchFeatures"), features, f"{place}.matchFeatures"):
        return False
    branches = sequence(rule.get("matchAny") or [], f"{place}.matchAny")
    found = [
        _all_match(mapping(one, place).get("matchFeatures"), features, f"{place}.matchAny[{number}].matchFeatures")
        for number, one in enumerate(branches)
    ]
    return any(found) or not found


def refers_to_rules(value: Any) -> bool:
    """Whether a rule asks what came of earlier ones."""
    if isinstance(value, dict):
        return value.get("feature") == MATCHED or any(map(refers_to_rules, value.values()))
    if isinstance(value, list):
        return any(map(refers_to_rules, value))
    return isinstance(value, str) and value.startswith(f"@{MATCHED}.")


def _all_match(terms: Any, features: NodeFeatures, place: str) -> bool:
    found = [
        _term(mapping(one, f"{place}[{number}]"), features, f"{place}[{number}]")
        for number, one in enumerate(sequence(terms or [], place))
    ]
    return all(found)


def _term(term: Mapping[str, Any], features: NodeFeatures, place: str) -> bool:
    name = text(term.get("feature"), f"{place}.feature")
    asked = {
        key: Expression.read(one, f"{place}.matchExpressions.{key}")
        for key, one in mapping(term.get("matchExpressions") or {}, f"{place}.matchExpressions").items()
    }
    named = Expression.read(term["matchName"], f"{place}.matchName") if term.get("matchName") else None
    if not features.has(name):
        return False
    if name in features.instances:
        instances = features.instances[name]
        return (not asked or any(_holds(asked, one.get) for one in instances)) and (
            named is None or any(_names(named, one) for one in instances)
        )
    values = dict.fromkeys(features.flags.get(name, ()), "") | features.attributes.get(name, {})
    return _holds(asked, values.get) and (named is None or _names(named, values))


def _holds(asked: Mapping[str, Expression], value_of: Callable[[str], str | None]) -> bool:
    return all(one.holds(value_of(key)) for key, one in asked.items())


def _names(asked: Expression, names: Iterable[str]) -> bool:
    return any(asked.holds(name) for name in names)
