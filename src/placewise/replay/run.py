"""Replay a trace on a fleet."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.model.cluster import Fleet
from placewise.model.progress import SILENT, Progress
from placewise.model.replay import ReplaySettings, Schedule
from placewise.model.trace import Trace
from placewise.replay.engine import replay_plainly
from placewise.replay.failing import reality_of
from placewise.replay.jobs import jobs_of
from placewise.replay.placing import policy_named
from placewise.replay.sites import site_of
from placewise.scheduler import Scheduler

EngineName: TypeAlias = Literal["auto", "numba", "python", "plain"]


def replay(
    trace: Trace,
    fleet: Fleet,
    settings: ReplaySettings,
    *,
    truth: NDArray[np.bool_] | NDArray[np.float64] | None = None,
    progress: Progress = SILENT,
    engine: EngineName = "auto",
) -> Schedule:
    """Run the jobs of a trace on a fleet over virtual time.

    truth : (jobs, clusters) whether each job succeeds on each cluster, or the probability that it does; None where all do.
    """
    sites = [site_of(cluster, settings.hold) for cluster in fleet.clusters]
    scheduler = Scheduler(fleet, policy_named(settings.place))
    jobs = jobs_of(trace, scheduler, sites)
    reality = reality_of(jobs, len(sites), settings, truth)
    return replay_plainly(jobs, sites, scheduler, settings, reality, progress)
