"""Outcomes added up by experiment and job, as the rows say, however they are cut into row groups."""

from __future__ import annotations

import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.results.outcomes_table import read_outcome_sums

NAMES = pa.dictionary(pa.int32(), pa.string())
KINDS = {
    "experiment": NAMES,
    "job": NAMES,
    "profile": pa.int32(),
    "level": pa.int32(),
    "subsystem": NAMES,
    "matched": pa.int32(),
    "success": pa.float64(),
    "cluster": NAMES,
}


@st.composite
def told(draw):
    """Rows of one job: told nothing, or more and more until nothing matches, with a cluster each or none."""
    name = draw(st.sampled_from(["a", "b", "c"]))
    sampled = draw(st.booleans())
    told = range(1, draw(st.integers(0, 4)) + 1)
    levels = [(at, f"s{at}") for at in told] or [(0, None)]
    rows = []
    for level, subsystem in levels:
        matched = draw(st.integers(1, 3)) if (level, subsystem) != levels[-1] else draw(st.integers(0, 3))
        success = draw(st.sampled_from([0.0, 0.25, 1.0])) if matched else 0.0
        experiment = "expanded-subsystems" if subsystem else "none"
        cluster = "x" if matched and sampled else None
        rows.append((experiment, name, ord(name) % 2, level, subsystem, matched, success, cluster))
    return rows


@st.composite
def tables(draw):
    jobs = draw(st.lists(told(), max_size=12))
    # As a run writes them, one experiment after the other.
    return [
        row for experiment in ("none", "expanded-subsystems") for rows in jobs for row in rows if row[0] == experiment
    ]


def write(path, rows, size=1 << 20, plain=False, without=()):
    columns = dict(zip(KINDS, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(KINDS, ())
    kinds = {name: pa.string() if plain and kind == NAMES else kind for name, kind in KINDS.items()}
    table = pa.table(
        {name: pa.array(list(columns[name]), kinds[name]) for name in KINDS if name not in without},
    )
    pq.write_table(table, path, row_group_size=size)


def plainly(rows):
    """Return (copies, rows, matched, assigned, success, last) by experiment and name."""
    found, previous = {}, {}
    for experiment, name, _, level, _, matched, success, cluster in rows:
        sums = found.setdefault((experiment, name), [0, 0, 0, 0, 0.0, 0.0])
        sums[0] += level <= 1
        sums[1] += 1
        sums[2] += matched > 0
        sums[3] += cluster is not None
        sums[4] += success
        if matched:
            # Of a job, only the last level with a match counts.
            sums[5] += success - (previous[experiment, name] if level > 1 else 0.0)
            previous[experiment, name] = success
    return found


@given(tables(), st.integers(1, 5), st.booleans())
def test_rows_are_added_up(tmp_path_factory, rows, size, plain):
    path = tmp_path_factory.mktemp("sums") / "o.parquet"
    write(path, rows, size, plain)
    sums = read_outcome_sums(path)
    expected = plainly(rows)
    names = sums.names.to_pylist()
    assert sorted(names) == sorted({row[1] for row in rows})
    assert sums.profiles.tolist() == [ord(name) % 2 for name in names]
    assert list(sums.experiments) == list(dict.fromkeys(row[0] for row in rows))
    for experiment, found in sums.experiments.items():
        drawn = any(row[7] for row in rows if row[0] == experiment)
        for at, name in enumerate(names):
            copies, count, matched, assigned, success, last = expected.get((experiment, name), [0] * 6)
            assert found.copies[at] == copies
            assert found.submissions[at] == count
            assert found.matched[at] == matched
            assert found.assigned[at] == (assigned if drawn else matched)
            assert found.success[at] == success
            assert math.isclose(found.last[at], last, abs_tol=1e-12)


def test_a_table_of_an_older_version_has_no_profiles(tmp_path):
    write(tmp_path / "o.parquet", [("none", "a", 0, 0, None, 1, 0.5, None)], without=("profile",))
    assert read_outcome_sums(tmp_path / "o.parquet").profiles is None


def test_a_level_of_a_policy_that_finds_every_cluster_full_assigns_nothing(tmp_path):
    rows = [(name, "a", 0, 2, None, 3, 0.0, None) for name in ("all", "constraint-without-replacement")]
    write(tmp_path / "o.parquet", rows)
    found = read_outcome_sums(tmp_path / "o.parquet").experiments
    assert [one.assigned.tolist() for one in found.values()] == [[1.0], [0.0]]


GOOD = ("expanded-subsystems", "a", 0, 1, "s1", 1, 0.5, None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((*GOOD[:6], 1.5, None), "success: is not a probability"),
        ((*GOOD[:6], float("nan"), None), "success: is not a probability"),
        ((*GOOD[:6], None, None), "success: a value is missing"),
        (("none", None, *GOOD[2:]), "job: a value is missing"),
        ((None, *GOOD[1:]), "experiment: a value is missing"),
        (("a\x1b", *GOOD[1:]), "control character"),
        ((*GOOD[:3], 3, *GOOD[4:]), "rows of a job are not next to each other"),
    ],
)
def test_values_that_no_run_writes(tmp_path, row, said):
    write(tmp_path / "o.parquet", [GOOD, row])
    with pytest.raises(InputError) as caught:
        read_outcome_sums(tmp_path / "o.parquet")
    assert said in str(caught.value)
    assert "o.parquet" in str(caught.value)


def test_files_that_are_no_outcome_tables(tmp_path):
    path = tmp_path / "o.parquet"

    def refused(said):
        with pytest.raises(InputError, match=said):
            read_outcome_sums(path)

    refused("does not exist")
    path.mkdir()
    refused("does not exist")
    path.rmdir()
    path.write_bytes(b"")
    refused("not readable Parquet")
    write(path, [GOOD] * 3)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    refused("not readable Parquet")
    path.write_bytes(whole[:40] + b"\xff" * 40 + whole[80:])
    refused("o.parquet")
    pq.write_table(pa.table({"name": ["a"]}), path)
    refused("has no column 'experiment'")
    write(path, [GOOD], without=("cluster",))
    refused("has no column 'cluster'")
    pq.write_table(pa.table({name: ["a"] for name in KINDS}), path)
    refused("column 'level': is of another type")
