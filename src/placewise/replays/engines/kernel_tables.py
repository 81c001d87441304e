"""The tables of a replay by the compiled kernel before the first event, from what a replay is given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from placewise.replays.engines.kernel_numba import (
    BASE,
    BLOCK_SIZE,
    CHANGED,
    CONSERVATIVE,
    DEAD,
    DEPENDENCIES,
    EASY,
    EASY_SJBF,
    FAILED,
    FIRST,
    FOLLOWER,
    FREE,
    FREE_NODE,
    KEPT,
    LATE,
    LINE,
    NEXT,
    NEXT_FOLLOWER,
    NO_PLAN,
    NODE_FREE,
    NODE_NEXT,
    PLACED,
    PLAN,
    POLICY,
    RETRIES,
    SJF,
    STOP,
    USER,
    Ints,
    State,
)


class Given(NamedTuple):
    """What a replay is given.

    jobs : (jobs, columns), see State. after : (jobs,). capacity : (clusters,). queues : (clusters,) the code of each
    cluster's policy; all alike where jobs are placed late. how : the numbers of State.how. tries : at most of one job.
    """

    jobs: Ints
    after: Ints
    fits: NDArray[np.uint64]
    succeeds: NDArray[np.bool_]
    draws: NDArray[np.float64]
    price: NDArray[np.float64]
    capacity: Ints
    queues: Ints
    how: Ints
    tries: int


def state_of(given: Given, attempts: int | None = None) -> State:
    """Return the state before the first event. attempts : room for so many at once, by default for all of the jobs."""
    jobs, clusters = len(given.jobs), len(given.capacity)
    attempts = max(1, jobs * given.tries) if attempts is None else attempts
    late = given.how[PLACED] == LATE
    stations = np.zeros((clusters, 6), dtype=np.int64)
    bounds = np.minimum(given.capacity, attempts) + 1
    stations[:, FREE], stations[:, PLAN] = given.capacity, np.arange(clusters)
    stations[1:, BASE] = np.cumsum(bounds)[:-1]
    stations[:, LINE] = 0 if late else np.arange(clusters)
    lines = np.full((1 if late else clusters, 17), -1, dtype=np.int64)
    lines[:, CHANGED], lines[:, KEPT] = 0, NO_PLAN
    lines[:, FIRST], lines[:, STOP] = np.arange(len(lines)), np.arange(1, len(lines) + 1)
    lines[:, POLICY] = given.queues[: len(lines)]
    if late:
        lines[0, STOP] = clusters
    listed = bool(np.isin(given.queues, (SJF, EASY, EASY_SJBF)).any())
    blocks = np.zeros((2 * (attempts // BLOCK_SIZE) + 2 * len(lines) + 2 if listed else 0, 4), dtype=np.int64)
    blocks[:, NEXT] = np.arange(1, len(blocks) + 1)
    planned = bool((given.queues == CONSERVATIVE).any())
    nodes = np.zeros((2 * attempts + clusters + 4 if planned else clusters, 3), dtype=np.int64)
    nodes[:, NODE_NEXT] = np.arange(1, len(nodes) + 1)
    nodes[:clusters, NODE_NEXT], nodes[:clusters, NODE_FREE] = -1, given.capacity
    counts = np.zeros(7, dtype=np.int64)
    counts[FREE_NODE] = clusters
    return State(
        how=given.how,
        counts=counts,
        jobs=given.jobs,
        fits=given.fits,
        succeeds=given.succeeds,
        draws=given.draws,
        price=given.price,
        links=_links(given),
        last=np.full((int(given.jobs[:, USER].max(initial=-1)) + 1, 2), -1, dtype=np.int64),
        attempts=blank(attempts),
        clusters=stations,
        lines=lines,
        # What ends in this second as planned has freed its processors, and is still there while others start.
        ends=np.zeros((2 * int(bounds.sum()), 2), dtype=np.int64),
        submits=np.zeros((jobs + 1 if given.how[RETRIES] or given.how[DEPENDENCIES] else 1, 2), dtype=np.int64),
        runs=np.zeros((int(bounds.sum()), 2), dtype=np.int64),
        tails=np.zeros((int(bounds.sum()), 2), dtype=np.int64),
        blocks=blocks,
        items=np.zeros((len(blocks), BLOCK_SIZE), dtype=np.int64),
        nodes=nodes,
        trial=np.zeros((int(bounds.max(initial=0)) + attempts + 1, 2), dtype=np.int64),
        queue=np.zeros(attempts + 1, dtype=np.int64),
        by_length=np.zeros(attempts + 1, dtype=np.int64),
    )


def blank(attempts: int) -> Ints:
    """Return rows of attempts before they are submitted."""
    table = np.full((attempts, 16), -1, dtype=np.int64)
    table[:, FAILED] = table[:, DEAD] = 0
    return table


def _links(given: Given) -> Ints:
    """Chain the jobs that wait for the same one, in the order of the file."""
    links = np.full((len(given.jobs), 3), -1, dtype=np.int64)
    if given.how[DEPENDENCIES]:
        for job in np.flatnonzero(given.after >= 0)[::-1].tolist():
            before = int(given.after[job])
            links[job, NEXT_FOLLOWER] = links[before, FOLLOWER]
            links[before, FOLLOWER] = job
    return links
