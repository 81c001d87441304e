"""A cleaned trace on a fleet, with all of its metadata or some: replayed and summed up."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.progress import SILENT, Progress
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.replayed import Replayed, TraceRecord
from placewise.model.traces.trace import Trace
from placewise.model.traces.trace_cleaning import Cleaned, Cleaning, clean
from placewise.model.traces.trace_metadata import with_metadata
from placewise.replays.inputs.jobs import no_job_left
from placewise.replays.inputs.sites import PROCESSOR_PRICE, processor_price, site_of
from placewise.replays.run import EngineName, replay
from placewise.replays.summaries.numbers import summary_of
from placewise.replays.summaries.weeks import RESAMPLES


def replay_trace(
    cleaned: Cleaned,
    fleet: Fleet,
    settings: ReplaySettings,
    *,
    origin: str = "",
    metadata: tuple[str, ...] | None = None,
    seen: Trace | None = None,
    resamples: int = RESAMPLES,
    engine: EngineName = "auto",
    progress: Progress = SILENT,
) -> Replayed:
    """Replay the jobs that a filter left of a trace, and sum up.

    metadata : the pieces that the scheduler has, None for all. With fewer a job may be placed where something that it
    requires is lacking, and fails there. seen : the same jobs asking for something else, as the scheduler is to see
    them; they succeed where they would as they are. origin : where the fleet comes from, in words.

    Raises InputError as `replay` does, for no jobs, and for a piece of metadata that no job has.
    """
    if engine not in get_args(EngineName):
        raise InputError("no such engine", found=engine, expected=one_of(engine, get_args(EngineName)))
    trace = cleaned.trace
    if not len(trace):
        raise no_job_left(trace.source, cleaned.dropped)
    truth = None if metadata is None and seen is None else truth_of(trace, fleet)
    seen = trace if seen is None else seen
    if metadata is not None:
        seen = with_metadata(seen, metadata)
    there = in_parts(fleet, trace.processor_parts)
    schedule = replay(seen, there, settings, truth=truth, progress=progress, engine=engine)
    summary = summary_of(trace, fleet, settings, schedule, resamples=resamples)
    return Replayed(TraceRecord.of(cleaned), origin, settings, metadata, summary, trace, schedule)


def truth_of(trace: Trace, fleet: Fleet) -> NDArray[np.bool_]:
    """Return (jobs, clusters), whether each cluster has all that a job requires, and so whether the job succeeds there.

    A requirement that is met on some nodes of a cluster only counts as met by the cluster.
    """
    truth: NDArray[np.bool_] = truth_by_ask(trace, fleet)[trace.ask]
    return truth


def truth_by_ask(trace: Trace, fleet: Fleet) -> NDArray[np.bool_]:
    """Return (sets of requirements, clusters), see `truth_of`."""
    index = FleetIndex(fleet)
    found = np.zeros((len(trace.asks), len(fleet)), dtype=np.bool_)
    for row, requirements in enumerate(trace.asks):
        found[row, list(match(index, Job("asked", (ResourceGroup((), tuple(requirements)),))).positions)] = True
    return found


def cleaned_for(trace: Trace, cleaning: Cleaning, fleet: Fleet | None) -> Cleaned:
    """Return what a filter leaves of a trace, on this fleet, or if None on the machines that the trace describes."""
    if fleet is None:
        return clean(trace, cleaning)
    return clean(trace, cleaning, largest=processors_of_largest(fleet, trace.processor_parts))


def processors_of_largest(fleet: Fleet, parts: int) -> int:
    """Return the processors of the largest cluster, in so many parts of one."""
    return max(site_of(one, "processors").processors for one in fleet.clusters) * parts


def in_parts(fleet: Fleet, parts: int) -> Fleet:
    """Return the fleet with each processor as so many parts, in which the jobs of a trace may count."""
    if parts == 1:
        return fleet
    return replace(fleet, clusters=tuple(_in_parts(cluster, parts) for cluster in fleet.clusters))


def _in_parts(cluster: Cluster, parts: int) -> Cluster:
    vertices = tuple(
        vertex._replace(size=vertex.size * parts) if vertex.type == "core" else vertex
        for vertex in cluster.graph.vertices
    )
    state = dict(cluster.state)
    if not isnan(price := processor_price(cluster)):
        state[PROCESSOR_PRICE] = price / parts
    return replace(cluster, graph=replace(cluster.graph, vertices=vertices), state=tuple(state.items()))
