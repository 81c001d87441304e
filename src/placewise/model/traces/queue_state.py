"""What runs and what waits at one moment, as a scheduler shows it."""

from __future__ import annotations

from dataclasses import dataclass, field

from placewise.model.requirements.requirement import Expression


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job that holds processors.

    place : the cluster or partition where it runs. start_s : in the time of the state. limit_s : its time limit, None
    if it has none. cluster : where it runs, if that is said beside the partition.
    """

    name: str
    place: str
    processors: int
    start_s: int
    limit_s: int | None
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that waits for processors.

    place : the cluster or partition, or several with commas between, at which it was submitted. submit_s : in the
    time of the state. limit_s : its time limit, None if it has none. requirements : what must hold where it runs.
    cluster : at which it was submitted, if that is said beside the partition.
    """

    name: str
    place: str
    processors: int
    submit_s: int
    limit_s: int | None
    requirements: tuple[Expression, ...] = ()
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class QueueState:
    """What runs and what waits at a moment.

    now_s : that moment, Unix time, or the virtual time of a replay if `is_virtual`. running : in the order in
    which they started. queued : first in the queue first.
    left_out : what the reader left out, as reasons and how often. notes : what was noticed, one sentence each.
    """

    now_s: int
    running: tuple[RunningJob, ...]
    queued: tuple[QueuedJob, ...]
    left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = field(default=())
    is_virtual: bool = False
