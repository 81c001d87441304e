"""The replay of pools compiled by numba (extra ``fast``); one module, since numba's cache sees changes of one file only.

The same schedules as `engine`, of every queue policy, estimate and built-in placement. What differs is how they are
found: running jobs lie sorted by planned end; a queue is a list of blocks that know the smallest and the shortest of their
jobs, so that a search for candidates passes over most of a deep queue; a reservation is kept until something changes;
the plan under conservative is one list of times at which what is free changes; an estimated start is worked out no
further than the best that was found before.

A line is a queue with the clusters that it serves: one cluster, or all of them if jobs are placed late.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

FCFS, SJF, EASY, EASY_SJBF, CONSERVATIVE = range(5)
EARLIEST_START, FIRST, RANDOM, LEAST_LOADED, CHEAPEST, LATE = range(6)

Ints: TypeAlias = NDArray[np.int64]

_BLOCK = 64
_NEVER = 1 << 62

# Positions in State.count.
_ENDS, _SUBMITS, ATTEMPTS, _STARTS, _FREE_BLOCK, _FREE_NODE, _STAMP = range(7)


class Given(NamedTuple):
    """What a replay is given: columns of jobs, and one number a cluster or line.

    fits : (jobs, clusters) booleans. succeeds : the same, or of shape (0, 0) where all succeed.
    policy : (lines,). line_of : (clusters,). first, stop : (lines,) the clusters of each.
    """

    submit: NDArray[np.int64]
    runtime: NDArray[np.int64]
    failing: NDArray[np.int64]
    limit: NDArray[np.int64]
    estimate: NDArray[np.int64]
    processors: NDArray[np.int64]
    user: NDArray[np.int64]
    after: NDArray[np.int64]
    think: NDArray[np.int64]
    fits: NDArray[np.uint64]
    succeeds: NDArray[np.bool_]
    draws: NDArray[np.float64]
    price: NDArray[np.float64]
    policy: NDArray[np.int64]
    line_of: NDArray[np.int64]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    numbers: NDArray[np.int64]
    """how jobs are placed, retries, whether estimates are user means, whether dependencies count."""


class State(NamedTuple):
    """All that changes, as arrays. Attempts are numbered in the order of submission, starts in their own."""

    count: NDArray[np.int64]
    # (attempts,)
    job: NDArray[np.int64]
    cluster: NDArray[np.int32]
    submit: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    reserved: NDArray[np.int64]
    failed: NDArray[np.bool_]
    size: NDArray[np.int64]
    estimate: NDArray[np.int64]
    planned: NDArray[np.int64]
    earlier: NDArray[np.int64]
    promised_on: NDArray[np.int32]
    after: NDArray[np.int64]
    before: NDArray[np.int64]
    started: NDArray[np.int64]
    dead: NDArray[np.int64]
    # Heaps: of ends (time, number of the start) and of submissions (time, job) that come about on the way.
    end_time: NDArray[np.int64]
    end_of: NDArray[np.int64]
    submit_time: NDArray[np.int64]
    submit_of: NDArray[np.int64]
    # (clusters,), and running jobs by planned end, from `base` on.
    free: NDArray[np.int64]
    load: NDArray[np.int64]
    running: NDArray[np.int64]
    base: NDArray[np.int64]
    run_end: NDArray[np.int64]
    run_of: NDArray[np.int64]
    # (lines,): the queue in the order of submission, its blocks in the policy's order, the reservation of its head.
    head: NDArray[np.int64]
    tail: NDArray[np.int64]
    block: NDArray[np.int64]
    last_block: NDArray[np.int64]
    changed: NDArray[np.bool_]
    shadow: NDArray[np.int64]
    extra: NDArray[np.int64]
    shadow_on: NDArray[np.int64]
    # Blocks of waiting attempts.
    next_block: NDArray[np.int64]
    filled: NDArray[np.int64]
    smallest: NDArray[np.int64]
    shortest: NDArray[np.int64]
    items: NDArray[np.int64]
    # The plans under conservative: (clusters,) the first node of each, and nodes.
    plan: NDArray[np.int64]
    next_node: NDArray[np.int64]
    node_time: NDArray[np.int64]
    node_free: NDArray[np.int64]
    # (users,) the runtimes of the last two that ended, -1 for none. (jobs,) who follows, and the last failed attempt.
    last: NDArray[np.int64]
    follower: NDArray[np.int64]
    next_follower: NDArray[np.int64]
    tried: NDArray[np.int64]
    # Room for what is only needed on the way.
    queue: NDArray[np.int64]
    by_length: NDArray[np.int64]
    trial_end: NDArray[np.int64]
    trial_size: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _push(times, numbers, size, time, number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if times[above] < time or (times[above] == time and numbers[above] < number):
            break
        times[at], numbers[at] = times[above], numbers[above]
        at = above
    times[at], numbers[at] = time, number


@njit(cache=True, nogil=True)
def _pop(times, numbers, size):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Take the first of a heap out; size : of the heap without it."""
    time, number, at = times[size], numbers[size], 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        right = below + 1
        if right < size and (
            times[right] < times[below] or (times[right] == times[below] and numbers[right] < numbers[below])
        ):
            below = right
        if time < times[below] or (time == times[below] and number < numbers[below]):
            break
        times[at], numbers[at] = times[below], numbers[below]
        at = below
    times[at], numbers[at] = time, number


@njit(cache=True, nogil=True)
def _allowed(g, s, a, c):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Whether an attempt may go to a cluster: it fits, and the job has not failed there."""
    j = s.job[a]
    if not (g.fits[j, c >> 6] >> np.uint64(c & 63)) & np.uint64(1):
        return False
    other = s.tried[j]
    while other >= 0:
        if other != a and s.cluster[other] == c:
            return False
        other = s.earlier[other]
    return True


# The queue of a line: linked in the order of submission, and in blocks in the order of the policy.


@njit(cache=True, nogil=True)
def _new_block(s):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    b = s.count[_FREE_BLOCK]
    s.count[_FREE_BLOCK] = s.next_block[b]
    s.next_block[b], s.filled[b], s.smallest[b], s.shortest[b] = -1, 0, _NEVER, _NEVER
    return b


@njit(cache=True, nogil=True)
def _put(s, b, at, a):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Put an attempt at a position of a block with room."""
    k = b * _BLOCK + s.filled[b]
    stop = b * _BLOCK + at
    while k > stop:
        s.items[k] = s.items[k - 1]
        k -= 1
    s.items[k] = a
    s.filled[b] += 1
    s.smallest[b] = min(s.smallest[b], s.size[a])
    s.shortest[b] = min(s.shortest[b], s.estimate[a])


@njit(cache=True, nogil=True)
def _enqueue(s, line, policy, a):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    tail = s.tail[line]
    s.before[a], s.after[a] = tail, -1
    if tail < 0:
        s.head[line] = a
    else:
        s.after[tail] = a
    s.tail[line] = a
    if policy in (FCFS, CONSERVATIVE):
        return
    b = s.last_block[line]
    if b < 0:
        b = _new_block(s)
        s.block[line] = s.last_block[line] = b
    if policy == EASY:
        if s.filled[b] == _BLOCK:
            n = _new_block(s)
            s.next_block[b] = s.last_block[line] = n
            b = n
        _put(s, b, s.filled[b], a)
        return
    e = s.estimate[a]
    b = s.block[line]
    # The last block whose jobs are not all longer; of equal ones the new one is behind.
    while s.next_block[b] >= 0:
        n = s.next_block[b]
        if s.estimate[s.items[n * _BLOCK]] > e:
            break
        b = n
    if s.filled[b] == _BLOCK:
        n = _new_block(s)
        s.next_block[n], s.next_block[b] = s.next_block[b], n
        if s.last_block[line] == b:
            s.last_block[line] = n
        half = _BLOCK // 2
        for k in range(half, _BLOCK):
            _put(s, n, k - half, s.items[b * _BLOCK + k])
        s.filled[b] = half
        if s.estimate[s.items[n * _BLOCK]] <= e:
            b = n
    at = s.filled[b]
    while at > 0 and s.estimate[s.items[b * _BLOCK + at - 1]] > e:
        at -= 1
    _put(s, b, at, a)


@njit(cache=True, nogil=True)
def _unlink(s, line, a):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Take an attempt out of the order of submission."""
    before, after = s.before[a], s.after[a]
    if before < 0:
        s.head[line] = after
    else:
        s.after[before] = after
    if after < 0:
        s.tail[line] = before
    else:
        s.before[after] = before


@njit(cache=True, nogil=True)
def _drop_block(s, line, previous, b):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Take an empty block out, and return the next."""
    n = s.next_block[b]
    if previous < 0:
        s.block[line] = n
    else:
        s.next_block[previous] = n
    if n < 0:
        s.last_block[line] = previous
    s.next_block[b] = s.count[_FREE_BLOCK]
    s.count[_FREE_BLOCK] = b
    return n


@njit(cache=True, nogil=True)
def _remove(s, line, policy, a):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Take an attempt out of the queue and of its block, which is among the first where it is a head."""
    _unlink(s, line, a)
    if policy in (FCFS, CONSERVATIVE):
        return
    previous, b = -1, s.block[line]
    while True:
        # Under easy-sjbf the head may be anywhere, but only among those of its length.
        if policy != EASY_SJBF or s.estimate[s.items[b * _BLOCK + s.filled[b] - 1]] >= s.estimate[a]:
            at = -1
            for k in range(s.filled[b]):
                if s.items[b * _BLOCK + k] == a:
                    at = k
                    break
            if at >= 0:
                for k in range(at, s.filled[b] - 1):
                    s.items[b * _BLOCK + k] = s.items[b * _BLOCK + k + 1]
                s.filled[b] -= 1
                if s.filled[b] == 0:
                    _drop_block(s, line, previous, b)
                return
        previous, b = b, s.next_block[b]


# Running jobs.


@njit(cache=True, nogil=True)
def _insert_run(s, c, end, a):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    k, base = s.base[c] + s.running[c], s.base[c]
    while k > base and s.run_end[k - 1] > end:
        s.run_end[k], s.run_of[k] = s.run_end[k - 1], s.run_of[k - 1]
        k -= 1
    s.run_end[k], s.run_of[k] = end, a
    s.running[c] += 1
    s.planned[a] = end


@njit(cache=True, nogil=True)
def _delete_run(s, c, a):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    low, high, end = s.base[c], s.base[c] + s.running[c], s.planned[a]
    stop = high - 1
    while low < high:
        middle = (low + high) >> 1
        if s.run_end[middle] < end:
            low = middle + 1
        else:
            high = middle
    while s.run_of[low] != a:
        low += 1
    for k in range(low, stop):
        s.run_end[k], s.run_of[k] = s.run_end[k + 1], s.run_of[k + 1]
    s.running[c] -= 1


@njit(cache=True, nogil=True)
def _begin(g, s, a, c, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    j = s.job[a]
    lasts = g.runtime[j]
    if g.succeeds.shape[0] > 0 and not g.succeeds[j, c]:
        lasts = g.failing[j]
    s.cluster[a], s.start[a], s.end[a] = c, now, now + lasts
    s.free[c] -= s.size[a]
    _insert_run(s, c, now + s.estimate[a], a)
    number = s.count[_STARTS]
    s.started[number] = a
    s.count[_STARTS] += 1
    _push(s.end_time, s.end_of, s.count[_ENDS], now + lasts, number)
    s.count[_ENDS] += 1
    if g.numbers[0] == LATE:
        s.load[c] += 1


@njit(cache=True, nogil=True)
def _look(g, s, c, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Hold the planned ends of a cluster against the clock, and return whether some job outlived its own."""
    base, outlived = s.base[c], False
    while s.running[c] > 0 and s.run_end[base] <= now:
        a, planned = s.run_of[base], s.run_end[base]
        s.changed[g.line_of[c]] = True
        for k in range(base, base + s.running[c] - 1):
            s.run_end[k], s.run_of[k] = s.run_end[k + 1], s.run_of[k + 1]
        s.running[c] -= 1
        end = s.end[a]
        if planned < now or end != now:
            outlived = True
            until = s.start[a] + g.limit[s.job[a]]
            if until < now or (until == now and end != now):
                until = now + 1
            if g.policy[g.line_of[c]] == CONSERVATIVE and until > now:
                _change(s, c, max(planned, now), until, -s.size[a])
            planned = until
        if planned == now:
            s.free[c] += s.size[a]
            s.planned[a] = -1
        else:
            _insert_run(s, c, planned, a)
    return outlived


# The queue policies.


@njit(cache=True, nogil=True)
def _room(g, s, line, a):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the first cluster of a line that can start an attempt, -1 for none."""
    first, stop = g.first[line], g.stop[line]
    size = s.size[a]
    for c in range(first, stop):
        if size <= s.free[c] and (stop - first == 1 or _allowed(g, s, a, c)):
            return c
    return -1


@njit(cache=True, nogil=True)
def _reserve(g, s, line, a):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Work out the reservation of the head."""
    first, stop, size = g.first[line], g.stop[line], s.size[a]
    s.shadow[line] = _NEVER
    for c in range(first, stop):
        if stop - first > 1 and not _allowed(g, s, a, c):
            continue
        free, k = s.free[c], s.base[c]
        last = k + s.running[c]
        while k < last and free < size:
            free += s.size[s.run_of[k]]
            k += 1
        if free < size or k == s.base[c]:
            continue
        time = s.run_end[k - 1]
        if time >= s.shadow[line]:
            continue
        while k < last and s.run_end[k] == time:
            free += s.size[s.run_of[k]]
            k += 1
        s.shadow[line], s.extra[line], s.shadow_on[line] = time, free - size, c
    if s.reserved[a] < 0:
        s.reserved[a] = s.shadow[line]


@njit(cache=True, nogil=True)
def _backfill(g, s, line, a, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Start an attempt if that does not delay the head, and return whether it was started."""
    first, stop, size = g.first[line], g.stop[line], s.size[a]
    for c in range(first, stop):
        if size > s.free[c] or (stop - first > 1 and not _allowed(g, s, a, c)):
            continue
        if c == s.shadow_on[line] and now + s.estimate[a] > s.shadow[line]:
            if size > s.extra[line]:
                continue
            s.extra[line] -= size
        _begin(g, s, a, c, now)
        return True
    return False


@njit(cache=True, nogil=True)
def _most_free(g, s, line):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    most = 0
    for c in range(g.first[line], g.stop[line]):
        most = max(most, s.free[c])
    return most


@njit(cache=True, nogil=True)
def _easy(g, s, line, policy, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    while s.head[line] >= 0:
        a = s.head[line]
        c = _room(g, s, line, a)
        if c < 0:
            break
        _remove(s, line, policy, a)
        _begin(g, s, a, c, now)
    s.changed[line] = False
    if s.head[line] < 0:
        return
    head = s.head[line]
    _reserve(g, s, line, head)
    if s.after[head] < 0:
        return
    alone = g.stop[line] - g.first[line] == 1
    most = _most_free(g, s, line)
    previous, b = -1, s.block[line]
    while b >= 0 and most > 0:
        if s.smallest[b] > most or (
            alone and s.smallest[b] > s.extra[line] and now + s.shortest[b] > s.shadow[line]
        ):
            previous, b = b, s.next_block[b]
            continue
        kept, smallest, shortest, k = 0, _NEVER, _NEVER, b * _BLOCK
        for i in range(s.filled[b]):
            a = s.items[k + i]
            if a != head and s.size[a] <= most and _backfill(g, s, line, a, now):
                _unlink(s, line, a)
                most = _most_free(g, s, line)
                continue
            s.items[k + kept] = a
            kept += 1
            smallest, shortest = min(smallest, s.size[a]), min(shortest, s.estimate[a])
        s.filled[b], s.smallest[b], s.shortest[b] = kept, smallest, shortest
        if kept == 0:
            b = _drop_block(s, line, previous, b)
        else:
            previous, b = b, s.next_block[b]


@njit(cache=True, nogil=True)
def _in_order(g, s, line, policy, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    while s.head[line] >= 0:
        a = s.head[line] if policy == FCFS else s.items[s.block[line] * _BLOCK]
        c = _room(g, s, line, a)
        if c < 0:
            break
        _remove(s, line, policy, a)
        _begin(g, s, a, c, now)


# The plan under conservative: nodes of a linked list, each a time from which on so much is free.


@njit(cache=True, nogil=True)
def _cut(s, c, time):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the node before the one of a time, which is made where there is none; -1 if that is the first."""
    previous, n = -1, s.plan[c]
    while n >= 0 and s.node_time[n] < time:
        previous, n = n, s.next_node[n]
    if n >= 0 and s.node_time[n] == time:
        return previous
    made = s.count[_FREE_NODE]
    s.count[_FREE_NODE] = s.next_node[made]
    s.node_time[made], s.node_free[made] = time, s.node_free[previous]
    s.next_node[made], s.next_node[previous] = n, made
    return previous


@njit(cache=True, nogil=True)
def _merge(s, c, previous):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Drop the node behind another if nothing changes there."""
    if previous < 0:
        return
    n = s.next_node[previous]
    if n >= 0 and s.node_free[n] == s.node_free[previous]:
        s.next_node[previous] = s.next_node[n]
        s.next_node[n] = s.count[_FREE_NODE]
        s.count[_FREE_NODE] = n


@njit(cache=True, nogil=True)
def _change(s, c, start, end, by):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Plan more or less to be free from a start to an end."""
    if end <= start:
        return
    before = _cut(s, c, start)
    _cut(s, c, end)
    n = s.plan[c] if before < 0 else s.next_node[before]
    last = n
    while n >= 0 and s.node_time[n] < end:
        s.node_free[n] += by
        last, n = n, s.next_node[n]
    _merge(s, c, last)
    _merge(s, c, before)


@njit(cache=True, nogil=True)
def _forget(s, c, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    n = s.plan[c]
    while s.next_node[n] >= 0 and s.node_time[s.next_node[n]] <= now:
        following = s.next_node[n]
        s.next_node[n] = s.count[_FREE_NODE]
        s.count[_FREE_NODE] = n
        n = following
    s.plan[c] = n


@njit(cache=True, nogil=True)
def _earliest(s, c, size, length, now, stop):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the earliest start from now on, or `stop` if there is none before; from then on nothing is looked at."""
    n = s.plan[c]
    start, fits = now, False
    while n >= 0:
        if s.node_free[n] < size:
            fits = False
        elif not fits:
            start, fits = max(now, s.node_time[n]), True
        n = s.next_node[n]
        until = s.node_time[n] if n >= 0 else _NEVER
        if fits and (start + length <= until or until >= stop):
            return min(start, stop)
        if until >= stop:
            return stop
    return stop


@njit(cache=True, nogil=True)
def _promise(g, s, line, a, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Give an attempt that is not in the plan the earliest reservation of all clusters."""
    first, stop = g.first[line], g.stop[line]
    best, on = _NEVER, -1
    for c in range(first, stop):
        if stop - first > 1 and not _allowed(g, s, a, c):
            continue
        start = _earliest(s, c, s.size[a], s.estimate[a], now, _NEVER)
        if start < best:
            best, on = start, c
    s.planned[a], s.promised_on[a] = best, on
    _change(s, on, best, best + s.estimate[a], -s.size[a])


@njit(cache=True, nogil=True)
def _compress(g, s, line, now, outlived):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Lift each reservation and put it back at its earliest; then put the queue in the order of reserved starts."""
    count, a = 0, s.head[line]
    while a >= 0:
        s.queue[count] = a
        count += 1
        a = s.after[a]
    alone = g.stop[line] - g.first[line] == 1
    for k in range(count):
        a = s.queue[k]
        length, size, before = s.estimate[a], s.size[a], s.planned[a]
        if alone and not outlived:
            # Where nothing is promised twice a job fits from its reserved start on; only what is before decides.
            c = s.promised_on[a]
            start = _earliest(s, c, size, length, now, before)
            if start < before:
                _change(s, c, before, before + length, size)
                _change(s, c, start, start + length, -size)
                s.planned[a] = start
        else:
            _change(s, s.promised_on[a], max(before, now), before + length, size)
            _promise(g, s, line, a, now)
    for k in range(1, count):
        a, at = s.queue[k], k
        start = s.planned[a]
        while at > 0:
            other = s.queue[at - 1]
            if s.planned[other] < start or (s.planned[other] == start and other < a):
                break
            s.queue[at] = other
            at -= 1
        s.queue[at] = a
    for k in range(count):
        a = s.queue[k]
        s.before[a] = s.queue[k - 1] if k > 0 else -1
        s.after[a] = s.queue[k + 1] if k + 1 < count else -1
    if count:
        s.head[line], s.tail[line] = s.queue[0], s.queue[count - 1]


@njit(cache=True, nogil=True)
def _into_order(s, line, a):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Put an attempt among those that wait, in the order of reserved starts."""
    start, after, before = s.planned[a], -1, s.tail[line]
    while before >= 0 and s.planned[before] > start:
        after, before = before, s.before[before]
    s.before[a], s.after[a] = before, after
    if before < 0:
        s.head[line] = a
    else:
        s.after[before] = a
    if after < 0:
        s.tail[line] = a
    else:
        s.before[after] = a


@njit(cache=True, nogil=True)
def _start_due(g, s, line, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    while s.head[line] >= 0 and s.planned[s.head[line]] <= now:
        a = s.head[line]
        _unlink(s, line, a)
        _begin(g, s, a, s.promised_on[a], now)


# Events.


@njit(cache=True, nogil=True)
def _look_at_line(g, s, line, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    outlived = False
    for c in range(g.first[line], g.stop[line]):
        if g.policy[line] == CONSERVATIVE:
            _forget(s, c, now)
        if s.running[c] > 0 and s.run_end[s.base[c]] <= now and _look(g, s, c, now):
            outlived = True
    return outlived


@njit(cache=True, nogil=True)
def _decide(g, s, line, policy, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if policy in (EASY, EASY_SJBF):
        _easy(g, s, line, policy, now)
    else:
        _in_order(g, s, line, policy, now)


@njit(cache=True, nogil=True)
def _submitted(g, s, line, a, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Take an attempt into a queue whose plan is up to date, and decide."""
    policy = g.policy[line]
    if policy == CONSERVATIVE:
        _promise(g, s, line, a, now)
        s.reserved[a] = s.planned[a]
        _into_order(s, line, a)
        _start_due(g, s, line, now)
        return
    if s.head[line] < 0:
        c = _room(g, s, line, a)
        if c >= 0:
            _begin(g, s, a, c, now)
            return
    elif policy in (EASY, EASY_SJBF) and not s.changed[line]:
        # The head is blocked as before, and so is whoever could not go ahead of it.
        if not _backfill(g, s, line, a, now):
            _enqueue(s, line, policy, a)
        return
    _enqueue(s, line, policy, a)
    _decide(g, s, line, policy, now)


@njit(cache=True, nogil=True)
def _ended(g, s, line, a, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    policy, c, early = g.policy[line], s.cluster[a], False
    if s.planned[a] >= 0:
        s.free[c] += s.size[a]
        _delete_run(s, c, a)
        s.changed[line] = True
        early = s.planned[a] > now
        if early and policy == CONSERVATIVE:
            _forget(s, c, now)
            _change(s, c, now, s.planned[a], s.size[a])
    outlived = _look_at_line(g, s, line, now)
    if s.head[line] < 0:
        return
    if policy == CONSERVATIVE:
        if early or outlived:
            _compress(g, s, line, now, outlived)
        _start_due(g, s, line, now)
    elif s.changed[line] or policy in (FCFS, SJF):
        _decide(g, s, line, policy, now)


# Estimated starts.


@njit(cache=True, nogil=True)
def _trial_start(s, first, last, free, end, size):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    k = last
    while k > first and s.trial_end[k - 1] > end:
        s.trial_end[k], s.trial_size[k] = s.trial_end[k - 1], s.trial_size[k - 1]
        k -= 1
    s.trial_end[k], s.trial_size[k] = end, size
    return free - size


@njit(cache=True, nogil=True)
def _bound(s, c, size, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return a time before which a job cannot start, whoever waits."""
    free, k = s.free[c], s.base[c]
    if size <= free:
        return now
    while free < size:
        free += s.size[s.run_of[k]]
        k += 1
    return s.run_end[k - 1]


@njit(cache=True, nogil=True)
def _planned_start(g, s, c, asked, now, cutoff):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0912, C901
    """Return when a cluster would start an attempt if all ended when planned and nobody else came.

    `cutoff` for any start that is not before it.
    """
    line = g.line_of[c]
    policy, size, length = g.policy[line], s.size[asked], s.estimate[asked]
    if policy == CONSERVATIVE:
        return _earliest(s, c, size, length, now, cutoff)
    backfills = policy in (EASY, EASY_SJBF)
    head, free = s.head[line], s.free[c]
    if not s.changed[line] or head < 0:
        if size <= free:
            if head < 0:
                return now
            if backfills and (now + length <= s.shadow[line] or size <= s.extra[line]):
                return now
            if policy == SJF and length < s.estimate[s.items[s.block[line] * _BLOCK]]:
                return now
    if _bound(s, c, size, now) >= cutoff:
        return cutoff
    s.count[_STAMP] += 1
    stamp = s.count[_STAMP]
    waiting, a = 0, head
    while a >= 0:
        s.queue[waiting] = a
        waiting += 1
        a = s.after[a]
    s.queue[waiting] = asked
    waiting += 1
    order = s.queue
    if policy in (SJF, EASY_SJBF):
        order, placed, k, b = s.by_length, False, 0, s.block[line]
        while b >= 0:
            for i in range(s.filled[b]):
                a = s.items[b * _BLOCK + i]
                if not placed and s.estimate[a] > length:
                    order[k] = asked
                    k += 1
                    placed = True
                order[k] = a
                k += 1
            b = s.next_block[b]
        if not placed:
            order[k] = asked
    first, last = 0, s.running[c]
    for k in range(last):
        s.trial_end[k], s.trial_size[k] = s.run_end[s.base[c] + k], s.size[s.run_of[s.base[c] + k]]
    # Next to look at: in the order of submission, and in that of the policy.
    at, passed = 0, 0
    ahead = s.queue if backfills else order
    while True:
        # Heads start.
        while True:
            while at < waiting and s.dead[ahead[at]] == stamp:
                at += 1
            if at == waiting or s.size[ahead[at]] > free:
                break
            a = ahead[at]
            if a == asked:
                return now
            free = _trial_start(s, first, last, free, now + s.estimate[a], s.size[a])
            last += 1
            s.dead[a] = stamp
        if backfills and free > 0:
            held, k, time = free, first, now
            size_of_head = s.size[ahead[at]]
            while held < size_of_head:
                held += s.trial_size[k]
                time = s.trial_end[k]
                k += 1
            while k < last and s.trial_end[k] == time:
                held += s.trial_size[k]
                k += 1
            extra, head = held - size_of_head, ahead[at]
            while passed < waiting and s.dead[order[passed]] == stamp:
                passed += 1
            for i in range(passed, waiting):
                a = order[i]
                if s.size[a] > free or s.dead[a] == stamp or a == head:
                    continue
                if now + s.estimate[a] > time:
                    if s.size[a] > extra:
                        continue
                    extra -= s.size[a]
                if a == asked:
                    return now
                free = _trial_start(s, first, last, free, now + s.estimate[a], s.size[a])
                last += 1
                s.dead[a] = stamp
        now = s.trial_end[first]
        if now >= cutoff:
            return cutoff
        while first < last and s.trial_end[first] == now:
            free += s.trial_size[first]
            first += 1


# Placement.


@njit(cache=True, nogil=True)
def _place(g, s, a, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the cluster of an attempt, -1 where none is left."""
    how, clusters, j = g.numbers[0], len(s.free), s.job[a]
    found, only = 0, -1
    for c in range(clusters):
        if _allowed(g, s, a, c):
            found += 1
            if only < 0:
                only = c
            if how != LATE and _look_at_line(g, s, g.line_of[c], now) and g.policy[g.line_of[c]] == CONSERVATIVE:
                _compress(g, s, g.line_of[c], now, True)
    if found <= 1 or how in (FIRST, LATE):
        return only
    if how == RANDOM:
        tries, other = 0, s.tried[j]
        while other >= 0:
            tries += 1
            other = s.earlier[other]
        wanted = min(np.int64(g.draws[j, tries] * found), found - 1)
        for c in range(clusters):
            if _allowed(g, s, a, c):
                if wanted == 0:
                    return c
                wanted -= 1
    best, on = _NEVER, -1
    if how == LEAST_LOADED:
        for c in range(clusters):
            if s.load[c] < best and _allowed(g, s, a, c):
                best, on = s.load[c], c
        return on
    if how == CHEAPEST:
        least = np.inf
        for c in range(clusters):
            cost = g.price[c] * (s.estimate[a] / 3600.0 * s.size[a])
            if cost < least and _allowed(g, s, a, c):
                least, on = cost, c
        return on if on >= 0 else only
    for c in range(clusters):
        if best > now and _allowed(g, s, a, c):
            start = _planned_start(g, s, c, a, now, best)
            if start < best:
                best, on = start, c
    return on


@njit(cache=True, nogil=True)
def _over(g, s, j, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Let those jobs be submitted that wait for one that is over."""
    if not g.numbers[3]:
        return
    other = s.follower[j]
    while other >= 0:
        _push(s.submit_time, s.submit_of, s.count[_SUBMITS], now + max(0, g.think[other]), other)
        s.count[_SUBMITS] += 1
        other = s.next_follower[other]


@njit(cache=True, nogil=True)
def _submit(g, s, j, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    a = s.count[ATTEMPTS]
    s.count[ATTEMPTS] += 1
    s.job[a], s.submit[a], s.size[a], s.estimate[a] = j, now, g.processors[j], g.estimate[j]
    if g.numbers[2]:
        user = g.user[j]
        if user >= 0 and s.last[2 * user] >= 0:
            mean = (s.last[2 * user] + s.last[2 * user + 1]) // 2
            s.estimate[a] = min(max(1, mean), g.limit[j])
    c = _place(g, s, a, now)
    if c < 0:
        _over(g, s, j, now)
        return
    line = g.line_of[c]
    if g.numbers[0] == LATE:
        if _look_at_line(g, s, line, now) and g.policy[line] == CONSERVATIVE:
            _compress(g, s, line, now, True)
    else:
        s.cluster[a] = c
        s.load[c] += 1
    _submitted(g, s, line, a, now)


@njit(cache=True, nogil=True)
def _end(g, s, a, now):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    j, c = s.job[a], s.cluster[a]
    fails = g.succeeds.shape[0] > 0 and not g.succeeds[j, c]
    s.failed[a] = fails
    s.load[c] -= 1
    if g.numbers[2] and not fails and g.user[j] >= 0:
        user, lasted = g.user[j], now - s.start[a]
        s.last[2 * user] = s.last[2 * user + 1] if s.last[2 * user] >= 0 else lasted
        s.last[2 * user + 1] = lasted
    _ended(g, s, g.line_of[c], a, now)
    if fails:
        s.earlier[a] = s.tried[j]
        s.tried[j] = a
        tries, other = 0, a
        while other >= 0:
            tries += 1
            other = s.earlier[other]
        if tries <= g.numbers[1]:
            _push(s.submit_time, s.submit_of, s.count[_SUBMITS], now, j)
            s.count[_SUBMITS] += 1
            return
    _over(g, s, j, now)


@njit(cache=True, nogil=True)
def run(g, s, order, begin, most):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Take events until so many submissions of `order` have been taken, and all ends after the last.

    order : the jobs of the trace that are submitted by it, in order. Returns how many were taken.
    """
    i, taken = begin, len(order)
    while True:
        submits, ends = s.count[_SUBMITS], s.count[_ENDS]
        time, j = _NEVER, np.int64(-1)
        if i < taken:
            j = order[i]
            time = g.submit[j]
        again = False
        if submits > 0 and (s.submit_time[0] < time or (s.submit_time[0] == time and s.submit_of[0] < j)):
            time, j, again = s.submit_time[0], s.submit_of[0], True
        if ends > 0 and s.end_time[0] < time:
            now, a = s.end_time[0], s.started[s.end_of[0]]
            s.count[_ENDS] -= 1
            _pop(s.end_time, s.end_of, s.count[_ENDS])
            _end(g, s, a, now)
            continue
        if j < 0:
            return i
        if again:
            s.count[_SUBMITS] -= 1
            _pop(s.submit_time, s.submit_of, s.count[_SUBMITS])
        else:
            if i >= begin + most:
                return i
            i += 1
        _submit(g, s, j, time)


def state_of(given: Given, capacity: NDArray[np.int64], users: int, attempts: int) -> State:
    """Return the state before the first event; attempts : how many there can be at most."""
    jobs, clusters, lines = len(given.submit), len(capacity), len(given.policy)

    def none(size: int) -> NDArray[np.int64]:
        return np.full(size, -1, dtype=np.int64)

    def zeros(size: int) -> NDArray[np.int64]:
        return np.zeros(size, dtype=np.int64)

    planned = bool((given.policy == CONSERVATIVE).any())
    blocks = 2 * (attempts // _BLOCK) + 2 * lines + 2
    bounds = np.minimum(capacity, attempts) + 1
    running = int(bounds.sum())
    nodes = 2 * attempts + clusters + 4 if planned else clusters
    trial = int(bounds.max(initial=0)) + attempts + 1
    dynamic = jobs + 1 if given.numbers[1] or given.numbers[3] else 1
    next_node = np.arange(1, nodes + 1, dtype=np.int64)
    next_node[:clusters] = -1
    count = zeros(7)
    count[_FREE_NODE] = clusters
    node_free = zeros(nodes)
    node_free[:clusters] = capacity
    followers, next_follower = none(jobs if given.numbers[3] else 0), none(jobs if given.numbers[3] else 0)
    if given.numbers[3]:
        for job in np.flatnonzero(given.after >= 0)[::-1].tolist():
            next_follower[job] = followers[given.after[job]]
            followers[given.after[job]] = job
    return State(
        count=count,
        job=none(attempts),
        cluster=np.full(attempts, -1, dtype=np.int32),
        submit=none(attempts),
        start=none(attempts),
        end=none(attempts),
        reserved=none(attempts),
        failed=np.zeros(attempts, dtype=np.bool_),
        size=zeros(attempts),
        estimate=zeros(attempts),
        planned=none(attempts),
        earlier=none(attempts),
        promised_on=np.full(attempts if planned else 0, -1, dtype=np.int32),
        after=none(attempts),
        before=none(attempts),
        started=none(attempts),
        dead=zeros(attempts),
        end_time=zeros(running),
        end_of=zeros(running),
        submit_time=zeros(dynamic),
        submit_of=zeros(dynamic),
        free=capacity.copy(),
        load=zeros(clusters),
        running=zeros(clusters),
        base=np.concatenate([[0], np.cumsum(bounds)[:-1]]).astype(np.int64),
        run_end=zeros(running),
        run_of=zeros(running),
        head=none(lines),
        tail=none(lines),
        block=none(lines),
        last_block=none(lines),
        changed=np.zeros(lines, dtype=np.bool_),
        shadow=zeros(lines),
        extra=zeros(lines),
        shadow_on=none(lines),
        next_block=np.arange(1, blocks + 1, dtype=np.int64),
        filled=zeros(blocks),
        smallest=zeros(blocks),
        shortest=zeros(blocks),
        items=zeros(blocks * _BLOCK),
        plan=np.arange(clusters, dtype=np.int64),
        next_node=next_node,
        node_time=zeros(nodes),
        node_free=node_free,
        last=none(2 * users),
        follower=followers,
        next_follower=next_follower,
        tried=none(jobs),
        queue=zeros(attempts + 1),
        by_length=zeros(attempts + 1),
        trial_end=zeros(trial),
        trial_size=zeros(trial),
    )
