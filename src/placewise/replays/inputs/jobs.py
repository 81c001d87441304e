"""A trace as a replay needs it: columns of whole seconds and processors, and where each job may go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, Words
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.requirement import Expression
from placewise.model.traces.trace import UNKNOWN, Trace
from placewise.replays.inputs.sites import Site
from placewise.replays.state.space import NodeDemand
from placewise.scheduler import Scheduler

MOST_SECONDS = 10**11
"""About 3,000 years: the sum over all jobs of a trace is still a number of 64 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class ReplayJobs:
    """The jobs of a trace, in its order, as columns of (jobs,) int64.

    processors : those asked for, or else those given. limit_s : UNKNOWN where not said. user : codes.
    fits : (jobs, words) the clusters that match the job's requirements and that it fits when they are empty.
    after, think_s : see `Trace`. demand : (jobs,) positions in `demands`, which is what a job asks of each cluster
    whose nodes are held; empty where processors are.
    """

    submit_s: NDArray[np.int64]
    runtime_s: NDArray[np.int64]
    limit_s: NDArray[np.int64]
    processors: NDArray[np.int64]
    user: NDArray[np.int64]
    fits: NDArray[np.uint64]
    after: NDArray[np.int64]
    think_s: NDArray[np.int64]
    demand: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    demands: Sequence[Mapping[int, NodeDemand]] = ()

    def __len__(self) -> int:
        return len(self.submit_s)

    def asked(self, job: int, clusters: Sequence[int]) -> dict[int, Any]:
        """Return what a job asks of each of some clusters: processors, or pieces on nodes."""
        if not self.demands:
            return dict.fromkeys(clusters, int(self.processors[job]))
        demands = self.demands[int(self.demand[job])]
        return {cluster: demands[cluster] for cluster in clusters}


def jobs_of(
    trace: Trace, scheduler: Scheduler, sites: Sequence[Site], *, matches: NDArray[np.bool_] | None = None
) -> ReplayJobs:
    """Work out what the jobs of a trace need and where they may go.

    matches : what `matches_of` gives for at least the sets of requirements of the trace, where that is known.

    Raises InputError as `refuse_unusable` does, for a job that waits for itself or a later one, and what matching
    raises.
    """
    refuse_unusable(trace)
    processors = processors_of(trace)
    later = np.flatnonzero(trace.after >= np.arange(len(trace)))
    if len(later):
        job = int(later[0])
        found = _name(trace, int(trace.after[job])) if trace.after[job] < len(trace) else int(trace.after[job])
        raise InputError(
            "a job waits for one that does not come before it", place=f"job {_name(trace, job)}", found=found
        )
    by_ask = matches_of(trace.asks, scheduler, sites) if matches is None else matches
    columns = (trace.submit_s, trace.runtime_s, trace.requested_s, processors, trace.user.codes.astype(np.int64))
    if not any(site.nodes is not None for site in sites):
        capacity = np.array([site.processors for site in sites], dtype=np.int64)
        steps = np.sort(capacity)
        able = bitset.pack(np.vstack([capacity >= steps[:, None], np.zeros(len(sites), dtype=np.bool_)]))
        fits = bitset.pack(by_ask)[trace.ask] & able[np.searchsorted(steps, processors)]
        return ReplayJobs(*columns, fits, trace.after, trace.think_s)
    demand, demands = _demands(trace, processors, by_ask, scheduler.index, sites)
    flags = np.zeros((len(demands), len(sites)), dtype=np.bool_)
    for row, one in enumerate(demands):
        flags[row, list(one)] = True
    return ReplayJobs(*columns, bitset.pack(flags)[demand], trace.after, trace.think_s, demand, demands)


def matches_of(asks: Sequence[Sequence[Expression]], scheduler: Scheduler, sites: Sequence[Site]) -> NDArray[np.bool_]:
    """Return (sets of requirements, clusters), which cluster matches each set."""
    found = np.zeros((len(asks), len(sites)), dtype=np.bool_)
    for row, ask in enumerate(asks):
        found[row, list(scheduler.match(_job_of(ask)).positions)] = True
    return found


def processors_of(trace: Trace) -> NDArray[np.int64]:
    """Return (jobs,) the processors asked for, or else those given."""
    return np.where(trace.requested_processors > 0, trace.requested_processors, trace.processors)


def refuse_unusable(trace: Trace) -> None:
    """Raise InputError for jobs without a submission time, a runtime or processors, and times beyond MOST_SECONDS."""
    processors = processors_of(trace)
    for name, column, least in (
        ("submission time", trace.submit_s, 0),
        ("runtime", trace.runtime_s, 0),
        ("number of processors", processors, 1),
    ):
        _refuse_below(trace, name, column, least)
    for name, column in (
        ("submission time", trace.submit_s),
        ("runtime", trace.runtime_s),
        ("limit", trace.requested_s),
        ("think time", trace.think_s),
    ):
        above = np.flatnonzero(column > MOST_SECONDS)
        if len(above):
            problem, place = f"the {name} of a job is too long", f"job {_name(trace, int(above[0]))}"
            raise InputError(problem, place=place, found=int(column[above[0]]), expected=f"at most {MOST_SECONDS} s")


def no_job_left(source: str, dropped: Sequence[tuple[str, int]]) -> InputError:
    """Return what to raise where a filter leaves no job. dropped : reasons, and how many jobs for each."""
    why = "; ".join(f"{count:,} where {reason}" for reason, count in dropped)
    return InputError("no job is left to replay", file=source or None, found=Words(why or "a trace without jobs"))


def _demands(
    trace: Trace, processors: NDArray[np.int64], by_ask: NDArray[np.bool_], index: FleetIndex, sites: Sequence[Site]
) -> tuple[NDArray[np.int64], list[dict[int, NodeDemand]]]:
    """Return the distinct demands, each by the clusters that could ever meet it, and which of them each job has."""
    table = np.column_stack(
        [processors, trace.nodes, trace.memory_bytes, trace.gpus_milli, trace.exclusive, trace.ask]
    ).astype(np.int64)
    rows, of_job = np.unique(table, axis=0, return_inverse=True)
    usable: dict[tuple[int, int], NDArray[np.bool_] | None] = {}
    found = []
    for size, nodes, memory, gpus, exclusive, ask in rows.tolist():
        one = {}
        for cluster, site in enumerate(sites):
            if not by_ask[ask, cluster]:
                continue
            if (ask, cluster) not in usable:
                usable[ask, cluster] = _usable_nodes(index, trace.asks[ask], cluster, site)
            demand = _pieces(size, nodes, memory, gpus, bool(exclusive), usable[ask, cluster])
            if site.space().room(demand) is not None:
                one[cluster] = demand
        found.append(one)
    return of_job.astype(np.int64).ravel(), found


def _pieces(
    size: int, nodes: int, memory: int, gpus: int, exclusive: bool, usable: NDArray[np.bool_] | None
) -> NodeDemand:
    """Return the pieces of a job: one a node where it says how many nodes, else one a processor."""
    apart = nodes > 0
    # A share of a GPU, or several of them without nodes, is what one node gives.
    pieces = nodes if apart else (1 if gpus > 0 else size)
    return NodeDemand(
        pieces,
        -(-size // pieces),
        -(-max(memory, 0) // pieces),
        -(-max(gpus, 0) // pieces),
        apart=apart,
        exclusive=exclusive,
        usable=usable,
    )


def _usable_nodes(index: FleetIndex, ask: Sequence[Expression], cluster: int, site: Site) -> NDArray[np.bool_] | None:
    """Return (nodes,) where all of a set of requirements hold on a cluster, None for everywhere."""
    if not ask:
        return None
    places = index.everything.copy()
    for requirement in ask:
        places &= index.meeting(requirement).yes
    flags = np.zeros(len(site.vertices), dtype=np.bool_)
    flags[[site.vertices[place] for place in index.layout.places_of(cluster, places)]] = True
    return None if flags.all() else flags


def _job_of(ask: Sequence[Expression]) -> Job:
    return Job("replayed", (ResourceGroup((), tuple(ask)),))


def _refuse_below(trace: Trace, name: str, column: NDArray[np.int64], least: int) -> None:
    below = np.flatnonzero(column < least)
    if len(below):
        job = int(below[0])
        found = "none" if column[job] == UNKNOWN else int(column[job])
        problem = f"{len(below)} jobs have no usable {name}, such as this one"
        expected = f"{least} or more; --clean strict drops such jobs"
        raise InputError(problem, place=f"job {_name(trace, job)}", found=found, expected=expected)


def _name(trace: Trace, job: int) -> str:
    return str(trace.names[job])
