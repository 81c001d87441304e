"""Placewise's own protocol: its messages to the service's calls and back; one module, as one class has all methods."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from placewise.errors import InputError, PlacewiseError
from placewise.matching.preferences import Scores
from placewise.service.beside.turns import Caller
from placewise.service.calls import asking, receiving, registering, submitting
from placewise.service.calls.permission import Credentials, require_cluster, require_open, usable_clusters
from placewise.service.calls.reading_jobs import read_job
from placewise.service.calls.submitting import Submission, Submitted
from placewise.service.calls.submitting_many import MOST_AT_ONCE, submit_as_they_come
from placewise.service.guard.given import at_most
from placewise.service.guard.refusals import NotFound
from placewise.service.live.live_fleet import Member
from placewise.service.live.state import State
from placewise.service.protocols.interceptors import code_of, safe_details
from placewise.service.protocols.why_not_message import explanation, incomparable
from placewise.service.store.rows import jobs as store
from placewise.service.store.rows.agents import list_agents
from placewise.service.store.rows.job import JobState, Received, StoredJob
from placewise.service.wire import placewise_pb2 as wire
from placewise.service.wire.placewise_pb2_grpc import SchedulerServicer

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_LIMIT = 100
# An answer to the largest batch has to fit into a message.
_LONGEST_REASON = 500
_MOST = 1000
_MOST_HELD = 1000
_LARGEST = 2**31 - 1
# The years 1 to 9999.
_FIRST_TIME, _LAST_TIME = -62_135_596_800, 253_402_300_799

_STATES: dict[JobState, wire.JobState] = {
    state: wire.JobState.Value(f"JOB_STATE_{state.name}")  # type: ignore[misc]  # numbers at run time
    for state in JobState
}
_BY_NUMBER = {int(number): state for state, number in _STATES.items()}


class PlacewiseV1(SchedulerServicer):
    """Answers everything that users and clusters can ask."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def Submit(self, request: wire.SubmitRequest, context: Context) -> wire.SubmitResponse:
        """Match a job and place it on a cluster that the credentials allow."""
        usable = usable_clusters(self._state, self._credentials(request.credentials))
        submitted = await submitting.submit(
            self._state,
            Caller(context.peer(), usable),
            Submission(
                request.jobspec,
                usable,
                request.name,
                request.match_algorithm,
                request.select_algorithm,
                dict(request.select_options),
                request.request_id,
                explained=not request.no_explanation,
                unknown=_unknown(request.unknown),
            ),
        )
        return wire.SubmitResponse(
            job_id=submitted.job_id,
            cluster=submitted.cluster or "",
            state=_STATES[submitted.state],
            matching_clusters=submitted.matching,
            total_clusters=submitted.total,
            reason=submitted.reason,
            explanation=explanation(submitted.explanation) if submitted.explanation else None,
            unknown=submitted.undecided.unknown,
            incomparable=incomparable(submitted.undecided.incomparable),
            scores=_scores(submitted.scores),
        )

    async def SubmitMany(
        self, requests: AsyncIterator[wire.SubmitManyRequest], context: Context
    ) -> AsyncIterator[wire.SubmitManyResponse]:
        """Submit jobs as they come, those of one message together."""
        limiter, peer = self._state.limiter, context.peer()

        async def batches() -> AsyncIterator[tuple[Caller, list[Submission]]]:
            first: wire.SubmitManyRequest | None = None
            async for request in requests:
                if first is None:
                    first = request
                else:
                    limiter.admit(peer)
                # Looked at every time: tokens may have been replaced meanwhile.
                usable = usable_clusters(self._state, self._credentials(first.credentials))
                yield Caller(peer, usable), self._submissions(first, request, usable)

        async with contextlib.aclosing(submit_as_they_come(self._state, batches())) as answered:
            async for answers in answered:
                yield wire.SubmitManyResponse(answers=[_answer(one) for one in answers])

    def _submissions(
        self, first: wire.SubmitManyRequest, request: wire.SubmitManyRequest, usable: frozenset[str] | None
    ) -> list[Submission]:
        unknown, options = _unknown(first.unknown), dict(first.select_options)
        return [
            Submission(
                job.jobspec,
                usable,
                job.name,
                first.match_algorithm,
                first.select_algorithm,
                options,
                job.request_id,
                explained=False,
                unknown=unknown,
            )
            for job in at_most(MOST_AT_ONCE, request.jobs, "jobs")
        ]

    async def Match(self, request: wire.MatchRequest, context: Context) -> wire.MatchResponse:
        """List the clusters, of those that the credentials allow, that could ever run a job."""
        usable = self._usable(request.credentials, context)
        caller = Caller(context.peer(), usable)
        job = await read_job(self._state, caller, request.jobspec, "", request.match_algorithm)
        found, scores = await asking.match(self._state, caller, job, usable)
        return wire.MatchResponse(
            clusters=found.names,
            total_clusters=len(self._state.fleet) if usable is None else len(usable),
            unknown=found.unknown,
            incomparable=incomparable(found.incomparable),
            scores=_scores(scores),
        )

    async def Explain(self, request: wire.ExplainRequest, context: Context) -> wire.Explanation:
        """Say why the others could not."""
        usable = self._usable(request.credentials, context)
        caller = Caller(context.peer(), usable)
        job = await read_job(self._state, caller, request.jobspec, "", request.match_algorithm)
        return explanation(await asking.explain(self._state, caller, job, usable))

    async def GetJob(self, request: wire.GetJobRequest, context: Context) -> wire.Job:
        """Return a job with its jobspec, command and history."""
        job = await self._job(request.job_id, self._readable(request.credentials, request.cluster))
        message = _job(job)
        message.jobspec = job.jobspec or ""
        message.command.extend(json.loads(job.command or "[]"))
        for event in job.history:
            message.history.add(state=_STATES[event.state], at=_time(event.at), detail=event.detail or "")
        return message

    async def ListJobs(self, request: wire.ListJobsRequest, context: Context) -> wire.ListJobsResponse:
        """List the jobs that the credentials allow to see, the newest first."""
        readable = self._readable(request.credentials, request.cluster)
        if request.of_cluster:
            member = self._state.fleet.member(request.of_cluster)
            own = {member.id} if member else set()
            readable = own if readable is None else own & readable
        states = [_state(number) for number in set(request.states)]
        limit = min(request.limit, _MOST) if request.limit > 0 else _LIMIT
        before = request.before_id or None
        jobs = await self._state.read(
            lambda connection: store.list_jobs(
                connection, cluster_ids=readable, states=states, before_id=before, limit=limit
            )
        )
        return wire.ListJobsResponse(jobs=[_job(job) for job in jobs])

    async def CancelJob(self, request: wire.CancelJobRequest, context: Context) -> wire.Job:
        """Cancel a job of a cluster that the credentials allow to use."""
        job = await self._job(request.job_id, self._readable(request.credentials, wire.ClusterSecret()))
        return _job(await receiving.cancel(self._state, job, request.reason))

    async def ListClusters(self, request: wire.ListClustersRequest, context: Context) -> wire.ListClustersResponse:
        """List the clusters that the credentials allow to use."""
        usable = self._usable(request.credentials, context)
        now, heard_now = self._state.now(), self._state.heard_now()
        lengths, agents = await self._state.read(
            lambda connection: (store.queue_lengths(connection), list_agents(connection, now, heard_now))
        )
        lost_before = now - self._state.settings.agent_lost_s
        answer = wire.ListClustersResponse()
        for member in self._state.fleet.members():
            if usable is None or member.name in usable:
                cluster = self._state.fleet.cluster(member.name)
                waiting, running = lengths.get(member.id, (0, 0))
                answer.clusters.add(
                    name=member.name,
                    nodes=min(_LARGEST, self._state.fleet.nodes(member.name)),
                    subsystems=[one.name for one in cluster.subsystems],
                    state=json.dumps(dict(self._state.fleet.state(member.name)), ensure_ascii=False),
                    waiting=waiting,
                    running=running,
                    registered_at=_time(member.registered_at),
                    updated_at=_time(member.updated_at),
                    agents=[
                        wire.AgentSummary(
                            name=agent.name,
                            heard_at=_time(agent.heard_at),
                            live=agent.heard_at > lost_before,
                            running=agent.running,
                        )
                        for agent in agents.get(member.id, ())
                    ],
                )
        return answer

    async def Identify(self, request: wire.IdentifyRequest, context: Context) -> wire.IdentifyResponse:
        """Say which scheduler this is."""
        return wire.IdentifyResponse(server=self._state.identity)

    async def RegisterCluster(
        self, request: wire.RegisterClusterRequest, context: Context
    ) -> wire.RegisterClusterResponse:
        """Register a cluster whole."""
        issued = await registering.register(
            self._state,
            Caller(context.peer(), registering.register),
            request.name,
            request.registration_secret,
            request.nodes,
            dict(at_most(self._state.settings.most_subsystems, request.subsystems, "subsystems")),
            request.state,
        )
        if issued is None:
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, f"a cluster named {request.name!r} is registered")
        return wire.RegisterClusterResponse(token=issued.token, secret=issued.secret)

    async def UpdateCluster(self, request: wire.UpdateClusterRequest, context: Context) -> wire.UpdateClusterResponse:
        """Change parts of a cluster."""
        most = self._state.settings.most_subsystems
        changes = registering.Changes(
            request.nodes,
            dict(at_most(most, request.subsystems, "subsystems")),
            list(at_most(most, request.removed_subsystems, "subsystems to remove")),
            request.state,
        )
        name = request.cluster.name
        await registering.change(self._state, Caller(context.peer(), name), name, request.cluster.secret, changes)
        return wire.UpdateClusterResponse()

    async def DeleteCluster(self, request: wire.DeleteClusterRequest, context: Context) -> wire.DeleteClusterResponse:
        """Delete a cluster."""
        cancelled = await registering.delete(
            self._state, Caller(context.peer()), request.cluster.name, request.cluster.secret
        )
        return wire.DeleteClusterResponse(cancelled_jobs=cancelled)

    async def RotateCredentials(
        self, request: wire.RotateCredentialsRequest, context: Context
    ) -> wire.RotateCredentialsResponse:
        """Replace a cluster's secret, token or both."""
        issued = await registering.rotate(
            self._state,
            Caller(context.peer()),
            request.cluster.name,
            request.cluster.secret,
            keep_secret=request.keep_secret,
            keep_token=request.keep_token,
        )
        return wire.RotateCredentialsResponse(token=issued.token, secret=issued.secret)

    async def ReceiveJobs(self, request: wire.ReceiveJobsRequest, context: Context) -> wire.ReceiveJobsResponse:
        """Hand out waiting jobs under a lease."""
        received = await receiving.receive(self._state, self._member(request.cluster), max(0, request.most))
        return wire.ReceiveJobsResponse(assignments=[_assignment(job) for job in received])

    async def WatchAssignments(
        self, request: wire.WatchAssignmentsRequest, context: Context
    ) -> AsyncIterator[wire.Assignment]:
        """Hand out jobs under a lease as they are assigned."""
        most = min(max(1, request.most), _MOST_HELD)
        async for job in receiving.watch(self._state, request.cluster.name, request.cluster.secret, most):
            yield _assignment(job)

    async def AcceptJobs(self, request: wire.AcceptJobsRequest, context: Context) -> wire.AcceptJobsResponse:
        """Accept received jobs under their leases."""
        member = self._member(request.cluster)
        leases = [(job.job_id, job.lease) for job in at_most(receiving.MOST_JOBS, request.jobs, "jobs")]
        accepted = await receiving.accept(self._state, member, leases, request.agent)
        return wire.AcceptJobsResponse(accepted=accepted)

    async def ReportOutcome(self, request: wire.ReportOutcomeRequest, context: Context) -> wire.Job:
        """Record how a job ended."""
        job = await receiving.report(
            self._state,
            self._member(request.cluster),
            request.job_id,
            succeeded=request.succeeded,
            duration_s=request.duration_s,
            reason=request.reason,
            agent=request.agent,
        )
        return _job(job)

    async def Heartbeat(self, request: wire.HeartbeatRequest, context: Context) -> wire.HeartbeatResponse:
        """Remember that an agent lives."""
        await receiving.heartbeat(self._state, self._member(request.cluster), request.agent, leaving=request.leaving)
        return wire.HeartbeatResponse(lost_after_s=self._state.settings.agent_lost_s)

    def _credentials(self, message: wire.Credentials) -> Credentials:
        shown = at_most(self._state.settings.most_clusters, message.clusters, "tokens")
        return Credentials(tuple((one.cluster, one.token) for one in shown), message.global_token)

    def _usable(self, credentials: wire.Credentials, context: Context) -> frozenset[str] | None:
        given = self._credentials(credentials)
        if not given:
            require_open(self._state, context.peer())
            return None
        return usable_clusters(self._state, given)

    def _member(self, cluster: wire.ClusterSecret) -> Member:
        return require_cluster(self._state, cluster.name, cluster.secret)

    def _readable(self, credentials: wire.Credentials, cluster: wire.ClusterSecret) -> set[int] | None:
        """Return the ids of the clusters whose jobs may be seen; None for every job, refused ones included."""
        if cluster.name or cluster.secret:
            return {self._member(cluster).id}
        usable = usable_clusters(self._state, self._credentials(credentials))
        if usable is None:
            return None
        members = (self._state.fleet.member(name) for name in usable)
        return {member.id for member in members if member is not None}

    async def _job(self, job_id: int, readable: set[int] | None) -> StoredJob:
        job = await self._state.read(lambda connection: store.get_job(connection, job_id))
        if job is None or (readable is not None and job.cluster_id not in readable):
            raise NotFound("there is no such job, or these credentials do not allow to see it", found=job_id)
        return job


def _answer(one: Submitted | PlacewiseError) -> wire.SubmitManyResponse.Answer:
    if isinstance(one, PlacewiseError):
        code = int(code_of(one).value[0])
        return wire.SubmitManyResponse.Answer(code=code, reason=_shortened(safe_details(str(one))))
    return wire.SubmitManyResponse.Answer(
        job_id=one.job_id,
        cluster=one.cluster or "",
        state=_STATES[one.state],
        matching_clusters=one.matching,
        total_clusters=one.total,
        reason=_shortened(one.reason),
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 3] + "..."


def read_report(request: bytes) -> wire.ReportOutcomeRequest:
    """Return a report, in whose reason what is no UTF-8 is replaced. Raises DecodeError for what is no report."""
    try:
        return wire.ReportOutcomeRequest.FromString(request)
    except DecodeError:
        raw = wire.RawReport.FromString(request)
    return wire.ReportOutcomeRequest(
        cluster=raw.cluster,
        job_id=raw.job_id,
        succeeded=raw.succeeded,
        duration_s=raw.duration_s,
        reason=raw.reason.decode(errors="replace"),
        agent=raw.agent,
    )


READERS = {"/placewise.v1.Scheduler/ReportOutcome": read_report}
"""What reads requests that their own message refuses, by method."""


def _state(number: int) -> JobState:
    if number not in _BY_NUMBER:
        raise InputError("is not a state of jobs", place="states", found=number, expected="a JobState")
    return _BY_NUMBER[number]


def _unknown(number: int) -> bool:
    """Whether what is unknown counts as matching."""
    if number not in wire.Unknown.values():
        raise InputError("is not a way to take what is unknown", place="unknown", found=number, expected="an Unknown")
    return number == wire.UNKNOWN_YES


def _scores(found: Scores | None) -> wire.Scores | None:
    if found is None:
        return None
    clusters = [
        wire.Score(
            cluster=one.cluster, score=one.score, held=[number for number, holds in enumerate(one.holds) if holds]
        )
        for one in found.clusters
    ]
    wishes = [wire.Wish(wish=str(wish.expression), weight=wish.weight) for wish in found.wishes]
    return wire.Scores(wishes=wishes, clusters=clusters)


def _time(at: float) -> Timestamp:
    """Return a time, or the first or last that the message can hold: clocks may be set to any."""
    stamp = Timestamp()
    stamp.FromMicroseconds(round(min(max(at, _FIRST_TIME), _LAST_TIME) * 1e6))
    return stamp


def _job(job: StoredJob) -> wire.Job:
    return wire.Job(
        id=job.id,
        name=job.name,
        cluster=job.cluster or "",
        state=_STATES[job.state],
        submitted_at=_time(job.submitted_at),
        changed_at=_time(job.changed_at),
        reason=job.reason or "",
        duration_s=job.duration_s or 0.0,
        agent=job.agent or "",
        attempts=job.attempts,
    )


def _assignment(job: Received) -> wire.Assignment:
    return wire.Assignment(
        job_id=job.id,
        name=job.name,
        jobspec=job.jobspec,
        command=json.loads(job.command),
        lease=job.lease,
        lease_until=_time(job.lease_until),
    )
