"""What jobs without requirements ask under a model: the clusters that look best by what is known of them.

A job with metadata on the facts E matches a cluster if p, restricted to E, is at least that of the job's best cluster
less a slack. Such matches are not intersections: more facts may show that another cluster is better. So a *place* is
here not a place of the fleet, but what is asked: a row of two words, the facts that are not known as bits of the first
and the job as the second. Rows are intersected like any others, which adds up the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.model.jobs.job import Shape
from placewise.outcomes.questions import Questions

Restricted: TypeAlias = Callable[[Sequence[tuple[int, ...]]], Sequence[NDArray[np.float64]]]
"""From sets of positions of names to (jobs, clusters) p restricted to what each says; below 0 for no candidates."""

_WORDS = 2
_ROUNDING = 1e-12
_FULL = np.uint64(2**64 - 1)


@dataclass(frozen=True, eq=False)
class BestLooking:
    """See `Places`.

    jobs, names, clusters : how many. restricted : p by what is known. slack : see above.
    """

    jobs: int
    names: int
    clusters: int
    restricted: Restricted
    slack: float
    _sets: dict[int, NDArray[np.uint64]] = field(default_factory=dict, repr=False)

    @property
    def everything(self) -> NDArray[np.uint64]:
        """(words,) nothing known, of whichever job."""
        return np.full(_WORDS, _FULL)

    @property
    def words(self) -> int:
        """How long a row is."""
        return _WORDS

    @property
    def size(self) -> int:
        """How many places a row may hold."""
        return _WORDS * bitset.WORD_BITS

    def questions(self, names: tuple[str, ...], candidates: NDArray[np.uint64] | None) -> Questions:
        """Return one question a job and name, in the order of the names; candidates as in `Questions`."""
        job, question = np.divmod(np.arange(self.jobs * self.names), max(1, self.names))
        known = _FULL ^ (np.uint64(1) << question.astype(np.uint64))
        table = np.stack([known, job.astype(np.uint64)], axis=1)
        offsets = np.arange(self.jobs + 1, dtype=np.int64) * self.names
        ids = np.arange(len(table), dtype=np.int32)
        return Questions(offsets, ids, table, question.astype(np.int32), names, (), candidates)

    def clusters_of(self, places: NDArray[np.uint64], shape: Shape = ()) -> NDArray[np.uint64]:
        """Turn (..., words) rows into (..., words) sets of the clusters that match."""
        assert not shape
        unknown, job = places[..., 0].reshape(-1), places[..., 1].reshape(-1)
        found = np.empty((len(job), bitset.word_count(self.clusters)), dtype=np.uint64)
        masks, which = np.unique(unknown, return_inverse=True)
        order = np.argsort(which, kind="stable")
        edges = np.searchsorted(which[order], np.arange(len(masks) + 1))
        self._find([mask for mask in masks.tolist() if mask != int(_FULL) and mask not in self._sets])
        for number, mask in enumerate(masks.tolist()):
            rows = order[edges[number] : edges[number + 1]]
            everywhere = mask == int(_FULL)
            found[rows] = bitset.full(self.clusters) if everywhere else self._sets[mask][job[rows].astype(np.int64)]
        return found.reshape(*places.shape[:-1], -1)

    def _find(self, masks: Sequence[int]) -> None:
        if not masks:
            return
        known = [tuple(name for name in range(self.names) if not mask >> name & 1) for mask in masks]
        for mask, p in zip(masks, self.restricted(known), strict=True):
            best = p.max(axis=1, keepdims=True, initial=0.0)
            self._sets[mask] = bitset.pack((p >= best - self.slack - _ROUNDING) & (p >= 0))
