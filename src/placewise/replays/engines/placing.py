"""To which cluster a job is sent when it is submitted: the numbers that a selection policy may read at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf

import numpy as np
from numpy.typing import NDArray

from placewise.model.traces.replay import EARLIEST_START
from placewise.plugins import load_policy
from placewise.replays.inputs.sites import Site
from placewise.replays.queues.rule import Rule
from placewise.replays.state.line import Line, Waiting
from placewise.selection.offered import IN_A_REPLAY, offered
from placewise.selection.policies import Policy, cheapest, earliest_start, fastest, first, least_loaded, random_choice
from placewise.selection.situation import Numbers

READS: Mapping[Policy, str | None] = {
    random_choice: None,
    first: None,
    least_loaded: None,
    earliest_start: "estimated_start_s",
    cheapest: "predicted_cost",
    fastest: "predicted_runtime_s",
}
"""The built-in policies, and the one number by name that each reads, so that no other need be worked out for it."""

BUILT_IN: tuple[Policy, ...] = tuple(READS)
"""Policies that always choose one of the candidates; what others would choose is not known before they are asked."""


def policy_named(name: str) -> Policy:
    """Return a selection policy. Raises InputError for an unknown one."""
    found: Policy = earliest_start if name == EARLIEST_START else load_policy(name, offered(IN_A_REPLAY))
    return found


def numbers_of(
    policy: Policy,
    waiting: Waiting,
    lines: Sequence[Line],
    rules: Sequence[Rule],
    sites: Sequence[Site],
    candidates: Iterable[int],
    now: int,
) -> Mapping[str, Numbers]:
    """Return what a policy may read of a job that is submitted now, (clusters,) each; NaN for no candidate.

    estimated_start_s : when the plan of the cluster has the job start (see `Rule.planned_start`), in virtual time.
    queued_work_s : processor-seconds that are planned there and not done, per processor of the cluster.
    queued_jobs, running_jobs : how many. cost_per_node_hour : its price.
    predicted_runtime_s : the job's estimate. predicted_cost : hours x processors x the price
    of a processor (see `processor_price`). A built-in policy finds the one that it reads.
    """
    if policy in BUILT_IN:
        read = READS[policy]
        if read == "estimated_start_s":
            return {read: _starts_until_the_earliest(waiting, lines, rules, candidates, now)}
        return {} if read is None else {read: _of_job(waiting, sites)[read]}
    clusters = len(sites)
    start = np.full(clusters, np.nan)
    work = np.full(clusters, np.nan)
    queued, running = np.zeros((2, clusters), dtype=np.int64)
    for cluster in candidates:
        line, station = lines[cluster], lines[cluster].stations[cluster]
        start[cluster] = rules[cluster].planned_start(line, waiting, now)
        seconds = sum(run.waiting.processors * (run.planned_end_s - now) for run in station.running)
        seconds += sum(one.processors * one.estimate_s for one in line.waiting)
        work[cluster] = seconds / sites[cluster].processors
        queued[cluster], running[cluster] = len(line.waiting), len(station.running)
    return _of_job(waiting, sites) | {
        "estimated_start_s": start,
        "queued_work_s": work,
        "queued_jobs": queued,
        "running_jobs": running,
        "cost_per_node_hour": np.array([site.price for site in sites]),
    }


def _of_job(waiting: Waiting, sites: Sequence[Site]) -> dict[str, Numbers]:
    runtime = float(waiting.estimate_s)
    return {
        "predicted_runtime_s": np.full(len(sites), runtime),
        "predicted_cost": np.array([site.processor_price for site in sites]) * (runtime / 3600 * waiting.processors),
    }


def _starts_until_the_earliest(
    waiting: Waiting, lines: Sequence[Line], rules: Sequence[Rule], candidates: Iterable[int], now: int
) -> NDArray[np.float64]:
    """Return (clusters,) estimated starts as far as the choice of the first of the earliest rests on them."""
    starts = np.full(len(lines), np.nan)
    earliest = inf
    for cluster in candidates:
        starts[cluster] = rules[cluster].planned_start(lines[cluster], waiting, now, earliest)
        earliest = min(earliest, float(starts[cluster]))
        if earliest == now:
            break
    return starts
