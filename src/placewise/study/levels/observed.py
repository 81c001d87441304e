"""The quantities that a run is known by, as ratios of sums over the units of jobs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.bits.kernels import Kernels
from placewise.model.quantities import (
    CEILING,
    FLEET,
    LAST,
    MACRO,
    SUCCESS,
    SUCCESS_OF_MATCHED,
    UNMATCHED,
    Quantity,
)
from placewise.model.studies.study import CONSTRAINTS, EXPANDING, SINGLE, Study, folder_name
from placewise.outcomes.metadata import Submissions
from placewise.outcomes.success import success_on
from placewise.study.demands.asked import Asked
from placewise.study.levels.prepared import submit
from placewise.study.levels.scoring import last_level
from placewise.worth.resampling import Column, Ratios
from placewise.worth.units import Labels, Units

_SINGLE, _EXPANDING = folder_name(SINGLE), folder_name(EXPANDING)


@dataclass(frozen=True, slots=True, eq=False)
class Submitted:
    """What became of the submissions of one experiment.

    experiment : its name in the results folder. weight : (submissions,) how many each stands for.
    success : (submissions,) the probability of success, 0 where nothing is assigned.
    """

    experiment: str
    submissions: Submissions
    weight: NDArray[np.int64]
    success: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """All that the quantities of a run are made of.

    submitted : by experiment. weights : (jobs,) how many each job stands for. nothing : (jobs,) the success of each
    without metadata. best : (jobs,) the largest p of each, 1 or 0 by rules.
    units : what each belongs to.
    """

    submitted: tuple[Submitted, ...]
    weights: NDArray[np.int64]
    nothing: NDArray[np.float64]
    best: NDArray[np.float64]
    units: Units

    def ratios(self) -> tuple[tuple[Quantity, ...], Ratios]:
        """Return the quantities, and what they are made of; the same experiments give the same ones in one order."""
        quantities: dict[Quantity, int] = {}
        columns: list[Column] = []

        def add(
            quantity: Quantity,
            job: NDArray[np.int64],
            numerator: NDArray[np.float64],
            denominator: NDArray[np.float64],
            ratio: NDArray[np.int32] | None = None,
        ) -> None:
            place = quantities.setdefault(quantity, len(quantities))
            columns.append(Column(place, self.units.of_job[job], numerator, denominator, ratio))

        every, weights = np.arange(len(self.weights)), self.weights.astype(np.float64)
        for one in self.submitted:
            job, last = one.submissions.job, one.submissions.last
            matched, assigned = (
                bitset.size_of(sets) > 0 for sets in (one.submissions.matches, one.submissions.assigned)
            )
            weight = one.weight.astype(np.float64)
            gained = weight * one.success
            if one.experiment == _SINGLE:
                rows = np.argsort(last, kind="stable")
                jobs, alone, added = job[rows], weight[rows], last[rows]
                without = alone * self.nothing[jobs]
                add(Quantity(_SINGLE, MACRO), jobs, gained[rows], alone * assigned[rows], added)
                add(Quantity(_SINGLE, MACRO, baseline=True), jobs, without, alone, added)
            if one.experiment == _EXPANDING:
                at_last = last_level(job, one.success, matched, len(self.weights))
                add(Quantity(_EXPANDING, LAST), every, weights * at_last, weights)
            else:
                add(Quantity(one.experiment, SUCCESS), job, gained, weight)
            add(Quantity(one.experiment, SUCCESS_OF_MATCHED), job, gained, weight * assigned)
            add(Quantity(one.experiment, UNMATCHED), job, weight * ~matched, weight)
        add(Quantity(FLEET, CEILING), every, weights * self.best, weights)
        kinds = int(self.units.of_job.max(initial=-1)) + 1
        return tuple(quantities), Ratios.of(columns, kinds, len(quantities))


def observe(study: Study, asked: Asked, kernels: Kernels) -> Observed:
    """Return what is expected on a fleet in every experiment that is an expectation; no rows, no reasons, no costs.

    Each distinct job counts as a unit of its own.
    """
    truth = asked.truth
    names = [name for name in study.experiments if name not in CONSTRAINTS]
    if study.expanding and EXPANDING not in names:
        names.append(EXPANDING)
    submitted = []
    for name in names:
        one = submit(name, study, asked, kernels)
        success = success_on(one.assigned, truth.chances, one.job).share
        submitted.append(Submitted(folder_name(name), one, asked.weights[one.job], success))
    everywhere = asked.places.clusters_of(asked.places.everything, asked.questions.shape)
    every = np.arange(len(asked.weights))
    without = success_on(np.broadcast_to(everywhere, (len(every), len(everywhere))), truth.chances, every)
    units = Labels(asked.weights, every).units("profile")
    return Observed(tuple(submitted), asked.weights, without.share, truth.chances.best, units)
