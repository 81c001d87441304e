"""What success without and with all metadata would be if circumstances were others.

Four things are changed, one at a time: how many clusters the fleet has, drawn from its profile; how wide version ranges
are, in what is asked and in what decides success; and how much of the clusters' metadata is wrong or missing, in what
the scheduler sees, while the truth stays.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from placewise.errors import InputError, one_of
from placewise.matching.bits.kernels import Kernels
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.fleet.index import FleetIndex
from placewise.model import streams
from placewise.model.progress import SILENT, Progress
from placewise.model.quantities import CEILING, FLEET, SUCCESS, UNMATCHED, Quantity
from placewise.model.results.worth import SensitivityPoint
from placewise.model.studies.settings import MOST_FLEETS, refuse_outside
from placewise.model.studies.study import ALL, NONE, Study
from placewise.study.demands.asked import Asked, Demands, RedrawnFleets
from placewise.study.demands.demands import demands_of
from placewise.study.description import study_key
from placewise.study.levels.observed import observe
from placewise.study.vary.wrong_metadata import draw_missing, draw_wrong
from placewise.sweep.runner import HERE, Runner
from placewise.worth.resampling import Varied, interval_of

CLUSTERS, RANGES, WRONG, MISSING = "clusters", "range width", "wrong metadata", "missing metadata"
SETTINGS = {"clusters": CLUSTERS, "ranges": RANGES, "wrong": WRONG, "missing": MISSING}
"""By the name that a user asks for."""
_SHARES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
AMOUNTS: dict[str, tuple[float, ...]] = {
    CLUSTERS: (10, 30, 100, 300, 1_000, 3_000, 10_000),
    RANGES: (-1, 0, 1, 2, 4, 8),
    WRONG: _SHARES,
    MISSING: _SHARES,
}
_EVERYTHING = 1
"""The column of success with all metadata, in rows of nothing, everything, matched, ceiling."""


@dataclass(frozen=True, slots=True, eq=False)
class SensitivityTask:
    """Cases of (setting, amount, draw), each a row of nothing, everything, matched, ceiling; a sweep's task.

    Draw n of clusters, wrong or missing metadata depends on the seed, the setting and n alone, so that the amounts of a
    setting are compared on the same draws. fleets : None where the setting is not asked for.
    """

    study: Study
    demands: Demands
    index: FleetIndex
    fleets: RedrawnFleets | None
    kernels: Kernels
    cases: tuple[tuple[str, float, int], ...]
    width: int = 4

    def __call__(self, number: int) -> Sequence[float]:
        """Return the row of one case."""
        quantities, ratios = observe(self.study, self._asked(*self.cases[number]), self.kernels).ratios()
        value = dict(zip(quantities, ratios.values().tolist(), strict=True))
        return (
            value[Quantity(NONE, SUCCESS)],
            value[Quantity(ALL, SUCCESS)],
            1.0 - value[Quantity(ALL, UNMATCHED)],
            value[Quantity(FLEET, CEILING)],
        )

    def _asked(self, setting: str, amount: float, draw: int) -> Asked:
        seed = self.study.settings.seed
        if setting == RANGES:
            return self.demands.widened(self.index, int(amount))
        stream = streams.SENSITIVITY[setting]
        if setting == CLUSTERS:
            assert self.fleets is not None
            return self.fleets.asked(int(amount), streams.derived_seed(seed, stream, draw))
        metadata = draw_wrong if setting == WRONG else draw_missing
        seen = metadata(self.index, amount, streams.generator(seed, stream, draw))
        return self.demands.seen(self.index, seen.rows)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What was found; left_out : settings that the inputs do not allow, and why."""

    points: tuple[SensitivityPoint, ...]
    left_out: tuple[str, ...] = ()


def sensitivity(
    study: Study,
    kernels: Kernels | None = None,
    *,
    over: Sequence[str] = (),
    draws: int = 10,
    amounts: dict[str, tuple[float, ...]] = AMOUNTS,
    runner: Runner = HERE,
    progress: Progress = SILENT,
) -> Sensitivity:
    """Change one thing after the other, and say what success without and with all metadata then is.

    over : names of settings; all that the study allows if empty. draws : of each amount that chance has a part in.
    amounts : by setting. Raises InputError for a name that is none, a setting asked for that the study does not allow,
    and what a run refuses.
    """
    for name in over:
        if name not in SETTINGS:
            raise InputError("no such setting", found=name, expected=one_of(name, SETTINGS))
    refuse_outside(draws=(draws, 1, MOST_FLEETS))
    wanted = tuple(SETTINGS[name] for name in dict.fromkeys(over or SETTINGS))
    settings = replace(study.settings, experiments=(NONE, ALL), metadata=())
    study = replace(study, settings=settings, levels=(), expanding=(), everything=study.everything)
    kernels = kernels or NumpyKernels()
    demands = demands_of(study, kernels)
    index = FleetIndex(study.fleet)
    fleets, refused = _possible(demands, index, wanted)
    if over and refused:
        raise next(iter(refused.values()))
    cases = tuple(
        (setting, amount, draw)
        for setting in wanted
        if setting not in refused
        for amount in amounts[setting]
        for draw in range(draws if _left_to_chance(setting, amount) else 1)
    )
    task = SensitivityTask(study, demands, index, fleets, kernels, cases)
    key = json.dumps([study_key(study), list(cases)])
    rows = runner.rows("sensitivity", task, len(cases), key=key, progress=progress)
    points = []
    for setting, amount in dict.fromkeys((setting, amount) for setting, amount, _ in cases):
        found = rows[[case[:2] == (setting, amount) for case in cases]]
        drawn = interval_of(found[:, _EVERYTHING], Varied("draw", len(found)))
        low, high = (np.nan, np.nan) if drawn is None else (drawn.low, drawn.high)
        nothing, everything, matched, ceiling = found.mean(axis=0).tolist()
        points.append(SensitivityPoint(setting, amount, nothing, everything, matched, ceiling, len(found), low, high))
    names = {setting: name for name, setting in SETTINGS.items()}
    return Sensitivity(tuple(points), tuple(f"{names[setting]}: {error}" for setting, error in refused.items()))


def _left_to_chance(setting: str, amount: float) -> bool:
    return setting == CLUSTERS or (setting in (WRONG, MISSING) and amount > 0)


def _possible(
    demands: Demands, index: FleetIndex, wanted: tuple[str, ...]
) -> tuple[RedrawnFleets | None, dict[str, InputError]]:
    """Return fleets to draw, where they are wanted, and why some of the settings wanted are not possible."""
    fleets, refused = None, {}
    for setting in wanted:
        try:
            if setting == CLUSTERS:
                fleets = demands.redrawn()
            elif setting == RANGES:
                demands.widened(index, 0)
            elif setting == WRONG:
                draw_wrong(index, 0.0, np.random.default_rng(0))
            if setting in (WRONG, MISSING) and demands.note(index) is not None:
                demands.seen(index, lambda table, _: table)
        except InputError as error:
            refused[setting] = error
    return fleets, refused
