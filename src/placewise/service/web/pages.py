"""What the web page shows of the running service."""

from __future__ import annotations

from collections.abc import Sequence

import placewise
from placewise.errors import PlacewiseError
from placewise.matching.fleet.recent import Recent
from placewise.model.durations import in_words as duration_in_words
from placewise.model.scalar import scalar_text
from placewise.service.beside.turns import Caller
from placewise.service.calls.asking import FITS_NOWHERE, FURTHER_FAIL, explain, in_words
from placewise.service.calls.reading_jobs import read_job
from placewise.service.guard.refusals import Exhausted, Unavailable
from placewise.service.live.retention import by_name
from placewise.service.live.state import State
from placewise.service.store.rows import jobs as store
from placewise.service.store.rows import pruning
from placewise.service.store.rows.agents import list_agents
from placewise.service.store.rows.ended import MOST_COUNTED, ended_counts
from placewise.service.store.rows.job import JobState, StoredJob
from placewise.service.store.rows.uses import uses
from placewise.service.web.filling import decimal_size, span
from placewise.service.web.shown import AgentRow, ClusterRow, JobPage, Kept, Overview
from placewise.service.web.success import success_rows

_RECENT = 100
# Characters of explanations that are kept.
_REASONS_KEPT = 1 << 20


class StatePages:
    """Answers what the web page shows.

    Why a job was refused is worked out once, as long as the clusters are what they are, and not with every view.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._started_at = state.now()
        self._reasons: Recent[tuple[int, int], tuple[str, ...]] = Recent(_REASONS_KEPT)

    async def overview(self) -> Overview:
        """Return the clusters, and the most recent jobs."""
        state = self._state
        now, heard_now = state.now(), state.heard_now()
        lengths, agents, recent, ended = await state.read(
            lambda connection: (
                store.queue_lengths(connection),
                list_agents(connection, now, heard_now),
                store.list_jobs(connection, cluster_ids=None, limit=_RECENT),
                ended_counts(connection),
            )
        )
        lost_before = now - state.settings.agent_lost_s
        clusters = []
        for member in state.fleet.members():
            cluster = state.fleet.cluster(member.name)
            waiting, running = lengths.get(member.id, (0, 0))
            fields = [(name, scalar_text(value)) for name, value in state.fleet.state(member.name).items()]
            nodes, subsystems = state.fleet.nodes(member.name), len(cluster.subsystems)
            rows = [
                AgentRow(one.name, one.heard_at, one.heard_at > lost_before, one.running)
                for one in agents.get(member.id, ())
            ]
            clusters.append(
                ClusterRow(member.name, nodes, subsystems, waiting, running, member.updated_at, fields, rows)
            )
        totals = (
            ("clusters", len(clusters)),
            ("jobs waiting", sum(row.waiting for row in clusters)),
            ("jobs running", sum(row.running for row in clusters)),
        )
        success = success_rows(ended, {member.id: member.name for member in state.fleet.members()})
        return Overview(
            name=state.settings.name,
            version=placewise.__version__,
            started_at=self._started_at,
            clusters=clusters,
            jobs=recent,
            totals=totals,
            success=success,
            counted=MOST_COUNTED,
            kept=await self._kept(now),
        )

    async def _kept(self, now: float) -> Kept:
        state, settings = self._state, self._state.settings
        room, oldest, used = await state.read(
            lambda connection: (pruning.room(connection), pruning.over_since(connection), uses(connection))
        )
        free = "" if room.free_bytes is None else f", {decimal_size(room.free_bytes)} of it free"
        keep = "for ever" if settings.keep_s is None else duration_in_words(settings.keep_s)
        facts = (
            ("jobs that are over are kept", keep),
            ("over for longest", "-" if oldest is None else span(now - oldest)),
            ("database", f"{decimal_size(room.bytes)}{free}"),
        )
        return Kept(facts, by_name(state, used), settings.quota_jobs, settings.quota_bytes)

    async def job(self, job_id: int, peer: str = "") -> JobPage | None:
        """Return a job; of a refused one, why the clusters that are registered now do not match.

        peer : the address of whoever asks.
        """
        job = await self._state.read(lambda connection: store.get_job(connection, job_id))
        if job is None:
            return None
        if job.state != JobState.REFUSED:
            return JobPage(job)
        lines = await self._explained(job, peer)
        return JobPage(job, lines, _says_all(lines, job.reason or ""))

    def healthy(self) -> bool:
        """Whether changes can be committed."""
        return self._state.writer.working

    async def _explained(self, job: StoredJob, peer: str) -> tuple[str, ...]:
        state, key = self._state, (job.id, self._state.fleet.revision)
        kept = self._reasons.get(key)
        if kept is not None:
            return kept
        caller = Caller(peer, "web page")
        try:
            read = await read_job(state, caller, job.jobspec or "", job.name, "")
            lines = tuple(in_words(await explain(state, caller, read, None)))
        except (Exhausted, Unavailable) as error:
            return (f"this cannot be said now: {error}",)
        except PlacewiseError as error:
            lines = (str(error),)
        self._reasons.keep(key, lines, sum(map(len, lines)))
        return lines


def _says_all(lines: Sequence[str], reason: str) -> bool:
    """Whether an explanation has each part of a refusal's reason, so that a reader needs it alone."""
    if not reason.startswith(FITS_NOWHERE):
        return False
    parts = reason.removeprefix(FITS_NOWHERE).split("; ")
    return {part for part in parts if not part.endswith(FURTHER_FAIL)} <= set(lines)
