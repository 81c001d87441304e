"""The replay of one pool of processors in plain Python, quickly: the same schedule as of `engine`.

For a fleet of one cluster whose jobs do not wait for each other and are not submitted again.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from placewise.matching.bits import bitset
from placewise.model.progress import Progress
from placewise.model.traces.replay import QueuePolicy, ReplaySettings, Schedule
from placewise.replays.engines.engine import STAGE
from placewise.replays.engines.pool import NEVER, Pool
from placewise.replays.engines.pool_queues import queue_of
from placewise.replays.inputs.estimates import UserMeans, fixed_estimates, limits_of
from placewise.replays.inputs.failing import Reality
from placewise.replays.inputs.jobs import ReplayJobs
from placewise.replays.inputs.sites import Site

_BETWEEN_PROGRESS = 1 << 14


def is_one_pool(jobs: ReplayJobs, sites: Sequence[Site], settings: ReplaySettings, reality: Reality) -> bool:
    """Whether a replay is one of those for which this is made."""
    waits = settings.dependencies and bool((jobs.after >= 0).any())
    again = settings.retries > 0 and reality.succeeds is not None and not reality.succeeds.all()
    return len(sites) == 1 and sites[0].nodes is None and not waits and not again


def replay_one_pool(
    jobs: ReplayJobs, site: Site, settings: ReplaySettings, reality: Reality, progress: Progress
) -> Schedule:
    """Return the schedule of a replay on one pool of processors."""
    count = len(jobs)
    progress.advanced(STAGE, 0, count)
    order = np.argsort(jobs.submit_s, kind="stable")
    fits = bitset.unpack(jobs.fits, 1)[order, 0]
    fails = np.zeros(count, dtype=np.bool_) if reality.succeeds is None else ~reality.succeeds[order, 0]
    lasts = np.where(fails, reality.failing_s[order], reality.runtime_s[order])
    none = [-1] * count
    policy = settings.policies.get(site.name, settings.policy)
    pool = Pool(
        site.processors,
        jobs.processors[order].tolist(),
        fixed_estimates(jobs, settings.estimates)[order].tolist(),
        limits_of(jobs)[order].tolist(),
        lasts.tolist(),
        none.copy(),
        none.copy(),
        none.copy(),
        none.copy(),
        plans=policy == "conservative",
    )
    users = jobs.user[order].tolist() if settings.estimates == "user-mean" else []
    _run(pool, policy, jobs.submit_s[order].tolist(), fits.tolist(), users, fails.tolist(), progress)
    started = np.array(pool.start, dtype=np.int64)
    return Schedule(
        job=order.astype(np.int64),
        cluster=np.where(fits & (started >= 0 if settings.late else True), 0, -1).astype(np.int32),
        submit_s=jobs.submit_s[order],
        start_s=started,
        end_s=np.array(pool.end, dtype=np.int64),
        reserved_s=np.array(pool.reserved, dtype=np.int64),
        failed=fails & (started >= 0),
        processors=jobs.processors[order],
        clusters=(site.name,),
        capacity=np.array([site.processors], dtype=np.int64),
    )


def _run(
    pool: Pool,
    policy: QueuePolicy,
    submits: list[int],
    fits: list[bool],
    users: list[int],
    fails: list[bool],
    progress: Progress,
) -> None:
    """Take all events."""
    queue = queue_of(policy, pool)
    means, ends, running, planned = UserMeans(), pool.ends, pool.running, pool.planned
    attempt, count = 0, len(submits)
    submits = [*submits, NEVER]
    upcoming = submits[0]
    while ends or attempt < count:
        if ends and ends[0][0] < upcoming:
            now, _, ended = heapq.heappop(ends)
            planned_s = now
            if planned[ended] != NEVER:
                pool.finish(ended)
                planned_s = planned[ended]
            if running and running[0][0] <= now:
                pool.look(now)
            if users and not fails[ended]:
                means.ended(users[ended], now - pool.start[ended])
            queue.ended(now, planned_s, pool.size[ended])
        else:
            now = upcoming
            if users:
                pool.estimate[attempt] = means.estimate(users[attempt], pool.limit[attempt])
            if fits[attempt]:
                if running and running[0][0] <= now:
                    pool.look(now)
                queue.submitted(attempt, now)
            attempt += 1
            upcoming = submits[attempt]
            if attempt % _BETWEEN_PROGRESS == 0:
                progress.advanced(STAGE, attempt, count)
    progress.advanced(STAGE, count, count)
