"""What the page shows. Times are seconds since the epoch (UTC)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from placewise.service.store.job import StoredJob


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
class Overview:
    """A server at one moment.

    clusters, jobs : in the order to show them; long ones are cut on the page. totals : counts with what they
    count, such as ("jobs waiting", 12).
    """

    name: str
    version: str
    started_at: float
    clusters: Sequence[ClusterRow]
    jobs: Sequence[StoredJob]
    totals: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True)
class JobPage:
    """A job with its history, and the lines that explain its match or refusal."""

    job: StoredJob
    explanation: Sequence[str] = ()
