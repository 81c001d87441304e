"""What the page shows, and who tells it. Times are seconds since the epoch (UTC)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """A cluster: its nodes and subsystems in number, its queue, and its state as pairs of texts.

    updated_at : when its resources or state last changed.
    """

    name: str
    nodes: int
    subsystems: int
    waiting: int
    running: int
    updated_at: float
    state: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job; `cluster` is None where it has none, `reason` says why it was refused, failed or cancelled."""

    id: int
    name: str
    cluster: str | None
    state: str
    changed_at: float
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a job: the state it went to, when, and what there is to say."""

    state: str
    at: float
    detail: str | None = None


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
    jobs: Sequence[JobRow]
    totals: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True)
class JobPage:
    """A job with its history, the oldest change first, and the lines that explain its match or refusal."""

    job: JobRow
    submitted_at: float
    history: Sequence[Event]
    explanation: Sequence[str] = ()
    duration_s: float | None = None


class Pages(Protocol):
    """Tells what the page shows."""

    async def overview(self) -> Overview:
        """Return the server at this moment, with its most recent jobs."""
        ...

    async def job(self, job_id: int) -> JobPage | None:
        """Return a job, or None where there is none of this id."""
        ...

    def healthy(self) -> bool:
        """Whether calls can be answered now."""
        ...
