"""What the report of records with outcomes begins with."""

from __future__ import annotations

from placewise.model.outcomes.evidence import Evidence
from placewise.model.results.worth import Interval
from placewise.model.scalar import counted
from placewise.report.data.records.evidence import best_choice
from placewise.report.words.numbers import share, shown
from placewise.report.words.openings.opening import KeyNumber, Opening, explained, share_number
from placewise.report.words.records.evidence import CHOICE, FACT_VALUES, answer


def evidence_opening(evidence: Evidence) -> Opening:
    """Return the answer of records with outcomes: what a scheduler must know, and what a choice by it gains."""
    sentence = answer(evidence)
    choice = evidence.choice
    if choice is None or not choice.alternatives.records:
        return Opening(sentence, FACT_VALUES)
    numbers = [_number("success of a choice at random", choice.alternatives.share, None)]
    best, first = best_choice(choice), None
    if best is not None:
        first = best.interval
        numbers.append(_number(f"success of a choice by {shown(best.name, 40)}", best.success, first))
        sentence = (
            f"{answer(evidence, amounts=False).removesuffix('.')}; among real alternatives of "
            f"{counted(choice.jobs, 'job')}, a choice by {shown(best.name)} succeeds in {share(best.success, 3)} of "
            f"cases, and a choice at random in {share(choice.alternatives.share, 3)}."
        )
    numbers.append(_number("the best choice each time (ceiling)", choice.ceiling, None))
    return Opening(sentence, FACT_VALUES if evidence.values else CHOICE, tuple(numbers), explained(first))


def _number(label: str, value: float, interval: Interval | None) -> KeyNumber:
    return share_number(label, value, interval, 1.0)
