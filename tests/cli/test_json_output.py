"""Under --json standard output is JSON and nothing else, whatever a library prints, for every command that has it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from test_service_commands import JOBSPEC, REGISTRATION, scheduler, written  # noqa: F401, scheduler is a fixture

from placewise.cli import app
from placewise.service.store.database import Database
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.clusters import NewCluster, add_clusters
from placewise.service.store.rows.job import NewJob
from placewise.service.store.rows.jobs import accept, receive, report

# Runs the command line with every command printing as libraries do: by Python, by a system call, by C, which holds
# back what it prints until the process ends, and by a process that it starts.
NOISY = """
import ctypes, functools, os
from placewise.cli import app, main

def noisy(command):
    @functools.wraps(command)
    def run(*args, **kwargs):
        print("noise of Python")
        os.write(1, b"noise of a system call\\n")
        ctypes.CDLL(None).puts(b"noise of C")
        os.system("echo noise of a process")
        return command(*args, **kwargs)
    return run

for group in (app, *(one.typer_instance for one in app.registered_groups)):
    for one in group.registered_commands:
        one.callback = noisy(one.callback)
main()
"""
NOISE = ("noise of Python", "noise of a system call", "noise of C", "noise of a process")

# Run against a fake API server by tests/kueue/test_nominate_command.py.
KUEUE = ("nominate",)
SERVICE = ("register", "update", "rotate", "submit", "status", "receive", "agent", "cancel", "delete")
DATABASE = {
    "database check": ["--database", "{database}"],
    "database backup": ["{tmp}/copy.db", "--database", "{database}"],
    "database export-outcomes": ["{tmp}/outcomes.parquet", "--database", "{database}"],
    "database restore": ["{database}", "--database", "{tmp}/restored.db"],
}
LOCAL = {
    "simulate": ["{small}", "--no-plots", "--out", "{tmp}/out"],
    "plot": ["{results}", "--out", "{tmp}/drawn"],
    "value": ["{small}", "--resamples", "20", "--splits", "2"],
    "minimal": ["{small}", "--splits", "2"],
    "pareto": ["{small}"],
    "near-miss": ["{small}"],
    "sensitivity": ["{small}", "--over", "clusters", "--draws", "1"],
    "compare": ["{results}", "{results}"],
    "match": ["{jobspec}", "--fleet", "{small}"],
    "explain": ["{jobspec}", "--fleet", "{small}"],
    "diff": ["{small}", "{small}", "--jobs", "{small}"],
    "check": ["{expectations}", "--fleet", "{small}"],
    "advise": ["{small}"],
    "vocabulary": ["{small}"],
    "schema": ["jobspec"],
    "trace": ["{trace}"],
    "replay": ["{trace}", "--no-plots"],
    "import": ["slurm", "{nodes}", "--out", "{tmp}/imported"],
    "export": ["snakemake", "{nodes}"],
    "outcomes": ["{outcomes}", "--resamples", "0", "--least-builds", "5", "--folds", "2", "--groups", "compiler"],
    "place": [
        "{streamed}/workload.parquet",
        "--fleet",
        "{streamed}",
        "--select",
        "first",
        "--out",
        "{tmp}/placements.parquet",
    ],
    "generate": ["--clusters", "3", "--jobs", "20", "--out", "{tmp}/drawn"],
    "profile": ["{small}", "--out", "{tmp}/profile.json"],
    "fit": ["{builds}", "--minimum", "2", "--out", "{tmp}/models"],
    "bench": ["--quick"],
    "doctor": [],
}


def process(*arguments, code=NOISY, stdout=subprocess.PIPE, **environment):
    """Run the command line in a process of its own, all of whose standard output is seen."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | environment,
    )


@pytest.fixture(scope="module")
def places(small, tmp_path_factory):
    """What the commands are run on."""
    folder = tmp_path_factory.mktemp("json")
    (folder / "jobspec.yaml").write_text(JOBSPEC.replace("gcc", "zlib") % "1")
    (folder / "trace.swf").write_text("; MaxProcs: 4\n1 0 5 60 1 -1 -1 1 90 -1 1 1 1 1 1 -1 -1 -1\n")
    (folder / "nodes.txt").write_text("NodeName=n1 CPUTot=4 RealMemory=1000 State=IDLE Partitions=p\n")
    (folder / "expectations.yaml").write_text("jobs: [{job: jobspec.yaml, matches: some}]\n")
    outcomes = Path(__file__).parents[2] / "docs" / "examples" / "outcomes.csv"
    named = {"small": small, "jobspec": folder / "jobspec.yaml", "trace": folder / "trace.swf", "outcomes": outcomes}
    named |= {"nodes": folder / "nodes.txt", "expectations": folder / "expectations.yaml"}
    for name, arguments in {
        "results": ["simulate", small, "--no-plots", "--experiments", "none,all", "--orders", 0, "--fleets", 0],
        "streamed": ["generate", "--streamed", "--jobs", 50, "--clusters", 20],
        "builds": ["generate", "--dataset", "spack-build", "--clusters", 5, "--jobs", 150],
    }.items():
        named[name] = folder / name
        done = process(*arguments, "--out", named[name], PLACEWISE_CACHE=str(folder / "cache"))
        assert done.returncode == 0, done.stderr
    return SimpleNamespace(cache=str(folder / "cache"), named=named)


def noise_in(text):
    return [noise for noise in NOISE if noise in text]


def test_every_command_that_has_json_is_run_here():
    found = {
        " ".join(words)
        for words, one in commands_in(typer.main.get_command(app))
        if any("--json" in option.opts for option in one.params)
    }
    assert found == {*LOCAL, *SERVICE, *DATABASE, *KUEUE}


def commands_in(group, *before):
    """Yield every command with the words that call it, those of groups too."""
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from commands_in(one, *before, name)
        else:
            yield (*before, name), one


# One function does it for all commands: these few show that it does, the slow ones that no command goes around it.
QUICK = ("simulate", "match", "import", "outcomes", "schema", "place")


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in LOCAL]
)
def test_nothing_but_the_document_is_on_standard_output(command, places, tmp_path):
    arguments = [one.format(tmp=tmp_path, **places.named) for one in LOCAL[command]]
    done = process(command, *arguments, "--json", PLACEWISE_CACHE=places.cache)
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict)
    assert noise_in(done.stdout) == []
    assert noise_in(done.stderr) == list(NOISE)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The file of a service's database that no server has, with a job that finished."""
    path = tmp_path_factory.mktemp("database") / "placewise.db"
    database = Database.open(str(path))

    def work(connection):
        (cluster,) = add_clusters(connection, [NewCluster("gray", b"s", b"t", "{}", {}, "{}")], 1.0)
        jobspec = (
            '{"version": 1, "resources": [{"type": "node", "count": 1}], "attributes": {"user": {"package": "a"}}}'
        )
        (job,) = add_jobs(connection, [NewJob("a", cluster, jobspec, "[]")], 2.0, 1)
        (taken,) = receive(connection, cluster, 1, 1 << 20, 60.0, 3.0)
        accept(connection, cluster, [(job.id, taken.lease)], 4.0)
        report(connection, cluster, job.id, True, 1.0, None, 5.0)

    database.write(work)
    database.close()
    return path


@pytest.mark.parametrize("command", DATABASE)
def test_nor_beside_those_about_a_database(command, stored, tmp_path):
    arguments = [one.format(tmp=tmp_path, database=stored) for one in DATABASE[command]]
    done = process(*command.split(), *arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout).get("problems", []) == []
    assert noise_in(done.stdout) == []
    assert noise_in(done.stderr) == list(NOISE)


def test_a_damaged_database_is_a_document_too(stored, tmp_path):
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(stored.read_bytes())
    with closing(sqlite3.connect(damaged)) as connection:
        connection.execute(
            "INSERT INTO jobs (id, name, state, changes, submitted_at, changed_at) VALUES (9, 'j', 'lost', 0, 0, 0)"
        )
        connection.commit()
    done = process("database", "check", "--database", damaged, "--json")
    assert done.returncode == 3
    document = json.loads(done.stdout)
    assert document["ok"] is False
    assert document["problems"]


@pytest.mark.slow
def test_the_commands_of_the_service_too(scheduler, tmp_path):  # noqa: F811, the fixture
    known = {
        "PLACEWISE_SERVER": scheduler,
        "PLACEWISE_REGISTRATION_SECRET": REGISTRATION,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    folder = written(tmp_path / "cluster", "json")
    (tmp_path / "state.json").write_text('{"nodes_free": 7}')
    jobspec = tmp_path / "solver.yaml"
    jobspec.write_text(JOBSPEC % "12")
    run = set()

    def document(command, *arguments):
        done = process(command, *arguments, "--json", **known)
        assert done.returncode == 0, done.stderr
        assert noise_in(done.stderr) == list(NOISE)
        run.add(command)
        return json.loads(done.stdout)

    assert document("register", folder)["clusters"][0]["cluster"] == "json"
    assert document("update", "json", "--state", tmp_path / "state.json")["cluster"] == "json"
    assert document("rotate", "json")["cluster"] == "json"
    job = document("submit", jobspec)
    assert job["cluster"] == "json"
    assert [one["name"] for one in document("status")["clusters"]] == ["json"]
    assert document("status", job["job_id"])["state"] == "assigned"
    assert document("agent", "--exec", "sh -c {command}", "--once")["state"] == "finished"
    job = document("submit", jobspec)
    assert len(document("receive")["jobs"]) == 1
    assert document("cancel", job["job_id"])["state"] == "cancelled"
    assert document("delete", "json", "--yes")["cluster"] == "json"
    assert run == set(SERVICE)


def test_without_json_nothing_is_led_away(places):
    arguments = [one.format(**places.named) for one in LOCAL["match"]]
    assert noise_in(process("match", *arguments).stdout) == list(NOISE)


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_traceback(places):
    arguments = [one.format(**places.named) for one in LOCAL["value"]]
    reader, writer = os.pipe()
    os.close(reader)
    done = process("value", *arguments, "--json", stdout=writer, PLACEWISE_CACHE=places.cache)
    os.close(writer)
    assert done.returncode == 128 + signal.SIGPIPE
    assert "Traceback" not in done.stderr
    assert "placewise:" not in done.stderr


@pytest.mark.slow
def test_documents_need_no_standard_error(places):
    arguments = [one.format(**places.named) for one in LOCAL["value"]]
    code = f"import os, sys; os.close(2); os.execv(sys.executable, [sys.executable, '-c', {NOISY!r}, *sys.argv[1:]])"
    done = process("value", *arguments, "--json", code=code, PLACEWISE_CACHE=places.cache)
    assert done.returncode == 0
    assert isinstance(json.loads(done.stdout), dict)
