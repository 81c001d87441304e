from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.prices import read_prices
from placewise.formats.jobs import workload_table
from placewise.formats.jobs.workload_table import open_workload, write_workload
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match_of, matching
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import version_requirement
from placewise.study.streaming import place as placing
from placewise.sweep.runner import Runner

JOBS, CLUSTERS = 700, 40


@pytest.fixture
def drawn(placewise, tmp_path, monkeypatch):
    """A folder of a streamed draw, whose row groups are small."""
    monkeypatch.setattr(workload_table, "ROW_GROUP", 128)
    folder = tmp_path / "drawn"
    done = placewise("generate", "--streamed", "--jobs", JOBS, "--clusters", CLUSTERS, "--seed", 4, "--out", folder)
    assert (done.code, done.out) == (0, "")
    assert "40 clusters and 700 jobs written" in done.err
    return folder


@pytest.fixture
def place(placewise, drawn, tmp_path):
    """Place that draw; the rows written, and what was printed."""

    def run(*options, prices=True):
        given = ["--prices", drawn / "prices.json"] if prices else []
        out = tmp_path / "placements.parquet"
        done = placewise(
            "place", drawn / "workload.parquet", "--fleet", drawn, "--out", out, "--force", *given, *options
        )
        done.content = out.read_bytes() if out.exists() else None
        done.rows = pq.read_table(out).to_pylist() if out.exists() else None
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
        return done

    return run


def matches(folder):
    """The names of the clusters that match each job, one job after the other."""
    index, table = FleetIndex(read_fleet(folder)), open_workload(folder / "workload.parquet")
    (chunk,) = table.chunks(JOBS)
    return [
        match_of(
            index,
            matching(
                index,
                Job(
                    "job",
                    (ResourceGroup((), tuple(table.requirements[i] for i in chunk.ids[a:b].tolist())),),
                ),
            ),
        ).names
        for a, b in zip(chunk.offsets[:-1].tolist(), chunk.offsets[1:].tolist(), strict=True)
    ]


def test_a_streamed_draw_is_a_fleet_with_prices_and_a_workload(drawn):
    assert {path.name for path in drawn.iterdir()} == {"cluster-features.json", "workload.parquet", "prices.json"}
    prices = json.loads((drawn / "prices.json").read_text())
    assert list(prices) == list(read_fleet(drawn).names)
    assert set(prices.values()) == {0.8, 1.6, 3.2, 4.2}
    assert len(open_workload(drawn / "workload.parquet")) == JOBS


def test_each_choice_is_that_of_a_loop_over_the_matches(place, drawn):
    prices = json.loads((drawn / "prices.json").read_text())
    found = matches(drawn)
    assert 0 < sum(map(bool, found)) < JOBS
    expected = {
        "cheapest": [min(names, key=lambda name: (prices[name], name), default=None) for names in found],
        "first": [next(iter(names), None) for names in found],
    }
    for choose, clusters in expected.items():
        rows = place("--choose", choose).rows
        assert [row["job"] for row in rows] == [f"job-{number:07d}" for number in range(1, JOBS + 1)]
        assert [row["matched"] for row in rows] == [len(names) for names in found]
        assert [row["cluster"] for row in rows] == clusters
    drawn_ones = [row["cluster"] for row in place("--choose", "random").rows]
    assert all(cluster in (names or (None,)) for cluster, names in zip(drawn_ones, found, strict=True))
    assert drawn_ones not in expected.values()
    assert drawn_ones != [row["cluster"] for row in place("--choose", "random", "--seed", 1).rows]


def test_the_summary_is_that_of_the_rows(place, drawn, tmp_path):
    prices = json.loads((drawn / "prices.json").read_text())
    done = place("--json")
    placed = [row["cluster"] for row in done.rows if row["cluster"]]
    counts = {name: placed.count(name) for name in placed}
    summary = json.loads(done.out)
    assert done.err == ""
    assert summary == {
        "out": str(tmp_path / "placements.parquet"),
        "jobs": JOBS,
        "unmatched": JOBS - len(placed),
        "matched_clusters_per_job": sum(row["matched"] for row in done.rows) / JOBS,
        "clusters_used": len(counts),
        "busiest_cluster": max(sorted(counts), key=counts.__getitem__),
        "jobs_on_busiest_cluster": max(counts.values()),
        "cost_per_hour": pytest.approx(sum(prices[name] for name in placed)),
        "unpriced_jobs": 0,
    }
    text = place().out
    assert re.search(rf"^unmatched +{summary['unmatched']:,}$", text, re.MULTILINE)
    assert summary["busiest_cluster"] in text


@pytest.mark.parametrize("choose", ["cheapest", "random"])
def test_the_same_bytes_whatever_chunks_kernels_and_order_of_pieces(place, monkeypatch, choose):
    monkeypatch.setattr(placing, "ROW_GROUP", 100)
    contents = {
        place("--choose", choose, "--seed", 9, *options).content
        for options in ([], ["--chunk", 1], ["--chunk", 37], ["--chunk", 128], ["--kernels", "numpy", "--chunk", 699])
    }
    assert len(contents) == 1
    assert pq.ParquetFile(BytesIO(contents.pop())).num_row_groups == 7


def test_the_same_bytes_from_two_processes(place):
    assert place("--chunk", 100).content == place("--chunk", 90, "--workers", 2).content


def test_the_same_bytes_from_any_executor_and_what_a_killed_run_left_goes(place, drawn, tmp_path):
    left = tmp_path / ".other.parquet.parts" / ".unfinished-999999999-x"
    left.mkdir(parents=True)
    (left / "0.npy").write_bytes(b"half")
    fleet, out = read_fleet(drawn), tmp_path / "other.parquet"
    with ThreadPoolExecutor(3) as pool:
        placing.place(
            open_workload(drawn / "workload.parquet"),
            fleet,
            read_prices(drawn / "prices.json", fleet),
            Runner(pool),
            out,
            chunk=11,
        )
    assert not left.parent.exists()
    assert out.read_bytes() == place().content


def test_prices_may_stand_in_the_states_or_be_partly_known(placewise, place, drawn, tmp_path):
    names = read_fleet(drawn).names
    some = dict.fromkeys(names[20:], 1.0)
    (tmp_path / "some.json").write_text(json.dumps(some))
    done = place("--prices", tmp_path / "some.json", "--json", prices=False)
    for row, found in zip(done.rows, matches(drawn), strict=True):
        priced = [name for name in found if name in some]
        assert row["cluster"] == (min(priced) if priced else min(found, default=None))
    unpriced = sum(row["cluster"] is not None and row["cluster"] not in some for row in done.rows)
    summary = json.loads(done.out)
    assert summary["unpriced_jobs"] == unpriced > 0
    assert summary["cost_per_hour"] == JOBS - summary["unmatched"] - unpriced


def test_without_prices_the_cheapest_is_not_known_and_others_are(place):
    done = place(prices=False)
    assert done.code == 2
    assert "none has a price; expected a cost_per_node_hour" in done.err
    assert done.content is None
    summary = json.loads(place("--choose", "first", "--json", prices=False).out)
    assert summary["cost_per_hour"] is None


def test_states_with_prices_will_do(placewise, tmp_path):
    fleet = {
        name: {"memory": 10, "cost_per_node_hour": price, "arch": "zen", "compiler": "gcc", "compiler_version": version}
        for name, price, version in (("a", 4.2, "12.1"), ("b", 0.8, "11.3"), ("c", 1.6, "12.2"), ("d", 1.6, "12.3"))
    }
    (tmp_path / "cluster-features.json").write_text(json.dumps(fleet))
    wanted = (version_requirement("compiler", "12", None),)
    write_workload(tmp_path / "w.parquet", [Workload(("j", "k"), wanted, np.array([0, 1, 1]), np.array([0]))])
    done = placewise("place", tmp_path / "w.parquet", "--fleet", tmp_path, "--out", tmp_path / "p.parquet", "--json")
    assert done.code == 0
    assert pq.read_table(tmp_path / "p.parquet").to_pylist() == [
        {"job": "j", "matched": 3, "cluster": "c"},
        {"job": "k", "matched": 4, "cluster": "b"},
    ]
    assert json.loads(done.out)["cost_per_hour"] == pytest.approx(2.4)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--choose", "dearest"], "--choose: no such choice"),
        (["--kernels", "fortran"], "no such kernels"),
        (["--dask", "tcp://127.0.0.1:1", "--workers", 2], "--workers is given beside --dask"),
        (["--out", ""], "has no name"),
    ],
)
def test_bad_options_write_nothing(place, options, said):
    done = place(*options)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
    assert done.content is None


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ("[]", "is not a mapping"),
        ('{"cluster-000": -1}', "cluster 'cluster-000'"),
        ('{"cluster-000": "1"}', "is not a number"),
        ('{"cluster-000": null}', "is not a number"),
        ('{"elsewhere": 1}', "not in the fleet"),
        ("{}", "none has a price"),
    ],
)
def test_bad_prices(place, tmp_path, prices, said):
    (tmp_path / "p.json").write_text(prices)
    done = place("--prices", tmp_path / "p.json", prices=False)
    assert done.code == 2
    assert said in done.err
    assert done.content is None


def test_a_job_that_is_bad_far_down_leaves_nothing_behind(placewise, drawn, tmp_path):
    path = drawn / "workload.parquet"
    table = pq.read_table(path)
    ids = table["ids"].to_pylist()
    ids[650] = [9999]
    changed = table.set_column(1, "ids", pa.array(ids, table.schema.field("ids").type))
    pq.write_table(changed.replace_schema_metadata(table.schema.metadata), path, row_group_size=100)
    out = tmp_path / "p.parquet"
    out.write_text("before")
    for workers in (1, 2):
        done = placewise(
            "place",
            path,
            "--fleet",
            drawn,
            "--choose",
            "first",
            "--chunk",
            100,
            "--workers",
            workers,
            "--out",
            out,
            "--force",
        )
        assert done.code == 2
        assert "job 651, ids" in done.err
        assert str(path) in done.err
        assert out.read_text() == "before"
        assert {entry.name for entry in tmp_path.iterdir()} == {"drawn", "p.parquet"}


def test_a_requirement_that_no_cluster_understands_is_refused(placewise, drawn, tmp_path):
    path = tmp_path / "w.parquet"
    write_workload(
        path, [Workload(("j",), (version_requirement("unheard-of", "1", None),), np.array([0, 1]), np.array([0]))]
    )
    done = placewise("place", path, "--fleet", drawn, "--choose", "first", "--out", tmp_path / "p.parquet")
    assert done.code == 2
    assert f"{path}, requirement on 'unheard-of'" in done.err
    assert not (tmp_path / "p.parquet").exists()


def test_a_streamed_draw_is_of_versions_and_in_a_folder_of_its_own(placewise, small, tmp_path):
    done = placewise("generate", "--streamed", "--dataset", "spack-build", "--out", tmp_path / "x")
    assert (done.code, (tmp_path / "x").exists()) == (2, False)
    assert "cannot be drawn from in a stream" in done.err
    done = placewise("generate", "--streamed", "--out", small)
    assert done.code == 2
    assert "holds jobs of another fleet" in done.err


def test_the_same_seed_gives_the_same_streamed_files(placewise, tmp_path):
    for folder in ("a", "b"):
        placewise("generate", "--streamed", "--jobs", 50, "--clusters", 30, "--seed", 3, "--out", tmp_path / folder)
    for name in ("workload.parquet", "prices.json", "cluster-features.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_placements_never_take_the_place_of_their_workload(placewise, drawn):
    workload = drawn / "workload.parquet"
    before = workload.read_bytes()
    fleet = ("--fleet", drawn / "cluster-features.json", "--choose", "first")
    for asked in ((workload, "--out", workload), (drawn, "--out", drawn / "placements.parquet")):
        done = placewise("place", *asked, *fleet)
        assert (done.code, done.out) == (2, "")
        assert "over the workload" in done.err
    assert workload.read_bytes() == before
    assert sorted(path.name for path in drawn.iterdir()) == ["cluster-features.json", "prices.json", "workload.parquet"]
    assert placewise("place", workload, *fleet, "--out", drawn / "placements.parquet").code == 0
