"""The success of a job: the mean, over the clusters that it may be given, of the probability that it succeeds there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placewise.matching import bitset


class Success(NamedTuple):
    """Three arrays of one shape: the probability of success, and how many clusters are assigned, and would succeed."""

    share: NDArray[np.float64]
    assigned: NDArray[np.int64]
    good: NDArray[np.int64]


def success_on(assigned: NDArray[np.uint64], succeeds: NDArray[np.uint64]) -> Success:
    """Return |F and M| / |M|, where a job succeeds on the clusters F and each of M is as likely; 0 where M is empty.

    assigned : (..., words) the clusters M. succeeds : the clusters F, of a shape that broadcasts to it.
    """
    size = bitset.size_of(assigned)
    good = bitset.size_of(assigned & succeeds)
    share: NDArray[np.float64] = np.divide(good, size, out=np.zeros(size.shape), where=size > 0)
    return Success(share, size, good)
