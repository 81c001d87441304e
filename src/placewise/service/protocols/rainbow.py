"""The rainbow protocol: its messages to the service's calls and back, refusals in the statuses it has for them."""

from __future__ import annotations

import json
import shlex
from typing import Any, TypeAlias

import grpc
import structlog

from placewise.errors import InputError
from placewise.service.beside.turns import Caller
from placewise.service.calls import receiving, registering, submitting
from placewise.service.calls.asking import match
from placewise.service.calls.permission import Credentials, require_cluster, usable_clusters
from placewise.service.calls.reading_jobs import read_job
from placewise.service.calls.submitting import Submission
from placewise.service.guard.given import at_most
from placewise.service.guard.refusals import Exhausted, NotNow, Unauthenticated
from placewise.service.live.state import State
from placewise.service.protocols.interceptors import REQUEST_ID
from placewise.service.store.rows.job import Received
from placewise.service.wire import rainbow_pb2 as wire
from placewise.service.wire.rainbow_pb2_grpc import RainbowSchedulerServicer

REASON = "placewise-reason"
Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class Rainbow(RainbowSchedulerServicer):
    """Answers the rainbow scheduler's clients.

    Where the protocol has a status for an answer it is returned, with the reason in the trailing metadata; everything
    else is a gRPC error. The peer is asked for before anything is awaited: of a caller that has left, gRPC may crash.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    async def Register(self, request: wire.RegisterRequest, context: Context) -> wire.RegisterResponse:
        """Register a cluster; one that is known is answered EXISTS, without credentials."""
        peer = context.peer()
        if request.subsystem:
            raise InputError("a cluster is not registered with a subsystem", found=request.subsystem, expected="none")
        answer = wire.RegisterResponse(request_id=_request_id())
        try:
            issued = await registering.register(
                self._state, Caller(peer, registering.register), request.name, request.secret, request.nodes, {}
            )
        except Unauthenticated as denied:
            _denied(self._state, peer, context, denied)
            answer.status = wire.RegisterResponse.REGISTER_DENIED
            return answer
        if issued is None:
            answer.status = wire.RegisterResponse.REGISTER_EXISTS
            return answer
        answer.status = wire.RegisterResponse.REGISTER_SUCCESS
        answer.token, answer.secret = issued.token, issued.secret
        return answer

    async def RegisterSubsystem(self, request: wire.RegisterRequest, context: Context) -> wire.RegisterResponse:
        """Add a subsystem to a cluster, or replace it, with the cluster's own secret."""
        peer = context.peer()
        answer = wire.RegisterResponse(request_id=_request_id())
        changes = registering.Changes(subsystems={request.subsystem: request.nodes})
        try:
            await registering.change(self._state, Caller(peer, request.name), request.name, request.secret, changes)
        except Unauthenticated as denied:
            _denied(self._state, peer, context, denied)
            answer.status = wire.RegisterResponse.REGISTER_DENIED
        else:
            answer.status = wire.RegisterResponse.REGISTER_SUCCESS
        return answer

    async def UpdateState(self, request: wire.UpdateStateRequest, context: Context) -> wire.UpdateStateResponse:
        """Set fields of a cluster's state."""
        if not request.payload:
            raise InputError("the state is empty", place="payload", expected="a flat JSON object")
        changes = registering.Changes(state=request.payload)
        caller = Caller(context.peer(), request.cluster)
        await registering.change(self._state, caller, request.cluster, request.secret, changes)
        return wire.UpdateStateResponse(status=wire.UpdateStateResponse.UPDATE_STATE_SUCCESS)

    async def SubmitJob(self, request: wire.SubmitJobRequest, context: Context) -> wire.SubmitJobResponse:
        """Match the job again, here, and place it on one of the clusters whose tokens are shown."""
        peer = context.peer()
        answer = wire.SubmitJobResponse(request_id=_request_id())
        try:
            shown = at_most(self._state.settings.most_clusters, request.clusters, "tokens")
            usable = usable_clusters(
                self._state, Credentials(tuple((cluster.name, cluster.token) for cluster in shown))
            )
        except Unauthenticated as denied:
            _denied(self._state, peer, context, denied)
            answer.status = wire.SubmitJobResponse.SUBMIT_DENIED
            return answer
        caller = Caller(peer, usable)
        if request.satisfy_only:
            job = await read_job(self._state, caller, request.jobspec, request.name, "")
            found, _ = await match(self._state, caller, job, usable)
            answer.clusters.extend(found.names)
        else:
            submitted = await submitting.submit(
                self._state,
                caller,
                Submission(
                    request.jobspec,
                    usable,
                    name=request.name,
                    select_algorithm=request.select_algorithm,
                    select_options=dict(request.select_options),
                    explained=False,
                ),
            )
            if submitted.cluster is None:
                raise NotNow(submitted.reason)
            answer.jobid, answer.cluster = submitted.job_id, submitted.cluster
        answer.status = wire.SubmitJobResponse.SUBMIT_SUCCESS
        return answer

    async def ReceiveJobs(self, request: wire.ReceiveJobsRequest, context: Context) -> wire.ReceiveJobsResponse:
        """Hand out a cluster's waiting jobs: at most maxJobs, or as many as fit into one message."""
        peer = context.peer()
        answer = wire.ReceiveJobsResponse(request_id=_request_id())
        try:
            member = require_cluster(self._state, request.cluster, request.secret)
        except Unauthenticated as denied:
            _denied(self._state, peer, context, denied)
            answer.status = wire.ReceiveJobsResponse.REQUEST_JOBS_DENIED
            return answer
        received = await receiving.receive(
            self._state, member, max(0, request.maxJobs), lambda job: len(_job_text(job, member.name).encode())
        )
        for job in received:
            answer.jobs[job.id] = _job_text(job, member.name)
        found = wire.ReceiveJobsResponse.REQUEST_JOBS_SUCCESS
        answer.status = found if received else wire.ReceiveJobsResponse.REQUEST_JOBS_NORESULTS
        return answer

    async def AcceptJobs(self, request: wire.AcceptJobsRequest, context: Context) -> wire.AcceptJobsResponse:
        """Accept received jobs; PARTIAL when some could not be."""
        member = require_cluster(self._state, request.cluster, request.secret)
        accepted = await receiving.accept(
            self._state, member, [(job, None) for job in at_most(receiving.MOST_JOBS, request.jobids, "jobs")]
        )
        whole = len(accepted) == len(request.jobids)
        result = wire.AcceptJobsResponse
        return wire.AcceptJobsResponse(status=result.RESULT_TYPE_SUCCESS if whole else result.RESULT_TYPE_PARTIAL)

    async def Delete(self, request: wire.DeleteRequest, context: Context) -> wire.DeleteResponse:
        """Delete a cluster and cancel its jobs."""
        peer = context.peer()
        if request.subsytem:
            raise InputError("a cluster is not deleted by a subsystem", found=request.subsytem, expected="none")
        try:
            await registering.delete(self._state, Caller(peer), request.name, request.secret)
        except Unauthenticated as denied:
            _denied(self._state, peer, context, denied)
            return wire.DeleteResponse(status=wire.DeleteResponse.DELETE_DENIED)
        return wire.DeleteResponse(status=wire.DeleteResponse.DELETE_SUCCESS)

    async def DeleteSubsystem(self, request: wire.DeleteRequest, context: Context) -> wire.DeleteResponse:
        """Remove a subsystem from a cluster."""
        peer = context.peer()
        try:
            member = require_cluster(self._state, request.name, request.secret)
            known = self._state.fleet.cluster(member.name).subsystems
            if all(one.name != request.subsytem for one in known):
                return wire.DeleteResponse(status=wire.DeleteResponse.DELETE_NO_EXISTS)
            changes = registering.Changes(removed=[request.subsytem])
            await registering.change(self._state, Caller(peer, request.name), request.name, request.secret, changes)
        except Unauthenticated as denied:
            _denied(self._state, peer, context, denied)
            return wire.DeleteResponse(status=wire.DeleteResponse.DELETE_DENIED)
        return wire.DeleteResponse(status=wire.DeleteResponse.DELETE_SUCCESS)


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def _denied(state: State, peer: str, context: Context, denied: Unauthenticated) -> None:
    too_many = state.limiter.refused(peer)
    state.metrics.refused_credentials.inc()
    if too_many:
        raise Exhausted(too_many)
    context.set_trailing_metadata(((REQUEST_ID, _request_id()), (REASON, denied.problem)))


def _job_text(job: Received, cluster: str) -> str:
    """Return the JSON text that the protocol's clusters expect of a job."""
    return json.dumps(
        {
            "id": job.id,
            "cluster": cluster,
            "name": job.name,
            "jobspec": job.jobspec,
            "command": shlex.join(json.loads(job.command)),
        },
        ensure_ascii=False,
    )
