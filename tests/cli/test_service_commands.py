"""The commands that talk to a scheduler, against one that `placewise serve` runs."""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from running_scheduler import GLOBAL, REGISTRATION, serving, started, until

from placewise.cli.options.completing import choices, policy_names
from placewise.errors import InputError
from placewise.formats.fleets.jgf.clusters import write_cluster
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Vertex, package_subsystem
from placewise.service.client import Client, Credentials, saved_credentials

COMMANDS = (
    "serve",
    "register",
    "update",
    "delete",
    "rotate",
    "submit",
    "status",
    "cancel",
    "receive",
    "agent",
    "database",
)
JOBSPEC = """\
version: 1
task:
  command: [sh, -c, "echo $PLACEWISE_JOB_ID on $PLACEWISE_CLUSTER"]
  resources: {gcc: {range: [{field: version, min: "%s"}]}}
"""


databases = {}


@pytest.fixture
def database(scheduler):
    """The file that a scheduler serves from."""
    return databases[scheduler]


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The address of a scheduler, run by the command."""
    with serving(tmp_path_factory.mktemp("scheduler")) as (address, path):
        databases[address] = path
        yield address


@pytest.fixture
def user(scheduler, placewise, monkeypatch, tmp_path):
    """The command line of a user with a folder for configuration of her own, who knows the registration secret."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PLACEWISE_SERVER", scheduler)
    monkeypatch.setenv("PLACEWISE_REGISTRATION_SECRET", REGISTRATION)
    for name in ("PLACEWISE_SECRET", "PLACEWISE_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def run_json(*arguments):
        done = placewise(*arguments, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    placewise.json = run_json
    return placewise


@pytest.fixture
def cluster(user, tmp_path, request):
    """A registered cluster with gcc 12 and a name of this test's: its name, folder, token and secret."""
    name = f"cluster of {request.node.name}"
    folder = written(tmp_path / "cluster", name)
    (one,) = user.json("register", folder, "--show-secrets")["clusters"]
    yield SimpleNamespace(name=name, folder=folder, token=one["token"], secret=one["secret"])
    user("delete", name, "--yes")


def written(folder, name, gcc="12.1", **packages):
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "core", 1, 4)))
    subsystems = [package_subsystem(*one) for one in {"gcc": gcc, **packages}.items()]
    write_cluster(Cluster(name, graph, tuple(subsystems), (("cost_per_node_hour", 2.5),)), folder)
    return folder


@pytest.fixture
def jobspec(tmp_path):
    path = tmp_path / "solver.yaml"
    path.write_text(JOBSPEC % "12")
    return path


def refused(done, *said, code=2):
    assert (done.code, done.out) == (code, "")
    assert len(done.err.strip().splitlines()) == 1, done.err
    for text in said:
        assert text in done.err, done.err


def credentials(tmp_path):
    (path,) = (tmp_path / "config" / "placewise" / "credentials").glob("*.json")
    return path, json.loads(path.read_text())["clusters"]


def test_register_prints_and_saves_what_a_cluster_is_given(user, tmp_path):
    folder = written(tmp_path / "gray", "gray")
    done = user("register", folder, "--show-secrets")
    assert done.code == 0
    path, saved = credentials(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert f"gray: token {saved['gray']['token']}, secret {saved['gray']['secret']}" in done.out
    again = user("register", folder)
    refused(again, "gray", "registered")
    skipped = user("register", folder, "--skip-known")
    assert (skipped.code, skipped.out) == (0, "")
    assert credentials(tmp_path)[1] == saved
    assert user("delete", "gray", "--yes").code == 0
    assert credentials(tmp_path)[1] == {}


def test_register_takes_folders_of_clusters_and_features(user, tmp_path):
    for name in ("one", "two"):
        written(tmp_path / "fleet" / name, name)
    assert [one["cluster"] for one in user.json("register", tmp_path / "fleet")["clusters"]] == ["one", "two"]
    features = tmp_path / "features" / "cluster-features.json"
    features.parent.mkdir()
    features.write_text('{"three": {"gcc": "9.1", "zlib": "1.2.11"}}')
    assert user.json("register", features.parent)["clusters"][0]["cluster"] == "three"
    shown = {one["name"]: one for one in user.json("status")["clusters"]}
    assert {"one", "two", "three"} <= set(shown)
    assert shown["three"]["subsystems"] == ["gcc", "zlib"]
    assert shown["one"]["state"] == {"cost_per_node_hour": 2.5}
    for name in ("one", "two", "three"):
        assert user.json("delete", name, "--yes") == {"cluster": name, "cancelled_jobs": 0}


def test_register_needs_the_registration_secret(user, tmp_path, monkeypatch):
    folder = written(tmp_path / "gray", "gray")
    monkeypatch.setenv("PLACEWISE_REGISTRATION_SECRET", "guess")
    refused(user("register", folder), "registration secret")
    monkeypatch.delenv("PLACEWISE_REGISTRATION_SECRET")
    refused(user("register", folder), "--registration-secret-file")
    refused(user("register", folder, "--registration-secret-file", tmp_path / "none"), "none")
    refused(user("register", tmp_path, "--name", "x", "--registration-secret-file", tmp_path / "none"), "none")
    monkeypatch.setattr(sys, "stdin", io.StringIO(REGISTRATION + "\n"))
    assert user("register", folder, "--registration-secret-file", "-", "--name", "other").code == 0
    assert user("delete", "other", "--yes").code == 0


def test_one_name_for_several_clusters(user, tmp_path):
    for name in ("one", "two"):
        written(tmp_path / "fleet" / name, name)
    refused(user("register", tmp_path / "fleet", "--name", "x"), "--name")


def test_a_job_from_submission_to_its_end(user, cluster, jobspec):
    done = user("submit", jobspec)
    assert done.code == 0, done.err
    number, _, where = done.out.strip().partition(" ")
    assert where == cluster.name
    status = user("status", number)
    for text in (f"Job {number}", "solver", "assigned", cluster.name):
        assert text in status.out
    (row,) = (one for one in user.json("status")["clusters"] if one["name"] == cluster.name)
    assert (row["nodes"], len(row["subsystems"]), row["waiting"], row["running"]) == (1, 1, 1, 0)
    assert user("status").out.startswith("1 cluster\n")
    assert user("agent", "--exec", "env", "--once").code == 0
    shown = user.json("status", number)
    assert (shown["state"], shown["cluster"], shown["name"]) == ("finished", cluster.name, "solver")
    assert [event["state"] for event in shown["history"]][-3:] == ["received", "accepted", "finished"]
    assert shown["duration_s"] > 0
    refused(user("cancel", number), "finished")
    newest = user.json("status", "--jobs", 5)["jobs"]
    assert [one["id"] for one in newest] == [int(number)]
    assert "solver" in user("status", "--jobs", 5).out


def test_many_jobs_are_answered_line_by_line_and_once(user, cluster, jobspec, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(JOBSPEC % "13")
    done = user("submit", jobspec, other, "--request-id", "pair")
    assert done.code == 3
    first, second = done.out.splitlines()
    assert first.endswith(f" {cluster.name}")
    assert second.endswith(" -")
    assert f"{other}: fits on no cluster" in " ".join(done.err.split())
    assert user("submit", jobspec, other, "--request-id", "pair").out == done.out
    lines = tmp_path / "jobs.jsonl"
    lines.write_text('{"version": 1, "task": {"command": ["true"], "resources": {"gcc": {}}}}\n\n{"version": 1}\n')
    answer = user("submit", "--many", lines, "--json")
    assert answer.code == 2
    assert [one["jobspec"] for one in json.loads(answer.out)["jobs"]] == ["line 1", "line 3"]
    assert json.loads(answer.out)["jobs"][1]["code"] == "INVALID_ARGUMENT"
    lines.write_text('{"version": 1}\n[1]\n')
    refused(user("submit", "--many", lines), "jobs.jsonl", "line 2")
    refused(user("submit", jobspec, jobspec), "twice")
    refused(user("submit", jobspec, tmp_path / "none.yaml"), "none.yaml")
    refused(user("submit"), "--many")
    refused(user("submit", jobspec, other, "--name", "x"), "--name")


@pytest.mark.parametrize(("words", "text"), [(("-",), JOBSPEC % "12"), (("--many", "-"), json.dumps({"version": 1}))])
def test_jobs_come_on_standard_input(user, cluster, monkeypatch, words, text):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    done = user("submit", *words)
    assert (done.code, done.out.split()[-1]) == ((2, "-") if "--many" in words else (0, cluster.name.split()[-1]))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[")))
    refused(user("submit", *words), "standard input")


def test_a_job_that_fits_nowhere_is_explained(user, cluster, jobspec):
    jobspec.write_text(JOBSPEC % "13")
    done = user("submit", jobspec)
    assert done.code == 3
    for text in ("matches 0 of 1 clusters", "gcc@13:", "version 12.1", cluster.name):
        assert text in done.out
    assert "refused" in done.err
    as_json = user("submit", jobspec, "--json")
    assert as_json.code == 3
    answer = json.loads(as_json.out)
    assert (answer["cluster"], answer["state"], answer["total_clusters"]) == (None, "refused", 1)
    assert answer["explanation"]["fail_by_one"] == [
        {"cluster": cluster.name, "requirement": "gcc@13:", "offered": "version 12.1"}
    ]
    assert as_json.err == ""


def test_a_cluster_that_cannot_be_compared_is_named_in_a_line(user, cluster, jobspec, tmp_path):
    odd = f"odd one of {cluster.name}"
    user.json("register", written(tmp_path / "odd", odd, gcc="12 of a kind?"))
    try:
        jobspec.write_text(JOBSPEC % "12")
        done = user("submit", jobspec)
        assert (done.code, done.out.split(" ", 1)[1].strip()) == (0, cluster.name)
        assert f"{odd} cannot be compared with gcc" in " ".join(done.err.split())
        answer = user.json("submit", jobspec, "--unknown", "yes")
        assert (answer["cluster"], answer["unknown"]) == (cluster.name, [])
        assert [one["cluster"] for one in answer["incomparable"]] == [odd]
        refused(user("submit", jobspec, "--unknown", "perhaps"), "--unknown", "separate or yes or no")
    finally:
        user("delete", odd, "--yes")


def test_tokens_come_from_where_they_are_said_to(user, cluster, jobspec, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
    refused(user("submit", jobspec), "no token", "PLACEWISE_TOKEN")
    refused(user("submit", jobspec, "--cluster", cluster.name), cluster.name, "--token-file")
    (tmp_path / "token").write_text(cluster.token)
    own = ("--cluster", cluster.name, "--token-file", tmp_path / "token")
    assert user("submit", jobspec, *own).out.split(" ", 1)[1].strip() == cluster.name
    monkeypatch.setenv("PLACEWISE_TOKEN", "guess")
    refused(user("submit", jobspec, "--cluster", cluster.name), "token")
    monkeypatch.setenv("PLACEWISE_TOKEN", GLOBAL)
    assert user("submit", jobspec).code == 0
    assert user("submit", jobspec, "--cluster", cluster.name).code == 0


def test_what_the_scheduler_cannot_understand(user, cluster, jobspec):
    refused(user("submit", jobspec, "--select", "cheapst"), "cheapst", "cheapest")
    refused(user("submit", jobspec, "--option", "x"), "NAME=VALUE")
    refused(user("submit", jobspec, "--match", "equals"), "solver.yaml", "equals")
    refused(user("submit", jobspec.parent / "none.yaml"), "none.yaml")
    jobspec.write_text("version: 1\n")
    refused(user("submit", jobspec), "solver.yaml", "resources")
    jobspec.write_text("a: [b\n")
    refused(user("submit", jobspec), "solver.yaml", "line")


def test_selection_takes_options_and_files(user, cluster, jobspec, tmp_path):
    priorities = tmp_path / "priorities.yaml"
    priorities.write_text("- priority: 1\n  steps:\n  - sort_ascending: cost_per_node_hour\n  - select: first\n")
    done = user("submit", jobspec, "--select", "constraint", "--option", f"priorities=@{priorities}")
    assert done.code == 0, done.err
    assert user("submit", jobspec, "--select", "cheapest").code == 0


def test_receive_and_accept(user, cluster, jobspec):
    numbers = [int(user("submit", jobspec).out.split()[0]) for _ in range(3)]
    one = user("receive", "--most", 1)
    assert one.out.startswith(f"{numbers[0]} solver: sh -c ")
    received = user.json("receive", "--accept", "--cluster", cluster.name)
    assert received["cluster"] == cluster.name
    assert [(job["id"], job["accepted"]) for job in received["jobs"]] == [(number, True) for number in numbers[1:]]
    assert "no job waits" in user("receive").err
    assert user.json("status", numbers[1])["state"] == "accepted"
    assert user("cancel", numbers[0], "--reason", "not wanted").code == 0
    assert user.json("status", numbers[0])["reason"] == "not wanted"


def test_what_strangers_wrote_does_not_steer_the_terminal(user, cluster, jobspec):
    jobspec.write_text(JOBSPEC.replace("echo", "echo \\e[2J\\r\\n;") % "12")
    number = user("submit", jobspec).out.split()[0]
    printed = [user("receive"), user("cancel", number, "--reason", "\x1b[31mred\nforged line"), user("status", number)]
    printed.append(user("status", "--jobs", 1))
    shown = "".join(done.out + done.err for done in printed)
    assert "\\x1b[2J" in shown
    assert "\\x1b[31mred" in shown
    assert not {"\x1b", "\r"} & set(shown)
    assert len(printed[0].out.splitlines()) == 1


def test_update_changes_parts_or_nothing(user, cluster, jobspec, tmp_path):
    refused(user("update", cluster.name), "nothing is to be changed")
    state = tmp_path / "state.json"
    state.write_text('{"cost_per_node_hour": null, "nodes_free": 7}')
    assert user("update", cluster.name, "--state", state).code == 0
    assert user.json("status")["clusters"][0]["state"] == {"nodes_free": 7}
    refused(user("update", cluster.name, "--state", state, "--remove-subsystem", "zlib"), "zlib")
    newer = written(tmp_path / "newer", cluster.name, gcc="13.2")
    assert user("update", cluster.name, "--subsystem", newer / "gcc-subsystem.json").code == 0
    jobspec.write_text(JOBSPEC % "13")
    assert user("submit", jobspec).code == 0
    refused(user("update", cluster.name, "--subsystem", newer / "nodes.json"), "nodes.json")
    assert user.json("update", cluster.name, "--remove-subsystem", "gcc")["removed"] == ["gcc"]
    assert user.json("status")["clusters"][0]["subsystems"] == []
    assert user("update", cluster.name, written(tmp_path / "more", "x", zlib="1.2")).code == 0
    assert user.json("status")["clusters"][0]["subsystems"] == ["gcc", "zlib"]


def test_rotated_secrets_and_tokens_replace_the_old(user, cluster, jobspec, tmp_path, monkeypatch):
    assert set(user.json("rotate", cluster.name, "--only", "secret")) == {"cluster", "saved"}
    saved = credentials(tmp_path)[1][cluster.name]
    assert saved["secret"] != cluster.secret
    assert saved["token"] == cluster.token
    assert user("receive").code == 0
    monkeypatch.setenv("PLACEWISE_SECRET", cluster.secret)
    refused(user("receive"), "secret")
    monkeypatch.delenv("PLACEWISE_SECRET")
    done = user("rotate", cluster.name, "--show-secrets")
    after = credentials(tmp_path)[1][cluster.name]
    assert f"token {after['token']}, secret {after['secret']}" in done.out
    (tmp_path / "old").write_text(cluster.token)
    refused(user("submit", jobspec, "--cluster", cluster.name, "--token-file", tmp_path / "old"), "token")
    refused(user("rotate", cluster.name, "--only", "half"), "--only", "half")


def test_what_a_cluster_is_given_is_printed_only_when_asked_for(user, tmp_path):
    folder = written(tmp_path / "gray", "gray")
    done = user("register", folder)
    path, saved = credentials(tmp_path)
    shown = [done]
    assert str(path) in done.err
    assert "gray" in done.out
    shown.append(user("rotate", "gray"))
    after = credentials(tmp_path)[1]
    assert str(path) in shown[-1].err
    shown += [user("rotate", "gray", "--json"), user("delete", "gray", "--yes"), user("register", folder, "--json")]
    assert [done.code for done in shown] == [0] * len(shown)
    for one in (*saved["gray"].values(), *after["gray"].values(), *credentials(tmp_path)[1]["gray"].values()):
        assert all(one not in done.out + done.err for done in shown)
    assert user("delete", "gray", "--yes").code == 0


def test_what_is_registered_is_saved_when_nobody_reads_on(user, tmp_path):
    names = [f"unread-{number}" for number in range(4)]
    for name in names:
        written(tmp_path / "fleet" / name, name)
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "placewise", "register", tmp_path / "fleet", "--show-secrets"]
    ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert ended.returncode == 128 + signal.SIGPIPE
    assert "Traceback" not in ended.stderr
    saved = credentials(tmp_path)[1]
    assert saved
    for name in names:
        # Registered and saved, or neither: what was registered can be deleted from here.
        assert user("delete", name, "--yes").code == (0 if name in saved else 2)
        assert user("register", tmp_path / "fleet" / name).code == 0
        assert user("delete", name, "--yes").code == 0


def test_nothing_is_registered_that_cannot_be_saved(user, tmp_path):
    folder = written(tmp_path / "gray", "gray")
    (tmp_path / "config").write_text("no folder")
    refused(user("register", folder), "credentials")
    (tmp_path / "config").unlink()
    assert user("register", folder).code == 0
    assert user("delete", "gray", "--yes").code == 0


def test_what_can_be_saved_no_more_is_printed(user, tmp_path, monkeypatch):
    def full(*_):
        raise InputError("cannot be written: No space left on device")

    monkeypatch.setattr(saved_credentials, "save", full)
    done = user("register", written(tmp_path / "gray", "gray"))
    assert done.code == 2
    monkeypatch.setenv("PLACEWISE_SECRET", done.out.partition(", secret ")[2].strip())
    assert user("delete", "gray", "--yes").code == 0


def test_deleting_asks(user, cluster, monkeypatch):
    refused(user("delete", cluster.name), "--yes")
    for answer, code in (("n\n", 1), ("y\n", 0)):
        terminal = io.StringIO(answer)
        terminal.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", terminal)
        asked = user("delete", cluster.name)
        assert asked.code == code, asked
        assert cluster.name in asked.err


def test_credentials_are_of_the_server_that_gave_them(user, cluster, jobspec, tmp_path, monkeypatch):
    path, before = credentials(tmp_path)
    document = json.loads(path.read_text())
    assert len(document["server"]) == 32
    path.write_text(json.dumps({**document, "server": "f" * 32}))
    said = ("these credentials are of another server", path.name, "ffffffff", document["server"][:8])
    for command in (
        ["submit", jobspec],
        ["status"],
        ["cancel", 1],
        ["receive"],
        ["update", cluster.name, cluster.folder],
    ):
        refused(user(*command), *said)
    refused(user("delete", cluster.name, "--yes"), *said)
    refused(user("rotate", cluster.name), *said)
    agent = user("agent", "--exec", "true", "--once")
    assert (agent.code, said[0] in agent.err) == (2, True)
    monkeypatch.setenv("PLACEWISE_SECRET", cluster.secret)
    assert user("agent", "--exec", "true", "--once", "--cluster", cluster.name).code == 0
    other = written(tmp_path / "other", f"other {cluster.name}")
    # An agent forgets the secrets of its environment, which is this process's.
    (tmp_path / "secret").write_text(REGISTRATION)
    done = user("register", other, "--registration-secret-file", tmp_path / "secret")
    (kept,) = path.parent.glob("*.before-1.json")
    assert done.code == 0
    assert kept.name in done.err
    assert json.loads(kept.read_text())["clusters"] == before
    assert list(credentials_of(path)) == [f"other {cluster.name}"]
    assert user("submit", jobspec).code == 0
    assert user("delete", f"other {cluster.name}", "--yes").code == 0
    kept.unlink()
    path.write_text(json.dumps(document))


def credentials_of(path):
    return json.loads(path.read_text())["clusters"]


def test_credentials_as_they_were_once_written_are_used_and_kept(user, cluster, jobspec, tmp_path):
    path, before = credentials(tmp_path)
    path.write_text(json.dumps(before))
    assert user("submit", jobspec).code == 0
    assert user("rotate", cluster.name, "--only", "secret").code == 0
    document = json.loads(path.read_text())
    assert document["server"]
    assert document["clusters"][cluster.name]["token"] == before[cluster.name]["token"]


def test_a_lost_secret_is_replaced_by_who_can_write_the_database(user, cluster, database, jobspec, tmp_path):
    path, before = credentials(tmp_path)
    path.unlink()
    refused(user("rotate", cluster.name), "no secret of")
    refused(user("rotate", "unknown", "--database", database), "no such cluster", "unknown")
    refused(user("rotate", cluster.name, "--database", tmp_path / "none"), "no such database")
    (tmp_path / "text").write_text("no database, but a text that is as long as one")
    refused(user("rotate", cluster.name, "--database", tmp_path / "text"), "cannot be used")
    assert user("rotate", cluster.name, "--database", database, "--only", "secret").code == 0
    document = json.loads(path.read_text())
    assert document["clusters"][cluster.name]["token"] == ""
    until(lambda: user("receive").code == 0)
    (tmp_path / "token").write_text(before[cluster.name]["token"])
    assert user("submit", jobspec, "--cluster", cluster.name, "--token-file", tmp_path / "token").code == 0
    assert user("rotate", cluster.name).code == 0
    assert user("submit", jobspec).code == 0


def test_which_cluster_is_meant_when_none_is_named(user, cluster, tmp_path):
    assert user("receive").code == 0
    other = written(tmp_path / "other", f"other {cluster.name}")
    assert user("register", other).code == 0
    refused(user("receive"), "--cluster", cluster.name)
    refused(user("receive", "--cluster", "unknown"), "unknown", "--secret-file")
    assert user("delete", f"other {cluster.name}", "--yes").code == 0


def test_nobody_is_there(user, jobspec, monkeypatch):
    monkeypatch.setenv("PLACEWISE_TOKEN", "t")
    monkeypatch.setenv("PLACEWISE_SECRET", "s")
    for command in (
        ["submit", jobspec],
        ["status"],
        ["cancel", 1],
        ["receive", "--cluster", "x"],
        ["delete", "x", "--yes"],
    ):
        refused(user(*command, "--server", "127.0.0.1:1"), "127.0.0.1:1", "cannot be reached", code=1)


def test_credentials_that_cannot_be_read(user, cluster, jobspec, tmp_path):
    path, _ = credentials(tmp_path)
    good = path.read_text()
    for spoilt in ("[]", "{", '{"x": 5}', '{"x": {"token": 5.5}}'):
        path.write_text(spoilt)
        refused(user("submit", jobspec), path.name)
    for spoilt in ('["%s"]', '{"x": "%s"}', '{"x": {"token": ["%s"]}}', '{"server": "a", "clusters": "%s"}', '"%s"'):
        path.write_text(spoilt % cluster.token)
        done = user("submit", jobspec)
        refused(done, path.name)
        assert cluster.token not in done.err
    path.write_text(good)


def test_variables_that_hold_no_secret_are_refused_and_not_shown(user, jobspec, tmp_path, monkeypatch):
    folder = written(tmp_path / "gray", "gray")
    for variable, command in {
        "PLACEWISE_SECRET": ["receive", "--cluster", "x"],
        "PLACEWISE_TOKEN": ["submit", jobspec],
        "PLACEWISE_REGISTRATION_SECRET": ["register", folder],
    }.items():
        for wrong in ("hush\udcff", "hush\t"):
            monkeypatch.setenv(variable, wrong)
            done = user(*command)
            refused(done, variable, "holds no secret")
            assert "hush" not in done.err
        monkeypatch.delenv(variable)


@pytest.mark.parametrize("command", ["status", "agent"])
def test_tls_options_that_do_not_go_together(user, command, tmp_path):
    more = ["--exec", "true", "--cluster", "x"] if command == "agent" else []
    refused(user(command, *more, "--tls-cert", tmp_path / "c"), "--tls-ca")
    refused(user(command, *more, "--tls-ca", "system", "--tls-cert", tmp_path / "c"), "belong together")
    refused(user(command, *more, "--tls-ca", tmp_path / "none.pem"), "none.pem")


def test_an_agent_runs_jobs_as_they_come_and_ends_in_order(user, cluster, jobspec, tmp_path):
    log = tmp_path / "log"
    agent = started("agent", "--exec", "sh -c {command}", "--jobs", 2, "--json", "--poll", 0.1, log=log)
    try:
        jobspec.write_text(JOBSPEC.replace("echo", "sleep 0.2; echo") % "12")
        numbers = [int(user("submit", jobspec).out.split()[0]) for _ in range(5)]
        until(lambda: user.json("status", numbers[-1])["state"] == "finished")
        jobspec.write_text(JOBSPEC.replace("echo", "sleep 600; echo") % "12")
        lasting = user("submit", jobspec).out.split()[0]
        until(lambda: user.json("status", lasting)["state"] == "accepted")
        assert user("cancel", lasting).code == 0
        until(lambda: '"state": "cancelled"' in log.read_text())
        jobspec.write_text(JOBSPEC.replace("echo", "sleep 1; echo") % "12")
        last = user("submit", jobspec).out.split()[0]
        until(lambda: user.json("status", last)["state"] == "accepted")
        agent.send_signal(signal.SIGINT)
        assert agent.wait(60) == 0
    finally:
        agent.kill()
        agent.wait()
    assert user.json("status", last)["state"] == "finished"
    printed = log.read_text()
    documents = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    assert {one["id"] for one in documents if one["state"] == "finished"} == {*numbers, int(last)}
    for number in numbers:
        assert f"{number} on {cluster.name}" in printed
    assert "Traceback" not in printed


def test_an_agent_that_is_refused_says_so(user, cluster, monkeypatch):
    monkeypatch.setenv("PLACEWISE_SECRET", "guess")
    done = user("agent", "--exec", "true")
    assert done.code == 2
    assert "secret" in done.err
    refused(user("agent", "--exec", "no-such-program"), "--exec", "no-such-program")


def test_serve_refuses_what_would_be_open_to_all(placewise, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    refused(placewise("serve", "--listen", "0.0.0.0:0", "--registration-secret-file", written_secret(tmp_path)), "TLS")
    refused(placewise("serve", "--lease", "-1", "--registration-secret-file", tmp_path / "s"), "--lease:")
    warned = placewise("serve", "--registration-secret", "x", "--log-level", "loud")
    assert warned.code == 2
    assert "warning: --registration-secret can be read by everybody" in warned.err
    both = placewise("serve", "--global-token", "x", "--global-token-file", tmp_path / "s")
    refused(both, "--global-token", "twice")
    assert not (tmp_path / "placewise").exists()


def written_secret(folder):
    (folder / "s").write_text("secret\n")
    return folder / "s"


@pytest.mark.parametrize("command", [["serve"], ["status"], ["agent", "--exec", "true", "--cluster", "x"]])
def test_without_the_extra_it_says_what_to_install(command):
    code = (
        "import sys; sys.modules['grpc'] = None\n"
        f"sys.argv = ['placewise', *{command!r}]\n"
        "from placewise.cli import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "pip install 'placewise[service]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_every_command(placewise):
    helped = placewise("--help").out
    for command in COMMANDS:
        assert f" {command} " in helped
        assert placewise(command, "--help").code == 0


def test_shells_are_offered_the_words_that_fit():
    assert choices("random", "range", "first")("ra") == ["random", "range"]
    assert "least-loaded" in policy_names(())("")
    assert policy_names(("predicted_cost",))("che") == ["cheapest"]


def test_nothing_secret_can_be_given_as_an_option(placewise):
    for command in COMMANDS[1:]:
        helped = placewise(command, "--help").out
        assert "--secret " not in helped
        assert "--token " not in helped


def test_the_library_does_the_same(user, cluster, scheduler):
    with Client(scheduler) as client:
        assert client.healthy()
        done = client.submit(JOBSPEC % "12", Credentials({cluster.name: cluster.token}), name="library")
        assert done.cluster == cluster.name
        explained = client.explain(JOBSPEC % "13", Credentials(global_token=GLOBAL))
        assert {near.cluster for near in explained.near_misses} >= {cluster.name}
        assert client.match(JOBSPEC % "12", Credentials({cluster.name: cluster.token})).clusters == (cluster.name,)
        assert client.get_job(done.job_id, Credentials(global_token=GLOBAL)).name == "library"
    assert Path(cluster.folder).is_dir()
