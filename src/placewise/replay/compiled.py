"""A replay of pools by the compiled kernel: settings and columns in, a schedule out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placewise.model import streams
from placewise.model.progress import Progress
from placewise.model.replay import ReplaySettings, Schedule
from placewise.replay import kernel_numba as kernel
from placewise.replay.engine import STAGE
from placewise.replay.estimates import fixed_estimates, limits_of
from placewise.replay.failing import Reality
from placewise.replay.jobs import ReplayJobs
from placewise.replay.sites import Site
from placewise.selection.policies import (
    Policy,
    cheapest,
    draw_numbers,
    earliest_start,
    fastest,
    first,
    least_loaded,
    random_choice,
)

_QUEUES = {
    "fcfs": kernel.FCFS,
    "sjf": kernel.SJF,
    "easy": kernel.EASY,
    "easy-sjbf": kernel.EASY_SJBF,
    "conservative": kernel.CONSERVATIVE,
}
# A job is predicted to run as long on every cluster, so that the fastest is the first.
_PLACES: tuple[tuple[Policy, int], ...] = (
    (earliest_start, kernel.EARLIEST_START),
    (first, kernel.FIRST),
    (fastest, kernel.FIRST),
    (random_choice, kernel.RANDOM),
    (least_loaded, kernel.LEAST_LOADED),
    (cheapest, kernel.CHEAPEST),
)
_MOST_SUBMISSIONS = 1 << 18
"""Between two events of progress."""


def compiles(policy: Policy) -> bool:
    """Whether the kernel knows how a policy places jobs."""
    return any(policy is known for known, _ in _PLACES)


def replay_compiled(
    jobs: ReplayJobs,
    sites: Sequence[Site],
    policy: Policy,
    settings: ReplaySettings,
    reality: Reality,
    progress: Progress,
) -> Schedule:
    """Return the schedule of a replay of pools, placed late or by a policy that the kernel knows."""
    capacity = np.array([site.processors for site in sites], dtype=np.int64)
    given = _given(jobs, sites, policy, settings, reality)
    tries = 1 if reality.succeeds is None else 1 + min(settings.retries, max(0, len(sites) - 1))
    users = int(jobs.user.max(initial=-1)) + 1
    state = kernel.state_of(given, capacity, users, max(1, len(jobs) * tries))
    order = np.argsort(jobs.submit_s, kind="stable")
    if settings.dependencies:
        order = order[jobs.after[order] < 0]
    done = 0
    progress.advanced(STAGE, 0, len(jobs))
    while True:
        taken = int(kernel.run(given, state, order, done, _MOST_SUBMISSIONS))
        if taken == done or taken == len(order):
            break
        done = taken
        progress.advanced(STAGE, done, len(jobs))
    progress.advanced(STAGE, len(jobs), len(jobs))
    rows = slice(0, int(state.count[kernel.ATTEMPTS]))
    job = state.job[rows]
    return Schedule(
        job=job,
        cluster=state.cluster[rows],
        submit_s=state.submit[rows],
        start_s=state.start[rows],
        end_s=state.end[rows],
        reserved_s=state.reserved[rows],
        failed=state.failed[rows],
        processors=jobs.processors[job],
        clusters=tuple(site.name for site in sites),
        capacity=capacity,
    )


def _given(
    jobs: ReplayJobs, sites: Sequence[Site], policy: Policy, settings: ReplaySettings, reality: Reality
) -> kernel.Given:
    clusters = len(sites)
    queues = [_QUEUES[settings.policies.get(site.name, settings.policy)] for site in sites]
    tries = settings.retries + 1
    if settings.late:
        how, lines = kernel.LATE, [_QUEUES[settings.policy]]
        line_of, starts, stops = [0] * clusters, [0], [clusters]
    else:
        how, lines = next(code for known, code in _PLACES if policy is known), queues
        line_of, starts, stops = list(range(clusters)), list(range(clusters)), list(range(1, clusters + 1))
    draws = np.zeros((0, tries))
    if how == kernel.RANDOM:
        draws = draw_numbers(settings.seed, streams.REPLAYED_PLACES, len(jobs) * tries).reshape(-1, tries)

    def numbers(values: Sequence[int]) -> kernel.Ints:
        return np.array(values, dtype=np.int64)

    return kernel.Given(
        submit=jobs.submit_s,
        runtime=reality.runtime_s,
        failing=reality.failing_s,
        limit=limits_of(jobs, settings.estimates),
        estimate=fixed_estimates(jobs, settings.estimates),
        processors=jobs.processors,
        user=jobs.user,
        after=jobs.after,
        think=jobs.think_s,
        fits=jobs.fits,
        succeeds=np.zeros((0, 0), dtype=np.bool_) if reality.succeeds is None else reality.succeeds,
        draws=draws,
        price=np.array([site.price for site in sites], dtype=np.float64),
        policy=numbers(lines),
        line_of=numbers(line_of),
        first=numbers(starts),
        stop=numbers(stops),
        numbers=numbers((how, settings.retries, settings.estimates == "user-mean", settings.dependencies)),
    )
