"""RFC 31 constraints: what must hold of each node, as an expression over the subsystems property, host and rank.

``properties`` are tests of `property.name`, one a property; ``hostlist`` is one of `host.name`; ``ranks`` one of
`rank.id`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.node_facts import HOST_NAME, PROPERTY_NAME, RANK_ID
from placewise.formats.notations.hostlists import parse_hostlist
from placewise.formats.notations.idsets import idset_text, parse_idset, size
from placewise.formats.values import known_keys, sequence, text
from placewise.model.requirements.predicates import Equals, OneOf
from placewise.model.requirements.requirement import (
    DEEPEST,
    MOST_TESTS,
    AllOf,
    AnyOf,
    Condition,
    Expression,
    Not,
    Requirement,
    all_of,
    any_of,
    negated,
)

MOST_NAMES = 1 << 16
"""So many hosts and ranks may stand in the constraints of one job."""

# They stand between properties elsewhere in Flux, so a name with one in it is more likely an expression.
SIGNS = frozenset("!&'\"^`|()")
_NAME = "a name, or ^ and a name; constraints are joined by and, or, not"
OPERATORS = ("properties", "hostlist", "ranks", "and", "or", "not")

# Constraints may say nothing (every node will do) or what no node can meet, beside what an expression says.
_Meaning = Expression | bool


def parse_constraints(value: Any, place: str) -> tuple[Expression, ...]:
    """Return what constraints say, as parts that all hold.

    Raises InputError for an operator that is not known, for what no node can meet, and beyond the bounds on names,
    tests and levels.
    """
    found = _Reader().meaning(value, place, 0)
    if found is False:
        raise InputError(
            "no node can meet this", place=place, found=value, expected="constraints that some node can meet"
        )
    if found is True:
        return ()
    return tuple(found.parts) if isinstance(found, AllOf) else (found,)


def constraints_document(parts: tuple[Expression, ...]) -> dict[str, Any]:
    """Return the constraints that say all of these parts. Raises InputError for what RFC 31 cannot say."""
    return _document(all_of(parts))


@dataclass(slots=True)
class _Reader:
    names: int = MOST_NAMES
    values: int = 10 * MOST_TESTS

    def meaning(self, value: Any, place: str, depth: int) -> _Meaning:
        constraint = known_keys(value, OPERATORS, place)
        if depth > DEEPEST:
            raise InputError("constraints are nested too deeply", place=place, expected=f"at most {DEEPEST} levels")
        # RFC 31 writes one operator in a mapping; several are read as all of them, so that none is lost.
        parts = [
            self._operator(word, sequence(of, f"{place}.{word}"), f"{place}.{word}", depth)
            for word, of in constraint.items()
        ]
        return _all(parts, place)

    def _operator(self, word: str, values: list[Any], place: str, depth: int) -> _Meaning:
        self.values -= len(values)
        if self.values < 0:
            raise InputError("too many constraints", place=place, expected=f"at most {10 * MOST_TESTS} values")
        places = [f"{place}[{number}]" for number in range(len(values))]
        if word == "properties":
            return _all([_property(text(one, at), at) for one, at in zip(values, places, strict=True)], place)
        if word in ("hostlist", "ranks"):
            read = self._hosts if word == "hostlist" else self._ranks
            names = [name for one, at in zip(values, places, strict=True) for name in read(one, at)]
            return Requirement(*_one_of(HOST_NAME if word == "hostlist" else RANK_ID, names)) if names else False
        parts = [self.meaning(one, at, depth + 1) for one, at in zip(values, places, strict=True)]
        if word == "and":
            return _all(parts, place)
        if word == "or":
            return _any(parts, place) if parts else True
        whole = _all(parts, place)
        with locating(place=place):
            return not whole if isinstance(whole, bool) else negated(whole)

    def _hosts(self, value: Any, place: str) -> list[str]:
        names = parse_hostlist(_text(value, place), place, self.names)
        self.names -= len(names)
        return names

    def _ranks(self, value: Any, place: str) -> list[str]:
        ranges = parse_idset(_text(value, place), place)
        if size(ranges) > self.names:
            raise InputError("names too many ranks", place=place, found=value, expected=f"at most {self.names}")
        self.names -= size(ranges)
        return [str(one) for low, high in ranges for one in range(low, high + 1)]


def _text(value: Any, place: str) -> str:
    # An empty list of hosts is one, though no node is in it.
    return value if value == "" else text(value, place)


def _property(name: str, place: str) -> Expression:
    bare = name.removeprefix("^")
    if not bare or not SIGNS.isdisjoint(bare):
        raise InputError("is not a property name", place=place, found=name, expected=_NAME)
    wanted = Requirement(*_one_of(PROPERTY_NAME, [bare]))
    return wanted if bare == name else negated(wanted)


def _one_of(about: tuple[str, str], names: list[str]) -> tuple[str, tuple[Condition, ...]]:
    subsystem, field = about
    predicate = Equals(names[0]) if len(set(names)) == 1 else OneOf(tuple(names))
    return subsystem, (Condition(field, predicate),)


def _all(parts: list[_Meaning] | list[Expression], place: str) -> _Meaning:
    if any(part is False for part in parts):
        return False
    return _join(all_of, [part for part in parts if not isinstance(part, bool)], place) or True


def _any(parts: list[_Meaning], place: str) -> _Meaning:
    if any(part is True for part in parts):
        return True
    return _join(any_of, [part for part in parts if not isinstance(part, bool)], place) or False


def _join(join: Callable[[list[Expression]], Expression], parts: list[Expression], place: str) -> Expression | None:
    with locating(place=place):
        return join(parts) if parts else None


def _document(expression: Expression) -> dict[str, Any]:
    match expression:
        case Requirement(subsystem, (Condition(field, Equals() | OneOf() as predicate),)):
            texts = [predicate.text] if isinstance(predicate, Equals) else list(predicate.texts)
            if (subsystem, field) == PROPERTY_NAME and len(texts) == 1:
                return {"properties": texts}
            if (subsystem, field) == HOST_NAME:
                return {"hostlist": texts}
            if (subsystem, field) == RANK_ID and all(one.isdecimal() for one in texts):
                return {"ranks": [idset_text(sorted(map(int, texts)))]}
        case Not(part):
            return {"not": [_document(part)]}
        case AllOf(parts):
            return {"and": [_document(part) for part in parts]}
        case AnyOf(parts):
            return {"or": [_document(part) for part in parts]}
    raise InputError(
        f"a Flux jobspec cannot express {expression}", expected="tests of property.name, host.name and rank.id"
    )
