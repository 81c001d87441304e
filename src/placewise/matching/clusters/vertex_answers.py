"""What single vertices answer to each condition of a requirement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from placewise.errors import Incomparable, NotSaid
from placewise.kinds.resolving import is_implied, passes_absent, test_of
from placewise.matching.clusters.compiled_cluster import Properties
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.requirement import Requirement
from placewise.model.scalar import Value


@dataclass(frozen=True, slots=True, eq=False)
class VertexAnswers:
    """A vertex, and what it answers to each condition.

    answers : whether each condition is met; not met where the field is missing,
        unless the condition passes without it, or cannot be compared.
    problems : for each condition why it is neither met nor not, or None: `NotSaid` where more would have to be
        described, or said by who asks.
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
        """Whether only what is not said, or cannot be compared, keeps the vertex from an answer."""
        unmet = [problem for answer, problem in zip(self.answers, self.problems, strict=True) if not answer]
        return bool(unmet) and None not in unmet

    @property
    def not_said(self) -> tuple[int, ...]:
        """The positions of the conditions that nobody said enough for."""
        return tuple([position for position, one in enumerate(self.problems) if isinstance(one, NotSaid)])


class Conditions:
    """A requirement, compiled to ask its conditions one by one."""

    def __init__(self, requirement: Requirement, vocabulary: Vocabulary) -> None:
        self._tests = [
            (condition, test_of(requirement.subsystem, condition, vocabulary)) for condition in requirement.conditions
        ]

    def vertex(self, properties: Properties, *, in_part: bool = False) -> VertexAnswers:
        """Ask a vertex; in_part : it may have fields that are not described."""
        values = dict(properties)
        answers: list[bool] = []
        problems: list[Incomparable | None] = []
        for condition, test in self._tests:
            field = condition.field
            problem: Incomparable | None = None
            answer = field not in values and passes_absent(condition)
            if field not in values and in_part and not is_implied(condition):
                answer, problem = False, NotSaid("is not described")
            if field in values:
                try:
                    answer = bool(test(values[field], values))
                except Incomparable as error:
                    problem = error
            answers.append(answer)
            problems.append(problem)
        return VertexAnswers(values, tuple(answers), tuple(problems))
