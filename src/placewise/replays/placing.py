"""To which cluster a job is sent when it is submitted: the numbers that a selection policy may read at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from placewise.model.traces.replay import EARLIEST_START
from placewise.plugins import load_policy
from placewise.replays.line import Line, Waiting
from placewise.replays.queues.rule import Rule
from placewise.replays.sites import Site
from placewise.selection.policies import Policy, cheapest, earliest_start, fastest, first, least_loaded, random_choice
from placewise.selection.situation import Numbers

READS_NOTHING: tuple[Policy, ...] = (random_choice, first, least_loaded)
"""Policies that read no number by name, so that none need be worked out for them."""

BUILT_IN: tuple[Policy, ...] = (*READS_NOTHING, earliest_start, cheapest, fastest)
"""Policies that always choose one of the candidates; what others would choose is not known before they are asked."""


def policy_named(name: str) -> Policy:
    """Return a selection policy. Raises InputError for an unknown one."""
    found: Policy = earliest_start if name == EARLIEST_START else load_policy(name)
    return found


def numbers_of(
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
    of a processor (see `processor_price`).
    """
    clusters = len(sites)
    start, work = np.full((2, clusters), np.nan)
    queued, running = np.zeros((2, clusters), dtype=np.int64)
    for cluster in candidates:
        line, station = lines[cluster], lines[cluster].stations[cluster]
        start[cluster] = rules[cluster].planned_start(line, waiting, now)
        seconds = sum(run.waiting.processors * (run.planned_end_s - now) for run in station.running)
        seconds += sum(one.processors * one.estimate_s for one in line.waiting)
        work[cluster] = seconds / sites[cluster].processors
        queued[cluster], running[cluster] = len(line.waiting), len(station.running)
    runtime = float(waiting.estimate_s)
    return {
        "estimated_start_s": start,
        "queued_work_s": work,
        "queued_jobs": queued,
        "running_jobs": running,
        "cost_per_node_hour": np.array([site.price for site in sites]),
        "predicted_runtime_s": np.full(clusters, runtime),
        "predicted_cost": np.array([site.processor_price for site in sites]) * (runtime / 3600 * waiting.processors),
    }
