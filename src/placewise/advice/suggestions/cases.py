"""Cases of what there is: a study, jobs and a fleet, a trace and a fleet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from math import nan

import numpy as np
from numpy.typing import NDArray

from placewise.advice.asked_jobs import asked_jobs
from placewise.advice.job_costs import job_cost
from placewise.advice.suggestions.case import Candidates, Costing
from placewise.advice.suggestions.over_time import Timed
from placewise.advice.suggestions.placed import Alike, Placed
from placewise.errors import InputError, Words, locating
from placewise.formats.fleets.prices import prices_of
from placewise.formats.jobs.workload_table import WorkloadTable
from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import with_limits
from placewise.matching.match import match
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.job import Job, Shape
from placewise.model.jobs.workload import Workload
from placewise.model.studies.study import Study
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.trace import Trace
from placewise.model.traces.trace_cleaning import Cleaning
from placewise.outcomes.judging import Judging
from placewise.prediction.cost import SECONDS_PER_HOUR
from placewise.replays.inputs.sites import processor_price
from placewise.replays.replaying import cleaned_for
from placewise.replays.summaries.weeks import RESAMPLES
from placewise.study.demands.demands import demands_of
from placewise.study.levels.costs import Costs
from placewise.study.timed.grid import cleaned_of

_DURATION = "duration"


def case_of_study(study: Study) -> Placed | Timed:
    """Return the case of a study, with all metadata; that of a trace under its first queue policy.

    Raises InputError as `near_misses_of` does, and as the replay of a trace does.
    """
    if study.trace is not None:
        settings = replace(study.timed.replay, policy=study.timed.policies[0], seed=study.settings.seed)
        return Timed(cleaned_of(study), study.fleet, settings, resamples=study.settings.resamples)
    demands = demands_of(study, NumpyKernels())
    workload, judging = demands.as_workloads(FleetIndex(study.fleet))
    candidates = Candidates(workload, judging, numbers=not study.rules)
    measured = demands.jobs.measurements()
    if measured is None or np.isnan(prices_of(study.fleet)).all():
        alike = _alike(study.fleet, workload, judging)
    else:
        costs = Costs.of(study.fleet, measured, study.settings)
        alike, first = Alike.of(workload, judging or Judging.by_rules(workload), costs.package)
        hours = costs.runtime_s[costs.package[first]] / SECONDS_PER_HOUR
        alike = replace(alike, costing=partial(_by_hours, hours))
    notes = (f"Jobs without requirements, which take no part: {demands.without:,}.",) if demands.without else ()
    return Placed(study.fleet, (candidates,), (alike,), notes)


def case_of_jobs(
    fleet: Fleet, sources: Iterable[Job | Workload | WorkloadTable], *, ignore_limits: bool = False
) -> Placed:
    """Return the case of jobs on a fleet; those of several groups of resources take no part.

    ignore_limits : leave out what sites allow. Raises InputError, naming the job, for one that cannot be asked of the
    fleet, and for none that take part.
    """
    if not len(fleet):
        raise InputError("the fleet has no clusters", expected="at least one")
    index, asked = FleetIndex(fleet), asked_jobs(sources)
    by_shape: dict[Shape, list[tuple[Job, int]]] = {}
    several = 0
    for job, names in zip(asked.jobs, asked.names, strict=True):
        if len(job.groups) > 1:
            several += len(names)
            continue
        with locating(place=f"job {job.name!r}"):
            limited = job if ignore_limits else with_limits(job, index.vocabulary)
            match(index, limited)
        by_shape.setdefault(job.groups[0].shape, []).append((limited, len(names)))
    if not by_shape:
        raise InputError(
            "there are no jobs to advise on", found=Words(f"{several} of several groups"), expected="at least one"
        )
    workloads = [_workload(shape, jobs) for shape, jobs in by_shape.items()]
    notes = (f"Jobs of several groups of resources, which take no part: {several:,}.",) if several else ()
    candidates = tuple(Candidates(workload) for workload in workloads)
    return Placed(fleet, candidates, tuple(_alike(fleet, one, None) for one in workloads), notes)


def _workload(shape: Shape, jobs: Sequence[tuple[Job, int]]) -> Workload:
    every = [job for job, count in jobs for _ in range(count)]
    durations = [dict(job.attributes).get(_DURATION) for job in every]
    columns = {_DURATION: durations} if any(one is not None for one in durations) else {}
    rows = (job.groups[0].requirements for job in every)
    return Workload.from_rows((str(number) for number in range(len(every))), rows, columns, shape)


def _alike(fleet: Fleet, workload: Workload, judging: Judging | None) -> Alike:
    """Put jobs together that are alike; they pay for their shape where they have one and a cluster has a price."""
    durations = workload.columns.get(_DURATION)
    paying = None
    if durations is not None:
        paying = np.unique([str(one) for one in durations], return_inverse=True)[1].reshape(-1).astype(np.int64)
    alike, first = Alike.of(workload, judging or Judging.by_rules(workload), paying)
    if not workload.shape or np.isnan([processor_price(one) for one in fleet.clusters]).all():
        return alike
    jobs = workload.select(first)
    costing: Costing = partial(_by_shape, tuple(jobs.job(row) for row in range(len(jobs))))
    return replace(alike, costing=costing)


def _by_hours(hours: NDArray[np.float64], fleet: Fleet) -> NDArray[np.float64]:
    found: NDArray[np.float64] = hours * prices_of(fleet)
    return found


def _by_shape(jobs: Sequence[Job], fleet: Fleet) -> NDArray[np.float64]:
    found = np.full((len(jobs), len(fleet)), nan)
    place = {name: position for position, name in enumerate(fleet.names)}
    known: dict[tuple[Shape, object], NDArray[np.float64]] = {}
    for row, job in enumerate(jobs):
        key = job.groups[0].shape, dict(job.attributes).get(_DURATION)
        if key not in known:
            known[key] = found[row]
            for one in job_cost(fleet, range(len(fleet)), job).clusters:
                known[key][place[one.cluster]] = nan if one.cost is None else one.cost
        found[row] = known[key]
    return found


def case_of_trace(
    trace: Trace,
    fleet: Fleet | None,
    settings: ReplaySettings,
    *,
    cleaning: Cleaning = "strict",
    resamples: int = RESAMPLES,
) -> Timed:
    """Return the case of a trace on a fleet, or if None on the machines that it describes.

    Raises InputError for an empty fleet, a trace without machines and no fleet, and as `clean` does.
    """
    there = fleet_of_trace(trace) if fleet is None else fleet
    if not len(there):
        raise InputError("the fleet has no clusters", expected="at least one")
    return Timed(cleaned_for(trace, cleaning, fleet), there, settings, resamples=resamples)
