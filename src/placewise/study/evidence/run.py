"""All that records with outcomes show, in one go."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.jobs.workload import Workload
from placewise.model.outcomes.evidence import Choice, Evidence, EvidenceSettings, LevelScore, RulesVerdict
from placewise.model.outcomes.outcome_records import COMPILER, DEPENDENCIES, PACKAGE_VERSION, OutcomeRecords
from placewise.model.progress import SILENT, Progress
from placewise.model.studies.study import Study
from placewise.prediction.success import Known, fold_of
from placewise.prediction.success.folds import NONE, PACKAGE
from placewise.prediction.success.scores import auc
from placewise.study.evidence.baselines import baselines
from placewise.study.evidence.choice import Cells, cells_of, choice_of, chosen
from placewise.study.evidence.predicting import (
    EVERYTHING,
    Forecasts,
    held_out_by,
    intervals_of_ratios,
    predicted,
    scored_levels,
)
from placewise.study.evidence.rules import accepted, verdict_of
from placewise.study.evidence.sample import groups_of, names_by_group, sampled, tried_alone, with_common_facts
from placewise.study.evidence.summary import summarised, without_contradictions
from placewise.sweep.runner import HERE, Runner

KNOWS_NOTHING = "nothing of the environment"
WITHOUT_FACTS = "no fact is known of enough records (--least-records)"
WITHOUT_LEARNING = "learning needs scikit-learn: pip install 'placewise[learn]'"


def evidence_of(
    records: OutcomeRecords,
    source: str,
    settings: EvidenceSettings | None = None,
    *,
    rules: Study | None = None,
    runner: Runner = HERE,
    progress: Progress = SILENT,
) -> Evidence:
    """Say what the records are, what predicts success, how choosing by it fares, and how rules do.

    rules : a study of version jobs, whose requirements are judged by what happened. Without scikit-learn, what needs no
    model is there.
    Raises InputError for settings that do not fit the records.
    """
    settings = settings or EvidenceSettings()
    kept, contradictory = without_contradictions(records)
    if not len(kept):
        raise InputError("every record occurs with both outcomes", found=contradictory, expected="one outcome a name")
    summary = summarised(records, kept, contradictory)
    sample, described = sampled(kept, settings)
    fold = fold_of(sample, settings.hold_out, settings.folds, settings.seed)
    known = scored_levels(sample, list(baselines(sample, fold)), settings)
    verdict = None if rules is None else _judged(kept, settings, rules)
    usual = {"baselines": known, "sample": described, "rules": verdict}
    said = (settings.hold_out, settings.folds, settings.seed)
    common = with_common_facts(kept, settings.least_records)
    everywhere = fold_of(common, settings.hold_out, settings.folds, settings.seed)
    cells = cells_of(common, everywhere)
    missing = WITHOUT_FACTS if not sample.facts else WITHOUT_LEARNING if find_spec("sklearn") is None else None
    if missing is not None:
        choice = choice_of(cells, common, [])
        return Evidence(source, summary, *said, **usual, choice=choice, without_model=missing)  # type: ignore[arg-type]
    groups, alone = groups_of(sample, settings.groups), tried_alone(common, settings.alone)
    found = predicted(sample, groups, fold, settings, runner=runner, progress=progress)
    apart = held_out_by(sample, groups, settings, found.everything, runner=runner, progress=progress)
    choice, everything = _chosen(common, everywhere, cells, alone, settings, runner, progress)
    return Evidence(
        source,
        summary,
        *said,
        **usual,  # type: ignore[arg-type]
        levels=found.levels,
        values=found.values,
        facts=found.facts,
        reliability=found.reliability,
        held_out_by=apart,
        choice=choice,
        everything=everything,
    )


def _chosen(
    records: OutcomeRecords,
    fold: NDArray[np.int32],
    cells: Cells,
    alone: tuple[str, ...],
    settings: EvidenceSettings,
    runner: Runner,
    progress: Progress,
) -> tuple[Choice, LevelScore]:
    """Return how choosing by ever more facts fares, and how well the last of these levels predicts.

    The package and its version are what the job asks for, and so always known. alone : dependencies to choose by alone.
    """
    facts = names_by_group(records)
    own = facts.get(PACKAGE_VERSION, ())
    dependencies, compiler = facts.get(DEPENDENCIES, ()), facts.get(COMPILER, ())
    levels = [(KNOWS_NOTHING, own)]
    levels += [(f"the version of {name}", (*own, name)) for name in alone]
    if compiler:
        levels.append(("the compiler", (*own, *compiler)))
    if dependencies:
        levels.append(("all dependency versions", (*own, *dependencies)))
    if compiler and dependencies:
        levels.append(("all dependency versions and the compiler", (*own, *dependencies, *compiler)))
    if not (compiler or dependencies):
        levels.append((EVERYTHING, tuple(name for names in facts.values() for name in names)))
    known = settings.hold_out != PACKAGE  # see `known_of`
    task = Forecasts(records, tuple(Known(names, package=known) for _, names in levels), fold)
    rows = runner.rows("choosing", task, len(levels), key="", progress=progress)
    good = [chosen(cells, records, p) for p in rows]
    size = cells.size.astype(np.float64)
    ratios = [(one, size) for one in (*good, *(one - cells.succeeded for one in good))]
    intervals = intervals_of_ratios(cells.package, ratios, settings)
    pairs = zip(intervals[: len(good)], intervals[len(good) :], strict=True)
    named = [(name, one, *pair) for (name, _), one, pair in zip(levels, good, pairs, strict=True)]
    (everything,) = scored_levels(records, [(levels[-1][0], rows[-1])], settings)
    return choice_of(cells, records, named), everything


def _judged(kept: OutcomeRecords, settings: EvidenceSettings, rules: Study) -> RulesVerdict:
    """Judge rules by records held out one by one: of a package held out whole, no rules would be left."""
    if not isinstance(rules.jobs, Workload):
        expected = "jobs that require versions of packages"
        raise InputError("the study is of records of builds", file=rules.source, expected=expected)
    found = accepted(kept, fold_of(kept, NONE, settings.folds, settings.seed), rules.jobs)
    return verdict_of(kept, found, rules.source, auc(kept.succeeded[found.rows], found.share))
