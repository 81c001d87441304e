"""Runs that meet other runs' leavings, and arguments that no one should give."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from placewise.formats.folder_lock import only_writer
from placewise.formats.results.results_names import FIGURES


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def refused(done, *said):
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.strip().splitlines()) == 1
    for text in said:
        assert text in done.err, done.err


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("builds") / "experiment"
    command = ["generate", "--dataset", "spack-build", "--clusters", "5", "--jobs", "150", "--out", str(folder)]
    subprocess.run([sys.executable, "-m", "placewise", *command], check=True, capture_output=True)
    return folder


@pytest.mark.slow
def test_results_of_another_kind_do_not_stay_beside_the_new_ones(placewise, small, builds, tmp_path):
    out = tmp_path / "out"
    placewise("simulate", builds, "--out", out, "--minimum-builds", 2)
    assert {"report.html", "levels.json", "models.json", "img"} <= names(out)
    drawn = {name.removeprefix("img/").partition(".")[0] for name in names(out) if name.startswith("img/")}
    (out / "img" / "mine.png").write_text("mine")
    (out / "notes.txt").write_text("mine")
    placewise("simulate", small, "--out", out, "--no-plots")
    placewise("simulate", small, "--out", tmp_path / "new", "--no-plots")
    assert names(out) == names(tmp_path / "new") | {"notes.txt", "img", "img/mine.png"}
    assert drawn <= set(FIGURES)
    placewise("simulate", small, "--out", out)
    placewise("simulate", builds, "--out", out, "--no-plots", "--minimum-builds", 2)
    assert not {"report.html", "jobspecs.json", "subsystem-scores.json", "img/trade-off.png"} & names(out)


@pytest.mark.slow
def test_plot_removes_old_pictures_and_no_results(placewise, small, tmp_path):
    placewise("simulate", small, "--out", tmp_path / "out")
    before = names(tmp_path / "out")
    (tmp_path / "out" / "img" / "pareto.png").write_text("old")
    assert placewise("plot", tmp_path / "out").code == 0
    assert names(tmp_path / "out") == before


@pytest.mark.slow
def test_fit_removes_the_page_of_an_earlier_fit(placewise, builds, tmp_path):
    placewise("fit", builds, "--out", tmp_path / "m", "--minimum", 2, "--report")
    assert {"models.html", "img/model-overview.png", "img/models-01.png"} <= names(tmp_path / "m")
    placewise("fit", builds, "--out", tmp_path / "m", "--minimum", 2)
    assert names(tmp_path / "m") == {"models.json", "cards.csv"}


def test_a_folder_in_a_files_place_moves_nothing(placewise, small, tmp_path):
    (tmp_path / "out" / "summary.json" / "inside").mkdir(parents=True)
    refused(placewise("simulate", small, "--out", tmp_path / "out", "--no-plots"), str(tmp_path / "out/summary.json: "))
    # What was computed is kept for the next run, out of sight.
    assert {name for name in names(tmp_path / "out") if not name.startswith(".parts")} == {
        "summary.json",
        "summary.json/inside",
    }


def test_two_runs_at_once(placewise, small, tmp_path):
    with only_writer(tmp_path):
        before = names(tmp_path)
        refused(placewise("simulate", small, "--out", tmp_path), "another run is writing here")
        assert names(tmp_path) == before


@pytest.mark.parametrize(
    "command", [["simulate"], ["plot", "x"], ["generate"], ["profile", "x"], ["fit", "x"]], ids=lambda c: c[0]
)
def test_an_output_without_a_name(placewise, command):
    refused(placewise(*command, "--out", ""), "--out")


def test_a_data_set_beside_a_source(placewise, small, tmp_path):
    done = placewise("simulate", small, "--dataset", "reliabuild", "--out", tmp_path / "out")
    refused(done, "data set", str(small))
    refused(placewise("simulate", "--dataset", "half", "--out", tmp_path / "out"), "half")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["simulate", "plot", "match", "explain", "profile", "fit"])
@pytest.mark.parametrize("path", ["n" * 5000, "/dev/zero", "pipe", "loop"])
def test_paths_that_cannot_be_looked_at(placewise, small, tmp_path, monkeypatch, command, path):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    (tmp_path / "loop").symlink_to("loop")
    jobspec = tmp_path / "job.yaml"
    jobspec.write_text("version: 1\ntask: {command: [x], resources: {}}\n")
    arguments = {
        "match": [path, "--fleet", small],
        "explain": [jobspec, "--fleet", path],
        "simulate": [path],
        "plot": [path],
        "profile": [path, "--out", "p"],
        "fit": [path],
    }[command]
    refused(placewise(command, *arguments), path[:100])


def test_generate_replaces_all_or_nothing(placewise, tmp_path):
    out = tmp_path / "out"
    placewise("generate", "--clusters", 3, "--jobs", 5, "--out", out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    (out / "cluster-features.json").unlink()
    (out / "cluster-features.json").mkdir()
    refused(placewise("generate", "--clusters", 3, "--jobs", 6, "--out", out, "--force"), "cluster-features.json")
    assert {path: path.read_bytes() for path in (out / "jobspecs").iterdir()} == {
        path: content for path, content in before.items() if path.parent.name == "jobspecs"
    }
    shutil.rmtree(out / "cluster-features.json")
    placewise("generate", "--clusters", 3, "--jobs", 6, "--out", out, "--force")
    assert len(json.loads((out / "cluster-features.json").read_text())) == 3


OUTPUTS = [
    ["simulate", "{small}", "--no-plots", "--out"],
    ["generate", "--clusters", 2, "--jobs", 3, "--streamed", "--out"],
    ["generate", "--clusters", 2, "--jobs", 3, "--out"],
    ["profile", "{small}", "--out"],
    ["value", "{small}", "--splits", 1, "--out"],
    ["place", "{streamed}/workload.parquet", "--fleet", "{streamed}", "--prices", "{streamed}/prices.json", "--out"],
]


@pytest.mark.parametrize("command", OUTPUTS, ids=lambda command: command[0])
def test_an_output_whose_name_is_not_utf_8(placewise, small, tmp_path, command):
    streamed = tmp_path / "streamed"
    if command[0] == "place":
        assert placewise("generate", "--clusters", 2, "--jobs", 3, "--streamed", "--out", streamed).code == 0
    out = os.fsdecode(os.fsencode(tmp_path) + b"/out\xff.parquet")
    done = placewise(*(str(word).format(small=small, streamed=streamed) for word in command), out)
    assert done.code == 0, done.err
    assert Path(out).exists()


def test_a_poisoned_cache_shows_in_the_study(placewise, small, tmp_path, monkeypatch):
    monkeypatch.setenv("PLACEWISE_CACHE", str(tmp_path / "shared"))

    def run(out, *more):
        assert placewise("simulate", small, "--no-plots", "--out", tmp_path / out, *more).code == 0
        return json.loads((tmp_path / out / "study.json").read_text())

    fresh, stored, cached = run("fresh", "--no-cache"), run("stored"), run("cached")
    assert fresh["parsed"] == stored["parsed"] == cached["parsed"]
    (entry,) = (tmp_path / "shared").glob("*.npz")
    with np.load(entry) as members:
        arrays = dict(members.items())
    arrays["ids"] = np.zeros_like(arrays["ids"])
    np.savez(entry, **arrays)
    poisoned = run("poisoned")
    assert poisoned["inputs"] == fresh["inputs"]
    assert poisoned["parsed"] != fresh["parsed"]
    compared = placewise("compare", tmp_path / "fresh", tmp_path / "poisoned")
    assert fresh["parsed"]["sha256"][:8] in compared.out
