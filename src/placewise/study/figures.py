"""The figures that a run is known by, as ratios of sums: by experiment, over jobs or over requirement profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placewise.matching import bitset
from placewise.matching.kernels import Kernels
from placewise.matching.rows import Rows
from placewise.outcomes.outcomes import Outcomes
from placewise.outcomes.telling import Told
from placewise.outcomes.truth import Truth
from placewise.study.design import EXPANDING, FOLDER_NAMES, SINGLE
from placewise.study.scoring import last_level
from placewise.worth.resampling import Column, Ratios

JOINT = "joint success"
BUILD = "build success"
UNMATCHED = "unmatched"
MACRO = "macro build success"
LAST = "joint success at the last level"
CEILING = "ceiling"

FLEET = "fleet"
"""Stands for the experiment where a figure says nothing of what was told."""
_SINGLE, _EXPANDING = FOLDER_NAMES[SINGLE], FOLDER_NAMES[EXPANDING]


class Figure(NamedTuple):
    """One figure: of which experiment, as the results folder names it, and which quantity.

    baseline : the same with nothing told, for the same jobs.
    """

    experiment: str
    quantity: str
    baseline: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Submitted:
    """What became of the submissions of one experiment, each array (submissions,), in the order of their jobs.

    experiment : its name in the results folder. job : position among the jobs. weight : how many it stands for.
    subsystem : the one told last, -1 for none. matched, assigned : whether a cluster matches, and is given it.
    success : the probability of success, 0 where nothing is assigned.
    """

    experiment: str
    job: NDArray[np.int64]
    weight: NDArray[np.int64]
    subsystem: NDArray[np.int32]
    matched: NDArray[np.bool_]
    assigned: NDArray[np.bool_]
    success: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """All that the figures of a run are made of.

    submitted : by experiment. weights : (jobs,) how many each job stands for. nothing : (jobs,) the success of each
    when nothing is told. feasible : (jobs,) whether some cluster would succeed.
    unit : (jobs,) int64, the requirement profile that decides each, 0, 1, ...
    """

    submitted: tuple[Submitted, ...]
    weights: NDArray[np.int64]
    nothing: NDArray[np.float64]
    feasible: NDArray[np.bool_]
    unit: NDArray[np.int64]

    @property
    def units(self) -> int:
        """How many requirement profiles there are."""
        return int(self.unit.max(initial=-1)) + 1

    def ratios(self) -> tuple[tuple[Figure, ...], Ratios]:
        """Return the figures, and what they are made of; the same experiments give the same figures in one order."""
        figures: dict[Figure, int] = {}
        columns: list[Column] = []

        def add(
            figure: Figure, job: NDArray[np.int64], numerator: NDArray[np.float64], denominator: NDArray[np.float64]
        ) -> None:
            place = figures.setdefault(figure, len(figures))
            columns.append(Column(place, self.unit[job], numerator, denominator))

        every, weights = np.arange(len(self.weights)), self.weights.astype(np.float64)
        for one in self.submitted:
            weight = one.weight.astype(np.float64)
            gained = weight * one.success
            if one.experiment == _SINGLE:
                rows = np.argsort(one.subsystem, kind="stable")
                for told in np.split(rows, np.flatnonzero(np.diff(one.subsystem[rows])) + 1):
                    job = one.job[told]
                    add(Figure(_SINGLE, MACRO), job, gained[told], weight[told] * one.assigned[told])
                    add(Figure(_SINGLE, MACRO, baseline=True), job, weight[told] * self.nothing[job], weight[told])
            if one.experiment == _EXPANDING:
                last = last_level(one.job, one.success, one.matched, len(self.weights))
                add(Figure(_EXPANDING, LAST), every, weights * last, weights)
            else:
                add(Figure(one.experiment, JOINT), one.job, gained, weight)
            add(Figure(one.experiment, BUILD), one.job, gained, weight * one.assigned)
            add(Figure(one.experiment, UNMATCHED), one.job, weight * ~one.matched, weight)
        add(Figure(FLEET, CEILING), every, weights * self.feasible, weights)
        return tuple(figures), Ratios.of(columns, self.units, len(figures))


def expected(experiment: str, told: Told, succeeds: NDArray[np.uint64], weights: NDArray[np.int64]) -> Submitted:
    """Return what is expected of submissions when chance chooses among the clusters that match.

    succeeds : (jobs, words), the clusters on which each job would succeed. weights : (jobs,).
    """
    sizes = bitset.size_of(told.matches)
    good = bitset.size_of(told.matches & succeeds[told.job])
    matched = sizes > 0
    success = np.divide(good, sizes, out=np.zeros(len(sizes)), where=matched)
    return Submitted(experiment, told.job, weights[told.job], told.subsystem, matched, matched, success)


def seen(experiment: str, told: Told, outcomes: Outcomes, weights: NDArray[np.int64]) -> Submitted:
    """Return what became of submissions, drawn or expected. weights : (jobs,)."""
    return Submitted(
        experiment,
        told.job,
        weights[told.job],
        told.subsystem,
        outcomes.matched > 0,
        outcomes.assigned > 0,
        outcomes.success,
    )


def profiles_that_decide(truth: Truth, kernels: Kernels) -> NDArray[np.int64]:
    """Return (jobs,) which distinct set of outcome rules decides each job, 0, 1, ..."""
    return kernels.equal_rows(Rows.of(truth.offsets, truth.ids)).of_row
