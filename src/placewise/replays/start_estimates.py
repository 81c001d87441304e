"""When would a job start? The plan of each cluster's queue, made of what runs and what waits there now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from placewise.errors import InputError, Words, locating, one_of
from placewise.model.durations import seconds_of
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.job import OR_SLOT, XOR_SLOT, Job, ResourceRequest
from placewise.model.scalar import counted
from placewise.model.traces.queue_state import QueuedJob, QueueState, RunningJob
from placewise.model.traces.replay import QueuePolicy, ReplaySettings
from placewise.model.traces.start_estimate import ClusterStart, StartEstimate
from placewise.replays.inputs.estimates import NO_LIMIT_S
from placewise.replays.inputs.jobs import MOST_SECONDS
from placewise.replays.inputs.sites import Site, site_of
from placewise.replays.queues import RULES
from placewise.replays.state.line import Line, Running, Station, Waiting
from placewise.replays.state.plan import Plan

BOUNDS: tuple[QueuePolicy, ...] = ("fcfs", "conservative")
"""The policies under which nobody who comes later delays a job."""
_CORE = "core"
_DURATION = "duration"


def estimate_starts(
    fleet: Fleet,
    matched: Collection[int],
    job: Job,
    state: QueueState,
    *,
    policy: QueuePolicy = "easy",
    policies: Mapping[str, QueuePolicy] | None = None,
    processors: int | None = None,
    limit_s: int | None = None,
) -> StartEstimate:
    """Plan the queue of each cluster that a job may go to, and say when the job would start there.

    matched : positions of those clusters. policy : the queue policy of every cluster; policies : by cluster, where it
    differs. processors, limit_s : of the job; what it says itself if None, and NO_LIMIT_S where it says no limit.

    Each job is planned to end at its limit; one past its limit, at the next second. Processors are a pool.

    Raises InputError for a job that does not say how many cores it asks for, an unknown policy, a cluster without
    processors, jobs of which none is on a cluster of the fleet, and more running than a cluster has processors.
    """
    named = dict(policies or {})
    ReplaySettings(policy=policy, policies=named)  # refuses other policies
    if unknown := sorted(set(named) - set(fleet.names)):
        raise InputError(
            "no cluster has the name of one with a policy of its own",
            found=unknown[0],
            expected=one_of(unknown[0], fleet.names),
        )
    size, limit, notes = _asked(job, processors, limit_s)
    running, queued, elsewhere = _by_cluster(fleet, state)
    notes += elsewhere
    notes += [f"left out, since {why}: {counted(count, 'job')}" for why, count in state.left_out]
    notes += state.notes
    starts = []
    for position in sorted(matched):
        site = site_of(fleet.clusters[position], "processors")
        used = named.get(site.name, policy)
        run, wait = running[position], queued[position]
        too_large = sum(one.processors > site.processors for one in wait)
        if too_large:
            notes.append(f"{site.name}: left out of the queue, as larger than the cluster: {counted(too_large, 'job')}")
        wait = [one for one in wait if one.processors <= site.processors]
        endless = sum(one.limit_s is None for one in run) + sum(one.limit_s is None for one in wait)
        if endless:
            notes.append(f"{site.name}: without a limit, for which a day is taken: {counted(endless, 'job')}")
        start = None
        if size <= site.processors:
            line = _line(site, run, wait, state.now_s)
            start = _planned(line, used, Waiting(len(run) + len(wait), size, {0: size}, limit, limit), state.now_s)
        bound = used in BOUNDS and not endless and start is not None
        waited = None if start is None else start - state.now_s
        starts.append(ClusterStart(site.name, used, start, waited, len(run), len(wait), bound))
    return StartEstimate(job.name, state.now_s, size, limit, tuple(starts), tuple(notes), state.is_virtual)


def _planned(line: Line, policy: QueuePolicy, asked: Waiting, now: int) -> int:
    """Let the policy take in those that wait, and return when it would start one more."""
    rule, queue = RULES[policy], line.waiting
    if policy == "conservative":
        # Each gets its reservation in the order of the queue.
        line.waiting = []
        for one in queue:
            rule.submitted(line, one, now)
    return rule.planned_start(line, asked, now)


def _line(site: Site, running: Sequence[RunningJob], queued: Sequence[QueuedJob], now: int) -> Line:
    space = site.space()
    used = sum(one.processors for one in running)
    if used > site.processors:
        raise InputError(
            f"more runs on {site.name!r} than it has",
            found=Words(f"{used} processors"),
            expected=f"at most {site.processors}",
        )
    plan = Plan(space)
    station = Station(space, plan=plan)
    for number, job in enumerate(running):
        limit = _limit(job.limit_s)
        space.take(job.processors)
        waiting = Waiting(number, job.processors, {0: job.processors}, limit, limit)
        planned = max(job.start_s + limit, now + 1)
        plan.take(now, planned, job.processors)
        station.running.append(Running(waiting, 0, job.processors, number, job.start_s, planned, planned))
    line = Line({0: station}, lambda one, _: one.estimate_s, starts=len(running))
    for number, one in enumerate(queued, len(running)):
        limit = _limit(one.limit_s)
        line.waiting.append(Waiting(number, one.processors, {0: one.processors}, limit, limit))
    return line


def _limit(seconds: int | None) -> int:
    return NO_LIMIT_S if seconds is None else max(1, seconds)


def _by_cluster(fleet: Fleet, state: QueueState) -> tuple[list[list[RunningJob]], list[list[QueuedJob]], list[str]]:
    """Return what runs and what waits on each cluster, and what is nowhere.

    A job is on the cluster that is said, or else on those that its partitions are named as, and waits at each.
    """
    names = {name: position for position, name in enumerate(fleet.names)}
    running: list[list[RunningJob]] = [[] for _ in names]
    queued: list[list[QueuedJob]] = [[] for _ in names]
    nowhere: dict[str, int] = {}
    # Where none is one of the fleet, they are of another kind, such as the name of all that Slurm manages.
    named = {one.cluster for one in state.running} | {one.cluster for one in state.queued}
    by_cluster = not named.isdisjoint(names)

    def places(one: RunningJob | QueuedJob) -> list[int]:
        if not by_cluster and len(names) == 1:  # places are its partitions
            return [0]
        text = one.cluster if by_cluster else one.place
        said = [text] if by_cluster else map(str.strip, text.split(","))
        found = sorted({names[part] for part in said if part in names})
        if not found:
            nowhere[text] = nowhere.get(text, 0) + 1
        return found

    for run in state.running:
        for position in places(run):
            running[position].append(run)
    for wait in state.queued:
        for position in places(wait):
            queued[position].append(wait)
    if nowhere and not any((*running, *queued)):
        raise InputError(
            "no job is on a cluster of the fleet",
            found=Words(", ".join(sorted(nowhere)[:10])),
            expected="clusters or partitions with the names of the fleet's, or a fleet of one cluster",
        )
    return (
        running,
        queued,
        [f"left out, since no cluster is called {name!r}: {counted(n, 'job')}" for name, n in nowhere.items()],
    )


def _asked(job: Job, processors: int | None, limit_s: int | None) -> tuple[int, int, list[str]]:
    size = sum(cores_of(one) for group in job.groups for one in group.shape) if processors is None else processors
    if size < 1:
        raise InputError("the job does not say how many cores it asks for", expected="cores, or --processors")
    if limit_s is None:
        with locating(place=f"job {job.name!r}, {_DURATION}"):
            said = seconds_of(dict(job.attributes).get(_DURATION) or 0)
        if not 0 < said <= MOST_SECONDS:
            return size, NO_LIMIT_S, [f"{job.name} says no limit; a day is taken for it"]
        limit_s = int(said)
    if limit_s > MOST_SECONDS:
        raise InputError("the limit of the job is too long", found=limit_s, expected=f"at most {MOST_SECONDS} s")
    return size, max(1, limit_s), []


def cores_of(request: ResourceRequest) -> int:
    """Return how many cores a request asks for; of alternatives the largest counts."""
    if request.type == _CORE:
        return request.count
    chosen = [cores_of(one) for one in request.contents if one.type in (OR_SLOT, XOR_SLOT)]
    always = sum(cores_of(one) for one in request.contents if one.type not in (OR_SLOT, XOR_SLOT))
    return request.count * (always + max(chosen, default=0))
