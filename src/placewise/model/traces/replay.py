"""What a replay is asked, and what it answers: settings, and the times at which each job started and ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.model.traces import queue_policies

QueuePolicy: TypeAlias = queue_policies.QueuePolicy
Estimates: TypeAlias = queue_policies.Estimates
Hold: TypeAlias = Literal["processors", "nodes"]

EARLIEST_START = "earliest-start"
"""The placement that sends a job to the cluster whose plan has it start first."""


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """How a trace is replayed.

    policy : the queue policy of every cluster. policies : by cluster, where it differs.
    place : how a job's cluster is chosen when it is submitted: earliest-start, or the name of a selection policy.
    late : one queue for all clusters instead; a job goes to the first that can start it.
    hold : what jobs hold: processors of one pool a cluster, or cores, memory and GPUs of nodes.
    estimates : what is taken for a runtime when planning.
    fail_after : how much of its runtime a job that cannot succeed uses before it fails, if not `fail_after_s`.
    fail_after_s : the seconds it uses, at most its runtime. retries : how often such a job is submitted again.
    dependencies : a job waits for its preceding job and the think time. seed : of every random choice.
    warm_up_s, cool_down_s : what is cut from the ends when summing up.

    Raises InputError for a value outside these.
    """

    policy: QueuePolicy = "easy"
    policies: Mapping[str, QueuePolicy] = field(default_factory=dict)
    place: str = EARLIEST_START
    late: bool = False
    hold: Hold = "processors"
    estimates: Estimates = "limit"
    fail_after: float = 0.0
    fail_after_s: int | None = None
    retries: int = 0
    dependencies: bool = False
    seed: int = 0
    warm_up_s: int = 0
    cool_down_s: int = 0

    def __post_init__(self) -> None:
        for policy in (self.policy, *self.policies.values()):
            if policy not in queue_policies.QUEUE_POLICIES:
                raise InputError(
                    "no such queue policy", found=policy, expected=one_of(policy, queue_policies.QUEUE_POLICIES)
                )
        if self.estimates not in queue_policies.ESTIMATES:
            raise InputError(
                "no such estimate", found=self.estimates, expected=one_of(self.estimates, queue_policies.ESTIMATES)
            )
        if self.hold not in get_args(Hold):
            raise InputError("jobs cannot hold that", found=self.hold, expected=one_of(self.hold, get_args(Hold)))
        if self.late and self.policies:
            raise InputError("one queue for all clusters has one policy", expected="policies, or late, but not both")
        if self.fail_after_s is not None and self.fail_after_s < 0:
            raise InputError("fail_after_s is not usable", found=self.fail_after_s, expected="0 or more")
        if not 0 <= self.fail_after <= 1:
            raise InputError("fail_after is not usable", found=self.fail_after, expected="a share, 0 to 1")
        for name in ("retries", "warm_up_s", "cool_down_s", "seed"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is not usable", found=getattr(self, name), expected="0 or more")
        object.__setattr__(self, "policies", MappingProxyType(dict(self.policies)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Send it to another process whole; the read-only view of the policies cannot be."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return ReplaySettings, tuple((values | {"policies": dict(self.policies)}).values())


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """What became of the jobs of a trace: one row an attempt, in the order in which attempts were submitted.

    job : (attempts,) int64, positions in the trace. cluster : (attempts,) int32, a position in `clusters`; -1 where
    none matches, or none is left to try: such an attempt never starts.
    submit_s, start_s, end_s : (attempts,) int64 seconds of virtual time; start_s and end_s are -1 where never started.
    reserved_s : the first reservation that the job had, -1 where the policy gave it none.
    failed : (attempts,) whether it ended without success.
    processors : (attempts,) int64 how many it held.
    clusters : names. capacity : (clusters,) int64 processors of each.
    """

    job: NDArray[np.int64]
    cluster: NDArray[np.int32]
    submit_s: NDArray[np.int64]
    start_s: NDArray[np.int64]
    end_s: NDArray[np.int64]
    reserved_s: NDArray[np.int64]
    failed: NDArray[np.bool_]
    processors: NDArray[np.int64]
    clusters: tuple[str, ...]
    capacity: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.job)

    def of(self, rows: NDArray[np.bool_] | slice) -> Schedule:
        """Return some of the attempts."""
        columns = {name: getattr(self, name)[rows] for name in _COLUMNS}
        return replace(self, **columns)


_COLUMNS = ("job", "cluster", "submit_s", "start_s", "end_s", "reserved_s", "failed", "processors")


def joined_schedules(parts: Sequence[Schedule]) -> Schedule:
    """Return schedules on the same clusters, one after the other."""
    columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    return replace(parts[0], **columns)


def attempt_numbers(schedule: Schedule) -> NDArray[np.int64]:
    """Return (attempts,) the how-manieth of its job each is, from 1."""
    order = np.argsort(schedule.job, kind="stable")
    jobs = schedule.job[order]
    places = np.arange(len(jobs))
    begins = np.ones(len(jobs), dtype=np.bool_)
    begins[1:] = jobs[1:] != jobs[:-1]
    found = np.empty(len(jobs), dtype=np.int64)
    found[order] = places - np.maximum.accumulate(np.where(begins, places, 0)) + 1
    return found
