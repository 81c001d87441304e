"""The command that compares two results folders."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def runs(placewise, small, tmp_path):
    folders = []
    for scoring in ("corrected", "published"):
        folders.append(tmp_path / scoring)
        options = ["--no-plots", "--orders", 3, "--fleets", 2, "--resamples", 0, "--scoring", scoring]
        assert placewise("simulate", small, "--out", folders[-1], *options).code == 0
    return folders


def test_a_table_and_json_say_the_same(placewise, runs):
    printed = placewise("compare", *runs, "--resamples", 50)
    assert printed.code == 0
    assert printed.err == ""
    done = placewise("compare", *runs, "--resamples", 50, "--json")
    document = json.loads(done.out)
    assert [document["first"], document["second"]] == list(map(str, runs))
    assert document["jobs"] == 60
    assert document["unlike"] == [{"what": "settings.scoring", "first": "corrected", "second": "published"}]
    assert "settings.scoring" in printed.out
    overs = {interval["over"] for one in document["differences"] for interval in one["intervals"]}
    assert len(overs) == 3
    for over in overs:
        assert f"95 % interval over {over}" in printed.out or f"range of {over}" in printed.out
    lines = printed.out.splitlines()
    assert any(line.startswith("experiment  quantity ") for line in lines)
    assert len([line for line in lines if line.startswith("all ")]) == 3
    scores = [json.loads((run / "scores.json").read_text())["all"]["success"]["value"] for run in runs]
    (one,) = (d for d in document["differences"] if (d["experiment"], d["quantity"]) == ("all", "success"))
    assert one["difference"] == pytest.approx(scores[0] - scores[1])
    assert one["intervals"][0]["low"] <= one["difference"] <= one["intervals"][0]["high"]


def test_the_same_seed_and_any_number_of_workers_give_the_same(placewise, runs):
    one = placewise("compare", *runs, "--resamples", 40, "--json").out
    assert placewise("compare", *runs, "--resamples", 40, "--json", "--workers", 2).out == one
    assert placewise("compare", *runs, "--resamples", 40, "--json", "--seed", 1).out != one


def test_a_run_and_itself(placewise, runs):
    done = placewise("compare", runs[0], runs[0], "--resamples", 5)
    assert "no difference" in done.out


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / "outcomes.parquet").unlink(), "outcomes.parquet"),
        (lambda f: (f / "outcomes.parquet").write_bytes((f / "outcomes.parquet").read_bytes()[:-9]), "not readable"),
        (lambda f: (f / "scores.json").unlink(), "scores.json"),
    ],
)
def test_bad_input_is_one_line(placewise, runs, spoil, said):
    spoil(runs[1])
    for pair in (runs, runs[::-1], (runs[0], runs[0].parent / "nothing")):
        done = placewise("compare", *pair)
        assert done.code == 2
        assert done.out == ""
        assert len(done.err.strip().splitlines()) == 1
        assert "Traceback" not in done.err
        assert said in done.err or "nothing" in done.err
