"""What predicts success of records that were held out: by level of facts, by group, and by single fact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.model.outcomes.evidence import EvidenceSettings, FactValue, HeldOut, LevelScore, ReliabilityBin
from placewise.model.outcomes.outcome_records import PRESENCE, OutcomeRecords
from placewise.model.progress import Progress
from placewise.model.results.worth import Interval
from placewise.prediction.success import Boosting, Known, fold_of, out_of_fold, reliability, scores
from placewise.prediction.success.folds import NONE, PACKAGE, VERSION
from placewise.study.evidence.baselines import base_rate
from placewise.study.evidence.sample import known_of, names_by_group
from placewise.sweep.runner import Runner
from placewise.worth.resampling import Bootstrap, Column, Ratios, Varied, interval_of
from placewise.worth.shapley import values_of_sets

NOTHING, ONLY_PACKAGE, EVERYTHING = "nothing", "the package only", "all facts"
_SUREST = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """Forecasts of held-out records, a row for each level of what is known; a sweep's task.

    fold : (records,) or (levels, records), where levels are held out differently. boosting : the usual, if not given.
    """

    records: OutcomeRecords
    levels: tuple[Known, ...]
    fold: NDArray[np.int32]
    boosting: Boosting | None = None

    @property
    def width(self) -> int:
        """How many records there are."""
        return len(self.records)

    def __call__(self, number: int) -> list[float]:
        """Return (records,) how likely each succeeds, as seen by models that did not see it."""
        fold = self.fold if self.fold.ndim == 1 else self.fold[number]
        found: list[float] = out_of_fold(self.records, self.levels[number], fold, self.boosting).tolist()
        return found


@dataclass(frozen=True, slots=True)
class Predicted:
    """What `predicted` finds; see `Evidence`. everything : (records,) the forecasts with all facts."""

    levels: tuple[LevelScore, ...]
    values: tuple[FactValue, ...]
    facts: tuple[FactValue, ...]
    reliability: tuple[ReliabilityBin, ...]
    everything: NDArray[np.float64]


def predicted(
    records: OutcomeRecords,
    groups: tuple[str, ...],
    fold: NDArray[np.int32],
    settings: EvidenceSettings,
    *,
    runner: Runner,
    progress: Progress,
) -> Predicted:
    """Learn from every set of groups of facts, and divide what they take from the log loss among them (Shapley).

    fold : (records,). Groups are players; the worth of a set is minus the held-out log loss with its facts, beside the
    package (see `known_of`). It is divided record by record, so that its intervals are those of means.
    """
    facts = names_by_group(records)
    sets = [
        known_of(facts, [group for place, group in enumerate(groups) if number >> place & 1], settings.hold_out)
        for number in range(1 << len(groups))
    ]
    single = _single(facts, groups, sets[-1]) if settings.single_facts else {}
    wanted = list(dict.fromkeys([*sets, *(one for pair in single.values() for one in pair)]))
    rows = runner.rows("learning", Forecasts(records, tuple(wanted), fold), len(wanted), key="", progress=progress)
    p = dict(zip(wanted, rows, strict=True))
    loss = {one: losses(records.succeeded, row) for one, row in p.items()}
    values = _values(records, groups, np.stack([loss[one] for one in sets], axis=1), settings)
    each = [(f"with {group}", sets[1 << place]) for place, group in enumerate(groups)]
    levels = [
        (ONLY_PACKAGE if sets[0].package else NOTHING, sets[0]),
        *(each if len(groups) > 1 else []),
        (EVERYTHING, sets[-1]),
    ]
    scored = scored_levels(records, [(name, p[one]) for name, one in levels], settings)
    nothing, everything = (float(loss[one].mean()) for one in (sets[0], sets[-1]))
    group_of = {fact.name: fact.group for fact in records.facts}
    found = [
        FactValue(
            name, group_of[name], None, nothing - float(loss[alone].mean()), float(loss[rest].mean()) - everything
        )
        for name, (alone, rest) in single.items()
    ]
    return Predicted(
        scored,
        values,
        tuple(sorted(found, key=lambda one: (-one.last, -one.alone, one.name))),
        reliability_bins(records, p[sets[-1]]),
        p[sets[-1]],
    )


def held_out_by(
    records: OutcomeRecords,
    groups: tuple[str, ...],
    settings: EvidenceSettings,
    usual: NDArray[np.float64],
    *,
    runner: Runner,
    progress: Progress,
) -> tuple[HeldOut, ...]:
    """Say how well all facts predict where records, versions of packages, or whole packages are held out.

    What has fewer of them than folds is left out. usual : the forecasts with all facts, held out as the settings say.
    """
    codes: dict[str, NDArray[Any]] = {NONE: np.arange(len(records)), VERSION: records.job, PACKAGE: records.package}
    if len(records.jobs) == len(records.packages):  # no versions are known
        del codes[VERSION]
    ways = [way for way, known in codes.items() if len(np.unique(known)) >= settings.folds]
    if settings.hold_out not in ways:
        ways.append(settings.hold_out)
    folds = np.stack([fold_of(records, way, settings.folds, settings.seed) for way in ways])
    others = [number for number, way in enumerate(ways) if way != settings.hold_out]
    facts = names_by_group(records)
    asked = tuple(known_of(facts, groups, ways[number]) for number in others)
    task = Forecasts(records, asked, folds[others])
    rows = np.empty((len(ways), len(records)))
    rows[ways.index(settings.hold_out)] = usual
    rows[others] = runner.rows("holding out", task, len(others), key="", progress=progress)
    found = []
    for way, fold, p in zip(ways, folds, rows, strict=True):
        everything, rate = scored_levels(
            records, [(EVERYTHING, p), ("base rate", base_rate(records, fold))], replace(settings, resamples=0)
        )
        found.append(HeldOut(way, everything, rate))
    return tuple(found)


def losses(succeeded: NDArray[np.bool_], p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (records,) minus the logarithm of the probability of what happened, in nats."""
    found: NDArray[np.float64] = -np.log(np.clip(np.where(succeeded, p, 1 - p), _SUREST, None))
    return found


def scored_levels(
    records: OutcomeRecords, levels: Sequence[tuple[str, NDArray[np.float64]]], settings: EvidenceSettings
) -> tuple[LevelScore, ...]:
    """Return the scores of forecasts, each with the interval of its log loss over packages."""
    intervals = intervals_of_means(records, [losses(records.succeeded, p) for _, p in levels], settings)
    found = []
    for (name, p), interval in zip(levels, intervals, strict=True):
        one = scores(records.succeeded, p, records.package)
        found.append(
            LevelScore(
                name, one.records, one.log_loss, one.brier, one.auc, one.auc_within, one.calibration_error, interval
            )
        )
    return tuple(found)


def intervals_of_means(
    records: OutcomeRecords, columns: Iterable[NDArray[np.float64]], settings: EvidenceSettings
) -> list[Interval | None]:
    """Return the intervals of the means of (records,) columns, packages drawn again with all their records."""
    return intervals_of_ratios(records.package, [(column, np.ones(len(records))) for column in columns], settings)


def intervals_of_ratios(
    package: NDArray[np.int32],
    ratios: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
    settings: EvidenceSettings,
) -> list[Interval | None]:
    """Return the intervals of sums of numerators over sums of denominators, (rows,) each, over packages."""
    present, unit = np.unique(package, return_inverse=True)
    if not settings.resamples or len(present) < 2:
        return [None] * len(ratios)
    columns = [Column(figure, unit.reshape(-1), above, below) for figure, (above, below) in enumerate(ratios)]
    task = Bootstrap(Ratios.of(columns, len(present), len(columns)), settings.seed)
    rows = np.array([task(number) for number in range(settings.resamples)])
    varied = Varied("package", len(present), resamples=settings.resamples)
    return [interval_of(column, varied) for column in rows.T]


def reliability_bins(records: OutcomeRecords, p: NDArray[np.float64]) -> tuple[ReliabilityBin, ...]:
    """Return what was forecast and what happened, by steps of the forecast that have records."""
    found = reliability(records.succeeded, p)
    return tuple(
        ReliabilityBin(forecast, observed, count)
        for forecast, observed, count in zip(
            found.forecast.tolist(), found.observed.tolist(), found.records.tolist(), strict=True
        )
        if count
    )


def _values(
    records: OutcomeRecords, groups: tuple[str, ...], loss: NDArray[np.float64], settings: EvidenceSettings
) -> tuple[FactValue, ...]:
    """Return the values of groups from (records, 2^groups) losses, the largest first."""
    by_record = values_of_sets(-loss)
    intervals = intervals_of_means(records, by_record.T, settings)
    mean, last = loss.mean(axis=0), loss.shape[1] - 1
    found = [
        FactValue(
            group,
            group,
            float(by_record[:, place].mean()),
            float(mean[0] - mean[1 << place]),
            float(mean[last ^ (1 << place)] - mean[last]),
            intervals[place],
        )
        for place, group in enumerate(groups)
    ]
    return tuple(sorted(found, key=lambda one: (-(one.value or 0.0), one.name)))


def _single(
    facts: dict[str, tuple[str, ...]], groups: tuple[str, ...], everything: Known
) -> dict[str, tuple[Known, Known]]:
    """Return, for each fact, what is known with it alone, and with all but it."""
    names = [name for group in groups if group != PRESENCE for name in facts[group]]
    return {
        name: (
            replace(everything, facts=(name,), presence=()),
            replace(
                everything,
                facts=tuple(other for other in everything.facts if other != name),
                presence=tuple(other for other in everything.presence if other != name),
            ),
        )
        for name in names
    }
