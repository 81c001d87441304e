"""The engine that `auto` takes."""

import subprocess
import sys

import pytest
from random_replays import fleet_of_pools, trace_of

from placewise.model.traces.replay import ReplaySettings
from placewise.replays import run
from placewise.replays.engines import quicker


def test_the_more_jobs_and_clusters_the_sooner_a_kernel_pays(monkeypatch):
    def python(jobs, clusters=1, one_pool=True, **settings):
        return quicker.is_quicker_in_python(jobs, clusters, ReplaySettings(**settings), one_pool=one_pool)

    for seconds, few, many in ((20.0, 28_481, 20_000_000), (1.5, 28_481, 2_000_000)):
        monkeypatch.setattr(quicker, "ready_in_s", lambda seconds=seconds: seconds)
        assert python(few)
        assert not python(many)
        assert not python(few, policy="conservative") or seconds > 2
        assert not python(few, clusters=10, one_pool=False)
    monkeypatch.setattr(quicker, "ready_in_s", lambda: 0.0)
    assert not python(10)


def test_a_cache_is_there_if_it_is_newer_than_the_kernel(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.delitem(sys.modules, "placewise.replays.engines.kernel_numba", raising=False)
    assert quicker.ready_in_s() == quicker.COMPILING_S
    folder = tmp_path / "replay_0"
    folder.mkdir()
    (folder / "kernel_numba.run-1.py311.nbi").write_bytes(b"")
    assert quicker.ready_in_s() == quicker.LOADING_S


@pytest.mark.slow
@pytest.mark.usefixtures("kernel")
def test_numba_is_where_numba_puts_it():
    """What numba writes is what is looked for."""
    run.replay(trace_of([0], [1], [1], [1]), fleet_of_pools([1]), ReplaySettings(), engine="numba")
    code = "from placewise.replays.engines import quicker; print(quicker.ready_in_s() == quicker.LOADING_S)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_a_small_replay_does_not_load_numba():
    code = (
        "import sys; from random_replays import *; from placewise.replays.run import replay;"
        "replay(trace_of([0], [1], [1], [1]), fleet_of_pools([1]), ReplaySettings()); print('numba' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=__file__.rpartition("/")[0]
    )
    assert done.stdout.strip() == "False"
