"""What jobs can read of the agent that runs them, and what is left of them when they are cancelled."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import running_server
from test_agent import NODES, until
from test_orphans import agent_process, eventually, submitted

from placewise.service.client import Client, ClusterSecret, Credentials
from placewise.service.client.agent.descendants import Process, Snapshot
from placewise.service.client.agent.execution import Execution
from placewise.service.client.messages.cluster_documents import Documents
from placewise.service.guard.own_process import SECRETS

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system has no /proc")
EVERYTHING = Credentials(global_token="the-global-token")


@pytest.fixture
def own(tmp_path):
    with running_server(tmp_path / "db") as server, Client(server.target) as client:
        given = client.register_cluster(Documents(NODES), registration_secret=server.registration_secret, name="gray")
        yield server, client, ClusterSecret("gray", given.secret)


def test_no_job_reads_the_secret_from_the_agents_environment(own, tmp_path):
    server, client, secret = own
    script = "tr '\\0' '\\n' < /proc/$PPID/environ | grep SECRET >&2; env | grep SECRET >&2; exit 1"
    number = submitted(client, script)
    assert agent_process(server, secret, tmp_path, "--once").wait(60) == 0
    reason = client.get_job(number, EVERYTHING).reason
    assert reason == "exit code 1: PLACEWISE_SECRET="
    assert secret.secret not in reason


def test_a_secret_on_standard_input_cannot_be_read_again(own, tmp_path):
    server, client, secret = own
    number = submitted(client, "cat /proc/$PPID/fd/0 >&2; exit 1")
    (tmp_path / "secret").write_text(secret.secret)
    words = ["agent", "--exec", "env", "--cluster", "gray", "--server", server.target, "--once", "--secret-file", "-"]
    with (tmp_path / "secret").open() as given:
        done = subprocess.run([sys.executable, "-m", "placewise", *words], stdin=given, check=False, timeout=60)
    assert done.returncode == 0
    assert client.get_job(number, EVERYTHING).reason == "exit code 1"


HIDING = """
import ctypes, os, sys
from placewise.service.guard.own_process import SECRETS, hide_secrets
before = open("/proc/self/environ").read()
hide_secrets()
assert all(f"{name}=HUSH" in before for name in SECRETS)
assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0
assert not any(name in os.environ for name in SECRETS)
assert os.environ["KEPT"] == "HUSH-not"
sys.stdout.write("hidden\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def test_all_secrets_are_overwritten_and_the_memory_is_closed():
    environment = os.environ | dict.fromkeys(SECRETS, "HUSH") | {"KEPT": "HUSH-not"}
    with subprocess.Popen(
        [sys.executable, "-c", HIDING], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "hidden\n"
        assert os.stat(f"/proc/{process.pid}/environ").st_uid == 0  # noqa: PTH116
        if os.geteuid() == 0:
            shown = Path(f"/proc/{process.pid}/environ").read_text()
            assert shown.count("HUSH") == 1
        process.communicate("")
    assert process.returncode == 0


DAEMON = """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(600)
"""


def gone(path):
    stat = Path("/proc", path.read_text().strip(), "stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def test_a_cancelled_job_takes_along_what_left_its_session(own, tmp_path):
    server, client, secret = own
    (tmp_path / "daemon.py").write_text(DAEMON)
    names = [tmp_path / name for name in ("session", "deaf", "daemon")]
    script = (
        f"setsid sh -c 'echo $$ > {names[0]}; sleep 600' & "
        f"setsid sh -c \"trap '' TERM; echo \\$\\$ > {names[1]}; sleep 600; sleep 600\" & "
        f"{sys.executable} {tmp_path}/daemon.py {names[2]}; sleep 600"
    )
    number = submitted(client, script)
    agent = agent_process(server, secret, tmp_path, "--grace", "0.5", "--once")
    eventually(lambda: all(one.exists() and one.read_text().strip() for one in names))
    assert not any(map(gone, names))
    client.cancel_job(number, EVERYTHING)
    assert agent.wait(60) == 0
    eventually(lambda: all(map(gone, names)))


def test_what_was_seen_once_is_known_after_it_hid(tmp_path):
    async def hidden():
        name = tmp_path / "id"
        script = (
            f"env -i setsid sh -c 'echo $$ > {name}; sleep 600' & while ! test -e {tmp_path}/go; do sleep 0.05; done"
        )
        execution = await Execution.start(("sh", "-c", script), dict(os.environ))
        await until(lambda: name.exists() and name.read_text().strip())
        assert int(name.read_text()) in {one.pid for one in execution.look(Snapshot())}
        (tmp_path / "go").touch()
        await execution.end()
        assert not gone(name)
        await execution.terminate(0.2)
        await until(lambda: gone(name))

    asyncio.run(hidden())


def test_a_number_that_another_process_has_by_now_is_left_alone():
    with subprocess.Popen(["sleep", "600"]) as process:
        (found,) = (one for one in Snapshot().descendants([os.getpid()], ()) if one.pid == process.pid)
        another = Process(process.pid, found.started - 1)
        another.signal(9)
        assert Snapshot().descendants([], [another]) == set()
        assert Snapshot().descendants([], [found]) == {found}
        assert process.poll() is None
        found.signal(9)
        assert process.wait(20) == -9
