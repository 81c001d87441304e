"""Intervals of a run's quantities over jobs, orders of adding metadata and fleets, and paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.model.progress import Progress
from placewise.model.quantities import CEILING, FLEET, LAST, MACRO, SUCCESS, SUCCESS_OF_MATCHED, Quantity
from placewise.model.results.results import OrderSpread, Results
from placewise.model.results.worth import ORDER, Difference, FleetSpread, Headline, Interval
from placewise.model.studies.study import ALL, EXPANDING, NONE, SINGLE, Study, folder_name
from placewise.study.levels.observed import Observed
from placewise.study.vary.fleets import FleetTask
from placewise.sweep.runner import Runner
from placewise.worth.resampling import Bootstrap, Centre, Varied, interval_of

_EXPANDING, _SINGLE = folder_name(EXPANDING), folder_name(SINGLE)


@dataclass(frozen=True, slots=True, eq=False)
class _Variation:
    """Quantities found when one thing was varied.

    values : (times,) by quantity. others_stay : quantities that are not among the
    values are as they were; if not, they are not known. influence : (units,) by quantity, of those drawn again.
    copies : (units,) how many equal ones each stands for.
    """

    values: Mapping[Quantity, NDArray[np.float64]]
    varied: Varied
    others_stay: bool = False
    influence: Mapping[Quantity, NDArray[np.float64]] | None = None
    copies: NDArray[np.int64] | None = None

    def interval(
        self, value: float, more: Quantity, less: Quantity | None = None, stays: float = 0.0
    ) -> Interval | None:
        """Return the interval of a quantity, or of what it is more than another, which if not varied is `stays`."""
        draws = self.values[more] - (0.0 if less is None else self.values.get(less, stays))
        if self.influence is None:
            return interval_of(draws, self.varied)
        moved = self.influence[more] - (0.0 if less is None else self.influence[less])
        return interval_of(draws, self.varied, Centre.of(value, moved, self.copies))


def with_intervals(
    results: Results,
    observed: Observed,
    study: Study,
    fleets: FleetTask | None,
    *,
    runner: Runner,
    key: str,
    progress: Progress,
) -> Results:
    """Return the results with headline quantities, differences, and what fleets drawn anew give.

    fleets : None for none. runner, key : see `Runner.rows`.
    """
    settings = study.settings
    quantities, ratios = observed.ratios()
    values = dict(zip(quantities, ratios.values().tolist(), strict=True))
    variations = []
    if settings.resamples:
        units = observed.units
        task = Bootstrap(ratios, settings.seed, units.copies)
        rows = runner.rows("resamples", task, settings.resamples, key=key, progress=progress)
        varied = Varied(units.word, len(units), resamples=settings.resamples)
        found = dict(zip(quantities, rows.T, strict=True))
        influence = dict(zip(quantities, ratios.influence(), strict=True))
        variations.append(_Variation(found, varied, influence=influence, copies=units.copies))
    if results.orders is not None:
        variations.append(_of_orders(results.orders))
    spread = None
    if fleets is not None and settings.fleets:
        rows = runner.rows("fleets", fleets, settings.fleets, key=key, progress=progress)
        found = dict(zip(fleets.quantities, rows.T, strict=True))
        drawn = "profile" if study.truth is None else "records"
        variations.append(_Variation(found, Varied("fleet", settings.fleets, f" drawn from the {drawn}")))
        spread = _spread(found)
    compared = compared_by_rules(study, list(results.scores)) if study.rules else compared_by_experiment(study)
    return replace(
        results,
        headlines=tuple(
            Headline(quantity.experiment, quantity.name, value, _intervals(variations, quantity, value))
            for quantity, value in values.items()
            if not quantity.baseline and not np.isnan(value)
        ),
        differences=tuple(
            _difference(more, less, values, variations)
            for more, less in compared
            if not np.isnan(values.get(more, np.nan)) and not np.isnan(values.get(less, np.nan))
        ),
        fleets=spread,
    )


def compared_by_experiment(study: Study) -> list[tuple[Quantity, Quantity]]:
    """Return the pairs of quantities that built-in experiments and levels are compared by."""
    none, every = (Quantity(folder_name(name), SUCCESS) for name in (NONE, ALL))
    last = Quantity(_EXPANDING, LAST)
    return [
        (every, none),
        *((Quantity(level, SUCCESS), none) for level in study.metadata),
        (last, none),
        (last, every),
        (Quantity(_SINGLE, MACRO), Quantity(_SINGLE, MACRO, baseline=True)),
    ]


def compared_by_rules(study: Study, experiments: Sequence[str]) -> list[tuple[Quantity, Quantity]]:
    """Return the pairs that the levels of a study are compared by: each with the one without metadata."""
    metadata = study.metadata
    nothing = next((Quantity(name, SUCCESS) for name, names in metadata.items() if not names), None)
    every = next(
        (Quantity(name, SUCCESS) for name, names in metadata.items() if set(names) == set(study.everything)), None
    )
    last = Quantity(_EXPANDING, LAST)
    pairs = [(Quantity(name, SUCCESS), nothing) for name in experiments if name != _EXPANDING]
    pairs += [(last, nothing), (last, every)]
    return [(more, less) for more, less in pairs if less is not None and more != less]


def _of_orders(orders: OrderSpread) -> _Variation:
    found = {
        Quantity(_EXPANDING, SUCCESS_OF_MATCHED): orders.success_of_matched,
        Quantity(_EXPANDING, LAST): orders.last_level,
    }
    return _Variation(found, Varied(ORDER, len(orders.last_level)), others_stay=True)


def _spread(found: Mapping[Quantity, NDArray[np.float64]]) -> FleetSpread:
    columns = [quantity for quantity in found if quantity.name in (SUCCESS, LAST)]
    return FleetSpread(
        tuple(quantity.experiment for quantity in columns),
        np.stack([found[quantity] for quantity in columns], axis=1),
        found[Quantity(FLEET, CEILING)],
    )


def _difference(
    more: Quantity, less: Quantity, values: Mapping[Quantity, float], variations: Sequence[_Variation]
) -> Difference:
    intervals = [
        one.interval(values[more] - values[less], more, less, values[less])
        for one in variations
        if more in one.values and (less in one.values or one.others_stay)
    ]
    than = NONE if less.baseline else less.experiment
    return Difference(
        more.experiment,
        than,
        more.name,
        values[more] - values[less],
        tuple(interval for interval in intervals if interval is not None),
    )


def _intervals(variations: Sequence[_Variation], quantity: Quantity, value: float) -> tuple[Interval, ...]:
    found = [one.interval(value, quantity) for one in variations if quantity in one.values]
    return tuple(interval for interval in found if interval is not None)
