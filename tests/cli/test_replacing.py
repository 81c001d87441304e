"""No command replaces what no earlier run of it left, unless it is asked to."""

from __future__ import annotations

import pytest

PLACES = {
    "simulate": "out/scores.json",
    "plot": "out/report.html",
    "fit": "out/cards.csv",
    "generate": "out/cluster-features.json",
    "generate jobs": "out/jobspecs/jobspecs-0.yaml",
    "generate other jobs": "out/jobspecs/mine.yml",
    "streamed": "out/workload.parquet",
    "profile": "out",
    "place": "out",
    "near-miss": "out",
    "value": "out/img/value-ranking.png",
    "minimal": "out/img/sufficiency.svg",
    "pareto": "out/img/pareto-levels.png",
    "sensitivity": "out/img/sensitivity.png",
}
AGAIN = ("simulate", "plot", "fit", "value", "minimal", "pareto", "sensitivity")


@pytest.fixture
def arguments(placewise, small, tmp_path):
    """The arguments of each command, whose output is `out`."""
    drawn, builds, run = tmp_path / "drawn", tmp_path / "builds", tmp_path / "run"

    def of(command):
        if command == "place":
            placewise("generate", "--streamed", "--jobs", 30, "--clusters", 20, "--out", drawn)
        if command == "fit":
            placewise("generate", "--dataset", "spack-build", "--jobs", 200, "--clusters", 3, "--out", builds)
        few = ("--orders", 0, "--resamples", 0, "--fleets", 0, "--experiments", "none")
        if command == "plot":
            placewise("simulate", small, "--no-plots", *few, "--out", run)
        given = {
            "simulate": ("simulate", small, "--no-plots", *few),
            "plot": ("plot", run),
            "fit": ("fit", builds, "--minimum", 2),
            "streamed": ("generate", "--streamed", "--jobs", 5, "--clusters", 20),
            "profile": ("profile", small),
            "place": ("place", drawn / "workload.parquet", "--fleet", drawn, "--choose", "first"),
            "near-miss": ("near-miss", small),
            "value": ("value", small, "--resamples", 0, "--splits", 1),
            "minimal": ("minimal", small, "--random-orders", 2, "--splits", 1),
            "pareto": ("pareto", small),
            "sensitivity": ("sensitivity", small, "--draws", 1, "--over", "clusters"),
        }
        return (*given.get(command, ("generate", "--clusters", 3, "--jobs", 5)), "--out", tmp_path / "out")

    return of


@pytest.mark.parametrize("command", PLACES)
def test_what_somebody_else_left_stays_until_force_is_said(placewise, arguments, tmp_path, command):
    there = tmp_path / PLACES[command]
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_text("mine")
    done = placewise(*arguments(command))
    assert done.code == 2
    assert f"{there}: already exists; expected another place, or --force to replace it" in done.err
    assert done.err.count("\n") == 1
    assert there.read_text() == "mine"
    assert {path for path in (tmp_path / "out").rglob("*") if path.is_file()} <= {there}
    assert placewise(*arguments(command), "--force").code == 0
    assert not there.exists() or there.read_bytes() != b"mine"


@pytest.mark.parametrize("command", AGAIN)
def test_an_earlier_run_is_replaced(placewise, arguments, tmp_path, command):
    assert placewise(*arguments(command)).code == 0
    before = {path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert placewise(*arguments(command)).code == 0
    assert {path for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("command", ["generate", "streamed", "profile", "place", "near-miss"])
def test_data_is_not_replaced_by_a_second_run(placewise, arguments, command):
    assert placewise(*arguments(command)).code == 0
    done = placewise(*arguments(command))
    assert done.code == 2
    assert "already exists" in done.err


def test_figures_go_into_the_results_that_they_are_of(placewise, small, tmp_path):
    few = ("--orders", 0, "--resamples", 0, "--fleets", 0, "--experiments", "none")
    assert placewise("simulate", small, "--no-plots", *few, "--out", tmp_path / "out").code == 0
    assert placewise("value", small, "--resamples", 0, "--splits", 1, "--out", tmp_path / "out").code == 0
    assert placewise("plot", tmp_path / "out").code == 0
    assert placewise("simulate", small, "--no-plots", *few, "--out", tmp_path / "out").code == 0
