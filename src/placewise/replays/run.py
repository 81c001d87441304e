"""Replay a trace on a fleet."""

from __future__ import annotations

import importlib.util
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.model.fleets.cluster import Fleet
from placewise.model.progress import SILENT, Progress
from placewise.model.traces.replay import ReplaySettings, Schedule
from placewise.model.traces.trace import Trace
from placewise.replays.engines.engine import replay_plainly
from placewise.replays.engines.one_pool import is_one_pool, replay_one_pool
from placewise.replays.engines.placing import BUILT_IN, policy_named
from placewise.replays.engines.quicker import is_quicker_in_python
from placewise.replays.inputs.estimates import refuse_without_limits
from placewise.replays.inputs.failing import reality_of
from placewise.replays.inputs.jobs import jobs_of
from placewise.replays.inputs.sites import site_of
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

    truth : (jobs, clusters) whether each job succeeds on each cluster, or the probability that it does, which is drawn
    once; None where all do.
    engine : plain is the definition itself; numba and python are quicker ways to the same schedule, used where they can
    be; auto is the one that is expected to be done first (see `quicker`).

    Raises InputError for a trace or a fleet that cannot be replayed, for a policy that is not known, and for numba
    where it is not installed.
    """
    sites = [site_of(cluster, settings.hold) for cluster in fleet.clusters]
    scheduler = Scheduler(fleet, policy_named(settings.place))
    jobs = jobs_of(trace, scheduler, sites)
    refuse_without_limits(not len(jobs) or bool((jobs.limit_s > 0).any()), settings.estimates)
    reality = reality_of(jobs, len(sites), settings, truth)
    refuse_unknown_clusters(settings, fleet)
    if engine == "numba" and importlib.util.find_spec("numba") is None:
        raise InputError("numba is not installed", expected='pip install "placewise[fast]"')
    one_pool = is_one_pool(jobs, sites, settings, reality) and (settings.late or scheduler.policy in BUILT_IN)
    compiled = engine == "numba" or (
        engine == "auto"
        and importlib.util.find_spec("numba") is not None
        and not is_quicker_in_python(len(jobs), len(sites), settings, one_pool=one_pool)
    )
    if compiled and settings.hold == "processors":
        from placewise.replays.engines.compiled import compiles, replay_compiled  # noqa: PLC0415, loading numba takes a second

        if settings.late or compiles(scheduler.policy):
            return replay_compiled(jobs, sites, scheduler.policy, settings, reality, progress)
    if engine != "plain" and one_pool:
        return replay_one_pool(jobs, sites[0], settings, reality, progress)
    return replay_plainly(jobs, sites, scheduler, settings, reality, progress)


def refuse_unknown_clusters(settings: ReplaySettings, fleet: Fleet) -> None:
    """Raise InputError where a cluster that the fleet lacks has a policy of its own."""
    unknown = sorted(set(settings.policies) - set(fleet.names))
    if unknown:
        raise InputError(
            "no cluster has the name of one with a policy of its own",
            found=unknown[0],
            expected=one_of(unknown[0], fleet.names),
        )
