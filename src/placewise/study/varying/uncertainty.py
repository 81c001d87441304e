"""How sure the figures of a run are: intervals over jobs, orders of telling and fleets, and paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.model.results import OrderSpread, Results
from placewise.model.study import BuildStudy
from placewise.model.worth import Difference, FleetSpread, Headline, Interval
from placewise.study.design import ALL, EXPANDING, FOLDER_NAMES, NONE, SINGLE
from placewise.study.figures import BUILD, CEILING, FLEET, JOINT, LAST, MACRO, Figure, Observed
from placewise.study.summing_up import Progress
from placewise.study.varying.fleets import FleetTask
from placewise.sweep.runner import Runner
from placewise.worth.resampling import Bootstrap, interval_of

_EXPANDING, _SINGLE = FOLDER_NAMES[EXPANDING], FOLDER_NAMES[SINGLE]


@dataclass(frozen=True, slots=True)
class Asked:
    """How many resamples of the jobs, and how many fleets; 0 for none."""

    resamples: int
    fleets: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class _Variation:
    """Figures found when one thing was varied.

    values : (times,) by figure. over : what was varied, in words. others_stay : figures that are not among the values
    are as they were; if not, they are not known.
    """

    values: Mapping[Figure, NDArray[np.float64]]
    over: str
    others_stay: bool = False


def with_uncertainty(
    results: Results,
    observed: Observed,
    compared: Sequence[tuple[Figure, Figure]],
    fleets: FleetTask | None,
    asked: Asked,
    *,
    runner: Runner,
    key: str,
    progress: Progress,
) -> Results:
    """Return the results with headline figures, differences, and what fleets drawn anew give.

    compared : pairs of figures of which the first less the second is told; pairs that were not observed are left out.
    fleets : None for none. runner, key : see `Runner.rows`.
    """
    figures, ratios = observed.ratios()
    values = dict(zip(figures, ratios.values().tolist(), strict=True))
    variations = []
    if asked.resamples:
        rows = runner.rows(
            "resamples",
            Bootstrap(ratios, asked.seed),
            asked.resamples,
            key=key,
            progress=lambda done: progress("resamples", done, asked.resamples),
        )
        over = f"{_counted(asked.resamples, 'resample')} of {_counted(observed.units, 'requirement profile')}"
        variations.append(_Variation(dict(zip(figures, rows.T, strict=True)), over))
    if results.orders is not None:
        variations.append(_of_orders(results.orders))
    spread = None
    if fleets is not None and asked.fleets:
        rows = runner.rows(
            "fleets",
            fleets,
            asked.fleets,
            key=key,
            progress=lambda done: progress("fleets", done, asked.fleets),
        )
        found = dict(zip(fleets.figures, rows.T, strict=True))
        variations.append(_Variation(found, f"{_counted(asked.fleets, 'fleet')} drawn from the profile"))
        spread = _spread(found)
    return replace(
        results,
        headlines=tuple(
            Headline(figure.experiment, figure.quantity, value, _intervals(variations, figure))
            for figure, value in values.items()
            if not figure.baseline and not np.isnan(value)
        ),
        differences=tuple(
            _difference(more, less, values, variations)
            for more, less in compared
            if not np.isnan(values.get(more, np.nan)) and not np.isnan(values.get(less, np.nan))
        ),
        fleets=spread,
    )


def compared_experiments(levels: Sequence[str] = ()) -> list[tuple[Figure, Figure]]:
    """Return the pairs of figures that the experiments on versions are compared by. levels : what some are told in."""
    none, every = (Figure(FOLDER_NAMES[name], JOINT) for name in (NONE, ALL))
    last = Figure(_EXPANDING, LAST)
    return [
        (every, none),
        *((Figure(level, JOINT), none) for level in levels),
        (last, none),
        (last, every),
        (Figure(_SINGLE, MACRO), Figure(_SINGLE, MACRO, baseline=True)),
    ]


def compared_levels(study: BuildStudy, experiments: Sequence[str]) -> list[tuple[Figure, Figure]]:
    """Return the pairs of figures that the levels of a study are compared by: each with the one that tells nothing."""
    nothing = next((Figure(level.name, JOINT) for level in study.levels if not level.told), None)
    every = next(
        (Figure(level.name, JOINT) for level in study.levels if set(level.told) == set(study.everything)), None
    )
    last = Figure(_EXPANDING, LAST)
    pairs = [(Figure(name, JOINT), nothing) for name in experiments if name != _EXPANDING]
    pairs += [(last, nothing), (last, every)]
    return [(more, less) for more, less in pairs if less is not None and more != less]


def _of_orders(orders: OrderSpread) -> _Variation:
    found = {Figure(_EXPANDING, BUILD): orders.success_of_matched, Figure(_EXPANDING, LAST): orders.last_level}
    return _Variation(found, _counted(len(orders.last_level), "random order"), others_stay=True)


def _spread(found: Mapping[Figure, NDArray[np.float64]]) -> FleetSpread:
    columns = [figure for figure in found if figure.quantity in (JOINT, LAST)]
    return FleetSpread(
        tuple(figure.experiment for figure in columns),
        np.stack([found[figure] for figure in columns], axis=1),
        found[Figure(FLEET, CEILING)],
    )


def _difference(
    more: Figure, less: Figure, values: Mapping[Figure, float], variations: Sequence[_Variation]
) -> Difference:
    intervals = [
        interval_of(one.values[more] - one.values.get(less, values[less]), one.over)
        for one in variations
        if more in one.values and (less in one.values or one.others_stay)
    ]
    than = FOLDER_NAMES[NONE] if less.baseline else less.experiment
    return Difference(
        more.experiment,
        than,
        more.quantity,
        values[more] - values[less],
        tuple(interval for interval in intervals if interval is not None),
    )


def _intervals(variations: Sequence[_Variation], figure: Figure) -> tuple[Interval, ...]:
    found = [interval_of(one.values[figure], one.over) for one in variations if figure in one.values]
    return tuple(interval for interval in found if interval is not None)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
