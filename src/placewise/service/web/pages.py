"""What the web page shows of the running service."""

from __future__ import annotations

import placewise
from placewise.errors import PlacewiseError
from placewise.model.scalar import scalar_text
from placewise.service.calls.asking import explain, in_words, node_count
from placewise.service.calls.submitting import read_job
from placewise.service.live.state import State
from placewise.service.store import jobs as store
from placewise.service.store.agents import list_agents
from placewise.service.store.job import JobState, StoredJob
from placewise.service.web.shown import AgentRow, ClusterRow, JobPage, Overview

_RECENT = 100


class StatePages:
    """Answers what the web page shows."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._started_at = state.now()

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
            nodes, subsystems = node_count(cluster.graph), len(cluster.subsystems)
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

    async def job(self, job_id: int) -> JobPage | None:
        """Return a job; of a refused one, why the clusters that are registered now do not match."""
        job = await self._state.read(lambda connection: store.get_job(connection, job_id))
        if job is None:
            return None
        return JobPage(job, await self._explained(job) if job.state == JobState.REFUSED else ())

    def healthy(self) -> bool:
        """Whether changes can be committed."""
        return self._state.writer.working

    async def _explained(self, job: StoredJob) -> tuple[str, ...]:
        try:
            why = await explain(self._state, read_job(self._state, job.jobspec or "", job.name, ""), None)
        except PlacewiseError as error:
            return (str(error),)
        return tuple(in_words(why))
