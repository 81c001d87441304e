"""The agent of a cluster, in one module, as all its steps share the jobs that run.

It takes jobs as they are assigned, runs a command for each, and reports how that ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import tenacity

from placewise.errors import InputError, PlacewiseError
from placewise.service.client.agent.descendants import Snapshot
from placewise.service.client.agent.exec_template import JOBSPEC, fill_in, needs_command
from placewise.service.client.agent.execution import Execution, Outcome
from placewise.service.client.async_client import AsyncClient
from placewise.service.client.errors import OtherServerError, ServiceError
from placewise.service.client.messages.values import Assignment, ClusterSecret
from placewise.service.guard.given import kept_reason
from placewise.service.guard.own_process import SECRETS
from placewise.service.store.rows.job import JobState

_LONGEST_WAIT_S = 15.0
# Until the scheduler says after how long an agent that is not heard of is lost.
_LOST_AFTER_S = 20.0
_LEAVING_S = 5.0
_LOST = {JobState.CANCELLED: "cancelled"}
# No two commands have the same of both.
_MARKS = ("PLACEWISE_AGENT", "PLACEWISE_JOB_ID")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What an agent is to do.

    cluster : whose jobs. secret : returns the cluster's secret; asked before every request, so that a secret may
        be replaced while jobs run.
    template : the words to run (see `exec_template`). at_once : how many jobs run at a time.
    once : end when no job waits any more. stdout : where the commands' output goes; to this process's if None.
    poll_s : seconds between looks whether a running job was cancelled. grace_s : between SIGTERM and SIGKILL.
    """

    cluster: str
    secret: Callable[[], str]
    template: tuple[str, ...]
    at_once: int = 1
    once: bool = False
    stdout: int | None = None
    poll_s: float = 5.0
    grace_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that an agent ran, and what became of it: finished, failed or cancelled.

    A job that the scheduler gave up meanwhile, since this agent was not heard of, may be in any other state.
    """

    job: Assignment
    state: JobState
    outcome: Outcome


class Agent:
    """Runs a cluster's jobs until it is stopped, and says that it lives meanwhile.

    name : by which its heartbeats are known, another one for each agent.
    say : called with a line about what happens. ended : called with every job that was run.
    """

    def __init__(
        self,
        client: AsyncClient,
        orders: Orders,
        say: Callable[[str], None] = lambda _: None,
        ended: Callable[[Ended], None] = lambda _: None,
    ) -> None:
        self.name = _new_name()
        self.unreported: list[int] = []
        self._client = client
        self._orders = orders
        self._tell = say
        self._ended = ended
        self._free = asyncio.Semaphore(orders.at_once)
        self._running: set[asyncio.Task[None]] = set()
        self._held: set[int] = set()
        self._executions: set[Execution] = set()
        self._heard = False
        self._lost_after_s = _LOST_AFTER_S
        self._stream: AsyncGenerator[Assignment, None] | None = None
        self._stopping = asyncio.Event()
        self._ending = asyncio.Event()
        self._untold: Exception | None = None

    def stop(self) -> None:
        """Take no more jobs and wait for those that run; called again, end those too and report them as failed."""
        if self._stopping.is_set():
            self._ending.set()
        else:
            self._say(f"taking no more jobs; {len(self._running)} still run, a second signal ends them")
        self._stopping.set()

    async def run(self) -> None:
        """Take and run jobs until stopped, or until none waits if that was the order.

        `unreported` then holds the jobs whose outcome the scheduler does not know. Raises what the scheduler
        answers when it refuses to give jobs, or what `ended` raised, after those that run have ended.
        """
        taking = asyncio.create_task(self._take_what_waits() if self._orders.once else self._take_as_they_come())
        stopping = asyncio.create_task(self._stopping.wait())
        beside = {asyncio.create_task(self._beat_on()), asyncio.create_task(self._look_on())}
        try:
            await asyncio.wait({taking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (taking, stopping):
                task.cancel()
            await asyncio.wait({taking, stopping})
            while self._running:
                await asyncio.wait(self._running)
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)
            await self._leave()
        if self._untold is not None:
            raise self._untold
        if not taking.cancelled():
            taking.result()

    async def _take_what_waits(self) -> None:
        while True:
            await self._free.acquire()
            async for attempt in self._retrying():
                with attempt:
                    received = await self._client.receive_jobs(self._cluster(), most=1)
            if not received:
                return
            self._start(received[0])

    async def _take_as_they_come(self) -> None:
        try:
            while True:
                await self._free.acquire()
                async for attempt in self._retrying():
                    with attempt:
                        assignment = await self._next()
                if self._free.locked():
                    # What else the stream brought, nobody here would accept before its lease runs out.
                    await self._close_stream()
                self._start(assignment)
        finally:
            await self._close_stream()

    async def _next(self) -> Assignment:
        self._stream = self._stream or self._client.watch_assignments(self._cluster(), most=1)
        try:
            return await anext(self._stream)
        except StopAsyncIteration:
            # A server does so before it leaves, and may be there again soon.
            self._stream = None
            raise ServiceError("the scheduler ended the stream", code=grpc.StatusCode.UNAVAILABLE) from None
        except PlacewiseError:
            self._stream = None
            raise

    async def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    def _start(self, assignment: Assignment) -> None:
        task = asyncio.create_task(self._handle(assignment))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(lambda _: self._free.release())

    async def _beat_on(self) -> None:
        """Send heartbeats, so many that one or two may be lost."""
        while True:
            with contextlib.suppress(PlacewiseError, TimeoutError):  # it is tried again
                async with asyncio.timeout(max(1.0, self._lost_after_s / 4)):
                    await self._beat()
            await asyncio.sleep(min(_LONGEST_WAIT_S, self._lost_after_s / 4))

    async def _beat(self) -> None:
        """Send a heartbeat. Raises PlacewiseError, but not for a scheduler that knows no heartbeats."""
        try:
            self._lost_after_s = await self._client.heartbeat(self._cluster(), self.name) or _LOST_AFTER_S
            self._heard = True
        except ServiceError as error:
            if error.code is not grpc.StatusCode.UNIMPLEMENTED:
                raise
            # It never gives a job up, and the next version of it does so only with jobs that were accepted by name.
            self._heard = False

    async def _leave(self) -> None:
        with contextlib.suppress(PlacewiseError, TimeoutError):
            async with asyncio.timeout(_LEAVING_S):
                if self._heard:
                    await self._client.heartbeat(self._cluster(), self.name, leaving=True)

    async def _handle(self, job: Assignment) -> None:
        if job.job_id in self._held:
            self._say(f"job {job.job_id}: is not accepted again, it still ends here")
            return
        self._held.add(job.job_id)
        try:
            await self._accept_and_run(job)
        finally:
            self._held.discard(job.job_id)

    async def _accept_and_run(self, job: Assignment) -> None:
        try:
            by = await self._accept(job)
            if by is None:
                self._say(f"job {job.job_id}: was not accepted, its lease is over")
                return
        except PlacewiseError as error:
            self._say(f"job {job.job_id}: was not accepted: {error}")
            return
        try:
            outcome, state = await self._run(job, by)
        except Exception as error:  # noqa: BLE001, whatever it is, the scheduler is to know how the job ended
            reason = f"the agent failed: {type(error).__name__}: {error}"
            outcome, state = Outcome(succeeded=False, duration_s=0.0, reason=reason), None
        if state is None:
            state = await self._report(job, outcome, by)
        self._say(f"job {job.job_id}: {state} after {outcome.duration_s:.1f} s {outcome.reason}".rstrip())
        try:
            self._ended(Ended(job, state, outcome))
        except Exception as error:  # noqa: BLE001, raised again once the jobs that run are reported
            self._untold = error
            if not self._stopping.is_set():
                self.stop()

    async def _accept(self, job: Assignment) -> str | None:
        """Accept a job and return by which name: none at a scheduler without heartbeats; None if it is not accepted."""
        async for attempt in self._retrying():
            with attempt:
                if not self._heard:
                    await self._beat()
                by = self.name if self._heard else ""
                if job.job_id in await self._client.accept_jobs(self._cluster(), [job], agent=by):
                    return by
                if attempt.retry_state.attempt_number == 1:
                    return None
                # An answer was lost. Our name is nobody else's.
                known = await self._client.get_job(job.job_id, self._cluster())
                if known.state != JobState.ACCEPTED:
                    return None
                if known.agent is None:
                    # At a scheduler without heartbeats: what was accepted before our lease ran out was so under it.
                    return "" if known.changed_at <= job.lease_until else None
                return known.agent if known.agent == self.name else None
        raise AssertionError  # retrying ends with a result or an exception

    async def _run(self, job: Assignment, by: str) -> tuple[Outcome, JobState | None]:
        """Run a job's command, and return its outcome, and the job's state if it ceased to be ours meanwhile."""
        if not job.command and needs_command(self._orders.template):
            return Outcome(succeeded=False, duration_s=0.0, reason="the job has no command"), None
        try:
            with self._jobspec_file(job) as path:
                values = {JOBSPEC: path, "{id}": str(job.job_id), "{name}": job.name}
                words = fill_in(self._orders.template, job.command, values)
                execution = await Execution.start(
                    words, self._environment(job), stdout=self._orders.stdout, marks=_MARKS
                )
                self._say(f"job {job.job_id}: {job.name} runs")
                return await self._watched(job, execution, by)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Outcome(succeeded=False, duration_s=0.0, reason=f"cannot be started: {reason}"), None

    async def _watched(self, job: Assignment, execution: Execution, by: str) -> tuple[Outcome, JobState | None]:
        """Wait for a command, or end it when the job is not ours any more or the agent has to go."""
        self._executions.add(execution)
        end = asyncio.create_task(execution.end())
        lost = asyncio.create_task(self._until_lost(job, by))
        ending = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait({end, lost, ending}, return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                return end.result(), None
            await execution.terminate(self._orders.grace_s)
            state = lost.result() if lost.done() else None
            why = (
                "the agent was told to end" if state is None else _LOST.get(state, "the scheduler gave this attempt up")
            )
            return Outcome(succeeded=False, duration_s=(await end).duration_s, reason=why), state
        finally:
            self._executions.discard(execution)
            lost.cancel()
            ending.cancel()

    async def _look_on(self) -> None:
        """Look again and again what the commands have started, so that it is known when it is to be ended."""
        while True:
            await asyncio.sleep(self._orders.poll_s)
            if self._executions:
                snapshot = await asyncio.to_thread(Snapshot)
                for execution in self._executions:
                    execution.look(snapshot)

    async def _until_lost(self, job: Assignment, by: str) -> JobState:
        """Wait until a job was cancelled or given up, and return its state."""
        while True:
            await asyncio.sleep(self._orders.poll_s)
            with contextlib.suppress(PlacewiseError):  # it is asked again
                known = await self._client.get_job(job.job_id, self._cluster())
                if known.state != JobState.ACCEPTED or (by and (known.agent or by) != by):
                    return known.state

    async def _report(self, job: Assignment, outcome: Outcome, by: str) -> JobState:
        """Report an outcome until the scheduler answers, and return the state that the job then has."""
        state = JobState.FINISHED if outcome.succeeded else JobState.FAILED
        try:
            try:
                await self._report_with(job, outcome, kept_reason(outcome.reason), by)
            except OtherServerError:
                raise
            except InputError as error:
                self._say(f"job {job.job_id}: its reason is refused, so it is reported without: {error}")
                await self._report_with(job, outcome, "", by)
        except PlacewiseError as error:
            if isinstance(error, ServiceError) and error.code is grpc.StatusCode.FAILED_PRECONDITION:
                self._say(f"job {job.job_id}: {state}, but it is not this agent's any more: {error}")
                return await self._state_of(job)
            self.unreported.append(job.job_id)
            self._say(f"job {job.job_id}: its outcome cannot be reported: {error}")
        return state

    async def _state_of(self, job: Assignment) -> JobState:
        with contextlib.suppress(PlacewiseError):
            return (await self._client.get_job(job.job_id, self._cluster())).state
        return JobState.CANCELLED  # most likely

    async def _report_with(self, job: Assignment, outcome: Outcome, reason: str, by: str) -> None:
        async for attempt in self._retrying():
            with attempt:
                await self._client.report_outcome(
                    self._cluster(),
                    job.job_id,
                    succeeded=outcome.succeeded,
                    duration_s=outcome.duration_s,
                    reason=reason,
                    agent=by,
                )

    def _cluster(self) -> ClusterSecret:
        return ClusterSecret(self._orders.cluster, self._orders.secret())

    def _retrying(self) -> tenacity.AsyncRetrying:
        """Return attempts, with longer and longer waits between them, while the scheduler cannot answer."""
        return tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, ServiceError) and error.passes),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=_LONGEST_WAIT_S),
            stop=lambda _: self._ending.is_set(),
            sleep=self._pause,
            before_sleep=self._say_why,
            reraise=True,
        )

    def _say(self, line: str) -> None:
        # Nobody need be there to hear it; the job goes on all the same.
        with contextlib.suppress(OSError, ValueError):
            self._tell(line)

    def _say_why(self, attempt: tenacity.RetryCallState) -> None:
        if attempt.attempt_number == 1 and attempt.outcome is not None:
            self._say(f"{attempt.outcome.exception()}; trying again")

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)

    def _environment(self, job: Assignment) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in SECRETS}
        return kept | {
            "PLACEWISE_JOB_ID": str(job.job_id),
            "PLACEWISE_JOB_NAME": job.name,
            "PLACEWISE_CLUSTER": self._orders.cluster,
            "PLACEWISE_AGENT": self.name,
        }

    @contextlib.contextmanager
    def _jobspec_file(self, job: Assignment) -> Iterator[str]:
        """Yield the path of a file with the jobspec, for its owner alone, if the command line has a place for one."""
        if not any(JOBSPEC in word for word in self._orders.template):
            yield ""
            return
        with tempfile.TemporaryDirectory(prefix="placewise-", ignore_cleanup_errors=True) as folder:
            path = Path(folder, f"{job.job_id}.json" if job.jobspec.startswith("{") else f"{job.job_id}.yaml")
            path.write_text(job.jobspec, encoding="utf-8")
            yield str(path)


def _new_name() -> str:
    host = "".join(one for one in socket.gethostname() if one.isprintable())[:200]
    return f"{host or 'agent'}-{os.getpid()}-{secrets.token_hex(4)}"
