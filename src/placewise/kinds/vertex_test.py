"""A requirement compiled: what one vertex answers to it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from placewise.errors import Incomparable
from placewise.kinds.resolving import Test, passes_absent, test_of
from placewise.model.requirement import Requirement
from placewise.model.scalar import Value
from placewise.model.vocabulary import Vocabulary


class Answer(enum.Enum):
    """What a vertex answers to a requirement: it meets it, it does not, or a field that is not described decides.

    UNSAID : it meets it, since a limit is none where it is not described.
    """

    YES = "yes"
    UNSAID = "unsaid"
    NO = "no"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, eq=False)
class VertexTest:
    """A requirement with its conditions as tests of values, under one vocabulary."""

    tests: tuple[tuple[str, Test, bool], ...]
    subsystem: str

    @classmethod
    def of(cls, requirement: Requirement, vocabulary: Vocabulary) -> VertexTest:
        """Compile a requirement. Raises InputError for a bound of another kind than its field's."""
        return cls(
            tuple(
                (condition.field, test_of(requirement.subsystem, condition, vocabulary), passes_absent(condition))
                for condition in requirement.conditions
            ),
            requirement.subsystem,
        )

    def ask(self, values: Mapping[str, Value]) -> Answer | Incomparable:
        """Return what a vertex with these values by field answers; a problem where one of them cannot be compared.

        A value that fails decides, whatever the others are; then one that is missing.
        """
        found: Answer | Incomparable = Answer.YES
        for field, test, absent in self.tests:
            if field not in values:
                if not absent:
                    found = Answer.MISSING
                elif found is Answer.YES:
                    found = Answer.UNSAID
                continue
            try:
                if not test(values[field], values):
                    return Answer.NO
            except Incomparable as problem:
                # A test that is a predicate itself does not know the field.
                if problem.place is None:
                    problem.within(place=f"requirement on {self.subsystem!r}, field {field!r}")
                found = problem if found in (Answer.YES, Answer.UNSAID) else found
        return found
