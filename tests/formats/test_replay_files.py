"""The folder of a replay: read back as it was, and opened by what reads Batsim's jobs."""

from __future__ import annotations

import csv
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_replays import difference, random_case, random_settings

from placewise.errors import InputError
from placewise.formats.results.batsim_jobs import COLUMNS
from placewise.formats.results.replay_files import read_replay, summary_document, write_replay
from placewise.formats.results.replay_jobs import replay_table
from placewise.model.traces.replayed import Replayed, TraceRecord
from placewise.model.traces.trace_cleaning import clean
from placewise.replays.run import replay
from placewise.replays.summaries.fates import fates_of
from placewise.replays.summaries.numbers import summary_of


def replayed(seed):
    case = random_case(seed)
    settings = random_settings(seed, "easy", "limit", "earliest-start", case.fleet)
    schedule = replay(case.trace, case.fleet, settings, truth=case.truth, engine="python")
    summary = summary_of(case.trace, case.fleet, settings, schedule, resamples=10)
    record = TraceRecord.of(clean(case.trace, "none"))
    return Replayed(record, "a fleet", settings, ("a",), summary, case.trace, schedule)


@given(st.integers(0, 10_000))
def test_it_is_read_back_as_it_was(tmp_path_factory, seed):
    written, folder = replayed(seed), tmp_path_factory.mktemp("replay")
    write_replay(folder, written)
    found = read_replay(folder)
    assert summary_document(found) == summary_document(written)
    assert difference(found.schedule, written.schedule) is None
    one, other = fates_of(found.trace, found.schedule), fates_of(written.trace, written.schedule)
    for name in ("submit_s", "end_s", "wait_s", "runtime_s", "started", "succeeded", "attempts", "used_s"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_equal_replays_have_equal_bytes(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        write_replay(tmp_path / name, replayed(3))
    for file in ("summary.json", "jobs.parquet", "jobs.csv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_the_csv_has_batsims_columns_and_a_row_an_attempt_that_started(tmp_path):
    written = replayed(11)
    write_replay(tmp_path, written)
    rows = list(csv.DictReader((tmp_path / "jobs.csv").read_text().splitlines()))
    assert tuple(rows[0]) == COLUMNS
    started = np.flatnonzero(written.schedule.start_s >= 0)
    assert len(rows) == len(started)
    waits = [int(row["waiting_time"]) for row in rows]
    assert waits == (written.schedule.start_s - written.schedule.submit_s)[started].tolist()
    assert len({row["job_id"] for row in rows}) == len(rows)
    for row in rows:
        assert int(row["finish_time"]) - int(row["starting_time"]) == int(row["execution_time"])
        assert row["success"] == ("0" if row["final_state"] == "COMPLETED_FAILED" else "1")


def test_evalys_opens_it(tmp_path):
    jobset = pytest.importorskip("evalys.jobset", reason="evalys is not installed: pip install evalys")
    written = replayed(11)
    write_replay(tmp_path, written)
    path = tmp_path / "jobs.csv"
    found = jobset.JobSet.from_csv(str(path)).df
    started = written.schedule.start_s >= 0
    waits = (written.schedule.start_s - written.schedule.submit_s)[started]
    assert found.waiting_time.mean() == pytest.approx(waits.mean())
    assert (
        found.proc_alloc.sum()
        == written.schedule.processors[started & (written.schedule.end_s > written.schedule.start_s)].sum()
    )


def test_every_column_says_what_it_is():
    written = replayed(11)
    table = replay_table(written.trace, written.schedule)
    assert all(field.metadata[b"description"] for field in table.schema)
    assert len(table) >= len(written.schedule)


def damaged_summary(folder):
    path = folder / "summary.json"
    document = json.loads(path.read_text())
    document["summary"]["waits"]["jobs"] = "many"
    path.write_text(json.dumps(document))


def truncated_jobs(folder):
    path = folder / "jobs.parquet"
    path.write_bytes(path.read_bytes()[:-20])


def without_a_column(folder):
    path = folder / "jobs.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["runtime_s"]), path)


def without_first_rows(folder):
    path = folder / "jobs.parquet"
    pq.write_table(pq.read_table(path).slice(2), path)


@pytest.mark.parametrize("damage", [damaged_summary, truncated_jobs, without_a_column, without_first_rows])
def test_a_damaged_folder_is_one_clear_error(tmp_path, damage):
    write_replay(tmp_path, replayed(11))
    damage(tmp_path)
    with pytest.raises(InputError) as found:
        read_replay(tmp_path)
    assert str(tmp_path) in str(found.value)
