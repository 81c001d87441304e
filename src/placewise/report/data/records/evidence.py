"""The numbers of what records with outcomes show, as figures and tables have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from placewise.model.outcomes.evidence import Choice, ChoiceScore, Evidence, FactSpread, FactValue, HeldOut, RuleVerdict
from placewise.model.outcomes.outcome_records import DEPENDENCIES

MOST_FACTS = 20
MOST_RULES = 15


@dataclass(frozen=True, slots=True)
class RefusedShares:
    """What a requirement refuses: the share of what it judges that succeeded, and of what failed; None of nothing."""

    name: str
    of_succeeded: float | None
    of_failed: float | None
    succeeded_refused: float


def facts_shown(evidence: Evidence) -> list[FactSpread]:
    """Return the dependencies that most records have, and what is known beside them, those that vary first."""
    others = [fact for fact in evidence.summary.facts if fact.group != DEPENDENCIES]
    dependencies = [fact for fact in evidence.summary.facts if fact.group == DEPENDENCIES]
    return [*_most_common(others), *_most_common(dependencies)] if dependencies else _most_common(others, MOST_FACTS)


def _most_common(facts: Sequence[FactSpread], most: int = MOST_FACTS // 2) -> list[FactSpread]:
    return sorted(facts, key=lambda fact: (fact.distinct < 2, -fact.records, fact.group, fact.name))[:most]


def are_apart(first: FactValue, second: FactValue) -> bool:
    """Whether the intervals of two values do not meet, so that the first is larger whichever packages are drawn."""
    if first.interval is None or second.interval is None:
        return False
    return first.interval.low > second.interval.high


def clearly_positive(value: FactValue) -> bool:
    """Whether the interval of a value lies above nothing."""
    return value.interval is not None and value.interval.low > 0


def gain_of(evidence: Evidence) -> float | None:
    """Return what all facts take from the log loss with the package alone, in nats; None where nothing was learned."""
    return evidence.levels[0].log_loss - evidence.levels[-1].log_loss if evidence.levels else None


def best_choice(choice: Choice) -> ChoiceScore | None:
    """Return the level by which choosing succeeds most; None where none was tried."""
    return max(choice.levels, key=lambda level: level.success, default=None)


def refused_shares(rules: Sequence[RuleVerdict]) -> list[RefusedShares]:
    """Return what requirements refuse, those that refuse most of what succeeded first."""
    found = [
        RefusedShares(
            one.name,
            one.refused_of_succeeded / one.asked_of_succeeded if one.asked_of_succeeded else None,
            one.refused_of_failed / one.asked_of_failed if one.asked_of_failed else None,
            one.refused_of_succeeded,
        )
        for one in rules
    ]
    return sorted(found, key=lambda one: (-one.succeeded_refused, one.name))[:MOST_RULES]


def not_better_than_base(held_out: HeldOut) -> bool:
    """Whether knowing all facts predicts no better than the rate of all other records."""
    return held_out.everything.log_loss >= held_out.base_rate.log_loss
