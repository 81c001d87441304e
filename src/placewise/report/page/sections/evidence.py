"""The sections of a page on records with outcomes: figures, and tables of every number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.model.outcomes.evidence import Evidence, FactSpread, FactValue, LevelScore, RulesVerdict
from placewise.model.results.results import Results
from placewise.model.results.worth import Interval
from placewise.report.data.records.evidence import MOST_FACTS, refused_shares
from placewise.report.page.cells import Cell, Row, Table, count_cell, share_cell
from placewise.report.page.sections.section import Section
from placewise.report.words.names import LIFT_ALONE, LOSS_IF_DROPPED
from placewise.report.words.numbers import MISSING, shown
from placewise.report.words.records import evidence as words

_MOST_ROWS = 500


def evidence_sections(results: Results) -> list[Section]:
    """Return the sections on the records, on what predicts success, on the choice and on rules."""
    return [] if results.evidence is None else list(_sections(results.evidence))


def _sections(evidence: Evidence) -> Iterator[Section]:
    if evidence.values:
        yield Section(
            "predicts",
            "What predicts success?",
            "A model learns from some records and is judged on others. A group of facts lowers the log loss of those; "
            "how far depends on the other facts known. Its Shapley value is the mean over all orders of adding "
            f"groups. Sample: {words.sample_words(evidence)}.",
            [
                _values("Groups of facts, in nats of held-out log loss.", evidence.values),
                _levels("By what a model knows; the package always, unless packages are held out.", evidence.levels),
                _levels("Rates, without a model.", evidence.baselines),
                *([_values("Single facts.", evidence.facts, folded=True)] if evidence.facts else []),
            ],
            figure=words.FACT_VALUES,
        )
        yield Section(
            "calibration",
            "Do forecasts hold, and where?",
            "A forecast is calibrated if jobs with a forecast of 80 % succeed in 80 % of cases. New records of known "
            "packages are easier to forecast than packages never seen.",
            [_held_out(evidence)],
            figure=words.RELIABILITY,
        )
    if evidence.choice is not None and evidence.choice.levels:
        yield Section(
            "choice",
            "What does a choice by facts gain?",
            words.choice_words(evidence).caption,
            [_choice(evidence)],
            figure=words.CHOICE,
        )
    if evidence.rules is not None:
        yield Section(
            "rules",
            "Do requirements separate success from failure?",
            words.rules_words(evidence.rules).caption,
            [_rules(evidence.rules)],
            figure=words.RULES,
        )
    yield Section(
        "records",
        "Which records are these?",
        f"{words.data_sentence(evidence)} A fact that hardly varies can predict nothing here.",
        [_compilers(evidence), _facts(evidence.summary.facts)],
    )


def _nats(value: float | None) -> Cell:
    return Cell(MISSING) if value is None else Cell(words.nats(value), repr(value))


def _interval(interval: Interval | None) -> Cell:
    if interval is None:
        return Cell(MISSING)
    return Cell(f"{words.nats(interval.low)} to {words.nats(interval.high)}", repr(interval.low))


def _levels(caption: str, levels: Sequence[LevelScore]) -> Table:
    rows: list[Row] = [
        (
            shown(one.name),
            "",
            [
                _nats(one.log_loss),
                _interval(one.interval),
                _nats(one.brier),
                _nats(one.auc),
                _nats(one.auc_within),
                _nats(one.calibration_error),
            ],
        )
        for one in levels
    ]
    columns = [
        ("log loss", "nats"),
        ("interval", "of the log loss, over packages"),
        ("Brier score", ""),
        ("AUC", "pooled"),
        ("AUC", "within packages"),
        ("calibration error", "expected"),
    ]
    return Table(caption, "known", columns, rows)


def _values(caption: str, values: Sequence[FactValue], *, folded: bool = False) -> Table:
    rows: list[Row] = [
        (shown(one.name), "", [_nats(one.value), _interval(one.interval), _nats(one.alone), _nats(one.last)])
        for one in values[:_MOST_ROWS]
    ]
    columns = [
        ("Shapley value", ""),
        ("interval", "over packages"),
        (LIFT_ALONE, "beside the package"),
        (LOSS_IF_DROPPED, ""),
    ]
    return Table(caption, "facts", columns, rows, folded=folded)


def _held_out(evidence: Evidence) -> Table:
    rows: list[Row] = [
        (
            words.held_out_words(one),
            "",
            [
                _nats(one.everything.log_loss),
                _nats(one.base_rate.log_loss),
                _nats(one.everything.auc),
                _nats(one.everything.auc_within),
            ],
        )
        for one in evidence.held_out_by
    ]
    columns = [
        ("log loss", "all facts, nats"),
        ("log loss", "the rate of all other records, nats"),
        ("AUC", "pooled"),
        ("AUC", "within packages"),
    ]
    return Table("All facts, by what is held out together.", "judged on", columns, rows)


def _choice(evidence: Evidence) -> Table:
    assert evidence.choice is not None
    rows: list[Row] = [("at random", "", [share_cell(evidence.choice.alternatives.share, digits=3), *_MISSING_ENDS])]
    for one in evidence.choice.levels:
        ends = _MISSING_ENDS
        if one.interval is not None and one.gain is not None:
            ends = [share_cell(one.interval.low, digits=3), share_cell(one.interval.high, digits=3)]
            ends.append(Cell(f"{words.points(one.gain.low)} to {words.points(one.gain.high)}", repr(one.gain.low)))
        rows.append((shown(one.name), "", [share_cell(one.success, digits=3), *ends]))
    rows.append(("the best each time", "the ceiling", [share_cell(evidence.choice.ceiling, digits=3), *_MISSING_ENDS]))
    columns = [("success", "of choices"), ("from", "interval over packages"), ("to", "interval over packages")]
    columns.append(("gain", "in points over a choice at random, interval over packages"))
    return Table("Success of choosing, by what is known.", "chosen by", columns, rows)


_MISSING_ENDS = [Cell(MISSING), Cell(MISSING), Cell(MISSING)]


def _rules(rules: RulesVerdict) -> Table:
    rows: list[Row] = [
        (
            shown(one.name),
            "",
            [
                share_cell(one.of_succeeded, digits=3),
                share_cell(one.of_failed, digits=3),
                Cell(f"{one.succeeded_refused:,.0f}", repr(one.succeeded_refused)),
            ],
        )
        for one in refused_shares(rules.subsystems)
    ]
    columns = [
        ("refused", "of the records judged that succeeded"),
        ("refused", "of the records judged that failed"),
        ("succeeded, refused", "records, each by the share of jobs"),
    ]
    return Table("By subsystem, those that refuse most of what succeeded first.", "ranges on", columns, rows)


def _compilers(evidence: Evidence) -> Table:
    rows: list[Row] = [
        (shown(one.name), "", [count_cell(one.records), share_cell(one.share, digits=3)])
        for one in evidence.summary.compilers
    ]
    return Table("By compiler.", "compiler", [("records", ""), ("succeeded", "of the records")], rows)


def _facts(facts: Sequence[FactSpread]) -> Table:
    ordered = sorted(facts, key=lambda one: (-one.records, one.group, one.name))[:_MOST_ROWS]
    rows: list[Row] = [
        (
            shown(one.name),
            shown(one.group),
            [
                count_cell(one.records),
                count_cell(one.distinct),
                Cell(shown(one.commonest, 40)),
                share_cell(one.commonest_records / one.records if one.records else None, digits=3),
            ],
        )
        for one in ordered
    ]
    columns = [("records", "that have it"), ("values", "distinct"), ("most common", ""), ("share", "of the records")]
    return Table("How much facts vary.", "fact", columns, rows, folded=len(rows) > MOST_FACTS)
