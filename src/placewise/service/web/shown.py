"""What the page shows. Times are seconds since the epoch (UTC)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from placewise.service.store.rows.job import StoredJob
from placewise.service.web.success import SuccessRow


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent that sends heartbeats: when it was last heard of, whether that was lately, and how many jobs it runs."""

    name: str
    heard_at: float
    live: bool
    running: int


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """A cluster: its nodes and subsystems in number, its queue, its state as pairs of texts, and its agents.

    updated_at : when its resources or state last changed.
    """

    name: str
    nodes: int
    subsystems: int
    waiting: int
    running: int
    updated_at: float
    state: Sequence[tuple[str, str]] = ()
    agents: Sequence[AgentRow] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database keeps.

    facts : what there is to say, in pairs of texts. tokens : name, jobs that wait or run, bytes of jobspecs kept; those
    that use most first. quota_jobs, quota_bytes : the most that a token may use; None for no bound.
    """

    facts: Sequence[tuple[str, str]]
    tokens: Sequence[tuple[str, int, int]] = ()
    quota_jobs: int | None = None
    quota_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """A server at one moment.

    clusters, jobs : in the order to show them; long ones are cut on the page. totals : counts with what they
    count, such as ("jobs waiting", 12).
    success : by cluster, of the `counted` newest jobs.
    """

    name: str
    version: str
    started_at: float
    clusters: Sequence[ClusterRow]
    jobs: Sequence[StoredJob]
    totals: Sequence[tuple[str, int]] = ()
    success: Sequence[SuccessRow] = ()
    counted: int = 0
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class JobPage:
    """A job with its history.

    explanation : of a refused job, lines that say why the clusters that are registered now do not match.
    as_submitted : whether these lines say all that the reason of the refusal says.
    """

    job: StoredJob
    explanation: Sequence[str] = ()
    as_submitted: bool = False
