"""A requirement compiled: what one vertex answers to it."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from placewise.errors import Incomparable, InputError, NotSaid
from placewise.kinds.conditions.comparing import bounds_of
from placewise.kinds.resolving import Test, is_implied, passes_absent, test_of
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.predicates import Equals, Within
from placewise.model.requirements.requirement import Condition, Requirement
from placewise.model.scalar import Value, scalar_text
from placewise.model.versions.range_notation import is_comparison


class Answer(enum.Enum):
    """What a vertex answers to a requirement: it meets it, it does not, or a field that is not described decides.

    UNSAID : it meets it, since a limit is none where it is not described. UNDECIDED : the vertex says it, and who asks
    would have to say more. MISSING : it lacks a field, which is a no where all fields are described.
    """

    YES = "yes"
    UNSAID = "unsaid"
    NO = "no"
    MISSING = "missing"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, eq=False)
class VertexTest:
    """A requirement with its conditions as tests of values, under one vocabulary.

    tests : fields, each with its test and what a vertex without the field answers. by_field : whether each test looks
    at its own field alone.
    """

    tests: tuple[tuple[str, Test, Answer], ...]
    subsystem: str
    by_field: bool = True

    @classmethod
    def of(cls, requirement: Requirement, vocabulary: Vocabulary) -> VertexTest:
        """Compile a requirement.

        Raises InputError for a bound of another kind than its field's, and for bounds of two conditions that cross.
        """
        tests = tuple(
            (condition.field, test_of(requirement.subsystem, condition, vocabulary), _where_absent(condition))
            for condition in requirement.conditions
        )
        _refuse_crossed(requirement, vocabulary)
        by_field = not any(hasattr(condition.predicate, "holds_of") for condition in requirement.conditions)
        return cls(tests, requirement.subsystem, by_field)

    def ask(self, values: Mapping[str, Value]) -> Answer | Incomparable:
        """Return what a vertex with these values by field answers; a problem where one of them cannot be compared.

        A value that fails decides, whatever the others are; then one that is missing.
        """
        found: Answer | Incomparable = Answer.YES
        for field, test, absent in self.tests:
            if field not in values:
                if absent is Answer.MISSING or found is Answer.YES:
                    found = absent
                continue
            try:
                if not test(values[field], values):
                    return Answer.NO
            except NotSaid:
                found = Answer.UNDECIDED if found in (Answer.YES, Answer.UNSAID) else found
            except Incomparable as problem:
                # A test that is a predicate itself does not know the field.
                if problem.place is None:
                    problem.within(place=f"requirement on {self.subsystem!r}, field {field!r}")
                found = problem if found in (Answer.YES, Answer.UNSAID) else found
        return found


def _where_absent(condition: Condition) -> Answer:
    """Return what a vertex answers that lacks the field of a condition."""
    if is_implied(condition):
        return Answer.YES
    return Answer.UNSAID if passes_absent(condition) else Answer.MISSING


def _refuse_crossed(requirement: Requirement, vocabulary: Vocabulary) -> None:
    """Raise InputError where the bounds of two conditions on one field cross, as those of one condition may not."""
    bounds: defaultdict[str, list[str]] = defaultdict(list)
    for condition in requirement.conditions:
        match condition.predicate:
            case Within():
                ends = bounds_of(condition.predicate)
                bounds[condition.field].append(",".join(f"{sign}{scalar_text(bound)}" for sign, bound in ends))
            case Equals(text) if is_comparison(text):
                bounds[condition.field].append(text)
    for field, texts in bounds.items():
        if len(texts) < 2:
            continue
        *alone, together = (Condition(field, Equals(text)) for text in (*texts, ",".join(texts)))
        try:
            for one in alone:
                test_of(requirement.subsystem, one, vocabulary, strict=True)
        except InputError:
            # Bounds of another kind than the inferred one: there is no order in which they could cross.
            continue
        test_of(requirement.subsystem, together, vocabulary, strict=True)
