"""Runners of processes: what they refuse, and that nothing of them is left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sweep_tasks import DEADLINE_S, Calling, Drawn, Waiting, lines, runs, wait_until

from placewise.errors import InputError
from placewise.sweep import executors
from placewise.sweep.executors import runner
from placewise.sweep.runner import HERE

SWEEPING = """
import sys
from pathlib import Path
from sweep_tasks import Waiting
from placewise.sweep.executors import runner

if __name__ == "__main__":
    with runner(workers=2) as sweeps:
        task = Waiting(folder=Path(sys.argv[1]), at=3, ballast=bytes(2_000_000))
        sweeps.rows("rows", task, 2000, key="", block=1)
"""


def test_one_worker_is_this_process():
    with runner() as sweeps:
        assert sweeps.executor is None


def test_processes_give_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "PATIENCE_S", 0.0)
    with runner(workers=2, parts=tmp_path) as sweeps:
        found = sweeps.rows("rows", Drawn(), 70, key="key")
    assert found.tobytes() == HERE.rows("rows", Drawn(), 70, key="").tobytes()
    assert len(list(tmp_path.rglob("*.part"))) == 35


@pytest.mark.parametrize("workers", [0, -1, 1001])
def test_a_number_of_workers_that_is_not_usable(workers):
    with pytest.raises(InputError, match="--workers is not usable"), runner(workers):
        pass


def test_workers_beside_a_cluster():
    with pytest.raises(InputError, match="one of them"), runner(2, "tcp://127.0.0.1:8786"):
        pass


def test_dask_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r'expected pip install "placewise\[dask\]"'), runner(dask="tcp://h:1"):
        pass


def test_a_failure_does_not_wait_for_what_goes_on(tmp_path):
    """The block that goes on would take a minute."""

    def interrupted(_):
        wait_until(Waiting(folder=tmp_path, at=3).waits)
        raise KeyboardInterrupt

    start, task = time.monotonic(), Waiting(folder=tmp_path, at=3, ballast=bytes(2_000_000))
    with pytest.raises(KeyboardInterrupt), runner(workers=2) as sweeps:
        sweeps.rows("rows", task, 20, key="", progress=Calling(interrupted))
    assert time.monotonic() - start < DEADLINE_S / 2


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_workers_end_with_the_process_that_started_them(tmp_path, end):
    script = tmp_path / "sweeping.py"
    script.write_text(SWEEPING)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, script, tmp_path]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, start_new_session=True) as process:
        try:
            wait_until(Waiting(folder=tmp_path, at=3).waits)
            workers = wait_until(lambda: len(found := set(lines(tmp_path / "unpickled"))) == 2 and found)
            assert all(runs(worker) for worker in workers)
            if end == signal.SIGINT:
                os.killpg(process.pid, end)  # as a terminal does
            else:
                process.send_signal(end)
            said = process.communicate(timeout=DEADLINE_S)[1].decode()
        finally:
            process.kill()
    wait_until(lambda: not any(runs(worker) for worker in workers))
    assert process.returncode == -end
    assert said.count("Traceback") == (end == signal.SIGINT), f"a worker complained: {said}"
