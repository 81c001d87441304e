"""The client whose answers are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from placewise.model.jobs.job import Job
from placewise.service.client import calls
from placewise.service.client.channel import DEFAULT_TARGET, ClientTls, channel_credentials, channel_options
from placewise.service.client.errors import failure
from placewise.service.client.many_jobs import Answer, Terms, Window
from placewise.service.client.messages.values import Assignment, ClusterSecret, Credentials, JobRecord
from placewise.service.client.methods import awaiting
from placewise.service.store.rows.job import JobState
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub

R = TypeVar("R")


class AsyncClient:
    """A connection to a scheduler, kept open until it is closed, for one event loop; otherwise as `Client`."""

    _retries = True

    def __init__(self, target: str = DEFAULT_TARGET, *, tls: ClientTls | None = None, timeout_s: float = 30.0) -> None:
        self.target = target
        self._timeout_s = timeout_s
        options = channel_options(retries=self._retries)
        self._channel = (
            grpc.aio.insecure_channel(target, options)
            if tls is None
            else grpc.aio.secure_channel(target, channel_credentials(tls), options)
        )
        self._stub: Any = SchedulerStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; what is under way ends as cancelled."""
        await self._channel.close()

    submit = awaiting(calls.submit)
    match = awaiting(calls.match)
    explain = awaiting(calls.explain)
    get_job = awaiting(calls.get_job)
    cancel_job = awaiting(calls.cancel_job)
    list_clusters = awaiting(calls.list_clusters)
    identify = awaiting(calls.identify)
    register_cluster = awaiting(calls.register_cluster)
    update_cluster = awaiting(calls.update_cluster)
    delete_cluster = awaiting(calls.delete_cluster)
    rotate_credentials = awaiting(calls.rotate_credentials)
    receive_jobs = awaiting(calls.receive_jobs)
    accept_jobs = awaiting(calls.accept_jobs)
    report_outcome = awaiting(calls.report_outcome)
    heartbeat = awaiting(calls.heartbeat)

    async def submit_many(
        self,
        jobs: Iterable[Job | Path | str],
        credentials: Credentials,
        *,
        match_algorithm: str = "",
        select_algorithm: str = "",
        select_options: Mapping[str, str] | None = None,
        request_id: str = "",
        unknown: bool = False,
    ) -> AsyncGenerator[Answer, None]:
        """Submit many jobs, and yield their answers in their order; those of a batch are committed together.

        jobs : as in `submit`, any number; of those that are not answered at most a few hundred are asked for.
        request_id : that of each job is this with its number; a repeated submission makes no job twice. The other
        parameters are those of `submit`. A refusal has no explanation here, and 500 characters of its reason.

        While the connection is lost, what was not answered is sent again. Raises InputError for a job that cannot be
        sent, and ServiceError as `submit` does; what was yielded before is committed.
        """
        terms = Terms(credentials, match_algorithm, select_algorithm, select_options, request_id, unknown)
        window = Window(jobs, terms)
        while True:
            stream = self._stub.SubmitMany()
            try:
                for request in window.again():
                    await stream.write(request)
                while True:
                    for request in window.more():
                        await stream.write(request)
                    if window.empty:
                        await stream.done_writing()
                        await stream.read()
                        return
                    response = await stream.read()
                    if response is grpc.aio.EOF:
                        raise StopAsyncIteration  # noqa: TRY301, handled as a lost connection is
                    for answer in window.answers(response):
                        yield answer
            except (grpc.RpcError, StopAsyncIteration, asyncio.InvalidStateError) as error:
                wait_s = window.wait_before_again(error, self.target)
            finally:
                stream.cancel()
            await asyncio.sleep(wait_s)

    async def list_jobs(
        self,
        asking: Credentials | ClusterSecret,
        *,
        of_cluster: str = "",
        states: Iterable[JobState] = (),
        page: int = 0,
    ) -> AsyncGenerator[JobRecord, None]:
        """Yield jobs, the newest first, asking for pages of `page` jobs (100 if 0, 1000 at most)."""
        wanted = tuple(states)
        before_id = 0
        while jobs := await self.ask(
            calls.list_jobs(asking, of_cluster=of_cluster, states=wanted, before_id=before_id, limit=page)
        ):
            for job in jobs:
                yield job
            before_id = jobs[-1].id

    async def watch_assignments(self, cluster: ClusterSecret, *, most: int = 1) -> AsyncGenerator[Assignment, None]:
        """Yield jobs received under a lease as they are assigned, with at most `most` not yet accepted.

        Ends when the server ends the stream, or with ServiceError; closing the iterator ends the call.
        """
        call = calls.watch_assignments(cluster, most=most)
        stream = getattr(self._stub, call.method)(call.request)
        try:
            async for answer in stream:
                yield call.read(answer)
        except grpc.RpcError as error:
            raise failure(error, self.target) from None
        finally:
            stream.cancel()

    async def healthy(self) -> bool:
        """Whether the scheduler is there and serves."""
        health: Any = health_pb2_grpc.HealthStub(self._channel)
        try:
            answer = await health.Check(health_pb2.HealthCheckRequest(), timeout=self._timeout_s)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def ask(self, call: calls.Call[R], /) -> R:
        """Carry a call out."""
        try:
            answer = await getattr(self._stub, call.method)(call.request, timeout=self._timeout_s)
        except grpc.RpcError as error:
            raise failure(error, self.target) from None
        return call.read(answer)
