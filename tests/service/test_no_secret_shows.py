"""In the whole life of a scheduler no secret stands where somebody could read it who is not meant to."""

import base64
import json
import os
import signal
import sqlite3
import stat
import urllib.parse
from contextlib import closing
from pathlib import Path

import grpc
import pytest
from secret_forms import Needles
from secret_life import REASON, Life, cluster_folder, jobspec, serve, until

from placewise.service.wire import placewise_pb2 as wire
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system has no /proc"),
]
# Chosen by people; each form of it looks different.
GLOBAL = "glöbal <&\"'%/+\\ tök%41en of the whole site {}"
REGISTRATION = 'régistration ;|$`secret\' of "the" site <b>'


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """A life that is over."""
    life = Life(tmp_path_factory.mktemp("life"))
    try:
        first = _begin(life)
        _submit_and_run(life, first)
        _guess(life, first)
        _replace(life, first)
        _look_at_pages(life, first)
        _crash(life, first)
        _go_on(life)
        yield life
    finally:
        life.close()


def _begin(life):
    life.secret("the global token", GLOBAL)
    server = serve(life, "first-server", PLACEWISE_SERVE_GLOBAL_TOKEN=GLOBAL)
    life.secret("the registration secret that was made", (life.data / "registration-secret").read_text().strip())
    life.look("server", server.pid)
    made = ["--registration-secret-file", life.data / "registration-secret", "--server", server.grpc]
    for name in ("gray", "blue"):
        cluster_folder(life.folder / "fleet", name)
    life.run("register", life.folder / "fleet", *made)
    pink, green = (cluster_folder(life.folder / "more", name) for name in ("pink", "green"))
    shown = json.loads(life.run("register", pink, *made, "--show-secrets", "--json", told=True))["clusters"][0]
    assert (shown["secret"], shown["token"]) == (life.own("pink")["secret"], life.own("pink")["token"])
    life.json("register", green, *made)
    life.run("register", green, *made, code=2)
    life.run("register", green, *made, "--skip-known")
    assert len(life.secrets) == 2 + 2 * 4
    return server


def _submit_and_run(life, server):
    job, at = jobspec(life), ["--server", server.grpc]
    more = ["--poll", 0.2, "--exec"]
    agents = [
        life.start(
            "gray-agent", "agent", *at, "--cluster", "gray", *more, "env", PLACEWISE_SECRET=life.own("gray")["secret"]
        ),
        life.start(
            "blue-agent", "agent", *at, "--cluster", "blue", *more, "sh -c 'cat {jobspec}; {command}'", "--json"
        ),
    ]
    given = life.private("pinks-secret", life.own("pink")["secret"])
    words = ["--secret-file", "-", *more, "env"]
    agents.append(life.start("pink-agent", "agent", *at, "--cluster", "pink", *words, stdin=given))
    numbers = [life.json("submit", job, *at, "--cluster", name)["job_id"] for name in ("gray", "blue")]
    number = life.run("submit", job, *at, "--cluster", "pink", PLACEWISE_TOKEN=GLOBAL).split()[0]
    numbers.append(int(number))
    until(lambda: all((life.out / f"{one}.pid").exists() for one in numbers))
    for agent, number in zip(agents, numbers, strict=True):
        life.look(agent.name, agent.pid)
        life.look(f"job {number}", int((life.out / f"{number}.pid").read_text()))
    life.look("server with jobs", server.pid)
    (life.out / "go").touch()
    until(lambda: all(life.json("status", one, *at)["state"] == "failed" for one in numbers))
    for number in numbers:
        assert life.json("status", number, *at)["reason"] == f"exit code 3: {REASON}"
        life.run("status", number, *at)
    for agent in agents:
        assert life.end(agent) == 0
    for path in life.out.glob("*.seen"):
        life.seen[path.name] = path.read_bytes()


def _guess(life, server):
    """Show wrong secrets in every way, and right ones where they do not belong."""
    at, job = ["--server", server.grpc], jobspec(life)
    wrong = life.secret("a guess")
    green, gray = life.own("green"), life.own("gray")
    for more in ([], ["--json"]):
        life.run("submit", job, *at, *more, code=2, PLACEWISE_TOKEN=wrong)
        life.run("submit", job, *at, "--cluster", "nobody", *more, code=2, PLACEWISE_TOKEN=wrong)
        life.run("status", 1, *at, *more, code=2, PLACEWISE_TOKEN=wrong)
        life.run("cancel", 1, *at, *more, code=2, PLACEWISE_TOKEN=green["secret"])
        for command in (["receive", "--cluster"], ["agent", "--exec", "true", "--once", "--cluster"]):
            life.run(*command, "green", *at, *more, code=2, PLACEWISE_SECRET=gray["secret"])
        life.run("delete", "green", "--yes", *at, *more, code=2, PLACEWISE_SECRET=green["token"])
        life.run("rotate", "green", *at, *more, code=2, PLACEWISE_SECRET=wrong)
    state = life.folder / "state.json"
    state.write_text('{"nodes_free": 3}')
    life.run("update", "green", "--state", state, *at, code=2, PLACEWISE_SECRET=wrong)
    life.run("update", "green", "--state", state, *at)
    folder = cluster_folder(life.folder / "refused", "white")
    life.run("register", folder, *at, code=2, PLACEWISE_REGISTRATION_SECRET=wrong)
    life.run("register", folder, *at, "--registration-secret-file", "-", code=2, stdin=wrong.encode())
    for name, content in {
        "no-text": wrong.encode() + b"\xff\n",
        "two-lines": f"{wrong}\n{wrong}\n",
        "a-tab": f"{wrong}\tx",
        "long": wrong * 40,
    }.items():
        path = life.private(name, content)
        life.run("receive", "--cluster", "green", "--secret-file", path, *at, code=2)
        life.run("submit", job, "--token-file", path, *at, code=2)
        life.run("serve", "--registration-secret-file", path, "--listen", "nowhere", code=2)
    # Talking to the wrong port, and to nobody.
    for target in (server.http, "127.0.0.1:1"):
        secrets = {"PLACEWISE_SECRET": gray["secret"], "PLACEWISE_TOKEN": gray["token"]}
        life.run("receive", "--cluster", "gray", "--server", target, code=1, **secrets)
        life.run("status", "--server", target, code=1, **secrets)
        life.run("receive", "--cluster", "gray", "--server", target, code=2)
    _call_badly(life, server, gray)


def _call_badly(life, server, gray):
    """Call what no command of ours would."""
    secret, token = gray["secret"], gray["token"]
    with grpc.insecure_channel(server.grpc) as channel:
        stub = SchedulerStub(channel)
        cluster = wire.ClusterSecret(name="gray", secret=secret)
        for call, request in (
            (stub.ReportOutcome, wire.ReportOutcomeRequest(cluster=cluster, job_id=99)),
            (stub.Heartbeat, wire.HeartbeatRequest(cluster=cluster, agent="")),
            (stub.UpdateCluster, wire.UpdateClusterRequest(cluster=cluster, nodes="{")),
            (stub.Submit, wire.SubmitRequest(jobspec="{", credentials=wire.Credentials(global_token=token))),
            (stub.Submit, wire.SubmitRequest(jobspec="- {", credentials=wire.Credentials(global_token=GLOBAL))),
            (stub.GetJob, wire.GetJobRequest(job_id=-1, cluster=cluster)),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                call(request, metadata=[("authorization", f"Bearer {secret}"), ("x-token", token)])
            life.said[f"answer {len(life.said)}"] = str(caught.value).encode()
        broken = channel.unary_unary("/placewise.v1.Scheduler/ReceiveJobs")
        with pytest.raises(grpc.RpcError) as caught:
            broken(b"\xff\xff" + secret.encode())
        life.said["answer to no message"] = str(caught.value).encode()
    for content in (
        f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\x00\r\n\r\n",
        f"{secret} / HTTP/9\r\n\r\n",
        f"GET /{secret[:4]}\x7f HTTP/1.1\r\n{token}\r\n\r\n",
        f"POST / HTTP/1.1\r\nContent-Length: x{token}\r\n\r\n",
    ):
        life.raw(server.http, content.encode())
        life.raw(server.grpc, content.encode())


def _replace(life, server):
    """Rotate in every way, delete and register again."""
    at = ["--server", server.grpc]
    before = life.own("gray")
    life.run("rotate", "gray", *at)
    assert life.own("gray")["secret"] != before["secret"]
    life.json("rotate", "gray", "--only", "token", *at)
    life.run("rotate", "blue", "--only", "secret", *at, PLACEWISE_SECRET=life.own("blue")["secret"])
    life.run("rotate", "blue", "--show-secrets", *at, told=True)
    life.run("rotate", "pink", "--database", life.database, *at)
    life.json("rotate", "pink", "--only", "secret", "--database", life.database, *at)
    # The server takes that over within seconds.
    until(lambda: life.run("receive", "--cluster", "pink", *at, code=None) is not None)
    life.run("rotate", "nobody", "--database", life.database, *at, code=2)
    life.run("rotate", "pink", "--database", life.folder / "state.json", *at, code=2)
    life.run("delete", "green", "--yes", *at)
    life.json(
        "register", life.folder / "more" / "green", *at, "--registration-secret-file", life.data / "registration-secret"
    )
    life.run("receive", "--cluster", "gray", *at, code=2, PLACEWISE_SECRET=before["secret"])
    for more in ([], ["--jobs", 3], ["--json"]):
        life.run("status", *at, *more)
    path, saved = next(iter(life.saved().items()))
    good = path.read_text()
    for spoilt in ([saved], {"gray": life.own("gray")["token"]}, {"gray": {"token": [life.own("gray")["token"]]}}):
        path.write_text(json.dumps(spoilt))
        life.saved = dict
        life.run("receive", "--cluster", "gray", *at, code=2)
        life.run("submit", jobspec(life), *at, code=2)
        del life.saved
    path.write_text(good)
    _configure_badly(life)


def _configure_badly(life):
    secret = life.secret("in a configuration")
    for number, text in enumerate(
        (
            f"scheduler: {{secret: [{secret}]}}",
            f"scheduler: {{secret: {secret}: x}}",
            f'scheduler: {{secret: "{secret}\\q"}}',
            f"scheduler: {secret}",
            f"scheduler: {{secret: {secret}, name: [x]}}",
        )
    ):
        path = life.private(f"config-{number}.yaml", text)
        life.run("serve", "--config", path, "--listen", "nowhere", "--log-level", "debug", code=2)
    url = f"postgresql://me:{secret}@127.0.0.1:1/none"
    for words in (["serve", "--http", "none"], ["database", "check"], ["database", "check", "--json"]):
        life.run(*words, code=2, PLACEWISE_SERVE_DATABASE=url, PLACEWISE_SERVE_REGISTRATION_SECRET=secret)
    life.run("serve", "--listen", "nowhere", code=2, PLACEWISE_SERVE_GLOBAL_TOKEN=f"{secret}\t")


def _look_at_pages(life, server):
    gray = life.own("gray")
    bearer = {"Authorization": f"Bearer {gray['secret']}", "Cookie": f"token={gray['token']}"}
    shown = urllib.parse.quote(gray["token"])
    for path in ("/", "/?refresh=off", "/jobs/1", "/jobs/2", "/metrics", "/healthz"):
        assert life.fetch(server.http, path) == 200
        assert life.fetch(server.http, f"{path}{'&' if '?' in path else '?'}token={shown}", **bearer) == 200
    for path in ("/jobs/999", f"/{shown}", "/jobs/x"):
        assert life.fetch(server.http, path, **bearer) == 404
    life.said[f"page {len(life.said)}"] = b""


def _crash(life, server):
    """Back the database up, then end the server without a word and with what it has in its log."""
    for words in (["check"], ["backup", life.home / "backup.db"], ["backup", life.home / "second.db", "--json"]):
        life.run("database", *words, "--database", life.database)
    life.run("rotate", "gray", "--server", server.grpc)
    assert life.end(server, signal.SIGKILL) == -signal.SIGKILL
    for name in ("placewise.db-wal", "placewise.db-shm"):
        assert (life.data / name).exists()
        (life.home / f"kept-{name}").write_bytes((life.data / name).read_bytes())
        os.chmod(life.home / f"kept-{name}", 0o600)  # noqa: PTH101


def _go_on(life):
    """Serve again with secrets from elsewhere, a log for people, and a restored database."""
    registration = life.secret("the registration secret that was given", REGISTRATION)
    token = life.private("global-token", GLOBAL)
    given = {"PLACEWISE_SERVE_REGISTRATION_SECRET": registration, "PLACEWISE_SERVE_DATABASE": str(life.database)}
    server = serve(
        life, "second-server", "--global-token-file", "-", "--seed", 3, log_format="console", stdin=token, **given
    )
    life.look("second server", server.pid)
    at = ["--server", server.grpc]
    white = cluster_folder(life.folder / "late", "white")
    life.run("register", white, *at, PLACEWISE_REGISTRATION_SECRET=registration)
    life.run("rotate", "white", *at)
    life.run("submit", jobspec(life), *at, "--cluster", "white")
    life.run("receive", "--cluster", "white", *at, "--json")
    wrong = life.secret("another guess")
    life.run("receive", "--cluster", "white", *at, code=2, PLACEWISE_SECRET=wrong)
    life.fetch(server.http, "/")
    life.run("database", "restore", life.home / "backup.db", "--force", code=2, **given)
    assert life.end(server) == 0
    life.run("database", "restore", life.home / "backup.db", "--force", "--json", **given)
    life.run("database", "check", "--json", **given)
    server = serve(
        life, "third-server", "--registration-secret-file", life.private("given", registration), log_format="json"
    )
    life.run("status", "--server", server.grpc, "--cluster", "white", code=2, PLACEWISE_TOKEN=wrong)
    assert life.end(server) == 0


@pytest.fixture(scope="module")
def needles(life):
    return Needles(life.secrets)


def files_of(life):
    return [path for path in life.home.rglob("*") if path.is_file()]


def leaks(needles, places):
    found = {where: needles.found_in(content) for where, content in places.items()}
    return {where: names for where, names in found.items() if names}


def test_the_life_was_a_whole_one(life, needles):
    assert len(life.secrets) >= 25
    assert len(set(life.secrets.values())) == len(life.secrets)
    for clusters in life.saved().values():
        assert all(one in life.secrets.values() for given in clusters.values() for one in given.values() if one)
    told = b"".join(life.told)
    assert len(needles.found_in(told)) >= 4
    logs = [where for where in life.said if where.startswith("log of")]
    assert len(logs) == 6
    assert sum(where.startswith("page") for where in life.said) >= 15
    assert len(life.seen) >= 15


def test_what_is_said_holds_no_secret(life, needles):
    assert leaks(needles, life.said) == {}


def test_what_the_system_shows_of_processes_and_jobs_holds_no_secret(life, needles):
    assert leaks(needles, life.seen) == {}
    assert any(b"PLACEWISE_SECRET=\0" in seen for seen in life.seen.values())


def test_the_database_and_its_copies_hold_no_secret(life, needles):
    kept = [path for path in files_of(life) if ".db" in path.name]
    assert len(kept) >= 5
    assert leaks(needles, {path.name: path.read_bytes() for path in kept}) == {}
    for path in kept:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    with closing(sqlite3.connect(life.database)) as connection:
        text = "\n".join(connection.iterdump())
    assert "gray" in text
    assert needles.found_in(text) == []


def test_files_that_hold_secrets_are_for_their_owner_alone(life, needles):
    holding = {path for path in files_of(life) if needles.found_in(path.read_bytes())}
    made = {path for path in holding if path.name == "registration-secret" or path.parent.name == "credentials"}
    assert {path.name for path in made} >= {"registration-secret"}
    assert len(made) >= 3
    for path in holding:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    # What else holds some, the life itself has put there.
    assert {path.parent for path in holding - made} == {life.home}


def test_no_file_with_a_secret_was_ever_open_to_others(life, needles):
    seen = life.files.open_to_others
    assert leaks(needles, {path: b"\n".join(contents) for path, contents in seen.items()}) == {}
    # The watch sees what it should: this one is made without care.
    assert any(path.endswith(".lock") for path in seen)


def test_every_form_is_found():
    secret = 'tök"en/+ <of> 32 characters & more'
    needles = Needles({"it": secret})
    raw = secret.encode()
    for written in (
        raw,
        secret.encode("utf-16-le"),
        json.dumps({"a": secret}).encode(),
        urllib.parse.urlencode({"a": secret}).encode(),
        raw.hex().encode(),
        raw[:20],
        repr(secret).encode(),
        *(base64.b64encode(b"x" * before + raw + b"y" * after) for before in range(4) for after in range(4)),
        *(base64.urlsafe_b64encode(b"x" * before + raw) for before in range(4)),
    ):
        assert needles.found_in(b"before " + written + b" after") == ["it"], written
    assert needles.found_in(b"nothing of it") == []
