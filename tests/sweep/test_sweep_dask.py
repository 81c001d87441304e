"""Rows from a Dask cluster of real processes, one of which is killed; and clusters that are not there."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from dask_processes import dask_cluster
from sweep_tasks import DEADLINE_S, Drawn, Dying, Telling, Waiting, lines, wait_until

from placewise.errors import InputError, PlacewiseError
from placewise.sweep.executors import runner
from placewise.sweep.runner import HERE

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with dask_cluster(tmp_path_factory.mktemp("dask")) as running:
        yield running


def serial(count):
    return HERE.rows("rows", Drawn(), count, key="").tobytes()


@pytest.mark.parametrize(("count", "block"), [(1, None), (130, None), (40, 7), (300, 1)])
def test_rows_are_the_same_bytes_on_a_cluster(cluster, tmp_path, count, block):
    address = json.loads(cluster.file.read_text())["address"]
    task = Telling(folder=tmp_path)
    with runner(dask=address) as sweeps:
        assert sweeps.rows("rows", task, count, key="", block=block).tobytes() == serial(count)
    unpickled = lines(tmp_path / "unpickled")
    assert set(unpickled) <= {worker.pid for worker in cluster.workers}
    assert len(set(unpickled)) == len(unpickled)


@pytest.mark.slow
def test_simulate_writes_the_same_bytes_on_a_cluster(cluster, tmp_path):
    settings = ["--jobs", "100", "--resamples", "100", "--fleets", "4", "--no-plots"]
    for name, options in (("one", []), ("two", ["--dask", cluster.file])):
        command = [sys.executable, "-m", "placewise", "simulate", *settings, "--out", tmp_path / name]
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=DEADLINE_S, check=True)
        assert done.stderr == f"written to {tmp_path / name}\n", "something else reached the terminal"
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in set(names) - {"study.json"}:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_a_worker_that_is_killed_changes_nothing(tmp_path):
    task, killed = Waiting(folder=tmp_path, at=5), []

    def kill():
        killed.append(wait_until(task.waits))
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    with dask_cluster(tmp_path) as cluster, runner(dask=str(cluster.file)) as sweeps:
        killer.start()
        found = sweeps.rows("rows", task, 200, key="")
        killer.join()
        (victim,) = [worker for worker in cluster.workers if worker.pid == killed[0]]
        assert victim.wait(DEADLINE_S) == -signal.SIGKILL
        other = next(worker.pid for worker in cluster.workers if worker is not victim)
    assert found.tobytes() == serial(200)
    # Both had work; the block that was under way went to the other one.
    assert {victim.pid, other} == set(lines(tmp_path / "unpickled"))
    assert lines(tmp_path / "computed").count(4) == 2
    assert lines(tmp_path / "computed").count(5) == 1


def test_work_that_kills_its_workers_is_one_line(tmp_path):
    with (
        dask_cluster(tmp_path, allowed_failures=0) as cluster,
        pytest.raises(PlacewiseError) as said,
        runner(dask=str(cluster.file), parts=tmp_path / "parts") as sweeps,
    ):
        sweeps.rows("rows", Dying(folder=tmp_path, at=5), 200, key="key")
    assert str(said.value).startswith("rows: the workers failed: ")
    assert "\n" not in str(said.value)
    assert "is kept in" in str(said.value)


def test_a_scheduler_that_dies_is_one_line(tmp_path):
    task = Waiting(folder=tmp_path, at=5)
    with dask_cluster(tmp_path) as cluster:

        def kill():
            wait_until(task.waits)
            cluster.scheduler.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        start = time.monotonic()
        said = pytest.raises(PlacewiseError, match="rows: the workers are gone, or their scheduler")
        with said, runner(dask=str(cluster.file)) as sweeps:
            sweeps.rows("rows", task, 200, key="")
        killer.join()
        assert time.monotonic() - start < DEADLINE_S / 2


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_one_error():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(InputError, match="no Dask scheduler answers") as said, runner(dask=address):
            pass
    assert time.monotonic() - start < 12
    assert address in str(said.value)


@pytest.mark.parametrize(
    ("where", "package"), [("scheduler", "placewise"), ("worker", "placewise"), ("worker", "numpy")]
)
def test_a_cluster_with_other_versions_is_one_error(cluster, monkeypatch, where, package):
    def other(self, packages):
        versions = get_versions(self, packages=packages)
        assert versions["scheduler"]["packages"]["placewise"] is not None
        one = versions["scheduler"] if where == "scheduler" else next(iter(versions["workers"].values()))
        one["packages"][package] = None
        return versions

    with distributed.Client(scheduler_file=str(cluster.file), set_as_default=False) as client:
        client.wait_for_workers(2)
    get_versions = distributed.Client.get_versions
    monkeypatch.setattr(distributed.Client, "get_versions", other)
    with pytest.raises(InputError, match=f"--dask: .* has another {package}"), runner(dask=str(cluster.file)):
        pass


def test_a_worker_is_no_scheduler(cluster):
    with distributed.Client(scheduler_file=str(cluster.file), set_as_default=False) as client:
        client.wait_for_workers(2)
        worker = next(iter(client.scheduler_info()["workers"]))
    with pytest.raises(InputError, match="this is a Worker"), runner(dask=worker):
        pass


@pytest.mark.parametrize("address", ["", "host", "tcp://127.0.0.1", "carrier://pigeon:1", "tls://127.0.0.1:1"])
def test_what_is_no_address_is_one_error(address):
    with (
        pytest.raises(InputError, match="--dask: no Dask scheduler answers: .*expected an address"),
        runner(dask=address),
    ):
        pass


@pytest.mark.parametrize("document", [None, "", "[]", "{}", '{"address": 3}'])
def test_what_is_no_scheduler_file_is_one_error(tmp_path, document):
    file = tmp_path / "scheduler.json"
    if document is not None:
        file.write_text(document)
    with pytest.raises(InputError, match="scheduler.json: "), runner(dask=str(file)):
        pass
