"""What is taken for a job's runtime when planning."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.traces.replay import Estimates
from placewise.replays.inputs.jobs import ReplayJobs

NO_LIMIT_S = 86_400
"""What counts as the limit of a job whose limit the trace does not say: a day."""


def limits_of(jobs: ReplayJobs) -> NDArray[np.int64]:
    """Return (jobs,) the limits in seconds, at least 1; NO_LIMIT_S where the trace does not say."""
    return np.where(jobs.limit_s > 0, jobs.limit_s, NO_LIMIT_S)


def refuse_without_limits(any_limit: bool, kind: Estimates) -> None:
    """Raise InputError where the limits are to be the estimates, and no job has one."""
    if kind in ("limit", "doubled") and not any_limit:
        raise InputError("no job of the trace has a limit", expected="--estimates exact or user-mean")


def fixed_estimates(jobs: ReplayJobs, kind: Estimates) -> NDArray[np.int64]:
    """Return (jobs,) estimates in seconds, at least 1; under user-mean those of a user of whom nothing is known yet."""
    limits = limits_of(jobs)
    if kind == "exact":
        return np.maximum(jobs.runtime_s, 1)
    return 2 * limits if kind == "doubled" else limits


@dataclass(slots=True)
class UserMeans:
    """The runtimes of each user's last two jobs that ended without failing."""

    last: dict[int, tuple[int, int]] = field(default_factory=dict)

    def estimate(self, user: int, limit_s: int) -> int:
        """Return their mean in whole seconds, at least 1 and at most the limit; the limit where there are none."""
        if user not in self.last:
            return limit_s
        one, other = self.last[user]
        return min(max(1, (one + other) // 2), limit_s)

    def ended(self, user: int, runtime_s: int) -> None:
        """Take note of a job that ended; a user that the trace does not name is nobody."""
        if user >= 0:
            self.last[user] = (self.last.get(user, (0, runtime_s))[1], runtime_s)
