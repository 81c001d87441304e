"""The replay of pools compiled by numba (extra ``fast``); one long module, since numba's cache sees one file only.

The same schedules as `engine`, of every queue policy, estimate and built-in placement. What differs is how they are
found: running jobs lie sorted by planned end; a queue is a list of blocks that know the smallest and the shortest of
their jobs, so that a search for candidates passes over most of a deep queue; a reservation is kept until something
changes; the plan under conservative is one list of times at which what is free changes; an estimated start is worked
out no further than the best that was found before.

A line is a queue with the clusters that it serves: one cluster, or all of them if jobs are placed late. Tables of one
kind of thing are arrays of (things, columns), since each array that a function is passed costs numba time to compile.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]

# Nothing is allocated on the way, so no array has to be kept alive: counting references takes five times as long as all
# else. One function, in which all others are laid out, is what the processor gets.
_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False}
_WITHIN: dict[str, Any] = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, **_OPTIONS}
_inlined: Any = njit(**_WITHIN)

FCFS, SJF, EASY, EASY_SJBF, CONSERVATIVE = range(5)
EARLIEST_START, PLACE_FIRST, RANDOM, LEAST_LOADED, CHEAPEST, LATE = range(6)

BLOCK_SIZE = 64
_NEVER = 1 << 62

# Columns of State.jobs.
SUBMITTED, RUNTIME, FAILING, LIMIT, GUESS, PROCESSORS, USER, THINK = range(8)
# Of State.attempts. An attempt that waits under conservative is PLANNED to start, one that runs to end, and one that
# waits under fcfs to start so long after the one before it; EARLIER is the attempt of the same job that failed before
# it; STARTED has attempts in the order of their starts.
JOB, CLUSTER, SUBMIT, START, END, RESERVED, FAILED, SIZE = range(8)
ESTIMATE, PLANNED, EARLIER, PROMISED_ON, AFTER, BEFORE, STARTED, DEAD = range(8, 16)
# Of State.clusters: BASE is where its running jobs begin in State.runs, PLAN the first node of its plan.
FREE, LOAD, RUNNING, BASE, PLAN, LINE = range(6)
# Of State.lines: the queue in the order of submission, its blocks in the policy's order, the reservation of its head,
# and whether anything has CHANGED since that was worked out. Under fcfs the plan of the queue: whether one is KEPT, the
# starts of its first and last jobs, what is free after the last start, how many end later (in State.tails), and the
# last planned end of its jobs that have left the queue.
HEAD, TAIL, BLOCK, LAST_BLOCK, CHANGED, SHADOW, EXTRA, SHADOW_ON, FIRST, STOP, POLICY = range(11)
KEPT, HEAD_START, TAIL_START, TAIL_FREE, TAIL_RUNS, LEFT_END = range(11, 17)
NO_PLAN, _OLD_PLAN, _PLAN = range(3)
# Of State.blocks, State.nodes, and State.links of jobs.
NEXT, FILLED, SMALLEST, SHORTEST = range(4)
NODE_NEXT, NODE_TIME, NODE_FREE = range(3)
FOLLOWER, NEXT_FOLLOWER, TRIED = range(3)
# Of heaps, running jobs and their trial copy.
TIME, WHO = range(2)
# Positions in State.counts and State.how.
ENDS, SUBMITS, ATTEMPTS, STARTS, _FREE_BLOCK, FREE_NODE, _STAMP = range(7)
PLACED, RETRIES, USER_MEANS, DEPENDENCIES = range(4)


class State(NamedTuple):
    """All that a replay is given, and all that changes: tables of int64 with the columns above.

    fits : (jobs, words) the clusters that a job may go to. succeeds : (jobs, clusters), of no rows where all succeed.
    draws : (jobs, tries) where clusters are drawn. price : (clusters,). last : (users, 2) the runtimes of the last two
    jobs that ended. ends, submits : heaps of (time, number of the start) and (time, job).
    runs : the running jobs of each cluster by planned end. tails : (time, processors) of what is planned to end after
    the last of a queue starts. items : (blocks, jobs of a block) attempts.
    trial, queue, by_length : room for what is only needed on the way.
    """

    how: Ints
    counts: Ints
    jobs: Ints
    fits: NDArray[np.uint64]
    succeeds: NDArray[np.bool_]
    draws: NDArray[np.float64]
    price: NDArray[np.float64]
    links: Ints
    last: Ints
    attempts: Ints
    clusters: Ints
    lines: Ints
    ends: Ints
    submits: Ints
    runs: Ints
    tails: Ints
    blocks: Ints
    items: Ints
    nodes: Ints
    trial: Ints
    queue: Ints
    by_length: Ints


@_inlined
def _push(heap, size, time, who):  # type: ignore[no-untyped-def]
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if heap[above, TIME] < time or (heap[above, TIME] == time and heap[above, WHO] < who):
            break
        heap[at, TIME], heap[at, WHO] = heap[above, TIME], heap[above, WHO]
        at = above
    heap[at, TIME], heap[at, WHO] = time, who


@_inlined
def _pop(heap, size):  # type: ignore[no-untyped-def]
    """Take the first of a heap out; size : of the heap without it."""
    time, who, at = heap[size, TIME], heap[size, WHO], 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        right = below + 1
        if right < size and (
            heap[right, TIME] < heap[below, TIME]
            or (heap[right, TIME] == heap[below, TIME] and heap[right, WHO] < heap[below, WHO])
        ):
            below = right
        if time < heap[below, TIME] or (time == heap[below, TIME] and who < heap[below, WHO]):
            break
        heap[at, TIME], heap[at, WHO] = heap[below, TIME], heap[below, WHO]
        at = below
    heap[at, TIME], heap[at, WHO] = time, who


@_inlined
def _allowed(s, a, c):  # type: ignore[no-untyped-def]
    """Whether an attempt may go to a cluster: it fits, and the job has not failed there."""
    j = s.attempts[a, JOB]
    if not (s.fits[j, c >> 6] >> np.uint64(c & 63)) & np.uint64(1):
        return False
    other = s.links[j, TRIED]
    while other >= 0:
        if other != a and s.attempts[other, CLUSTER] == c:
            return False
        other = s.attempts[other, EARLIER]
    return True


# The queue of a line: linked in the order of submission, and in blocks in the order of the policy.


@_inlined
def _new_block(s):  # type: ignore[no-untyped-def]
    b = s.counts[_FREE_BLOCK]
    s.counts[_FREE_BLOCK] = s.blocks[b, NEXT]
    s.blocks[b, NEXT], s.blocks[b, FILLED], s.blocks[b, SMALLEST], s.blocks[b, SHORTEST] = -1, 0, _NEVER, _NEVER
    return b


@_inlined
def _put(s, b, at, a):  # type: ignore[no-untyped-def]
    """Put an attempt at a position of a block with room."""
    k = s.blocks[b, FILLED]
    while k > at:
        s.items[b, k] = s.items[b, k - 1]
        k -= 1
    s.items[b, k] = a
    s.blocks[b, FILLED] += 1
    s.blocks[b, SMALLEST] = min(s.blocks[b, SMALLEST], s.attempts[a, SIZE])
    s.blocks[b, SHORTEST] = min(s.blocks[b, SHORTEST], s.attempts[a, ESTIMATE])


@_inlined
def _plan_behind(s, line, a):  # type: ignore[no-untyped-def]
    """Plan an attempt behind the last of a queue under fcfs."""
    c = s.lines[line, FIRST]
    base, size, runs = s.clusters[c, BASE], s.attempts[a, SIZE], s.lines[line, TAIL_RUNS]
    time, free, gone = s.lines[line, TAIL_START], s.lines[line, TAIL_FREE], 0
    while gone < runs and (free < size or s.tails[base + gone, TIME] == time):
        time = s.tails[base + gone, TIME]
        free += s.tails[base + gone, WHO]
        gone += 1
    end, k = time + s.attempts[a, ESTIMATE], base
    while k < base + runs - gone and s.tails[k + gone, TIME] <= end:
        s.tails[k, TIME], s.tails[k, WHO] = s.tails[k + gone, TIME], s.tails[k + gone, WHO]
        k += 1
    if gone == 0:
        for i in range(base + runs, k, -1):
            s.tails[i, TIME], s.tails[i, WHO] = s.tails[i - 1, TIME], s.tails[i - 1, WHO]
    else:
        for i in range(k + 1, base + runs - gone + 1):
            s.tails[i, TIME], s.tails[i, WHO] = s.tails[i + gone - 1, TIME], s.tails[i + gone - 1, WHO]
    s.tails[k, TIME], s.tails[k, WHO] = end, size
    s.attempts[a, PLANNED] = time - s.lines[line, TAIL_START]
    s.lines[line, TAIL_START], s.lines[line, TAIL_FREE] = time, free - size
    s.lines[line, TAIL_RUNS] = runs - gone + 1


@_inlined
def _enqueue(s, line, policy, a):  # type: ignore[no-untyped-def]
    tail = s.lines[line, TAIL]
    s.attempts[a, BEFORE], s.attempts[a, AFTER] = tail, -1
    if tail < 0:
        s.lines[line, HEAD] = a
    else:
        s.attempts[tail, AFTER] = a
    s.lines[line, TAIL] = a
    if policy == FCFS:
        if s.lines[line, KEPT] == _PLAN and tail >= 0:
            _plan_behind(s, line, a)
        else:
            s.lines[line, KEPT] = NO_PLAN
    if policy in (FCFS, CONSERVATIVE):
        return
    b = s.lines[line, LAST_BLOCK]
    if b < 0:
        b = _new_block(s)
        s.lines[line, BLOCK] = s.lines[line, LAST_BLOCK] = b
    if policy == EASY:
        if s.blocks[b, FILLED] == BLOCK_SIZE:
            n = _new_block(s)
            s.blocks[b, NEXT] = s.lines[line, LAST_BLOCK] = n
            b = n
        _put(s, b, s.blocks[b, FILLED], a)
        return
    e = s.attempts[a, ESTIMATE]
    b = s.lines[line, BLOCK]
    # The last block whose jobs are not all longer; of equal ones the new one is behind.
    while s.blocks[b, NEXT] >= 0:
        n = s.blocks[b, NEXT]
        if s.attempts[s.items[n, 0], ESTIMATE] > e:
            break
        b = n
    if s.blocks[b, FILLED] == BLOCK_SIZE:
        n = _new_block(s)
        s.blocks[n, NEXT], s.blocks[b, NEXT] = s.blocks[b, NEXT], n
        if s.lines[line, LAST_BLOCK] == b:
            s.lines[line, LAST_BLOCK] = n
        half = BLOCK_SIZE // 2
        for k in range(half, BLOCK_SIZE):
            _put(s, n, k - half, s.items[b, k])
        s.blocks[b, FILLED] = half
        if s.attempts[s.items[n, 0], ESTIMATE] <= e:
            b = n
    at = s.blocks[b, FILLED]
    while at > 0 and s.attempts[s.items[b, at - 1], ESTIMATE] > e:
        at -= 1
    _put(s, b, at, a)


@_inlined
def _unlink(s, line, a):  # type: ignore[no-untyped-def]
    """Take an attempt out of the order of submission."""
    before, after = s.attempts[a, BEFORE], s.attempts[a, AFTER]
    if before < 0:
        s.lines[line, HEAD] = after
    else:
        s.attempts[before, AFTER] = after
    if after < 0:
        s.lines[line, TAIL] = before
    else:
        s.attempts[after, BEFORE] = before


@_inlined
def _drop_block(s, line, previous, b):  # type: ignore[no-untyped-def]
    """Take an empty block out, and return the next."""
    n = s.blocks[b, NEXT]
    if previous < 0:
        s.lines[line, BLOCK] = n
    else:
        s.blocks[previous, NEXT] = n
    if n < 0:
        s.lines[line, LAST_BLOCK] = previous
    s.blocks[b, NEXT] = s.counts[_FREE_BLOCK]
    s.counts[_FREE_BLOCK] = b
    return n


@_inlined
def _remove(s, line, policy, a):  # type: ignore[no-untyped-def]
    """Take an attempt out of the queue and of its block, which is among the first where it is a head."""
    if policy == FCFS and s.lines[line, KEPT] != NO_PLAN:
        end, following = s.lines[line, HEAD_START] + s.attempts[a, ESTIMATE], s.attempts[a, AFTER]
        s.lines[line, LEFT_END] = max(s.lines[line, LEFT_END], end)
        if following < 0:
            s.lines[line, KEPT] = NO_PLAN
        else:
            s.lines[line, HEAD_START] += s.attempts[following, PLANNED]
    _unlink(s, line, a)
    if policy in (FCFS, CONSERVATIVE):
        return
    previous, b = -1, s.lines[line, BLOCK]
    while True:
        # Under easy-sjbf the head may be anywhere, but only among those of its length.
        if policy != EASY_SJBF or s.attempts[s.items[b, s.blocks[b, FILLED] - 1], ESTIMATE] >= s.attempts[a, ESTIMATE]:
            at = -1
            for k in range(s.blocks[b, FILLED]):
                if s.items[b, k] == a:
                    at = k
                    break
            if at >= 0:
                for k in range(at, s.blocks[b, FILLED] - 1):
                    s.items[b, k] = s.items[b, k + 1]
                s.blocks[b, FILLED] -= 1
                if s.blocks[b, FILLED] == 0:
                    _drop_block(s, line, previous, b)
                return
        previous, b = b, s.blocks[b, NEXT]


# Running jobs.


@_inlined
def _insert_run(s, c, end, a):  # type: ignore[no-untyped-def]
    k, base = s.clusters[c, BASE] + s.clusters[c, RUNNING], s.clusters[c, BASE]
    while k > base and s.runs[k - 1, TIME] > end:
        s.runs[k, TIME], s.runs[k, WHO] = s.runs[k - 1, TIME], s.runs[k - 1, WHO]
        k -= 1
    s.runs[k, TIME], s.runs[k, WHO] = end, a
    s.clusters[c, RUNNING] += 1
    s.attempts[a, PLANNED] = end


@_inlined
def _delete_run(s, c, a):  # type: ignore[no-untyped-def]
    low, high, end = s.clusters[c, BASE], s.clusters[c, BASE] + s.clusters[c, RUNNING], s.attempts[a, PLANNED]
    stop = high - 1
    while low < high:
        middle = (low + high) >> 1
        if s.runs[middle, TIME] < end:
            low = middle + 1
        else:
            high = middle
    while s.runs[low, WHO] != a:
        low += 1
    for k in range(low, stop):
        s.runs[k, TIME], s.runs[k, WHO] = s.runs[k + 1, TIME], s.runs[k + 1, WHO]
    s.clusters[c, RUNNING] -= 1


@_inlined
def _begin(s, a, c, now):  # type: ignore[no-untyped-def]
    j = s.attempts[a, JOB]
    lasts = s.jobs[j, RUNTIME]
    if s.succeeds.shape[0] > 0 and not s.succeeds[j, c]:
        lasts = s.jobs[j, FAILING]
    s.attempts[a, CLUSTER], s.attempts[a, START], s.attempts[a, END] = c, now, now + lasts
    s.clusters[c, FREE] -= s.attempts[a, SIZE]
    _insert_run(s, c, now + s.attempts[a, ESTIMATE], a)
    number = s.counts[STARTS]
    s.attempts[number, STARTED] = a
    s.counts[STARTS] += 1
    _push(s.ends, s.counts[ENDS], now + lasts, number)
    s.counts[ENDS] += 1
    if s.how[PLACED] == LATE:
        s.clusters[c, LOAD] += 1


@_inlined
def _look(s, c, now):  # type: ignore[no-untyped-def]
    """Hold the planned ends of a cluster against the clock, and return whether some job outlived its own."""
    base, outlived = s.clusters[c, BASE], False
    while s.clusters[c, RUNNING] > 0 and s.runs[base, TIME] <= now:
        a, planned = s.runs[base, WHO], s.runs[base, TIME]
        s.lines[s.clusters[c, LINE], CHANGED] = True
        for k in range(base, base + s.clusters[c, RUNNING] - 1):
            s.runs[k, TIME], s.runs[k, WHO] = s.runs[k + 1, TIME], s.runs[k + 1, WHO]
        s.clusters[c, RUNNING] -= 1
        end = s.attempts[a, END]
        if planned < now or end != now:
            outlived = True
            if s.lines[s.clusters[c, LINE], KEPT] == _PLAN:
                s.lines[s.clusters[c, LINE], KEPT] = _OLD_PLAN
            until = s.attempts[a, START] + s.jobs[s.attempts[a, JOB], LIMIT]
            if until < now or (until == now and end != now):
                until = now + 1
            if s.lines[s.clusters[c, LINE], POLICY] == CONSERVATIVE and until > now:
                _change(s, c, max(planned, now), until, -s.attempts[a, SIZE])
            planned = until
        if planned == now:
            s.clusters[c, FREE] += s.attempts[a, SIZE]
            s.attempts[a, PLANNED] = -1
        else:
            _insert_run(s, c, planned, a)
    return outlived


# The queue policies.


@_inlined
def _room(s, line, a):  # type: ignore[no-untyped-def]
    """Return the first cluster of a line that can start an attempt, -1 for none."""
    first, stop = s.lines[line, FIRST], s.lines[line, STOP]
    size = s.attempts[a, SIZE]
    for c in range(first, stop):
        if size <= s.clusters[c, FREE] and (stop - first == 1 or _allowed(s, a, c)):
            return c
    return -1


@_inlined
def _reserve(s, line, a):  # type: ignore[no-untyped-def]
    """Work out the reservation of the head."""
    first, stop, size = s.lines[line, FIRST], s.lines[line, STOP], s.attempts[a, SIZE]
    s.lines[line, SHADOW] = _NEVER
    for c in range(first, stop):
        if stop - first > 1 and not _allowed(s, a, c):
            continue
        free, k = s.clusters[c, FREE], s.clusters[c, BASE]
        last = k + s.clusters[c, RUNNING]
        while k < last and free < size:
            free += s.attempts[s.runs[k, WHO], SIZE]
            k += 1
        if free < size or k == s.clusters[c, BASE]:
            continue
        time = s.runs[k - 1, TIME]
        if time >= s.lines[line, SHADOW]:
            continue
        while k < last and s.runs[k, TIME] == time:
            free += s.attempts[s.runs[k, WHO], SIZE]
            k += 1
        s.lines[line, SHADOW], s.lines[line, EXTRA], s.lines[line, SHADOW_ON] = time, free - size, c
    if s.attempts[a, RESERVED] < 0:
        s.attempts[a, RESERVED] = s.lines[line, SHADOW]


@_inlined
def _backfill(s, line, a, now):  # type: ignore[no-untyped-def]
    """Start an attempt if that does not delay the head, and return whether it was started."""
    first, stop, size = s.lines[line, FIRST], s.lines[line, STOP], s.attempts[a, SIZE]
    for c in range(first, stop):
        if size > s.clusters[c, FREE] or (stop - first > 1 and not _allowed(s, a, c)):
            continue
        if c == s.lines[line, SHADOW_ON] and now + s.attempts[a, ESTIMATE] > s.lines[line, SHADOW]:
            if size > s.lines[line, EXTRA]:
                continue
            s.lines[line, EXTRA] -= size
        _begin(s, a, c, now)
        return True
    return False


@_inlined
def _most_free(s, line):  # type: ignore[no-untyped-def]
    most = 0
    for c in range(s.lines[line, FIRST], s.lines[line, STOP]):
        most = max(most, s.clusters[c, FREE])
    return most


@_inlined
def _easy(s, line, policy, now):  # type: ignore[no-untyped-def]
    while s.lines[line, HEAD] >= 0:
        a = s.lines[line, HEAD]
        c = _room(s, line, a)
        if c < 0:
            break
        _remove(s, line, policy, a)
        _begin(s, a, c, now)
    s.lines[line, CHANGED] = False
    if s.lines[line, HEAD] < 0:
        return
    head = s.lines[line, HEAD]
    _reserve(s, line, head)
    if s.attempts[head, AFTER] < 0:
        return
    alone = s.lines[line, STOP] - s.lines[line, FIRST] == 1
    most = _most_free(s, line)
    previous, b = -1, s.lines[line, BLOCK]
    while b >= 0 and most > 0:
        if s.blocks[b, SMALLEST] > most or (
            alone
            and s.blocks[b, SMALLEST] > s.lines[line, EXTRA]
            and now + s.blocks[b, SHORTEST] > s.lines[line, SHADOW]
        ):
            previous, b = b, s.blocks[b, NEXT]
            continue
        kept, smallest, shortest = 0, _NEVER, _NEVER
        for i in range(s.blocks[b, FILLED]):
            a = s.items[b, i]
            if a != head and s.attempts[a, SIZE] <= most and _backfill(s, line, a, now):
                _unlink(s, line, a)
                most = _most_free(s, line)
                continue
            s.items[b, kept] = a
            kept += 1
            smallest, shortest = min(smallest, s.attempts[a, SIZE]), min(shortest, s.attempts[a, ESTIMATE])
        s.blocks[b, FILLED], s.blocks[b, SMALLEST], s.blocks[b, SHORTEST] = kept, smallest, shortest
        if kept == 0:
            b = _drop_block(s, line, previous, b)
        else:
            previous, b = b, s.blocks[b, NEXT]


@_inlined
def _in_order(s, line, policy, now):  # type: ignore[no-untyped-def]
    while s.lines[line, HEAD] >= 0:
        a = s.lines[line, HEAD] if policy == FCFS else s.items[s.lines[line, BLOCK], 0]
        c = _room(s, line, a)
        if c < 0:
            break
        _remove(s, line, policy, a)
        _begin(s, a, c, now)


# The plan under conservative: nodes of a linked list, each a time from which on so much is free.


@_inlined
def _cut(s, c, time):  # type: ignore[no-untyped-def]
    """Return the node before the one of a time, which is made where there is none; -1 if that is the first."""
    previous, n = -1, s.clusters[c, PLAN]
    while n >= 0 and s.nodes[n, NODE_TIME] < time:
        previous, n = n, s.nodes[n, NODE_NEXT]
    if n >= 0 and s.nodes[n, NODE_TIME] == time:
        return previous
    made = s.counts[FREE_NODE]
    s.counts[FREE_NODE] = s.nodes[made, NODE_NEXT]
    s.nodes[made, NODE_TIME], s.nodes[made, NODE_FREE] = time, s.nodes[previous, NODE_FREE]
    s.nodes[made, NODE_NEXT], s.nodes[previous, NODE_NEXT] = n, made
    return previous


@_inlined
def _merge(s, previous):  # type: ignore[no-untyped-def]
    """Drop the node behind another if nothing changes there."""
    if previous < 0:
        return
    n = s.nodes[previous, NODE_NEXT]
    if n >= 0 and s.nodes[n, NODE_FREE] == s.nodes[previous, NODE_FREE]:
        s.nodes[previous, NODE_NEXT] = s.nodes[n, NODE_NEXT]
        s.nodes[n, NODE_NEXT] = s.counts[FREE_NODE]
        s.counts[FREE_NODE] = n


@_inlined
def _change(s, c, start, end, by):  # type: ignore[no-untyped-def]
    """Plan more or less to be free from a start to an end."""
    if end <= start:
        return
    before = _cut(s, c, start)
    _cut(s, c, end)
    n = s.clusters[c, PLAN] if before < 0 else s.nodes[before, NODE_NEXT]
    last = n
    while n >= 0 and s.nodes[n, NODE_TIME] < end:
        s.nodes[n, NODE_FREE] += by
        last, n = n, s.nodes[n, NODE_NEXT]
    _merge(s, last)
    _merge(s, before)


@_inlined
def _forget(s, c, now):  # type: ignore[no-untyped-def]
    n = s.clusters[c, PLAN]
    while s.nodes[n, NODE_NEXT] >= 0 and s.nodes[s.nodes[n, NODE_NEXT], NODE_TIME] <= now:
        following = s.nodes[n, NODE_NEXT]
        s.nodes[n, NODE_NEXT] = s.counts[FREE_NODE]
        s.counts[FREE_NODE] = n
        n = following
    s.clusters[c, PLAN] = n


@_inlined
def _earliest(s, c, size, length, now, stop):  # type: ignore[no-untyped-def]
    """Return the earliest start from now on, or `stop` if there is none before; from then on nothing is looked at."""
    n = s.clusters[c, PLAN]
    start, fits = now, False
    while n >= 0:
        if s.nodes[n, NODE_FREE] < size:
            fits = False
        elif not fits:
            start, fits = max(now, s.nodes[n, NODE_TIME]), True
        n = s.nodes[n, NODE_NEXT]
        until = s.nodes[n, NODE_TIME] if n >= 0 else _NEVER
        if fits and (start + length <= until or until >= stop):
            return min(start, stop)
        if until >= stop:
            return stop
    return stop


@_inlined
def _promise(s, line, a, now):  # type: ignore[no-untyped-def]
    """Give an attempt that is not in the plan the earliest reservation of all clusters."""
    first, stop = s.lines[line, FIRST], s.lines[line, STOP]
    best, on = _NEVER, -1
    for c in range(first, stop):
        if stop - first > 1 and not _allowed(s, a, c):
            continue
        start = _earliest(s, c, s.attempts[a, SIZE], s.attempts[a, ESTIMATE], now, _NEVER)
        if start < best:
            best, on = start, c
    s.attempts[a, PLANNED], s.attempts[a, PROMISED_ON] = best, on
    _change(s, on, best, best + s.attempts[a, ESTIMATE], -s.attempts[a, SIZE])


@_inlined
def _compress_once(s, line, now, outlived):  # type: ignore[no-untyped-def]
    """Lift each reservation and put it back at its earliest; then put the queue in the order of reserved starts."""
    moved = False
    count, a = 0, s.lines[line, HEAD]
    while a >= 0:
        s.queue[count] = a
        count += 1
        a = s.attempts[a, AFTER]
    alone = s.lines[line, STOP] - s.lines[line, FIRST] == 1
    for k in range(count):
        a = s.queue[k]
        length, size, before = s.attempts[a, ESTIMATE], s.attempts[a, SIZE], s.attempts[a, PLANNED]
        if alone and not outlived:
            # Where nothing is promised twice a job fits from its reserved start on; only what is before decides.
            c = s.attempts[a, PROMISED_ON]
            start = _earliest(s, c, size, length, now, before)
            if start < before:
                _change(s, c, before, before + length, size)
                _change(s, c, start, start + length, -size)
                s.attempts[a, PLANNED] = start
        else:
            _change(s, s.attempts[a, PROMISED_ON], max(before, now), before + length, size)
            _promise(s, line, a, now)
            moved = moved or s.attempts[a, PLANNED] != before
    for k in range(1, count):
        a, at = s.queue[k], k
        start = s.attempts[a, PLANNED]
        while at > 0:
            other = s.queue[at - 1]
            if s.attempts[other, PLANNED] < start or (s.attempts[other, PLANNED] == start and other < a):
                break
            s.queue[at] = other
            at -= 1
        s.queue[at] = a
    for k in range(count):
        a = s.queue[k]
        s.attempts[a, BEFORE] = s.queue[k - 1] if k > 0 else -1
        s.attempts[a, AFTER] = s.queue[k + 1] if k + 1 < count else -1
    if count:
        s.lines[line, HEAD], s.lines[line, TAIL] = s.queue[0], s.queue[count - 1]
    return moved


@_inlined
def _compress(s, line, now, outlived):  # type: ignore[no-untyped-def]
    """See `queues.conservative`: until nothing is moved where jobs outlived their planned ends, else once."""
    while _compress_once(s, line, now, outlived) and outlived:
        pass


@_inlined
def _into_order(s, line, a):  # type: ignore[no-untyped-def]
    """Put an attempt among those that wait, in the order of reserved starts."""
    start, after, before = s.attempts[a, PLANNED], -1, s.lines[line, TAIL]
    while before >= 0 and s.attempts[before, PLANNED] > start:
        after, before = before, s.attempts[before, BEFORE]
    s.attempts[a, BEFORE], s.attempts[a, AFTER] = before, after
    if before < 0:
        s.lines[line, HEAD] = a
    else:
        s.attempts[before, AFTER] = a
    if after < 0:
        s.lines[line, TAIL] = a
    else:
        s.attempts[after, BEFORE] = a


@_inlined
def _start_due(s, line, now):  # type: ignore[no-untyped-def]
    while s.lines[line, HEAD] >= 0 and s.attempts[s.lines[line, HEAD], PLANNED] <= now:
        a = s.lines[line, HEAD]
        _unlink(s, line, a)
        _begin(s, a, s.attempts[a, PROMISED_ON], now)


# Events.


@_inlined
def _look_at_line(s, line, now):  # type: ignore[no-untyped-def]
    outlived = False
    for c in range(s.lines[line, FIRST], s.lines[line, STOP]):
        if s.lines[line, POLICY] == CONSERVATIVE:
            _forget(s, c, now)
        if s.clusters[c, RUNNING] > 0 and s.runs[s.clusters[c, BASE], TIME] <= now and _look(s, c, now):
            outlived = True
    return outlived


@_inlined
def _decide(s, line, policy, now):  # type: ignore[no-untyped-def]
    if policy in (EASY, EASY_SJBF):
        _easy(s, line, policy, now)
    else:
        _in_order(s, line, policy, now)


@_inlined
def _submitted(s, line, a, now):  # type: ignore[no-untyped-def]
    """Take an attempt into a queue whose plan is up to date, and decide."""
    policy = s.lines[line, POLICY]
    if policy == CONSERVATIVE:
        _promise(s, line, a, now)
        s.attempts[a, RESERVED] = s.attempts[a, PLANNED]
        _into_order(s, line, a)
        _start_due(s, line, now)
        return
    if s.lines[line, HEAD] < 0:
        c = _room(s, line, a)
        if c >= 0:
            _begin(s, a, c, now)
            return
    elif policy in (EASY, EASY_SJBF) and not s.lines[line, CHANGED]:
        # The head is blocked as before, and so is whoever could not go ahead of it.
        if not _backfill(s, line, a, now):
            _enqueue(s, line, policy, a)
        return
    _enqueue(s, line, policy, a)
    _decide(s, line, policy, now)


@_inlined
def _ended(s, line, a, now):  # type: ignore[no-untyped-def]
    policy, c, early, late = s.lines[line, POLICY], s.attempts[a, CLUSTER], False, False
    if s.attempts[a, PLANNED] >= 0:
        s.clusters[c, FREE] += s.attempts[a, SIZE]
        _delete_run(s, c, a)
        s.lines[line, CHANGED] = True
        early, late = s.attempts[a, PLANNED] > now, s.attempts[a, PLANNED] < now
        if (early or late) and s.lines[line, KEPT] == _PLAN:
            s.lines[line, KEPT] = _OLD_PLAN
        if early and policy == CONSERVATIVE:
            _forget(s, c, now)
            _change(s, c, now, s.attempts[a, PLANNED], s.attempts[a, SIZE])
    outlived = _look_at_line(s, line, now) or late
    if s.lines[line, HEAD] < 0:
        return
    if policy == CONSERVATIVE:
        if early or outlived:
            _compress(s, line, now, outlived)
        _start_due(s, line, now)
    elif s.lines[line, CHANGED] or policy in (FCFS, SJF):
        _decide(s, line, policy, now)


# Estimated starts.


@_inlined
def _trial_start(s, first, last, free, end, size):  # type: ignore[no-untyped-def]
    k = last
    while k > first and s.trial[k - 1, TIME] > end:
        s.trial[k, TIME], s.trial[k, WHO] = s.trial[k - 1, TIME], s.trial[k - 1, WHO]
        k -= 1
    s.trial[k, TIME], s.trial[k, WHO] = end, size
    return free - size


@_inlined
def _bound(s, c, size, now):  # type: ignore[no-untyped-def]
    """Return a time before which a job cannot start, whoever waits."""
    free, k = s.clusters[c, FREE], s.clusters[c, BASE]
    if size <= free:
        return now
    while free < size:
        free += s.attempts[s.runs[k, WHO], SIZE]
        k += 1
    return s.runs[k - 1, TIME]


@_inlined
def _plan_queue(s, c, line, now):  # type: ignore[no-untyped-def]
    """Plan the queue of a cluster under fcfs, from the head to where the old plan goes on as before, or so much sooner.

    It does once all that runs after the start of a job was moved by as much as that job: jobs behind it are, too. So a
    job keeps how long after the one before it it starts, and one that ends early costs those whose order it changes.
    """
    base, first, last, free = s.clusters[c, BASE], 0, s.clusters[c, RUNNING], s.clusters[c, FREE]
    for k in range(last):
        s.trial[k, TIME], s.trial[k, WHO] = s.runs[base + k, TIME], s.attempts[s.runs[base + k, WHO], SIZE]
    known, same = s.lines[line, KEPT] == _OLD_PLAN, False
    running_end = s.trial[last - 1, TIME] if last > 0 else now
    # The last ends of all jobs so far, and of those moved by something else than the latest one; in both plans.
    end, old_end = running_end, s.lines[line, LEFT_END]
    apart, old_apart, moved = end, old_end, np.int64(_NEVER)
    time, before, old, a = now, now, s.lines[line, HEAD_START], s.lines[line, HEAD]
    while a >= 0 and not same:
        size, length = s.attempts[a, SIZE], s.attempts[a, ESTIMATE]
        while free < size:
            time = s.trial[first, TIME]
            while first < last and s.trial[first, TIME] == time:
                free += s.trial[first, WHO]
                first += 1
        if a == s.lines[line, HEAD]:
            s.lines[line, HEAD_START], gap = time, np.int64(0)
        else:
            gap = s.attempts[a, PLANNED]
            s.attempts[a, PLANNED] = time - before
        free = _trial_start(s, first, last, free, time + length, size)
        last += 1
        if known:
            old += gap
            if old - time != moved:
                moved, apart, old_apart = old - time, end, old_end
            end, old_end = max(end, time + length), max(old_end, old + length)
            same = time >= apart and old >= old_apart
        before, a = time, s.attempts[a, AFTER]
    s.lines[line, KEPT], s.lines[line, LEFT_END] = _PLAN, running_end
    if same:
        s.lines[line, TAIL_START] -= moved
        for k in range(base, base + s.lines[line, TAIL_RUNS]):
            s.tails[k, TIME] -= moved
        return
    s.lines[line, TAIL_START], s.lines[line, TAIL_FREE], s.lines[line, TAIL_RUNS] = time, free, last - first
    for k in range(first, last):
        s.tails[base + k - first, TIME], s.tails[base + k - first, WHO] = s.trial[k, TIME], s.trial[k, WHO]


@_inlined
def _planned_start(s, c, asked, now, cutoff):  # type: ignore[no-untyped-def]
    """Return when a cluster would start an attempt if all ended when planned and nobody else came.

    `cutoff` for any start that is not before it.
    """
    line = s.clusters[c, LINE]
    policy, size, length = s.lines[line, POLICY], s.attempts[asked, SIZE], s.attempts[asked, ESTIMATE]
    if policy == CONSERVATIVE:
        return min(cutoff, _earliest(s, c, size, length, now, _NEVER))
    backfills = policy in (EASY, EASY_SJBF)
    head, free = s.lines[line, HEAD], s.clusters[c, FREE]
    if not s.lines[line, CHANGED] or head < 0:
        if size <= free:
            if head < 0:
                return now
            if backfills and (now + length <= s.lines[line, SHADOW] or size <= s.lines[line, EXTRA]):
                return now
            if policy == SJF and length < s.attempts[s.items[s.lines[line, BLOCK], 0], ESTIMATE]:
                return now
    if _bound(s, c, size, now) >= cutoff:
        return cutoff
    if policy == FCFS and head >= 0:
        if s.lines[line, KEPT] != _PLAN:
            _plan_queue(s, c, line, now)
        start, room, k = s.lines[line, TAIL_START], s.lines[line, TAIL_FREE], s.clusters[c, BASE]
        while room < size:
            start = s.tails[k, TIME]
            room += s.tails[k, WHO]
            k += 1
        return min(start, cutoff)
    s.counts[_STAMP] += 1
    stamp = s.counts[_STAMP]
    waiting, a = 0, head
    while a >= 0:
        s.queue[waiting] = a
        waiting += 1
        a = s.attempts[a, AFTER]
    s.queue[waiting] = asked
    waiting += 1
    order = s.queue
    if policy in (SJF, EASY_SJBF):
        order, placed, k, b = s.by_length, False, 0, s.lines[line, BLOCK]
        while b >= 0:
            for i in range(s.blocks[b, FILLED]):
                a = s.items[b, i]
                if not placed and s.attempts[a, ESTIMATE] > length:
                    order[k] = asked
                    k += 1
                    placed = True
                order[k] = a
                k += 1
            b = s.blocks[b, NEXT]
        if not placed:
            order[k] = asked
    first, last = 0, s.clusters[c, RUNNING]
    for k in range(last):
        s.trial[k, TIME], s.trial[k, WHO] = (
            s.runs[s.clusters[c, BASE] + k, TIME],
            s.attempts[s.runs[s.clusters[c, BASE] + k, WHO], SIZE],
        )
    # Next to look at: in the order of submission, and in that of the policy.
    at, passed = 0, 0
    ahead = s.queue if backfills else order
    while True:
        # Heads start.
        while True:
            while at < waiting and s.attempts[ahead[at], DEAD] == stamp:
                at += 1
            if at == waiting or s.attempts[ahead[at], SIZE] > free:
                break
            a = ahead[at]
            if a == asked:
                return now
            free = _trial_start(s, first, last, free, now + s.attempts[a, ESTIMATE], s.attempts[a, SIZE])
            last += 1
            s.attempts[a, DEAD] = stamp
        if backfills and free > 0:
            held, k, time = free, first, now
            size_of_head = s.attempts[ahead[at], SIZE]
            while held < size_of_head:
                held += s.trial[k, WHO]
                time = s.trial[k, TIME]
                k += 1
            while k < last and s.trial[k, TIME] == time:
                held += s.trial[k, WHO]
                k += 1
            extra, head = held - size_of_head, ahead[at]
            while passed < waiting and s.attempts[order[passed], DEAD] == stamp:
                passed += 1
            for i in range(passed, waiting):
                a = order[i]
                if s.attempts[a, SIZE] > free or s.attempts[a, DEAD] == stamp or a == head:
                    continue
                if now + s.attempts[a, ESTIMATE] > time:
                    if s.attempts[a, SIZE] > extra:
                        continue
                    extra -= s.attempts[a, SIZE]
                if a == asked:
                    return now
                free = _trial_start(s, first, last, free, now + s.attempts[a, ESTIMATE], s.attempts[a, SIZE])
                last += 1
                s.attempts[a, DEAD] = stamp
        now = s.trial[first, TIME]
        if now >= cutoff:
            return cutoff
        while first < last and s.trial[first, TIME] == now:
            free += s.trial[first, WHO]
            first += 1


# Placement.


@_inlined
def _place(s, a, now):  # type: ignore[no-untyped-def]
    """Return the cluster of an attempt, -1 where none is left."""
    how, clusters, j = s.how[PLACED], len(s.clusters), s.attempts[a, JOB]
    found, only = 0, -1
    for c in range(clusters):
        if _allowed(s, a, c):
            found += 1
            if only < 0:
                only = c
            if (
                how != LATE
                and _look_at_line(s, s.clusters[c, LINE], now)
                and s.lines[s.clusters[c, LINE], POLICY] == CONSERVATIVE
            ):
                _compress(s, s.clusters[c, LINE], now, True)
                _start_due(s, s.clusters[c, LINE], now)
    if found <= 1 or how in (PLACE_FIRST, LATE):
        return only
    if how == RANDOM:
        tries, other = 0, s.links[j, TRIED]
        while other >= 0:
            tries += 1
            other = s.attempts[other, EARLIER]
        wanted: Any = min(np.int64(s.draws[j, tries] * found), found - 1)
        for c in range(clusters):
            if _allowed(s, a, c):
                if wanted == 0:
                    return c
                wanted -= 1
    best, on = _NEVER, -1
    if how == LEAST_LOADED:
        for c in range(clusters):
            if s.clusters[c, LOAD] < best and _allowed(s, a, c):
                best, on = s.clusters[c, LOAD], c
        return on
    if how == CHEAPEST:
        least = np.inf
        for c in range(clusters):
            cost = s.price[c] * (s.attempts[a, ESTIMATE] / 3600.0 * s.attempts[a, SIZE])
            if cost < least and _allowed(s, a, c):
                least, on = cost, c
        return on if on >= 0 else only
    for c in range(clusters):
        if best > now and _allowed(s, a, c):
            start = _planned_start(s, c, a, now, best)
            if start < best:
                best, on = start, c
    return on


@_inlined
def _over(s, j, now):  # type: ignore[no-untyped-def]
    """Let those jobs be submitted that wait for one that is over."""
    if not s.how[DEPENDENCIES]:
        return
    other = s.links[j, FOLLOWER]
    while other >= 0:
        _push(s.submits, s.counts[SUBMITS], now + max(0, s.jobs[other, THINK]), other)
        s.counts[SUBMITS] += 1
        other = s.links[other, NEXT_FOLLOWER]


@_inlined
def _submit(s, j, now):  # type: ignore[no-untyped-def]
    a = s.counts[ATTEMPTS]
    s.counts[ATTEMPTS] += 1
    s.attempts[a, JOB], s.attempts[a, SUBMIT], s.attempts[a, SIZE], s.attempts[a, ESTIMATE] = (
        j,
        now,
        s.jobs[j, PROCESSORS],
        s.jobs[j, GUESS],
    )
    if s.how[USER_MEANS]:
        user = s.jobs[j, USER]
        if user >= 0 and s.last[user, 0] >= 0:
            mean = (s.last[user, 0] + s.last[user, 1]) // 2
            s.attempts[a, ESTIMATE] = min(max(1, mean), s.jobs[j, LIMIT])
    c = _place(s, a, now)
    if c < 0:
        _over(s, j, now)
        return
    line = s.clusters[c, LINE]
    if s.how[PLACED] == LATE:
        if _look_at_line(s, line, now) and s.lines[line, POLICY] == CONSERVATIVE:
            _compress(s, line, now, True)
    else:
        s.attempts[a, CLUSTER] = c
        s.clusters[c, LOAD] += 1
    _submitted(s, line, a, now)


@_inlined
def _end(s, a, now):  # type: ignore[no-untyped-def]
    j, c = s.attempts[a, JOB], s.attempts[a, CLUSTER]
    fails = s.succeeds.shape[0] > 0 and not s.succeeds[j, c]
    s.attempts[a, FAILED] = fails
    s.clusters[c, LOAD] -= 1
    if s.how[USER_MEANS] and not fails and s.jobs[j, USER] >= 0:
        user, lasted = s.jobs[j, USER], now - s.attempts[a, START]
        s.last[user, 0] = s.last[user, 1] if s.last[user, 0] >= 0 else lasted
        s.last[user, 1] = lasted
    _ended(s, s.clusters[c, LINE], a, now)
    if fails:
        s.attempts[a, EARLIER] = s.links[j, TRIED]
        s.links[j, TRIED] = a
        tries, other = 0, a
        while other >= 0:
            tries += 1
            other = s.attempts[other, EARLIER]
        if tries <= s.how[RETRIES]:
            _push(s.submits, s.counts[SUBMITS], now, j)
            s.counts[SUBMITS] += 1
            return
    _over(s, j, now)


@njit(cache=True, **_OPTIONS)
def run(s, order, begin, most):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Take events until so many submissions of `order` have been taken, and all ends after the last.

    order : the jobs of the trace that are submitted by it, in order. Returns how many were taken.
    """
    i, taken = begin, len(order)
    while True:
        submits, ends = s.counts[SUBMITS], s.counts[ENDS]
        time, j = _NEVER, np.int64(-1)
        if i < taken:
            j = order[i]
            time = s.jobs[j, SUBMITTED]
        again = False
        if submits > 0 and (s.submits[0, TIME] < time or (s.submits[0, TIME] == time and s.submits[0, WHO] < j)):
            time, j, again = s.submits[0, TIME], s.submits[0, WHO], True
        if ends > 0 and s.ends[0, TIME] < time:
            now, a = s.ends[0, TIME], s.attempts[s.ends[0, WHO], STARTED]
            s.counts[ENDS] -= 1
            _pop(s.ends, s.counts[ENDS])
            _end(s, a, now)
            continue
        if j < 0:
            return i
        if again:
            s.counts[SUBMITS] -= 1
            _pop(s.submits, s.counts[SUBMITS])
        else:
            if i >= begin + most:
                return i
            i += 1
        _submit(s, j, time)


@njit(cache=True, **_OPTIONS)
def mark_live(s, live):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Set a flag for each attempt that is still needed: it waits, runs, or its job will be submitted again.

    Attempts of such a job that failed before are needed, too. Returns how many attempts wait.
    """
    waiting = 0
    for line in range(len(s.lines)):
        a = s.lines[line, HEAD]
        while a >= 0:
            live[a] = True
            waiting += 1
            other = s.links[s.attempts[a, JOB], TRIED]
            while other >= 0:
                live[other] = True
                other = s.attempts[other, EARLIER]
            a = s.attempts[a, AFTER]
    for k in range(s.counts[ENDS]):
        a = s.attempts[s.ends[k, WHO], STARTED]
        live[a] = True
        other = s.links[s.attempts[a, JOB], TRIED]
        while other >= 0:
            live[other] = True
            other = s.attempts[other, EARLIER]
    for k in range(s.counts[SUBMITS]):
        other = s.links[s.submits[k, WHO], TRIED]
        while other >= 0:
            live[other] = True
            other = s.attempts[other, EARLIER]
    return waiting
