"""What records with outcomes show, as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, JustifyMethod

from placewise.model.outcomes.evidence import ChoiceScore, Evidence, FactValue, LevelScore, RulesVerdict
from placewise.model.results.worth import Interval
from placewise.report.data.records import evidence as numbers
from placewise.report.terminal.tables import print_line, print_table
from placewise.report.words.names import LIFT_ALONE, LOSS_IF_DROPPED
from placewise.report.words.numbers import share, shown
from placewise.report.words.records.evidence import area, evidence_findings, held_out_words, nats, points, sample_words


def print_evidence(evidence: Evidence, console: Console) -> None:
    """Print the answer and the findings, then the tables that they rest on."""
    for line in evidence_findings(evidence):
        print_line(line, console)
    _print_data(evidence, console)
    if evidence.sample is not None:
        print_line(f"Learned and judged on: {sample_words(evidence)}", console)
    _print_levels("Held-out forecasts of success: rates, without a model", evidence.baselines, console)
    _print_levels("Held-out forecasts of success, by what a model knows", evidence.levels, console)
    _print_values("What groups of facts are worth, in nats of held-out log loss", evidence.values, console)
    _print_values("Single facts", evidence.facts[: numbers.MOST_FACTS], console)
    _print_held_out(evidence, console)
    _print_choice(evidence, console)
    if evidence.rules is not None:
        _print_rules(evidence.rules, console)
    if evidence.without_model:
        print_line(f"Without a model: {evidence.without_model}", console)


def _right(first: str, names: Iterable[str]) -> dict[str, JustifyMethod]:
    return {first: "left", **dict.fromkeys(names, "right")}


def _print_data(evidence: Evidence, console: Console) -> None:
    summary = evidence.summary
    rows = [(shown(one.name), f"{one.records:,}", share(one.share, 3)) for one in summary.compilers]
    if rows:
        print_table("By compiler", _right("compiler", ("records", "succeeded")), rows, console)
    facts = [
        (
            shown(one.name),
            f"{one.records:,}",
            f"{one.distinct:,}",
            shown(one.commonest, 24),
            f"{one.commonest_records:,}",
            share(one.commonest_records / one.records if one.records else None, 3),
        )
        for one in numbers.facts_shown(evidence)
    ]
    headings = _right("fact", ("records", "values", "most common", "in", "share"))
    if facts:
        print_table("How much facts vary (evidence.json has all)", headings, facts, console)


def _print_levels(title: str, levels: Sequence[LevelScore], console: Console) -> None:
    if not levels:
        return
    rows = [
        (
            shown(one.name),
            nats(one.log_loss),
            _ends(one.interval),
            nats(one.brier),
            area(one.auc),
            area(one.auc_within),
            nats(one.calibration_error),
        )
        for one in levels
    ]
    names = ("log loss", "95 % over packages", "Brier", "AUC", "AUC in packages", "calibration error")
    print_table(title, _right("known", names), rows, console)


def _ends(interval: Interval | None) -> str:
    return "" if interval is None else f"{nats(interval.low)} to {nats(interval.high)}"


def _print_values(title: str, values: Sequence[FactValue], console: Console) -> None:
    if not values:
        return
    valued = any(one.value is not None for one in values)
    rows = [
        (shown(one.name), *((nats(one.value), _ends(one.interval)) if valued else ()), nats(one.alone), nats(one.last))
        for one in values
    ]
    names = [*(("value", "95 % over packages") if valued else ()), LIFT_ALONE, LOSS_IF_DROPPED]
    print_table(title, _right("facts", names), rows, console)


def _print_held_out(evidence: Evidence, console: Console) -> None:
    rows = [
        (
            held_out_words(one),
            nats(one.everything.log_loss),
            nats(one.base_rate.log_loss),
            area(one.everything.auc),
            area(one.everything.auc_within),
        )
        for one in evidence.held_out_by
    ]
    if rows:
        names = ("log loss", "log loss of the base rate", "AUC", "AUC in packages")
        print_table("Does it carry over? All facts, by what is held out", _right("judged on", names), rows, console)


def _print_choice(evidence: Evidence, console: Console) -> None:
    choice = evidence.choice
    if choice is None or not choice.alternatives.records:
        return
    usual = [ChoiceScore("at random", choice.alternatives.share)]
    ceiling = [ChoiceScore("the best each time (ceiling)", choice.ceiling)]
    rows = [
        (
            shown(one.name),
            share(one.success, 3),
            "" if one.interval is None else f"{share(one.interval.low, 3)} to {share(one.interval.high, 3)}",
            "" if one.gain is None else f"{points(one.gain.low)} to {points(one.gain.high)}",
        )
        for one in (*usual, *choice.levels, *ceiling)
    ]
    title = (
        f"Choosing among the real alternatives of a package and version: {choice.alternatives.records:,} records of "
        f"{choice.jobs:,} jobs"
    )
    print_table(
        title,
        _right("chosen by", ("success", "95 % over packages", "gain in points")),
        rows,
        console,
    )


def _print_rules(rules: RulesVerdict, console: Console) -> None:
    rows = [
        (shown(one.name), share(one.of_succeeded, 3), share(one.of_failed, 3), f"{one.succeeded_refused:,.0f}")
        for one in numbers.refused_shares(rules.subsystems)
    ]
    headings = _right("ranges on", ("of successes, refused", "of failures, refused", "successes refused"))
    print_table("Which rules refuse what succeeded", headings, rows, console)
