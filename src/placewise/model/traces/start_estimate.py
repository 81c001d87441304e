"""When a job would start on each cluster, as its queue is planned now."""

from __future__ import annotations

from dataclasses import dataclass

from placewise.model.traces.replay import QueuePolicy


@dataclass(frozen=True, slots=True)
class ClusterStart:
    """When a job would start on one cluster, submitted now.

    cluster : its name. policy : that orders its queue.
    start_s : in the time of the queue, None where the cluster has fewer processors than the job asks for.
    wait_s : from now on, None likewise. running, queued : how many jobs are on the cluster.
    is_bound : whether the start is no later than this, whoever comes; else it is the start if nobody else comes, and
    all jobs end at their limits.
    """

    cluster: str
    policy: QueuePolicy
    start_s: int | None
    wait_s: int | None
    running: int
    queued: int
    is_bound: bool


@dataclass(frozen=True, slots=True)
class StartEstimate:
    """When a job would start on the clusters that match it.

    job : its name. now_s : of the queue, in Unix time or virtual time. is_virtual : whether times are those of a
    replay. processors, limit_s : what was taken for the job. clusters : in the order of the fleet. notes : what was
    noticed, one sentence each.
    """

    job: str
    now_s: int
    processors: int
    limit_s: int
    clusters: tuple[ClusterStart, ...]
    notes: tuple[str, ...] = ()
    is_virtual: bool = False
