"""Which settings of boosting forecast best over all levels of facts that are compared, on records held out.

    python benchmarks/settings_of_learning.py RECORDS [--folds 3] [--seed 1] [--workers 2]

The criterion is fixed before any figure of a level is looked at: the mean, over the levels of the table of what
predicts success and over those of the choice, of the held-out log loss. Folds are dealt by another seed than those of
the reported figures, so that what is reported was not chosen on its own folds. Exits with 1 where the settings that
`placewise` uses are not the best of those tried.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placewise.formats.records.outcome_records import read_outcome_records
from placewise.model.outcomes.evidence import EvidenceSettings
from placewise.model.outcomes.outcome_records import COMPILER, DEPENDENCIES, PACKAGE_VERSION, OutcomeRecords
from placewise.model.progress import SILENT
from placewise.prediction.success import Boosting, Known, fold_of, usual
from placewise.study.evidence.predicting import Forecasts, losses
from placewise.study.evidence.sample import groups_of, known_of, names_by_group, sampled, tried_alone, with_common_facts
from placewise.study.evidence.summary import without_contradictions
from placewise.sweep.executors import runner


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """The held-out log loss of every pair of settings and level; a sweep's task, a row a pair."""

    tasks: tuple[Forecasts, ...]
    places: tuple[tuple[int, int], ...]
    width: int = 1

    def __call__(self, number: int) -> list[float]:
        """Return the log loss, in nats."""
        task, level = self.places[number]
        one = self.tasks[task]
        return [float(losses(one.records.succeeded, np.array(one(level))).mean())]


def candidates(records: int) -> dict[str, Boosting]:
    """Return the settings tried, by name; all grow as many trees."""
    one = usual(records)
    found = {f"leaves of {leaf}": replace(one, least_leaf=leaf) for leaf in (10, 20, 40)}
    return found | {"leaves of 20, half the rate": replace(one, least_leaf=20, learning_rate=one.learning_rate / 2)}


def levels_of(records: OutcomeRecords, settings: EvidenceSettings) -> list[tuple[OutcomeRecords, dict[str, Known]]]:
    """Return the levels of the table of what predicts success, and those of the choice, with their records."""
    sample, _ = sampled(records, settings)
    facts = names_by_group(sample)
    groups = groups_of(sample, settings.groups)
    table = {"the package only": known_of(facts, (), settings.hold_out)}
    table |= {f"with {group}": known_of(facts, (group,), settings.hold_out) for group in groups}
    table["all facts"] = known_of(facts, groups, settings.hold_out)
    common = with_common_facts(records, settings.least_records)
    facts = names_by_group(common)
    own, compiler, dependencies = (facts.get(group, ()) for group in (PACKAGE_VERSION, COMPILER, DEPENDENCIES))
    choice = {"choice: nothing": Known(own)}
    choice |= {f"choice: {name}": Known((*own, name)) for name in tried_alone(common, settings.alone)}
    choice["choice: the compiler"] = Known((*own, *compiler))
    choice["choice: dependencies"] = Known((*own, *dependencies))
    choice["choice: all"] = Known((*own, *dependencies, *compiler))
    return [(sample, table), (common, choice)]


def compared(
    path: Path, folds: int, seed: int, workers: int
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float64]]:
    """Return settings, levels, and the log loss of each, (settings, levels)."""
    records, _ = without_contradictions(read_outcome_records(path))
    settings = EvidenceSettings(folds=folds, seed=seed)
    tasks, places, names = [], [], []
    for of, levels in levels_of(records, settings):
        fold = fold_of(of, settings.hold_out, folds, seed)
        names += list(levels)
        tried = candidates(len(of))
        tasks += [Forecasts(of, tuple(levels.values()), fold, boosting) for boosting in tried.values()]
    settings_tried = tuple(candidates(len(records)))
    half = len(settings_tried)
    for number in range(half):
        for task in (number, half + number):
            places += [(task, level) for level in range(len(tasks[task].levels))]
    with runner(workers) as where:
        rows = where.rows("comparing", Losses(tuple(tasks), tuple(places)), len(places), key="", progress=SILENT)
    return settings_tried, tuple(names), np.array(rows).reshape(half, -1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the log loss of each level and the mean by settings; see the module."""
    parser = argparse.ArgumentParser(description="Which settings of boosting forecast best on records held out.")
    parser.add_argument("records", type=Path)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args(arguments)
    tried, levels, found = compared(asked.records, asked.folds, asked.seed, asked.workers)
    print(f"held-out log loss, nats: {asked.folds} folds, seed {asked.seed}")
    print(f"{'':28}", *(f"{name:>28}" for name in tried))
    for level, row in zip((*levels, "mean"), np.vstack([found.T, found.mean(axis=1)]), strict=True):
        print(f"{level:28}", *(f"{value:28.4f}" for value in row))
    best = tried[int(found.mean(axis=1).argmin())]
    used = next(name for name, one in candidates(20_000).items() if one == usual(20_000))
    print(f"best: {best}; used: {used}")
    return int(best != used)


if __name__ == "__main__":
    sys.exit(main())
