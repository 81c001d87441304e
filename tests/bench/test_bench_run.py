import io
import json
from functools import partial

import pytest
from rich.console import Console

from placewise.bench import peers, run
from placewise.bench.caches import read_seconds, second_level_bytes
from placewise.bench.cases import drawn, drawn_distinct
from placewise.bench.large import time_large
from placewise.bench.streamed import time_streamed
from placewise.bench.timing import Agreement, Timing, Timings, duration_text, median_seconds
from placewise.model.progress import SILENT, Progress
from placewise.service.guard.own_process import peak_bytes

SMALL = run.Scale((partial(drawn_distinct, 20, 8), partial(drawn, 30, 70)), None, 2, 0.05, 5)


def _printed(timings):
    console = Console(file=io.StringIO(), width=80)
    timings.print(console)
    return console.file.getvalue()


class Heard(Progress):
    def __init__(self, events):
        self.events = events

    def advanced(self, stage, done, total):
        self.events.append((stage, done, total))


@pytest.fixture(scope="module")
def measured():
    told = []
    return run.measure(SMALL, Heard(told)), told


def test_every_row_is_measured_or_says_why_not(measured):
    timings, _ = measured
    assert {row.size for row in timings.rows} == {"20 distinct jobs x 8 clusters", "30 jobs x 70 clusters"}
    for row in timings.rows:
        assert (row.seconds is None) == (row.note == "not installed")
        assert row.seconds is None or (row.seconds > 0 and row.runs >= 1)
    for name in ("numpy, kernel", "numpy, from documents to counts"):
        assert [row.jobs for row in timings.rows if row.name == name] == [20, 30]


def test_installed_peers_are_compared_on_every_pair(measured):
    timings, _ = measured
    names = [peer.name for peer in peers.PEERS if peer.is_installed]
    for size, clusters in (("20 distinct jobs x 8 clusters", 8), ("30 jobs x 70 clusters", 70)):
        rows = {row.name: row for row in timings.rows if row.size == size and row.agreement}
        assert list(rows) == names
        assert {row.agreement for row in rows.values()} <= {Agreement(5 * clusters, 0)}


def test_progress_ends_where_it_said(measured):
    _, told = measured
    assert [done for _, done, _ in told] == list(range(told[-1][2] + 1))


def test_document_is_plain_and_complete(measured):
    timings, _ = measured
    document = json.loads(json.dumps(timings.document()))
    assert document["machine"]["numpy"]
    assert len(document["timings"]) == len(timings.rows)
    keys = {"size", "name", "includes", "jobs", "seconds", "runs", "agreement", "peak_bytes", "note", "jobs_per_s"}
    keys |= {"moved_bytes", "bytes_per_s"}
    for row, timing in zip(document["timings"], timings.rows, strict=True):
        assert row.keys() == keys
        assert row["jobs_per_s"] == timing.jobs_per_s


def test_table_names_every_row_in_eighty_columns(measured):
    timings, _ = measured
    text = _printed(timings)
    assert max(map(len, text.splitlines())) <= 80
    for row in timings.rows:
        assert row.name in text
        assert row.size in text


def test_differing_pairs_are_not_hidden():
    timing = Timing("s", "peer", "all", 10, 2.0, 3, Agreement(5000, 12), 1_500_000_000)
    text = " ".join(_printed(Timings({"python": "3"}, (timing,))).split())
    assert "12 of 5,000 pairs differ from ours" in text
    assert "peak memory 1.50 GB" in text
    assert timing.jobs_per_s == 5.0


def test_what_is_not_installed_has_a_row_that_says_so(monkeypatch):
    monkeypatch.setattr(run, "KERNELS", ("numpy", "absent"))
    monkeypatch.setattr(run, "PEERS", (peers.Peer("Absent", "", "absent", "absent_module", "absent", 1),))
    rows = run.measure(run.Scale((partial(drawn, 5, 3),), (5, 3, 1), 1, 0.0, 5), SILENT).rows
    absent = [row for row in rows if "bsent" in row.name]
    assert {row.note for row in absent} == {"not installed"}
    assert len(absent) == 7
    assert "not installed" in _printed(Timings({}, tuple(absent)))


def test_a_process_of_its_own_tells_time_and_memory():
    timing = time_large("numpy", 500, 20, 2)
    assert timing.size == "500 jobs x 20 clusters"
    assert timing.runs == 2
    assert timing.seconds > 0
    assert 10_000_000 < timing.peak_bytes < 1_500_000_000


def test_chunk_by_chunk_tells_drawing_from_matching_and_what_was_read():
    drawing, each, once, cache = time_streamed("numpy", 70_000, 70, 1)
    assert {row.size for row in (drawing, each, once, cache)} == {"70,000 jobs x 70 clusters, chunk by chunk"}
    for row in (drawing, each, once):
        assert row.jobs == 70_000
        assert row.seconds > 0
    # About 20 rows of two words a job.
    assert 70_000 * 10 * 16 < each.moved_bytes < 70_000 * 40 * 16
    assert each.bytes_per_s == each.moved_bytes / each.seconds
    assert cache.bytes_per_s > 1e8
    assert 10_000_000 < once.peak_bytes < 1_500_000_000
    assert "in chunks of 65,536 jobs" in once.note
    assert "GB/s read" in _printed(Timings({}, (each,)))


def test_a_stream_that_fails_leaves_a_row_that_says_so():
    (row,) = time_streamed("numpy", 0, 20, 1)
    assert row.seconds is None
    assert row.note == "failed with exit code 1"


def test_streams_run_when_asked_for(monkeypatch):
    monkeypatch.setattr(run, "KERNELS", ("numpy", "absent"))
    asked = []
    monkeypatch.setattr(run, "time_streamed", lambda *given: asked.append(given) or [])
    told = []
    rows = run.measure(run.Scale((), None, 1, 0.0, 5, (5, 3, 1)), Heard(told)).rows
    assert asked == [("numpy", 5, 3, 1)]
    assert [(row.size, row.note) for row in rows] == [("5 jobs x 3 clusters, chunk by chunk", "not installed")]
    assert [done for _, done, _ in told] == [0, 1, 2]


def test_the_size_of_the_cache_comes_from_the_system(tmp_path, monkeypatch):
    for number, (level, size) in enumerate([("1", "48K"), ("2", "3M")]):
        folder = tmp_path / f"index{number}"
        folder.mkdir()
        (folder / "level").write_text(f"{level}\n")
        (folder / "size").write_text(f"{size}\n")
    assert second_level_bytes(tmp_path) == (3 << 20, True)
    (tmp_path / "index1" / "size").write_text("many\n")
    monkeypatch.setattr("os.sysconf", lambda _: 1 << 19)
    assert second_level_bytes(tmp_path) == (1 << 19, True)
    monkeypatch.setattr("os.sysconf", lambda _: 0)
    assert second_level_bytes(tmp_path / "none") == (1 << 20, False)


def test_what_is_read_is_counted():
    seconds, read = read_seconds(4096, runs=1, total_bytes=1 << 20)
    assert read == 1 << 20
    assert seconds > 0


def test_a_process_that_fails_leaves_a_row_that_says_so():
    timing = time_large("numpy", 0, 20, 1)
    assert timing.seconds is None
    assert timing.note == "failed with exit code 1"


def test_peak_memory_grows_with_what_is_held():
    before = peak_bytes()
    held = bytearray(before)
    for page in range(0, len(held), 4096):
        held[page] = 1
    assert peak_bytes() > before


def test_runs_end_with_the_budget_or_the_number():
    calls = []
    assert median_seconds(calls.append, prepare=lambda: 1, runs=3, budget_s=60.0)[1] == 3
    assert calls == [1] * 4
    assert median_seconds(calls.append, prepare=lambda: 1, runs=3, budget_s=0.0)[1] == 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.5, "2.5 s"), (0.0123, "12.3 ms"), (1.5e-5, "15 us"), (1e-3, "1 ms"), (0.0, "0 us")]
)
def test_durations_are_readable(seconds, text):
    assert duration_text(seconds) == text
