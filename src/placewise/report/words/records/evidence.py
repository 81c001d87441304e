"""What records with outcomes show, in words: the answer, findings, titles and captions."""

from __future__ import annotations

from collections.abc import Iterator

from placewise.model.outcomes.evidence import Evidence, FactValue, HeldOut, RulesVerdict
from placewise.model.results.worth import Interval
from placewise.model.scalar import counted
from placewise.report.data.records import evidence as numbers
from placewise.report.words.figures import FigureWords
from placewise.report.words.numbers import number, share, shown

RELIABILITY, FACT_VALUES, CHOICE, RULES = "reliability", "fact-values", "choice-success", "rules-against-outcomes"
"""The names of the figures."""

HELD_OUT = {
    "none": "records held out one by one",
    "version": "versions of packages never seen",
    "package": "packages never seen",
}
_LISTED = 3


def evidence_findings(evidence: Evidence) -> list[str]:
    """Return what the records show as sentences; the first says what a scheduler must know for jobs to succeed."""
    return [answer(evidence), *_choice(evidence), *_never_seen(evidence), *_rules(evidence), data_sentence(evidence)]


def answer(evidence: Evidence, *, amounts: bool = True) -> str:
    """Answer what a scheduler must know for jobs to succeed, as far as the records do. amounts : and by how much."""
    if not evidence.values:
        return (
            "What a scheduler must know for jobs to succeed was not worked out; "
            f"{evidence.without_model or 'there was nothing to learn from'}."
        )
    positive = [value for value in evidence.values if numbers.clearly_positive(value)]
    gain = numbers.gain_of(evidence)
    if not positive or gain is None or gain <= 0:
        return (
            "The records do not show what a scheduler must know for jobs to succeed: no group of facts is sure to "
            "lower the log loss of held-out records."
        )
    first, rest = positive[0], positive[1:]
    together = [other for other in rest if not numbers.are_apart(first, other)]
    leading = " or ".join(shown(value.name) for value in (first, *together))
    doubt = " (their intervals meet)" if together else ""
    said = "; ".join(f"{shown(value.name)} {nats(value.value)}{_between(value.interval)}" for value in positive)
    first_of_all = f"For jobs to succeed, a scheduler must first know the {leading}{doubt}"
    if not amounts:
        return f"{first_of_all}."
    return (
        f"{first_of_all}: all facts together lower the log loss "
        f"of held-out records by {nats(gain)} nats, and their Shapley values are {said}."
    )


def nats(value: float | None) -> str:
    """Write an amount of log loss."""
    return "-" if value is None else f"{value:.3f}"


def area(value: float | None) -> str:
    """Write an area under a curve."""
    return "-" if value is None else f"{value:.3f}"


def _between(interval: Interval | None) -> str:
    return "" if interval is None else f" ({nats(interval.low)} to {nats(interval.high)})"


def _gained(gain: Interval | None) -> str:
    if gain is None:
        return ""
    return f" (gain {points(gain.low)} to {points(gain.high)} points)"


def points(value: float) -> str:
    """Write a difference of shares in percentage points."""
    return f"{100 * value:+.1f}"


def _choice(evidence: Evidence) -> Iterator[str]:
    choice = evidence.choice
    if choice is None or not choice.alternatives.records:
        return
    random = share(choice.alternatives.share, 3)
    if not choice.levels:
        yield (
            f"Choosing at random among the real alternatives of {counted(choice.jobs, 'job')} succeeds in {random}; "
            f"the ceiling is {share(choice.ceiling, 3)}."
        )
        return
    parts = [f"{shown(one.name)} {share(one.success, 3)}{_gained(one.gain)}" for one in choice.levels[1:]]
    yield (
        f"Among the real alternatives of one package and version, a choice at random succeeds in {random}, a choice by "
        f"a forecast that knows {'; '.join(parts)}; the ceiling is {share(choice.ceiling, 3)}."
    )


def _never_seen(evidence: Evidence) -> Iterator[str]:
    """Say where what was learned does not carry over."""
    for held_out in evidence.held_out_by:
        if held_out.hold_out == "none":
            continue
        one = held_out.everything
        beside = f"log loss {nats(one.log_loss)} against {nats(held_out.base_rate.log_loss)}"
        if numbers.not_better_than_base(held_out):
            yield (
                f"On {held_out_words(held_out)}, the model forecasts worse than the base rate alone: {beside}; AUC "
                f"{area(one.auc)}."
            )
        else:
            yield (
                f"On {held_out_words(held_out)}, a model of all facts has an AUC of {area(one.auc)}; {beside} by the "
                "base rate alone."
            )


def held_out_words(held_out: HeldOut) -> str:
    """Say what was held out together."""
    return HELD_OUT.get(held_out.hold_out) or f"values of {shown(held_out.hold_out)} never seen"


def _rules(evidence: Evidence) -> Iterator[str]:
    if evidence.rules is not None:
        yield rules_sentence(evidence.rules)


def rules_sentence(rules: RulesVerdict) -> str:
    """Say what a study's requirements accept of what succeeded and of what failed."""
    how = "that they were not made of" if rules.held_out else "of their packages"
    return (
        f"The requirements of {shown(rules.source)} accept {share(rules.accepted_of_succeeded, 3)} of the records "
        f"{how} that succeeded, and {share(rules.accepted_of_failed, 3)} of those that failed (AUC {area(rules.auc)}): "
        f"{share(rules.succeeded_of_accepted, 3)} of what they accept succeeded, and "
        f"{share(rules.succeeded_of_refused, 3)} of what they refuse."
    )


def data_sentence(evidence: Evidence) -> str:
    """Say how many records there are, and which are used."""
    one = evidence.summary
    packages = f"{counted(one.packages, 'package')}, {one.mixed_packages:,} with both outcomes."
    succeeded = f"{one.succeeded:,} of {counted(one.records, 'record')} succeeded"
    if not one.contradictory:
        return f"{succeeded}; the records are from {packages}"
    return (
        f"{succeeded}. {counted(one.contradictory, 'name')} with both outcomes "
        f"{'is' if one.contradictory == 1 else 'are'} left out. {one.kept.succeeded:,} of the "
        f"{counted(one.kept.records, 'record')} that remain succeeded; these records are from {packages}"
    )


def sample_words(evidence: Evidence) -> str:
    """Say which records the learned figures are of."""
    one = evidence.sample
    if one is None:
        return "no records were learned from"
    return (
        f"packages with at least {one.least_builds:,} records and a success of more than {share(one.low, 3)} and less "
        f"than {share(one.high, 3)}: {one.packages:,} packages, {one.kept.records:,} records; "
        f"{one.dependencies:,} dependencies that at least {one.least_records:,} of them have; {evidence.folds} folds, "
        f"{HELD_OUT.get(evidence.hold_out, 'held out by ' + shown(evidence.hold_out))}"
    )


def values_words(evidence: Evidence) -> FigureWords:
    """Return the words for what groups of facts are worth."""
    alt = "; ".join(f"{shown(one.name)} {nats(one.value)}{_between(one.interval)}" for one in evidence.values)
    over = _over(evidence.values)
    caption = (
        "How far each group of facts lowers the log loss of held-out records: its Shapley value, what it does "
        "alone (beside the package, unless packages are held out), and what it does last, beside all others. Sample: "
        f"{sample_words(evidence)}.{over}"
    )
    return FigureWords(FACT_VALUES, "What facts predict success", caption, f"Values in nats: {alt}.")


def _over(values: tuple[FactValue, ...]) -> str:
    over = next((one.interval.over for one in values if one.interval is not None), None)
    return "" if over is None else f" Lines: 95 % intervals over {shown(over)}."


def reliability_words(evidence: Evidence) -> FigureWords:
    """Return the words for how far forecasts are what happens."""
    error = evidence.levels[-1].calibration_error if evidence.levels else 0.0
    alt = "; ".join(
        f"{share(one.forecast, 3)} forecast, {share(one.observed, 3)} succeeded" for one in evidence.reliability
    )
    caption = (
        "Held-out records by their forecast with all facts. A mark on the line succeeded as often as was forecast. "
        f"Expected calibration error: {number(error, 3)}. Marks are larger the more records there are."
    )
    return FigureWords(RELIABILITY, "Do forecasts of success hold?", caption, f"{alt}.")


def choice_words(evidence: Evidence) -> FigureWords:
    """Return the words for how choosing by facts fares."""
    choice = evidence.choice
    assert choice is not None
    alt = "; ".join(f"{shown(one.name)} {share(one.success, 3)}" for one in choice.levels)
    caption = (
        f"{choice.alternatives.records:,} real alternatives of {choice.jobs:,} jobs (a package in one version) with "
        "both outcomes; of those that were held out together the one that a level's facts make the most likely to "
        f"succeed is chosen, equal ones with equal chances. At random {share(choice.alternatives.share, 3)} succeed; "
        f"the ceiling, the best alternative each time, is {share(choice.ceiling, 3)}."
    )
    return FigureWords(CHOICE, "What a choice by facts gains", caption, f"{alt}.")


def rules_words(rules: RulesVerdict) -> FigureWords:
    """Return the words for rules against what happened."""
    caption = (
        f"{rules_sentence(rules)} {rules.judged.records:,} records of {rules.packages:,} packages that have at least "
        f"{rules.least_each} of either outcome, {share(rules.judged.share, 3)} of them a success; a record counts by "
        "the share of its package's jobs that accept it."
    )
    return FigureWords(RULES, "Do requirements separate success from failure?", caption, rules_sentence(rules))
