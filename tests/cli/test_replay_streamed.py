"""placewise replay of a trace that is read part by part."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from placewise.formats.traces.parquet_trace import write_parquet_trace
from placewise.replays import streaming
from placewise.synthesis.traces import synthetic_trace


@pytest.fixture
def streamed_from_the_first_job(monkeypatch):
    monkeypatch.setattr(streaming, "LEAST_JOBS", 1)


def long_trace(path, jobs, size, change=lambda part: part):
    parts = []
    for first in range(0, jobs, size):
        part = synthetic_trace(size, first, processors=(8, 16))
        submit_s = part.submit_s + (int(parts[-1].submit_s[-1]) if parts else 0)
        parts.append(replace(part, names=part.names + first, submit_s=submit_s))
    write_parquet_trace(path, map(change, parts))


@pytest.mark.usefixtures("streamed_from_the_first_job")
@pytest.mark.parametrize("what", ["runtime_s", "submit_s"])
def test_bad_input_in_a_late_part_is_one_error_and_nothing_is_written(what, tmp_path, placewise):
    pytest.importorskip("numba")
    path, out = tmp_path / "trace.parquet", tmp_path / "out"
    long_trace(path, 580, 10)
    table = pq.read_table(path)
    values = table[what].to_pylist()
    values[563] = -5 if what == "runtime_s" else 1
    bad = table.set_column(table.schema.get_field_index(what), table.schema.field(what), pa.array(values, pa.int64()))
    pq.write_table(bad, path, row_group_size=10)
    done = placewise("replay", path, "--out", out)
    assert done.code == 2
    assert "row 564" in done.err
    assert str(path.name) in done.err
    assert "Traceback" not in done.err
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("streamed_from_the_first_job")
def test_a_replay_that_is_stopped_leaves_nothing(tmp_path, placewise, monkeypatch):
    path, out = tmp_path / "trace.parquet", tmp_path / "out"
    long_trace(path, 300, 100)
    hand_out, times = streaming._Held.hand_out, []

    def stopped(self, take, tally):
        hand_out(self, take, tally)
        times.append(1)
        if len(times) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(streaming._Held, "hand_out", stopped)
        assert placewise("replay", path, "--out", out).code != 0
    assert len(times) == 2
    assert not out.exists()
    done = placewise("replay", path, "--out", out)
    assert done.code == 0, done.err
    assert {entry.name for entry in out.iterdir()} == {"img", "jobs.csv", "jobs.parquet", "report.html", "summary.json"}
