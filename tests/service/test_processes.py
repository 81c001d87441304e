"""Several processes on one port: they know of one another, one that dies is replaced, and all end together."""

import json
import os
import signal
import socket
import time
import urllib.request
from pathlib import Path

import grpc
import pytest
from server_process import ServerProcess, server_process
from talking import jobspec, talking

from placewise.errors import InputError
from placewise.service.processes import _read, _reserved, _written
from placewise.service.settings import Settings
from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub

SOON_S = 60
CONNECTIONS = 24
SECRET = "the-registration-secret"


def settings(**told):
    given = {"registration_secret": SECRET, "database": "postgresql://host/name", "processes": 2, **told}
    return Settings(**given)


def children(server):
    tasks = f"/proc/{server.process.pid}/task/{server.process.pid}/children"
    return [int(one) for one in Path(tasks).read_text().split()]


def until(true):
    end = time.monotonic() + SOON_S
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def serving(server):
    """Return the last log line of each process that serves."""
    lines = [json.loads(line) for line in server.logged().splitlines() if line.startswith("{")]
    return {line["process"]: line for line in lines if line.get("event") == "serving"}


def page(address, path="/"):
    with urllib.request.urlopen(f"http://{address}{path}") as answer:
        return answer.read().decode()


def calls_answered(addresses):
    counts = []
    for address in addresses:
        lines = page(address, "/metrics").splitlines()
        counts.append(sum(float(one.split()[-1]) for one in lines if one.startswith("placewise_requests_total{")))
    return counts


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no /proc to find the processes in")
def test_several_processes_serve_one_port_are_replaced_and_end_together(postgresql_url, tmp_path):
    # They would wait that long for calls that do not end.
    with server_process(tmp_path, postgresql_url, processes=2, stop_s=600) as server:
        until(lambda: len(serving(server)) == 2)
        assert {line["grpc"] for line in serving(server).values()} == {server.target}
        options = [("grpc.use_local_subchannel_pool", 1)]
        channels = [grpc.insecure_channel(server.target, options) for _ in range(CONNECTIONS)]
        stubs = [SchedulerStub(one) for one in channels]
        everything = v1.Credentials(global_token=server.global_token)

        def matched(stub):
            request = v1.MatchRequest(jobspec=jobspec(), credentials=everything)
            try:
                return set(stub.Match(request, wait_for_ready=True, timeout=SOON_S).clusters)
            except grpc.RpcError as error:
                # The call went to a process that has just ended.
                assert error.code() is grpc.StatusCode.UNAVAILABLE
                return set()

        # What one is told all know soon, and a job submitted anywhere is there once.
        with talking(server) as talk:
            given = talk.register("gray")
        until(lambda: all(matched(stub) == {"gray"} for stub in stubs))
        assert all(calls_answered(line["http"] for line in serving(server).values())), "one process answers nobody"
        submit = v1.SubmitRequest(jobspec=jobspec(), credentials=everything, request_id="once")
        [number] = {stub.Submit(submit).job_id for stub in stubs}
        assert all(f'"/jobs/{number}"' in page(line["http"]) for line in serving(server).values())
        owner = v1.ClusterSecret(name="gray", secret=given.secret)
        received = [stub.ReceiveJobs(v1.ReceiveJobsRequest(cluster=owner)).assignments for stub in stubs]
        assert sum(map(len, received)) == 1
        # One is killed: another one takes its place, and its callers connect again.
        first = children(server)
        os.kill(first[0], signal.SIGKILL)
        until(lambda: len(children(server)) == 2 and set(children(server)) != set(first))
        until(lambda: all(matched(stub) == {"gray"} for stub in stubs))
        assert "another one is started" in server.logged()
        until(lambda: server.logged().count('"serving"') == 3)
        assert server.stop() == 0
        assert not any(Path(f"/proc/{one}").is_dir() for one in first)
        for one in channels:
            one.close()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no /proc to find the processes in")
def test_processes_end_with_a_parent_that_is_killed(postgresql_url, tmp_path):
    with server_process(tmp_path, postgresql_url, processes=2) as server:
        until(lambda: len(serving(server)) == 2)
        left = children(server)
        server.kill()
        until(lambda: not any(_runs(one) for one in left))


def _runs(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_server_whose_first_process_cannot_serve_ends_with_its_code(tmp_path):
    with pytest.raises(AssertionError, match=r"none\.yaml") as refused:
        ServerProcess(tmp_path, "postgresql://127.0.0.1:1/none", processes=2, vocabulary=tmp_path / "none.yaml")
    assert "Traceback" not in str(refused.value)


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"database": "placewise.db"}, "processes"),
        ({"database": ":memory:"}, "processes"),
        ({"processes": 0}, "processes"),
        ({"listen": "127.0.0.1:50053", "processes": 3}, "http"),
        ({"http": "127.0.0.1:65535"}, "http"),
    ],
)
def test_what_several_processes_cannot_serve_is_refused(told, place):
    with pytest.raises(InputError) as refused:
        settings(**told)
    assert refused.value.place == place


def test_a_port_that_somebody_listens_on_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InputError, match="cannot listen"), _reserved(settings(listen=listen)):
            pass
    with _reserved(settings(listen="127.0.0.1:0")) as known:
        assert not known.listen.endswith(":0")
        with pytest.raises(InputError, match="cannot listen"), _reserved(known):
            pass


def test_settings_reach_a_process_as_they_are(tmp_path):
    told = settings(
        select_algorithm="constraint",
        select_options={"priorities": "- steps: []\n"},
        vocabulary=tmp_path / "vocabulary.yaml",
        global_token='a "quoted" token',
        registration_secret_file=tmp_path / "kept",
        seed=3,
    )
    assert _read(_written(told, 1)) == (1, told)
