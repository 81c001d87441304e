"""The sensitivity command, and the intervals of simulate, on a small experiment."""

from __future__ import annotations

import json

import pytest

from placewise.formats.results.results_folder import read_results


@pytest.fixture(scope="module")
def few(small):
    return (small, "--draws", "2", "--over", "ranges,missing")


def test_a_table_for_each_setting(placewise, few):
    found = placewise("sensitivity", *few)
    assert found.code == 0
    assert "Success by width of ranges\nversions added at" in found.out
    assert "Success by missing metadata\n" in found.out
    assert "wrong metadata" not in found.out


def test_json_and_files_say_the_same(placewise, few, tmp_path):
    out = tmp_path / "found"
    found = json.loads(placewise("sensitivity", *few, "--out", out, "--json").out)
    assert {point["setting"] for point in found["points"]} == {"range width", "missing metadata"}
    assert json.loads((out / "sensitivity.json").read_text())["points"] == found["points"]
    assert not (out / ".parts").exists()
    again = json.loads(placewise("sensitivity", *few, "--workers", "2", "--json").out)
    assert again["points"] == found["points"]


def test_what_cannot_be_changed_is_refused_in_one_line(placewise, small):
    found = placewise("sensitivity", "--dataset", "spack-build", "--jobs", "50", "--over", "ranges")
    assert (found.code, found.out) == (2, "")
    assert found.err.count("\n") == 1
    assert "is not a range of versions" in found.err
    found = placewise("sensitivity", small, "--over", "weather")
    assert found.code == 2
    assert "clusters, ranges, wrong, missing" in found.err


def test_simulate_writes_intervals_and_plot_reads_them(placewise, small, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    options = ("--no-plots", "--orders", "2", "--resamples", "30", "--fleets", "3")
    found = placewise("simulate", small, "--out", one, *options)
    assert found.code == 0
    assert "3 fleets" in found.out
    results = read_results(one)
    overs = [interval.over for interval in results.headlines[0].intervals]
    assert overs[0].startswith("30 resamples of ")
    assert overs[1] == "3 fleets drawn from the profile"
    assert results.fleets.success.shape == (3, 4)
    assert {(d.experiment, d.than) for d in results.differences} == {
        ("all", "none"),
        ("expanded-subsystems", "none"),
        ("expanded-subsystems", "all"),
        ("single-subsystem", "none"),
    }
    placewise("simulate", small, "--out", two, *options, "--workers", "2")
    assert (two / "uncertainty.json").read_bytes() == (one / "uncertainty.json").read_bytes()
    none = placewise("simulate", small, "--out", two, *options[:3], "--resamples", "0", "--fleets", "0")
    assert "central 95%" not in none.out
    assert read_results(two).fleets is None


def test_simulate_says_what_it_left_out(placewise, small, tmp_path):
    found = placewise("simulate", small, "--out", tmp_path / "r", "--no-plots", "--policy", "first", "--resamples", "9")
    assert found.code == 0
    assert "left out: fleets drawn anew: what they give is an expectation" in " ".join(found.out.split())
    assert "9 resamples" in found.out
    assert json.loads((tmp_path / "r" / "study.json").read_text())["left_out"]


@pytest.mark.parametrize("option", ["--resamples", "--fleets"])
def test_counts_beyond_use_are_refused(placewise, small, tmp_path, option):
    found = placewise("simulate", small, "--out", tmp_path / "r", option, "99999999")
    assert found.code == 2
    assert f"{option} is not usable" in found.err
