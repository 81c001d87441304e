"""The users of a scheduler in chaos: who submits, cancels and looks, and what each was told."""

import contextlib
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from random import Random

from running import DEADLINE_S, GLOBAL_TOKEN

from placewise.errors import PlacewiseError
from placewise.service.client import Client, Credentials, JobState, ServiceError
from placewise.service.store.rows.job import OVER

CLUSTER = "gray"
EVERYTHING = Credentials(global_token=GLOBAL_TOKEN)
SUBMITTERS = 3
MOST_WAITING = 40
_PAUSE_S = 0.1
_LOOK_S = 1.0
_ANSWER_S = 10.0
_CANCELLED = 0.05
_REPEATED = 0.2


@dataclass(frozen=True)
class Asked:
    """A job as it was submitted: its name is its request's id too, and its command writes the name down."""

    name: str
    jobspec: str
    succeeds: bool


@dataclass
class Told:
    """What the scheduler has acknowledged, and what was seen of it.

    submitted : ids by name. cancelling, cancelled : names of jobs whose cancellation was asked for, and acknowledged.
    over : by id, what a job that was over looked like.
    """

    asked: dict = field(default_factory=dict)
    submitted: dict = field(default_factory=dict)
    cancelling: set = field(default_factory=set)
    cancelled: set = field(default_factory=set)
    over: dict = field(default_factory=dict)
    repeated: int = 0
    doubled: list = field(default_factory=list)
    resurrected: list = field(default_factory=list)
    wrong: list = field(default_factory=list)


class Load:
    """Submits through a proxy while the block runs, and looks at the server itself."""

    def __init__(self, seed, through, directly, executions):
        self.told = Told()
        self._seed = seed
        self._through = through
        self._directly = directly
        self._executions = executions
        self._over = threading.Event()

    @contextlib.contextmanager
    def running(self):
        steps = [(self._submit, number) for number in range(SUBMITTERS)]
        threads = [threading.Thread(target=self._go_on, args=step) for step in [*steps, (self._look_on, SUBMITTERS)]]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    @property
    def waiting(self):
        return len(self.told.submitted) - len(self.told.over)

    def _go_on(self, act, number):
        try:
            act(number)
        except Exception as error:  # noqa: BLE001, it belongs to whoever reads the figures
            self.told.wrong.append(f"{act.__name__}: {error!r}")

    def _submit(self, number):
        random = Random(f"{self._seed} {number}")
        with contextlib.ExitStack() as stack:
            client = stack.enter_context(Client(self._through, timeout_s=_ANSWER_S))
            for turn in itertools.count():
                while self.waiting > MOST_WAITING and not self._over.wait(_PAUSE_S):
                    pass
                if self._over.is_set():
                    return
                asked = self._new(f"{number}-{turn}", random)
                self.told.asked[asked.name] = asked
                job = self._until_answered(client, asked)
                if job is None:
                    continue
                self.told.submitted[asked.name] = job
                if random.random() < _REPEATED:
                    self._repeat(client, random)
                if random.random() < _CANCELLED:
                    self._cancel(client, asked.name, job)
                self._over.wait(random.uniform(0, 2 * _PAUSE_S))

    def _new(self, name, random):
        succeeds = random.random() < 0.8
        note = f"echo {name} $PLACEWISE_AGENT"
        script = f"{note} begins >> {self._executions}; sleep {random.uniform(0, 0.4):.2f}; "
        script += f"{note} ends >> {self._executions}; exit {int(not succeeds)}"
        task = {"command": ["sh", "-c", script], "resources": {}}
        return Asked(name, json.dumps({"version": 1, "task": task}), succeeds)

    def _until_answered(self, client, asked):
        """Submit a job, with the same request's id each time, and return the job's id."""
        deadline = None
        while True:
            try:
                return client.submit(asked.jobspec, EVERYTHING, name=asked.name, request_id=asked.name).job_id
            except ServiceError as error:
                if not error.passes:
                    self.told.wrong.append(f"{asked.name} is refused, {error.code}: {error}")
                    return None
            if self._over.wait(_PAUSE_S):
                deadline = deadline or time.monotonic() + DEADLINE_S
                if time.monotonic() > deadline:
                    self.told.wrong.append(f"{asked.name} was not answered")
                    return None

    def _repeat(self, client, random):
        name = random.choice(list(self.told.submitted))
        again = self._until_answered(client, self.told.asked[name])
        self.told.repeated += 1
        if again is not None and again != self.told.submitted[name]:
            self.told.doubled.append(f"{name} sent again is {again} rather than {self.told.submitted[name]}")

    def _cancel(self, client, name, job):
        self.told.cancelling.add(name)
        try:
            cancelled = client.cancel_job(job, EVERYTHING)
        except PlacewiseError:
            return  # lost on its way, or it was over already
        if cancelled.state == JobState.CANCELLED:
            self.told.cancelled.add(name)

    def _look_on(self, _):
        while not self._over.wait(_LOOK_S):
            with contextlib.suppress(PlacewiseError), Client(self._directly(), timeout_s=_ANSWER_S) as client:
                self.look(client)

    def look(self, client):
        """Look at all jobs and return them by id; what was over once must not have changed."""
        jobs = {job.id: job for job in client.list_jobs(EVERYTHING, page=1000)}
        for job in jobs.values():
            if (before := self.told.over.get(job.id)) is not None:
                if before != (now := _end_of(job)):
                    self.told.resurrected.append(f"job {job.id} was {before} and is {now}")
            elif job.state in OVER:
                self.told.over[job.id] = _end_of(job)
        return jobs


def _end_of(job):
    return job.name, job.cluster, job.state, job.changed_at, job.reason, job.duration_s, job.attempts
