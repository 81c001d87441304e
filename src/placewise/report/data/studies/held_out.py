"""The numbers of what was held out: the share of the ceiling that choices reach where they were not made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placewise.model.results.held_out import IN_SAMPLE, HeldOut
from placewise.report.data.statistics import Interval, interval_or_range


@dataclass(frozen=True, slots=True)
class Reached:
    """What is reached over all splits: the mean, and the interval or range. splits : those in which anything could."""

    mean: float
    interval: Interval
    splits: int


def reached(values: np.ndarray) -> Reached | None:
    """Sum up (splits,) shares of a ceiling; None where no split has any."""
    interval = interval_or_range(values)
    return None if interval is None else Reached(float(np.nanmean(values)), interval, interval.count)


def overs(found: HeldOut) -> tuple[str, ...]:
    """List what was held out, in sample first."""
    return tuple(one.over for one in found.sets)


def rankings(found: HeldOut) -> tuple[str, ...]:
    """List by what subsystems are ranked."""
    return tuple(dict.fromkeys(one.ranking for one in found.curves))


def chosen_size(found: HeldOut) -> int:
    """Return how many subsystems the smallest set has that was chosen on all jobs."""
    in_sample = found.set_over(IN_SAMPLE)
    return 0 if in_sample is None else int(in_sample.count[0])


def by_ranking(found: HeldOut, size: int) -> dict[str, dict[str, Reached | None]]:
    """Return by ranking and by what was held out what the first so many subsystems reach, one of the sizes."""
    at = found.sizes.index(size)
    table: dict[str, dict[str, Reached | None]] = {}
    for curve in found.curves:
        table.setdefault(curve.ranking, {})[curve.over] = reached(curve.share[:, at])
    return table


OURS = ("value", "greedy")
"""The rankings that look at sets; the others are simpler."""


def most_telling(found: HeldOut) -> str | None:
    """Return what was held out that says most of new jobs, else of new fleets; None where nothing was."""
    return next((name for name in ("root-package", "profile", "fleet") if found.set_over(name) is not None), None)


def means_by_ranking(found: HeldOut) -> dict[str, float]:
    """Return what each ranking but the random one reaches on `most_telling`, with as many as the smallest set has."""
    over, size = most_telling(found), chosen_size(found)
    if over is None or not size:
        return {}
    table = {name: row.get(over) for name, row in by_ranking(found, size).items()}
    return {name: what.mean for name, what in table.items() if what is not None and name != "random"}


def best_simple(found: HeldOut) -> str | None:
    """Return the best of the simpler rankings on `most_telling`; None where there is none."""
    simple = {name: mean for name, mean in means_by_ranking(found).items() if name not in OURS}
    return max(simple, key=lambda name: simple[name]) if simple else None


def between(found: HeldOut, over: str, size: int, one: str, other: str) -> Interval:
    """Return by how much more of the ceiling the first ranking reaches than the other, compared split by split."""
    at = found.sizes.index(size)
    curves = {curve.ranking: curve.share[:, at] for curve in found.curves if curve.over == over}
    # Equal shares are sums in another order, and may differ in their last digits.
    interval = interval_or_range(np.round(curves[one] - curves[other], 12) + 0.0)
    assert interval is not None
    return interval


def last_of_interest(found: HeldOut) -> int:
    """Return the size up to which curves are worth drawing: where every mean has come to its end, or all but."""
    last, most = 1, max(8, 4 * chosen_size(found))
    for curve in found.curves:
        if curve.ranking != "random" and len(curve.share) and not np.isnan(curve.share).all():
            mean = np.nanmean(curve.share, axis=0)
            last = max(last, int(np.flatnonzero(mean < mean[-1] - 0.01).max(initial=0)) + 1)
    size = found.sizes[min(last, len(found.sizes) - 1)]
    return max(one for one in found.sizes if one <= max(1, min(size, most)))
