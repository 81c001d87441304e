"""What a client sends and receives: frozen values, times in seconds since the epoch, secrets that no repr shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grpc import StatusCode

from placewise.matching.causes.cause import Blocked, CausesThere, NearMiss, Unknown
from placewise.matching.incomparable import Incomparable
from placewise.model.scalar import Scalar
from placewise.service.store.rows.job import JobState


@dataclass(frozen=True, slots=True)
class Credentials:
    """The clusters that a user may use: those whose tokens are given, or all with the scheduler's global token."""

    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    global_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ClusterSecret:
    """A cluster, and the secret with which it speaks for itself."""

    name: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Registration:
    """What a cluster was given: the token is for its users, the secret for itself; empty for what did not change."""

    token: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrittenRequirement:
    """A requirement as the scheduler wrote it down."""

    text: str
    subsystem: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Explanation:
    """How the clusters that may be used answer one job; a requirement is what the scheduler wrote of it."""

    job: str
    total: int
    matched: tuple[str, ...]
    blocked: tuple[Blocked[WrittenRequirement], ...]
    near_misses: tuple[NearMiss[str], ...]
    scattered: tuple[str, ...]
    too_small: tuple[str, ...]
    unknown_types: tuple[str, ...]
    unknown: tuple[Unknown, ...] = ()
    incomparable: tuple[Incomparable[str], ...] = ()
    apart: tuple[CausesThere, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish of a job, as text, and its weight."""

    wish: str
    weight: float


@dataclass(frozen=True, slots=True)
class Score:
    """What a job's wishes count on a cluster, and which of them hold there, by position."""

    cluster: str
    score: float
    held: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """The wishes of a job, and what they count on clusters, the highest score first."""

    wishes: tuple[Wish, ...]
    clusters: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a submitted job.

    cluster : None for a refused job; `reason` then says why, and `explanation` more where it fits nowhere.
    matching_clusters : of the `total_clusters` that the credentials allow to use.
    unknown : the clusters that would match if what is not described there were as asked.
    incomparable : those of which a value decides that cannot be compared with what is asked.
    scores : what the job's wishes count on the clusters that match; None for a job without wishes.
    """

    job_id: int
    cluster: str | None
    state: JobState
    matching_clusters: int
    total_clusters: int
    reason: str
    explanation: Explanation | None
    unknown: tuple[str, ...] = ()
    incomparable: tuple[Incomparable[str], ...] = ()
    scores: Scores | None = None


@dataclass(frozen=True, slots=True)
class NotSubmitted:
    """A job among many that the scheduler did not keep: the code with which a call of its own would have ended."""

    code: StatusCode
    reason: str


@dataclass(frozen=True, slots=True)
class Matched:
    """The clusters that could ever run a job, of the `total_clusters` that may be used; others as in `Submission`."""

    clusters: tuple[str, ...]
    total_clusters: int
    unknown: tuple[str, ...] = ()
    incomparable: tuple[Incomparable[str], ...] = ()
    scores: Scores | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A change in a job's life."""

    state: JobState
    at: float
    detail: str


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as the scheduler remembers it.

    cluster : None for a refused job. duration_s : None unless its cluster reported it.
    jobspec, command, history : empty in lists; `get_job` fills them.
    agent : of an accepted job, who runs it; None if it did not say so. attempts : how often the job was accepted.
    """

    id: int
    name: str
    cluster: str | None
    state: JobState
    submitted_at: float
    changed_at: float
    reason: str
    duration_s: float | None
    jobspec: str
    command: tuple[str, ...]
    history: tuple[Event, ...]
    agent: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """An agent that sends heartbeats: when it was last heard of, whether that was lately, and how many jobs it runs."""

    name: str
    heard_at: float
    live: bool
    running: int


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """A registered cluster: its size, its flat state, how many jobs wait for it and run on it, and its agents."""

    name: str
    nodes: int
    subsystems: tuple[str, ...]
    state: Mapping[str, Scalar]
    waiting: int
    running: int
    registered_at: float
    updated_at: float
    agents: tuple[AgentRecord, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A job received by its cluster, to be accepted by `lease_until` with its lease."""

    job_id: int
    name: str
    jobspec: str
    command: tuple[str, ...]
    lease: str = field(repr=False)
    lease_until: float
