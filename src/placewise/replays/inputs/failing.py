"""Where a job cannot succeed, and how long it runs before it fails there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model import streams
from placewise.model.traces.replay import ReplaySettings
from placewise.replays.inputs.jobs import ReplayJobs
from placewise.selection.policies import draw_numbers


@dataclass(frozen=True, slots=True, eq=False)
class Reality:
    """What happens to a job on a cluster, which no policy knows before.

    runtime_s : (jobs,) if it succeeds. failing_s : (jobs,) if it fails.
    succeeds : (jobs, clusters) booleans, None where all do.
    """

    runtime_s: NDArray[np.int64]
    failing_s: NDArray[np.int64]
    succeeds: NDArray[np.bool_] | None

    def fails(self, job: int, cluster: int) -> bool:
        """Whether a job cannot succeed on a cluster."""
        return self.succeeds is not None and not self.succeeds[job, cluster]

    def lasts(self, job: int, cluster: int) -> int:
        """Return the seconds that a job runs on a cluster."""
        return int(self.failing_s[job] if self.fails(job, cluster) else self.runtime_s[job])


def reality_of(
    jobs: ReplayJobs, clusters: int, settings: ReplaySettings, truth: NDArray[np.bool_] | NDArray[np.float64] | None
) -> Reality:
    """Settle what becomes of each job on each cluster, which does not depend on any policy.

    truth : (jobs, clusters) whether each would succeed there, or the probability that it does, which is drawn once.
    Raises InputError for one of another shape, or that is no probability.
    """
    if settings.fail_after_s is None:
        failing = (jobs.runtime_s * settings.fail_after).astype(np.int64)
    else:
        failing = np.minimum(jobs.runtime_s, settings.fail_after_s)
    if truth is None:
        return Reality(jobs.runtime_s, failing, None)
    if truth.shape != (len(jobs), clusters):
        raise InputError("the outcomes have the wrong shape", found=truth.shape, expected=str((len(jobs), clusters)))
    if truth.dtype == np.bool_:
        return Reality(jobs.runtime_s, failing, np.ascontiguousarray(truth))
    if not ((truth >= 0) & (truth <= 1)).all():
        raise InputError("an outcome is not a probability", expected="numbers from 0 to 1, or booleans")
    drawn = draw_numbers(settings.seed, streams.REPLAYED_OUTCOMES, truth.size).reshape(truth.shape)
    return Reality(jobs.runtime_s, failing, drawn < truth)
