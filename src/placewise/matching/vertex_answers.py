"""What single vertices answer to each condition of a requirement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from placewise.errors import Incomparable
from placewise.kinds.resolving import passes_absent, test_of
from placewise.matching.compiled_cluster import Properties
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.requirement import Requirement
from placewise.model.scalar import Value


@dataclass(frozen=True, slots=True, eq=False)
class VertexAnswers:
    """A vertex, and what it answers to each condition.

    answers : whether each condition is met; not met where the field is missing,
        unless the condition passes without it, or cannot be compared.
    problems : for each condition why it cannot be compared, or None.
    """

    values: Mapping[str, Value]
    answers: tuple[bool, ...]
    problems: tuple[Incomparable | None, ...]

    @property
    def meets(self) -> bool:
        """Whether all conditions are met."""
        return all(self.answers)

    @property
    def undecided(self) -> bool:
        """Whether only what cannot be compared keeps the vertex from an answer."""
        unmet = [problem for answer, problem in zip(self.answers, self.problems, strict=True) if not answer]
        return bool(unmet) and None not in unmet


class Conditions:
    """A requirement, compiled to ask its conditions one by one."""

    def __init__(self, requirement: Requirement, vocabulary: Vocabulary) -> None:
        self._tests = [
            (condition.field, test_of(requirement.subsystem, condition, vocabulary), passes_absent(condition))
            for condition in requirement.conditions
        ]

    def vertex(self, properties: Properties) -> VertexAnswers:
        """Ask a vertex."""
        values = dict(properties)
        answers: list[bool] = []
        problems: list[Incomparable | None] = []
        for field, test, absent in self._tests:
            answer, problem = absent and field not in values, None
            if field in values:
                try:
                    answer = bool(test(values[field], values))
                except Incomparable as error:
                    problem = error
            answers.append(answer)
            problems.append(problem)
        return VertexAnswers(values, tuple(answers), tuple(problems))
