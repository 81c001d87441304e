"""Matching, selection and state in one place: the scheduler that is simulated and that is served.

It has no clock, no socket and no file: what happens comes in as calls, and chance as numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placewise.matching import bitset
from placewise.matching.index import FleetIndex
from placewise.matching.kernels import Kernels, NumpyKernels
from placewise.matching.match import Match, match, match_rows
from placewise.matching.why_not import WhyNot, why_not
from placewise.model.cluster import Fleet
from placewise.model.job import Job
from placewise.model.workload import Workload
from placewise.selection.policies import NONE, Policy, random_choice

# A block of jobs is unpacked to booleans for its policy; this many of them at a time.
_BLOCK_FLAGS = 1 << 24


class Scheduler:
    """A fleet, a policy, and how many jobs each cluster has been given.

    Attributes
    ----------
    index : the compiled fleet.
    load : (clusters,) int64, the jobs assigned so far.
    """

    def __init__(self, fleet: Fleet, policy: Policy = random_choice, kernels: Kernels | None = None) -> None:
        self.index = FleetIndex(fleet)
        self.policy = policy
        self.kernels = kernels or NumpyKernels()
        self.load = np.zeros(len(fleet), dtype=np.int64)

    def match(self, job: Job) -> Match:
        """Return the clusters that could ever run a job."""
        return match(self.index, job)

    def why_not(self, job: Job) -> WhyNot:
        """Explain which clusters do not match a job, with every reason."""
        return why_not(self.index, job)

    def match_all(self, workload: Workload) -> NDArray[np.uint64]:
        """Return (jobs, words): the clusters that match each job of a workload."""
        return match_rows(self.index, workload, self.kernels)

    def assign(self, matches: NDArray[np.uint64], draws: NDArray[np.float64]) -> NDArray[np.int64]:
        """Choose one cluster for each job, in order, and count it there.

        matches : (jobs, words), the clusters that match each job.
        draws : (jobs,) numbers in [0, 1).
        Returns (jobs,) int64 positions in the fleet, NONE for a job that matches nothing.
        """
        clusters = len(self.index.fleet)
        chosen = np.full(len(matches), NONE, dtype=np.int64)
        if not clusters:
            return chosen
        step = max(1, _BLOCK_FLAGS // clusters)
        for start in range(0, len(matches), step):
            block = slice(start, start + step)
            candidates = bitset.unpack(matches[block], clusters)
            chosen[block] = self.policy(candidates, self.load, draws[block])
            self.load += np.bincount(chosen[block][chosen[block] != NONE], minlength=clusters)
        return chosen
