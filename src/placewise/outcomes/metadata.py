"""Jobs submitted with metadata on none of their questions, on each alone, on more and more, on some, or on all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits.kernels import Kernels
from placewise.matching.bits.rows import Rows
from placewise.outcomes.questions import Places, Questions


@dataclass(frozen=True, slots=True, eq=False)
class Submissions:
    """Jobs as submitted, in the order of the jobs, with what matches and what each may be given.

    job : (submissions,) int64, position among the jobs.
    level : (submissions,) int32, how many of the job's questions the submission has metadata on.
    last : (submissions,) int32, the question added last, a position in the names; -1 for none, or all at once.
    matches : (submissions, words) the clusters that match.
    assigned : (submissions, words) the clusters each is given, all equally likely: `matches` itself for the
        expectation of a random choice, one cluster each for a sample.
    """

    job: NDArray[np.int64]
    level: NDArray[np.int32]
    last: NDArray[np.int32]
    matches: NDArray[np.uint64]
    assigned: NDArray[np.uint64]

    @classmethod
    def of(
        cls,
        job: NDArray[np.int64],
        level: NDArray[np.integer],
        last: NDArray[np.int32] | None,
        matches: NDArray[np.uint64],
    ) -> Submissions:
        """Return submissions that may be given any of their matches; last : None where nothing is added last."""
        none = np.full(len(job), -1, dtype=np.int32) if last is None else last
        return cls(job, level.astype(np.int32), none, matches, matches)


def give_none(places: Places, questions: Questions) -> Submissions:
    """Submit every job once, with its shape alone."""
    jobs = len(questions.offsets) - 1
    everywhere = places.clusters_of(places.everything[None, :], questions.shape)
    every = np.arange(jobs)
    matches = questions.admitted(np.repeat(everywhere, jobs, 0), every)
    return Submissions.of(every, np.zeros(jobs, np.int32), None, matches)


def give_each(places: Places, questions: Questions) -> Submissions:
    """Submit every job once for each of its questions, with metadata on that one alone."""
    ids, job = questions.ids, questions.job
    matches = questions.admitted(places.clusters_of(questions.table, questions.shape)[ids], job)
    return Submissions.of(job, np.ones(len(ids), np.int32), questions.question[ids], matches)


def give_some(places: Places, questions: Questions, kernels: Kernels, chosen: NDArray[np.bool_]) -> Submissions:
    """Submit every job once, with metadata on its questions among the chosen, (names,) booleans."""
    rows, counts = questions.rows(chosen)
    matches = places.clusters_of(kernels.intersect(questions.table, rows, places.everything), questions.shape)
    every = np.arange(len(counts))
    return Submissions.of(every, counts, None, questions.admitted(matches, every))


def give_prefixes(places: Places, questions: Questions, kernels: Kernels, rank: NDArray[np.int64]) -> Submissions:
    """Submit every job with one question, with two, ... in order of rank, until nothing matches any more."""
    ids = questions.ranked(rank)
    prefixes = kernels.prefixes(questions.table, Rows.of(questions.offsets, ids))
    job = np.repeat(np.arange(len(prefixes.reached)), prefixes.reached)
    matches = questions.admitted(places.clusters_of(prefixes.bits, questions.shape), job)
    starts = np.cumsum(prefixes.reached) - prefixes.reached
    level = np.arange(len(job)) - np.repeat(starts, prefixes.reached)
    last = questions.question[ids[questions.offsets[job] + level]]
    if matches is not prefixes.bits:
        # A shape, or no candidate, may fit nowhere while single nodes still qualify: stop at the first such level.
        keep = _empties_before(matches, starts, prefixes.reached) == 0
        job, level, last, matches = job[keep], level[keep], last[keep], matches[keep]
    return Submissions.of(job, level + 1, last, matches)


def _empties_before(
    matches: NDArray[np.uint64], starts: NDArray[np.int64], reached: NDArray[np.int64]
) -> NDArray[np.int64]:
    empty = ~matches.any(axis=1)
    so_far: NDArray[np.int64] = np.cumsum(empty) - empty
    at_start: NDArray[np.int64] = so_far[np.minimum(starts, max(0, len(so_far) - 1))] if len(so_far) else so_far
    return so_far - np.repeat(at_start, reached)
