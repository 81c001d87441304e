"""What the web page shows of the running service."""

from __future__ import annotations

import placewise
from placewise.errors import PlacewiseError
from placewise.matching.recent import Recent
from placewise.model.scalar import scalar_text
from placewise.service.beside.turns import Caller
from placewise.service.calls.asking import explain, in_words
from placewise.service.calls.submitting import read_job
from placewise.service.guard.refusals import Exhausted, Unavailable
from placewise.service.live.state import State
from placewise.service.store import jobs as store
from placewise.service.store.agents import list_agents
from placewise.service.store.job import JobState, StoredJob
from placewise.service.web.shown import AgentRow, ClusterRow, JobPage, Overview

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
        lengths, agents, recent = await state.read(
            lambda connection: (
                store.queue_lengths(connection),
                list_agents(connection, now, heard_now),
                store.list_jobs(connection, cluster_ids=None, limit=_RECENT),
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
        return Overview(state.settings.name, placewise.__version__, self._started_at, clusters, recent, totals)

    async def job(self, job_id: int, peer: str = "") -> JobPage | None:
        """Return a job; of a refused one, why the clusters that are registered now do not match.

        peer : the address of whoever asks.
        """
        job = await self._state.read(lambda connection: store.get_job(connection, job_id))
        if job is None:
            return None
        return JobPage(job, await self._explained(job, peer) if job.state == JobState.REFUSED else ())

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
            return (f"is not explained now: {error}",)
        except PlacewiseError as error:
            lines = (str(error),)
        self._reasons.keep(key, lines, sum(map(len, lines)))
        return lines
