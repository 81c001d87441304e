"""The success of a job: the mean, over the clusters that it may be given, of the probability that it succeeds there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.outcomes.chances import Chances


class Success(NamedTuple):
    """Three arrays of one shape: the probability of success, how many clusters are assigned, and the sum of p on them.

    By rules that sum is a count: how many of the assigned clusters would succeed.
    """

    share: NDArray[np.float64]
    assigned: NDArray[np.int64]
    good: NDArray[np.integer] | NDArray[np.float64]


def success_on(assigned: NDArray[np.uint64], chances: Chances, jobs: NDArray[np.integer]) -> Success:
    """Return the mean of p_j over the clusters M, each as likely; 0 where M is empty.

    assigned : (jobs, ..., words) the clusters M. jobs : (jobs,) whose p it is.
    """
    size = bitset.size_of(assigned)
    good = chances.summed(assigned, jobs)
    share: NDArray[np.float64] = np.divide(good, size, out=np.zeros(size.shape), where=size > 0)
    return Success(share, size, good)
