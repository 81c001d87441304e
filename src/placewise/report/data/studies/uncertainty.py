"""The numbers of uncertainty: intervals of quantities, fleets drawn anew, other circumstances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.model.quantities import CEILING, FLEET, LAST, SUCCESS
from placewise.model.results.results import Results
from placewise.model.results.worth import Difference, Headline, Interval, SensitivityPoint
from placewise.model.studies.study import EXPANDING, folder_name
from placewise.report.data import statistics

_AMOUNTS = ("cost", "runtime", "clusters")
_OF_ALL_JOBS = (SUCCESS, LAST, CEILING)


@dataclass(frozen=True, slots=True, eq=False)
class FleetColumn:
    """What every fleet drawn anew gives: (fleets,) the success at an experiment, or the ceiling."""

    experiment: str
    quantity: str
    values: NDArray[np.float64]
    interval: statistics.Interval


def intervals_of(results: Results, experiment: str, quantity: str) -> tuple[Interval, ...]:
    """Return the intervals of a quantity, each over something else; none where the results have none."""
    return next(
        (one.intervals for one in results.headlines if (one.experiment, one.quantity) == (experiment, quantity)), ()
    )


def different(intervals: Iterable[Sequence[Interval]]) -> list[Interval]:
    """List an interval for each thing that the intervals of some figures are over."""
    found: dict[str, Interval] = {}
    for some in intervals:
        for interval in some:
            found.setdefault(interval.over, interval)
    return list(found.values())


def is_share(quantity: str) -> bool:
    """Whether a quantity is a share, and written in percent."""
    return not any(word in quantity for word in _AMOUNTS)


def drawn_headlines(results: Results) -> list[Headline]:
    """Return the figures with intervals that count all jobs; tables have the others."""
    return [one for one in results.headlines if one.intervals and one.quantity in _OF_ALL_JOBS]


def drawn_differences(results: Results) -> list[Difference]:
    """Return the differences of shares."""
    return [one for one in results.differences if is_share(one.quantity)]


def fleet_columns(results: Results) -> list[FleetColumn]:
    """Return the success on each fleet by experiment, the ceiling last; none where no fleet was drawn."""
    fleets = results.fleets
    if fleets is None:
        return []
    # A fleet's success of expanding is that at its last level.
    names = [(name, LAST if name == folder_name(EXPANDING) else SUCCESS) for name in fleets.experiments]
    columns = zip([*names, (FLEET, CEILING)], [*fleets.success.T, fleets.ceiling], strict=True)
    found = [(*name, one, statistics.interval_or_range(one)) for name, one in columns]
    return [FleetColumn(name, what, one, interval) for name, what, one, interval in found if interval is not None]


def by_setting(results: Results) -> dict[str, list[SensitivityPoint]]:
    """Return the points of each thing that was changed, by rising amount."""
    found: dict[str, list[SensitivityPoint]] = {}
    for point in results.sensitivity:
        found.setdefault(point.setting, []).append(point)
    return {setting: sorted(points, key=lambda point: point.amount) for setting, points in found.items()}


SENSITIVITY_LINES = ("everything", "nothing", "matched", "ceiling")
"""The fields of a point that are drawn as lines; the first has a band."""


def over_decades(points: Sequence[SensitivityPoint]) -> bool:
    """Whether amounts are so far apart that an axis of them is logarithmic."""
    amounts = [point.amount for point in points]
    return min(amounts) > 0 and max(amounts) >= 50 * min(amounts)
