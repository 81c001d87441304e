"""Clusters that fill up: each job takes nodes of its cluster, and a full cluster is chosen no more."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.selection.policies import NONE, Policy
from placewise.selection.situation import Situation

NODES_PER_JOB = 2
_LONGEST_BLOCK = 2048


class Assignment(NamedTuple):
    """What became of the jobs, and of the nodes.

    chosen : (jobs,) int64, the cluster; NONE for a job that matches nothing, one without capacity, and one
        whose candidates the policy itself refuses.
    no_capacity : (jobs,) bool, whether the job has candidates and each of them was full when it came.
    nodes_left : (clusters,) int64.
    """

    chosen: NDArray[np.int64]
    no_capacity: NDArray[np.bool_]
    nodes_left: NDArray[np.int64]


def assign_with_capacity(
    policy: Policy,
    candidates: NDArray[np.bool_],
    situation: Situation,
    nodes_free: NDArray[np.int64],
    nodes_per_job: int = NODES_PER_JOB,
) -> Assignment:
    """Choose one cluster for each job, in order, each taking its nodes before the next one comes.

    candidates : (jobs, clusters), what the jobs match. nodes_free : (clusters,) int64, 0 or more.

    A cluster with fewer than `nodes_per_job` free nodes is no candidate. The policy reads the nodes that are
    free when the job comes as the value ``nodes_free``, (jobs, clusters). The choices are those of calling
    the policy job by job. To get there faster they are guessed for a block and chosen anew from the
    nodes that the guesses leave: up to the first job for which guess and choice differ, and with that one,
    the nodes were right, and so is the choice, since it depends on no later job.

    Raises InputError for nodes that are negative, a shape that does not fit, and fewer than one node a job.
    """
    jobs, clusters = candidates.shape
    if nodes_free.shape != (clusters,) or (nodes_free < 0).any():
        raise InputError(
            "the free nodes are not usable", found=nodes_free.tolist(), expected=f"{clusters} numbers of 0 or more"
        )
    if nodes_per_job < 1:
        raise InputError("a job takes no nodes", found=nodes_per_job, expected="1 or more")
    left, load = nodes_free.astype(np.int64), situation.load.copy()
    chosen = np.full(jobs, NONE, dtype=np.int64)
    no_capacity = np.zeros(jobs, dtype=np.bool_)
    start, length = 0, _LONGEST_BLOCK
    guess = chosen[:0]
    while start < jobs:
        fresh = not len(guess)
        if fresh:
            guess = np.full(min(length, jobs - start), NONE, dtype=np.int64)
        block = slice(start, start + len(guess))
        free = left - nodes_per_job * _taken_before(guess, clusters)
        roomy = candidates[block] & (free >= nodes_per_job)
        try:
            found = policy(roomy, situation.of(block, load=load, values={"nodes_free": free}))
        except InputError:
            if len(guess) == 1:
                raise
            # Perhaps only a wrong guess led to numbers that the policy refuses; a job alone needs no guess.
            length, guess = len(guess) // 2, guess[:0]
            continue
        wrong = np.flatnonzero(found != guess)
        sure = int(wrong[0]) + 1 if len(wrong) else len(guess)
        done = slice(start, start + sure)
        chosen[done] = found[:sure]
        no_capacity[done] = candidates[done].any(axis=1) & ~roomy[:sure].any(axis=1)
        given = np.bincount(found[:sure][found[:sure] != NONE], minlength=clusters)
        load += given
        left -= nodes_per_job * given
        start += sure
        if sure == len(guess):
            length = min(2 * length, _LONGEST_BLOCK)
        elif not fresh and 4 * sure < len(guess):
            length = 2 * sure
        guess = found[sure : sure + length]
    return Assignment(chosen, no_capacity, left)


def _taken_before(chosen: NDArray[np.int64], clusters: int) -> NDArray[np.int64]:
    """Return (jobs, clusters) how many of the jobs before each one are on each cluster."""
    taken = np.zeros((len(chosen), clusters), dtype=np.int64)
    placed = np.flatnonzero(chosen[:-1] != NONE)
    taken[placed + 1, chosen[placed]] = 1
    return np.cumsum(taken, axis=0)
