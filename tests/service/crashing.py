"""A server that is killed again and again under load, and what has to hold after each restart."""

import contextlib
import itertools
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random

import grpc
from running import DEADLINE_S
from server_process import server_process
from talking import jobspec, subsystem, talking

from placewise.service.wire import placewise_pb2 as v1

LEASE_S = 1.0
CLUSTER = "gray"
SUBMITTERS = 3
RECEIVERS = 3
PAUSE_S = 0.01
REPEATED = 20

_OVER = {v1.JOB_STATE_FINISHED, v1.JOB_STATE_FAILED}
_NEXT = {
    None: {v1.JOB_STATE_SUBMITTED},
    v1.JOB_STATE_SUBMITTED: {v1.JOB_STATE_ASSIGNED},
    v1.JOB_STATE_ASSIGNED: {v1.JOB_STATE_RECEIVED},
    v1.JOB_STATE_RECEIVED: {v1.JOB_STATE_ACCEPTED, v1.JOB_STATE_ASSIGNED},
    v1.JOB_STATE_ACCEPTED: _OVER,
}


@dataclass
class Kept:
    """What the server has acknowledged, so that it may never forget it.

    submitted : job ids by request id, which is the job's name as well. accepted : how often each job was.
    handed : by job, the leases under which it was handed out, each with when it was asked for and answered.
    clusters : secrets by name.
    """

    submitted: dict = field(default_factory=dict)
    accepted: Counter = field(default_factory=Counter)
    reported: set = field(default_factory=set)
    handed: dict = field(default_factory=lambda: defaultdict(dict))
    clusters: dict = field(default_factory=dict)
    subsystems: set = field(default_factory=set)


@dataclass
class Tally:
    """What came of a run: `lost` and `doubled` are to be 0, and `wrong` empty."""

    kills: int = 0
    submitted: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: list = field(default_factory=list)

    def __str__(self):
        return (
            f"kills {self.kills}, submits acknowledged {self.submitted}, accepts acknowledged {self.accepted}, "
            f"lost {self.lost}, doubled {self.doubled}, otherwise wrong {len(self.wrong)}"
        )


def crash(folder, kills, seed, database=None, say=lambda _: None):
    """Kill a server so many times under load, look at what it kept after each restart, and return the tally."""
    random = Random(seed)
    tally, kept = Tally(), Kept()
    with server_process(folder, database, lease_s=LEASE_S, sweep_s=0.2) as server:
        with talking(server) as talk:
            owner = talk.register(CLUSTER)
        kept.clusters[CLUSTER] = owner.secret
        load = _Load(server, kept, tally, owner)
        with load.running():
            for number in range(kills):
                _await_load(kept, number + 1)
                time.sleep(random.uniform(0.05, 0.8))
                load.up.clear()
                server.kill()
                tally.kills += 1
                server.start()
                load.up.set()
                _check(server, kept, tally, random, load.credentials)
                say(tally)
        _check(server, kept, tally, random, load.credentials, everything=True)
        if server.stop() != 0:
            tally.wrong.append(f"exit code {server.process.returncode}")
    for problem in ("Traceback", "internal error"):
        if problem in server.logged():
            tally.wrong.append(f"{problem} in the server's log:\n{server.logged()[-4000:]}")
    return tally


def _await_load(kept, rounds):
    """Wait until so much was acknowledged that a kill meets some load, however slow the machine is."""
    until = time.monotonic() + DEADLINE_S
    while min(len(kept.submitted), kept.accepted.total()) <= 5 * rounds and time.monotonic() < until:
        time.sleep(0.01)


class _Load:
    """Callers that go on over every restart."""

    def __init__(self, server, kept, tally, owner):
        self._server, self._kept, self._tally = server, kept, tally
        self._owner = v1.ClusterSecret(name=CLUSTER, secret=owner.secret)
        self.credentials = v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster=CLUSTER, token=owner.token)])
        self._accepting = threading.Lock()
        self._over = threading.Event()
        self.up = threading.Event()
        self.up.set()

    @contextlib.contextmanager
    def running(self):
        steps = [self._submitting(number) for number in range(SUBMITTERS)]
        steps += [self._receiving(number) for number in range(RECEIVERS)]
        threads = [threading.Thread(target=self._go_on, args=(step,)) for step in [*steps, self._registering()]]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _go_on(self, step):
        while not self._over.is_set():
            if not self.up.wait(0.1):
                continue
            try:
                with talking(self._server) as talk:
                    while not self._over.is_set():
                        step(talk)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    self._tally.wrong.append(f"{error.code()}: {error.details()}")
            except Exception as error:  # noqa: BLE001, for the run's own thread
                self._tally.wrong.append(repr(error))
                return

    def _submitting(self, number):
        numbers = itertools.count()
        waiting = [f"{number}-{next(numbers)}"]

        def submit(talk):
            # One that was not answered is sent again, as a client does.
            name = waiting[0]
            answer = talk.v1.Submit(_submission(name, self.credentials), timeout=DEADLINE_S)
            self._kept.submitted[name] = answer.job_id
            waiting[0] = f"{number}-{next(numbers)}"
            time.sleep(PAUSE_S)

        return submit

    def _receiving(self, number):
        turns = itertools.count()

        def receive(talk):
            request = v1.ReceiveJobsRequest(cluster=self._owner, most=4)
            asked = time.monotonic()
            jobs = talk.v1.ReceiveJobs(request, timeout=DEADLINE_S).assignments
            answered = time.monotonic()
            for job in jobs:
                self._kept.handed[job.job_id][job.lease] = (asked, answered)
            if not jobs:
                time.sleep(PAUSE_S)
                return
            if next(turns) % 5 == 4:
                return  # forgets them, so that others receive them when the lease is over
            leases = [v1.AcceptJobsRequest.Accepted(job_id=job.job_id, lease=job.lease) for job in jobs]
            accepted = talk.v1.AcceptJobs(v1.AcceptJobsRequest(cluster=self._owner, jobs=leases), timeout=DEADLINE_S)
            with self._accepting:
                self._kept.accepted.update(accepted.accepted)
            for job in accepted.accepted[:2]:
                outcome = v1.ReportOutcomeRequest(cluster=self._owner, job_id=job, succeeded=bool(number), duration_s=1)
                talk.v1.ReportOutcome(outcome, timeout=DEADLINE_S)
                self._kept.reported.add(job)

        return receive

    def _registering(self):
        numbers = itertools.count()

        def register(talk):
            number = next(numbers)
            if number % 10 == 0:
                self._kept.clusters[f"cluster-{number}"] = talk.register(f"cluster-{number}").secret
            name = f"subsystem-{number}"
            documents = {name: subsystem({"version": "1"})}
            change = v1.UpdateClusterRequest(cluster=self._owner, subsystems=documents)
            talk.v1.UpdateCluster(change, timeout=DEADLINE_S)
            self._kept.subsystems.add(name)
            time.sleep(10 * PAUSE_S)

        return register


def _check(server, kept, tally, random, credentials, *, everything=False):
    """Compare what the server has with what it acknowledged before this was called."""
    submitted, accepted = dict(kept.submitted), dict(kept.accepted)
    clusters, subsystems = dict(kept.clusters), set(kept.subsystems)
    newest = dict(itertools.islice(submitted.items(), tally.submitted, None))
    with talking(server) as talk:
        jobs = _jobs(talk)
        by_name = defaultdict(list)
        for job in jobs.values():
            by_name[job.name].append(job.id)
        lost = [name for name, job in submitted.items() if job not in by_name[name]]
        doubled = [name for name, ids in by_name.items() if len(ids) > 1]
        tally.lost, tally.doubled = tally.lost + len(lost), tally.doubled + len(doubled)
        tally.wrong += [f"lost: {lost[:3]}"] * bool(lost) + [f"doubled: {doubled[:3]}"] * bool(doubled)
        for number, times in accepted.items():
            if times > 1 or jobs[number].state not in {v1.JOB_STATE_ACCEPTED, *_OVER}:
                tally.wrong.append(f"accepted {times} times: {jobs[number]}")
        for name, number in (submitted if everything else newest).items():
            tally.wrong += _of_history(talk.job(number), name)
        for name in random.sample(sorted(submitted), min(REPEATED, len(submitted))):
            again = talk.v1.Submit(_submission(name, credentials))
            if again.job_id != submitted[name]:
                tally.wrong.append(f"{name} sent again is {again.job_id} rather than {submitted[name]}")
        _check_clusters(talk, clusters, subsystems, tally)
    tally.wrong += _overlapping(kept.handed)
    tally.submitted, tally.accepted = len(submitted), len(accepted)


def _submission(name, credentials):
    return v1.SubmitRequest(name=name, jobspec=jobspec(), credentials=credentials, request_id=name)


def _jobs(talk):
    jobs, before = {}, 0
    while True:
        page = talk.v1.ListJobs(v1.ListJobsRequest(credentials=talk.everything, before_id=before, limit=1000)).jobs
        if not page:
            return jobs
        jobs |= {job.id: job for job in page}
        before = page[-1].id


def _of_history(job, name):
    states = [event.state for event in job.history]
    steps = zip([None, *states], states, strict=False)
    legal = all(after in _NEXT.get(before, ()) for before, after in steps)
    right = legal and states and states[-1] == job.state and (job.name, job.cluster) == (name, CLUSTER)
    return [] if right else [f"{name}: {job}"]


def _overlapping(handed):
    """Say which jobs were handed out while another lease of theirs lasted.

    A lease began between the question and its answer, so it lasted at least until LEASE_S after the question.
    """
    wrong = []
    for job, leases in list(handed.items()):
        times = sorted(leases.values())
        wrong += [
            f"job {job} has two leases"
            for (asked, _), (_, answered) in itertools.pairwise(times)
            if answered < asked + LEASE_S
        ]
    return wrong


def _check_clusters(talk, clusters, subsystems, tally):
    listed = talk.v1.ListClusters(v1.ListClustersRequest(credentials=talk.everything)).clusters
    there = {one.name: one for one in listed}
    missing = (clusters.keys() - there) | (subsystems - set(there[CLUSTER].subsystems))
    tally.wrong += [f"forgotten: {sorted(missing)}"] * bool(missing)
    for name in sorted(clusters.keys() - {CLUSTER} - missing)[-5:]:
        owner = v1.ClusterSecret(name=name, secret=clusters[name])
        talk.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=owner))  # with a secret that was lost this is refused
