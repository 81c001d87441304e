"""What the store says of a job."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from placewise.service.guard.given import check_name, check_text


class JobState(StrEnum):
    """Where a job is in its life; FINISHED, FAILED, CANCELLED and REFUSED are its ends."""

    SUBMITTED = "submitted"
    ASSIGNED = "assigned"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"


OVER = frozenset({JobState.FINISHED, JobState.FAILED, JobState.CANCELLED, JobState.REFUSED})


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job as it is submitted.

    cluster_id : None for a job that fits nowhere; then `reason` says why.
    command : a JSON list.
    request_id : the submitter's name of this request, so that it can be repeated; None for none.
    token : the token whose quotas it counts for (see `uses.py`); None for none.
    Raises InputError for a name, request id or text that cannot be kept.
    """

    name: str
    cluster_id: int | None
    jobspec: str
    command: str
    request_id: str | None = None
    reason: str | None = None
    token: int | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "the job's name")
        if self.request_id is not None:
            check_name(self.request_id, "the request id")
        for text in (self.jobspec, self.command, self.reason):
            check_text(text, "a job")

    @property
    def size_bytes(self) -> int:
        """How long its texts are."""
        return len(self.jobspec.encode()) + len(self.command.encode())


@dataclass(frozen=True, slots=True)
class AddedJob:
    """What became of a submitted job; `known` says that its request had been made before."""

    id: int
    cluster_id: int | None
    state: JobState
    reason: str | None
    known: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A job that a cluster was given, until `lease_until` (seconds since the epoch)."""

    id: int
    name: str
    jobspec: str
    command: str
    lease: str = field(repr=False)
    lease_until: float


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a job: the state that it came to, when (seconds since the epoch), and why if that is known."""

    state: JobState
    at: float
    detail: str | None


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as it stands; jobspec, command and history only where one job was asked for.

    agent : of an accepted job, who runs it, if it sends heartbeats. attempts : how often it was accepted.
    """

    id: int
    name: str
    cluster_id: int | None
    cluster: str | None
    state: JobState
    submitted_at: float
    changed_at: float
    reason: str | None
    duration_s: float | None
    agent: str | None = None
    attempts: int = 0
    jobspec: str | None = None
    command: str | None = None
    history: tuple[Event, ...] = ()
