"""The client that waits for its answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self, TypeVar

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from placewise.model.jobs.job import Job
from placewise.service.client import calls
from placewise.service.client.channel import DEFAULT_TARGET, ClientTls, channel_credentials, channel_options
from placewise.service.client.errors import failure
from placewise.service.client.many_jobs import Answer, Terms, Window
from placewise.service.client.messages.values import Assignment, ClusterSecret, Credentials, JobRecord
from placewise.service.client.methods import blocking
from placewise.service.store.rows.job import JobState
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub

R = TypeVar("R")


class Client:
    """A connection to a scheduler, kept open until it is closed; threads may share it.

    target : host and port. tls : None for none. timeout_s : how long to wait for each answer.

    Every method raises InputError for a request that cannot be used, and ServiceError when the scheduler refuses it
    or cannot be reached. What can be repeated without harm is tried again, by gRPC, while the connection is lost.
    """

    def __init__(self, target: str = DEFAULT_TARGET, *, tls: ClientTls | None = None, timeout_s: float = 30.0) -> None:
        self.target = target
        self._timeout_s = timeout_s
        options = channel_options()
        self._channel = (
            grpc.insecure_channel(target, options)
            if tls is None
            else grpc.secure_channel(target, channel_credentials(tls), options)
        )
        self._stub: Any = SchedulerStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; what is under way ends as cancelled."""
        self._channel.close()

    submit = blocking(calls.submit)
    match = blocking(calls.match)
    explain = blocking(calls.explain)
    get_job = blocking(calls.get_job)
    cancel_job = blocking(calls.cancel_job)
    list_clusters = blocking(calls.list_clusters)
    identify = blocking(calls.identify)
    register_cluster = blocking(calls.register_cluster)
    update_cluster = blocking(calls.update_cluster)
    delete_cluster = blocking(calls.delete_cluster)
    rotate_credentials = blocking(calls.rotate_credentials)
    receive_jobs = blocking(calls.receive_jobs)
    accept_jobs = blocking(calls.accept_jobs)
    report_outcome = blocking(calls.report_outcome)
    heartbeat = blocking(calls.heartbeat)

    def submit_many(
        self,
        jobs: Iterable[Job | Path | str],
        credentials: Credentials,
        *,
        match_algorithm: str = "",
        select_algorithm: str = "",
        select_options: Mapping[str, str] | None = None,
        request_id: str = "",
        unknown: bool = False,
    ) -> Iterator[Answer]:
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
            sent: SimpleQueue[Any] = SimpleQueue()
            stream = self._stub.SubmitMany(iter(sent.get, None))
            try:
                for request in window.again():
                    sent.put(request)
                while True:
                    for request in window.more():
                        sent.put(request)
                    if window.empty:
                        sent.put(None)
                        next(stream, None)
                        return
                    yield from window.answers(next(stream))
            except (grpc.RpcError, StopIteration) as error:
                wait_s = window.wait_before_again(error, self.target)
            finally:
                sent.put(None)
                stream.cancel()
            time.sleep(wait_s)

    def list_jobs(
        self,
        asking: Credentials | ClusterSecret,
        *,
        of_cluster: str = "",
        states: Iterable[JobState] = (),
        page: int = 0,
    ) -> Iterator[JobRecord]:
        """Yield jobs, the newest first, asking for pages of `page` jobs (100 if 0, 1000 at most)."""
        wanted = tuple(states)
        before_id = 0
        while jobs := self.ask(
            calls.list_jobs(asking, of_cluster=of_cluster, states=wanted, before_id=before_id, limit=page)
        ):
            yield from jobs
            before_id = jobs[-1].id

    def watch_assignments(self, cluster: ClusterSecret, *, most: int = 1) -> Iterator[Assignment]:
        """Yield jobs received under a lease as they are assigned, with at most `most` not yet accepted.

        Ends when the server ends the stream, or with ServiceError; closing the iterator ends the call.
        """
        call = calls.watch_assignments(cluster, most=most)
        stream = getattr(self._stub, call.method)(call.request)
        try:
            yield from map(call.read, stream)
        except grpc.RpcError as error:
            raise failure(error, self.target) from None
        finally:
            stream.cancel()

    def healthy(self) -> bool:
        """Whether the scheduler is there and serves."""
        health: Any = health_pb2_grpc.HealthStub(self._channel)
        try:
            answer = health.Check(health_pb2.HealthCheckRequest(), timeout=self._timeout_s)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def ask(self, call: calls.Call[R], /) -> R:
        """Carry a call out."""
        try:
            answer = getattr(self._stub, call.method)(call.request, timeout=self._timeout_s)
        except grpc.RpcError as error:
            raise failure(error, self.target) from None
        return call.read(answer)
