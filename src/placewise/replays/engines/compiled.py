"""A replay of pools by the compiled kernel: settings and columns in, a schedule out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placewise.model import streams
from placewise.model.progress import Progress
from placewise.model.traces.replay import ReplaySettings, Schedule
from placewise.replays.engines import kernel_numba as kernel
from placewise.replays.engines.engine import STAGE
from placewise.replays.engines.kernel_tables import Given, state_of
from placewise.replays.inputs.estimates import fixed_estimates, limits_of
from placewise.replays.inputs.failing import Reality
from placewise.replays.inputs.jobs import ReplayJobs
from placewise.replays.inputs.sites import Site
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
    (first, kernel.PLACE_FIRST),
    (fastest, kernel.PLACE_FIRST),
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
    given = given_to_kernel(jobs, sites, policy, settings, reality)
    state = state_of(given)
    order = np.argsort(jobs.submit_s, kind="stable")
    if settings.dependencies:
        order = order[jobs.after[order] < 0]
    done = 0
    progress.advanced(STAGE, 0, len(jobs))
    while True:
        taken = int(kernel.run(state, order, done, _MOST_SUBMISSIONS))
        if taken == done or taken == len(order):
            break
        done = taken
        progress.advanced(STAGE, done, len(jobs))
    progress.advanced(STAGE, len(jobs), len(jobs))
    rows = state.attempts[: int(state.counts[kernel.ATTEMPTS])]
    return schedule_in(rows, jobs.processors, tuple(site.name for site in sites), given.capacity)


def schedule_in(
    rows: NDArray[np.int64], processors: NDArray[np.int64], clusters: tuple[str, ...], capacity: NDArray[np.int64]
) -> Schedule:
    """Return a copy of (attempts, columns) rows of the kernel. processors : (jobs,) that each holds."""
    job = rows[:, kernel.JOB].copy()
    return Schedule(
        job=job,
        cluster=rows[:, kernel.CLUSTER].astype(np.int32),
        submit_s=rows[:, kernel.SUBMIT].copy(),
        start_s=rows[:, kernel.START].copy(),
        end_s=rows[:, kernel.END].copy(),
        reserved_s=rows[:, kernel.RESERVED].copy(),
        failed=rows[:, kernel.FAILED].astype(np.bool_),
        processors=processors[job],
        clusters=clusters,
        capacity=capacity,
    )


def given_to_kernel(
    jobs: ReplayJobs,
    sites: Sequence[Site],
    policy: Policy,
    settings: ReplaySettings,
    reality: Reality,
    *,
    first: int = 0,
) -> Given:
    """Return what the kernel is given. first : the number of the first of these jobs in the trace."""
    how = kernel.LATE if settings.late else next(code for known, code in _PLACES if policy is known)
    tries = settings.retries + 1
    draws = np.zeros((0, tries))
    if how == kernel.RANDOM:
        draws = draw_numbers(settings.seed, streams.REPLAYED_PLACES, len(jobs) * tries, first=first * tries)
        draws = draws.reshape(-1, tries)
    columns = (
        jobs.submit_s,
        reality.runtime_s,
        reality.failing_s,
        limits_of(jobs),
        fixed_estimates(jobs, settings.estimates),
        jobs.processors,
        jobs.user,
        jobs.think_s,
    )
    means = settings.estimates == "user-mean"
    return Given(
        jobs=np.column_stack(columns).astype(np.int64, copy=False),
        after=jobs.after,
        fits=np.ascontiguousarray(jobs.fits),
        succeeds=np.zeros((0, 0), dtype=np.bool_) if reality.succeeds is None else reality.succeeds,
        draws=draws,
        price=np.array([site.processor_price for site in sites], dtype=np.float64),
        capacity=np.array([site.processors for site in sites], dtype=np.int64),
        queues=np.array([_QUEUES[settings.policies.get(site.name, settings.policy)] for site in sites], dtype=np.int64),
        how=np.array((how, settings.retries, means, settings.dependencies), dtype=np.int64),
        # A job that has failed on each cluster has nowhere to go, which is one attempt more.
        tries=1 if reality.succeeds is None else 1 + min(settings.retries, len(sites)),
    )
