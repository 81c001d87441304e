"""Requirements written as the lists of entries that `entries` reads."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any

from placewise.errors import InputError
from placewise.formats.requirements.conditions import test_document
from placewise.formats.requirements.entries import LABEL, RESERVED
from placewise.model.requirements.requirement import AllOf, AnyOf, Condition, Expression, Not, Requirement


def entries_document(parts: Iterable[Expression]) -> list[dict[str, Any]]:
    """Return the list of entries that says all of these parts. Raises InputError for what no entry can say."""
    return _Scope().entries(list(parts), frozenset())


def labelled(parts: Iterable[Expression]) -> list[tuple[Requirement, str]]:
    """Return tests of vertices, each with the label that it needs beside the others, or an empty one.

    Raises InputError for `and`, `or` and `not`.
    """
    tests = list(parts)
    for part in tests:
        if not isinstance(part, Requirement):
            raise InputError(
                f"the dialect cannot express {part}", expected="a list of requirements, each on one vertex"
            )
    scope, repeated = _Scope(), _repeated(tests)
    return [(test, scope.label(test, repeated)) for test in tests if isinstance(test, Requirement)]


@dataclass(slots=True)
class _Scope:
    """The labels that are taken in a list and those in it, up to the next `not`."""

    taken: set[tuple[str, str]] = field(default_factory=set)

    def label(self, test: Requirement, repeated: frozenset[str]) -> str:
        """Return a label that no other test of the subsystem has; none where the subsystem needs none."""
        if test.subsystem not in repeated:
            return ""
        for label in itertools.chain([test.label] if test.label else [], _labels()):
            if (test.subsystem, label) not in self.taken:
                self.taken.add((test.subsystem, label))
                return label
        raise AssertionError  # there is always one more

    def entries(self, parts: list[Expression], repeated: frozenset[str]) -> list[dict[str, Any]]:
        """Return the entries of a list; subsystems that are repeated further out need labels here too."""
        repeated |= _repeated(parts)
        return [entry for part in parts for entry in self._entries(part, repeated)]

    def _entries(self, part: Expression, repeated: frozenset[str]) -> list[dict[str, Any]]:
        if isinstance(part, Requirement):
            return _vertex(part, self.label(part, repeated))
        if isinstance(part, Not):
            inside = _Scope().entries(_parts(part.part), frozenset())
            return [{"not": inside[0] if len(inside) == 1 else inside}]
        if isinstance(part, AllOf):
            return self.entries(list(part.parts), repeated)
        branches = [self.entries(_parts(branch), repeated) for branch in part.parts]
        return [{"any": [entries[0] if len(entries) == 1 else {"all": entries} for entries in branches]}]


def _parts(expression: Expression) -> list[Expression]:
    return list(expression.parts) if isinstance(expression, AllOf) else [expression]


def _repeated(parts: list[Expression]) -> frozenset[str]:
    """Return the subsystems that several parts name, each of which could be one vertex or another."""
    counts = Counter(subsystem for part in parts for subsystem in _named(part))
    return frozenset(subsystem for subsystem, count in counts.items() if count > 1)


def _named(expression: Expression) -> set[str]:
    """Return the subsystems that an expression names outside of any `not`."""
    if isinstance(expression, Requirement):
        return {expression.subsystem}
    if isinstance(expression, AllOf | AnyOf):
        return set().union(*map(_named, expression.parts))
    return set()


def _labels() -> Iterator[str]:
    yield from ascii_lowercase
    yield from (f"v{number}" for number in itertools.count(1))


def _vertex(test: Requirement, label: str) -> list[dict[str, Any]]:
    name, told = test.subsystem, {LABEL: label} if label else {}
    fields = [condition.field for condition in test.conditions]
    if len(fields) == 1:
        return [{"name": name, **_test(test.conditions[0]), **told}]
    if name in RESERVED or "" in fields or len(set(fields)) < len(fields):
        return [{"name": name, **_test(condition), **told} for condition in test.conditions] or [{"name": name, **told}]
    tests = {condition.field: test_document(condition) for condition in test.conditions}
    return [{name: {key: test.get("match", test) for key, test in tests.items()}, **told}]


def _test(condition: Condition) -> dict[str, Any]:
    return {"field": condition.field, **test_document(condition)}
