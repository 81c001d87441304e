"""The commands on build records."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from placewise.formats.experiment_folder import write_experiment
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.study.sources import draw

FILES = {
    "scores.json",
    "levels.json",
    "summary.json",
    "study.json",
    "scores.csv",
    "reasons-for-failure.csv",
    "outcomes.parquet",
    "minimal.json",
    "pareto.json",
    "uncertainty.json",
    "value.json",
    "models.json",
    "cards.csv",
}
VALUED = {"minimal.json", "pareto.json", "value.json"}


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("builds") / "experiment"
    drawn = draw(shipped_profile("spack-build"), 15, 900, 4)
    write_experiment(drawn.fleet, drawn.jobs, folder)
    return folder


def test_simulate_writes_the_results_folder(placewise, builds, tmp_path):
    done = placewise("simulate", builds, "--out", tmp_path / "out")
    assert done.code == 0
    found = {path.name for path in (tmp_path / "out").iterdir()}
    assert found == FILES | {"img", "report.html"}
    again = placewise("plot", tmp_path / "out", "--out", tmp_path / "again")
    assert again.code == 0
    first = {path.name: path.read_bytes() for path in (tmp_path / "out" / "img").glob("*.svg")}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "again" / "img").glob("*.svg")}
    assert first


def test_simulate_prints_json_and_the_rows_agree(placewise, builds, tmp_path):
    done = placewise("simulate", builds, "--out", tmp_path, "--no-plots", "--json")
    scores = json.loads(done.out)["scores"]
    table = pq.read_table(tmp_path / "outcomes.parquet").to_pydict()
    for name, score in scores.items():
        if name == "unmatched_at" or name.startswith("constraint"):
            continue
        rows = [i for i, level in enumerate(table["experiment"]) if level == name]
        assert len(rows) == score["total_jobs"]["value"] == 900
        joint = sum(table["success"][i] for i in rows) / len(rows)
        assert joint == pytest.approx(score["success"]["value"])
    assert {"additional_runtime_s", "additional_cost"} <= set(table)


@pytest.mark.slow
@pytest.mark.parametrize("drawn", [["--sample"], []], ids=["sample", "expectation"])
def test_the_same_seed_gives_the_same_bytes_from_cache_or_not(drawn, placewise, builds, tmp_path):
    folders = []
    for name, options in (("one", []), ("two", []), ("three", ["--no-cache"]), ("four", ["--workers", "2"])):
        folders.append(tmp_path / name)
        placewise("simulate", builds, "--out", folders[-1], "--no-plots", "--orders", 3, *drawn, *options)
    # Of one draw a job there is no game to divide.
    for file in FILES - {"study.json"} - (VALUED if drawn else set()):
        assert len({(folder / file).read_bytes() for folder in folders}) == 1, file


def test_the_embedded_default_and_a_study_file(placewise, builds, tmp_path):
    study = tmp_path / "study.toml"
    study.write_text(
        f'source = "{builds}"\n'
        '[forms.arch]\nsubsystem = "arch"\nfields = [{ field = "value", equals = "arch" }]\n'
        '[[rules]]\nname = "wrong_arch"\nform = "arch"\n'
        '[told]\nexpanding = ["arch"]\neverything = ["arch"]\n'
        '[levels]\nnone = []\nknown = ["arch"]\n'
    )
    done = placewise("simulate", study, "--out", tmp_path / "out", "--no-plots", "--json")
    scores = json.loads(done.out)["scores"]
    assert list(scores)[:2] == ["none", "known"]
    assert scores["known"]["build_success"]["mean"] in (None, 1.0)
    drawn = placewise(
        "simulate", "--dataset", "spack-build", "--jobs", 300, "--out", tmp_path / "d", "--no-plots", "--json"
    )
    assert json.loads(drawn.out)["scores"]["none"]["total_jobs"]["value"] == 300


def test_a_file_of_priorities_chooses(placewise, builds, tmp_path):
    priorities = tmp_path / "dearest.yaml"
    priorities.write_text("- priority: 1\n  steps:\n  - sort_descending: predicted_cost\n  - select: first\n")
    costs = {}
    for name in ("cheapest", "random", str(priorities)):
        out = tmp_path / str(len(costs))
        options = ["--no-plots", "--orders", 0, "--minimum-builds", 3, "--choose", name]
        assert placewise("simulate", builds, "--out", out, *options).code == 0
        with (out / "scores.csv").open(newline="") as file:
            rows = {row["experiment"]: row for row in csv.DictReader(file)}
        costs[name] = float(rows["constraint-with-replacement"]["total_additional_cost"])
    assert costs["cheapest"] < costs["random"] < costs[str(priorities)]


def test_generate_and_profile(placewise, builds, tmp_path):
    assert placewise("profile", builds, "-o", tmp_path / "p.json").code == 0
    done = placewise(
        "generate", "--profile", tmp_path / "p.json", "--clusters", 3, "--jobs", 40, "--out", tmp_path / "drawn"
    )
    assert done.code == 0
    assert len(json.loads((tmp_path / "drawn" / "cluster-features.json").read_text())) == 3
    again = placewise("generate", "--dataset", "spack-build", "--clusters", 2, "--jobs", 9, "--out", tmp_path / "x")
    assert again.code == 0


def test_generate_and_profile_say_in_json_what_they_wrote(placewise, builds, tmp_path):
    options = ["--clusters", 3, "--jobs", 40, "--seed", 5]
    drawn = placewise("generate", *options, "--out", tmp_path / "drawn", "--json")
    assert (drawn.code, drawn.err) == (0, "")
    found = json.loads(drawn.out)
    assert {name: found[name] for name in ("clusters", "jobs", "seed", "profile")} == {
        "clusters": 3,
        "jobs": 40,
        "seed": 5,
        "profile": "reliabuild",
    }
    assert sorted(found["files"]) == sorted(path.name for path in Path(found["out"]).iterdir())
    streamed = json.loads(placewise("generate", *options, "--streamed", "--out", tmp_path / "s", "--json").out)
    assert sorted(streamed["files"]) == sorted(path.name for path in (tmp_path / "s").iterdir())
    for folder, kind in ((tmp_path / "drawn", "versions"), (builds, "builds")):
        out = tmp_path / f"{kind}.json"
        fitted = json.loads(placewise("profile", folder, "--out", out, "--json").out)
        assert (fitted["out"], fitted["source"], fitted["kind"]) == (str(out), str(folder), kind)
        written = json.loads(out.read_text())
        assert fitted["packages"] == len(written["packages" if kind == "builds" else "roots"])
        features = json.loads((folder / "cluster-features.json").read_text())
        assert fitted["clusters"] == len(features)
    assert fitted["jobs"] > 0


def test_fit_says_what_it_fitted_and_what_it_could_not(placewise, builds, tmp_path):
    done = placewise("fit", builds, "--out", tmp_path / "models", "--minimum", 8, "--json")
    assert done.code == 0
    json.loads(done.out)
    assert (tmp_path / "models" / "models.json").exists()
    none = placewise("fit", builds, "--out", tmp_path / "none", "--minimum", 100_000)
    assert none.code == 2
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--unique"], "--unique"),
        (["--policy", "worst"], "policy"),
        (["--experiments", "nine"], "nine"),
        (["--model", "forest"], "forest"),
        (["--choose", "best"], "best"),
        (["--choose", "nowhere.yaml"], "nowhere.yaml"),
        (["--nodes-per-job", "0"], "--nodes-per-job"),
    ],
)
def test_options_that_mean_nothing_here(placewise, builds, tmp_path, options, said):
    done = placewise("simulate", builds, "--out", tmp_path / "out", "--no-plots", *options)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("options", [["--choose", "first"], ["--model", "linear"], ["--nodes-free", "3"]])
def test_options_of_build_records_for_other_jobs(placewise, small, tmp_path, options):
    done = placewise("simulate", small, "--out", tmp_path / "out", "--no-plots", *options)
    assert done.code == 2
    assert options[0] in done.err


def test_an_unknown_data_set(placewise, tmp_path):
    assert "reliabuild" in placewise("simulate", "--dataset", "other", "--out", tmp_path / "out").err
    assert placewise("generate", "--dataset", "other", "--out", tmp_path / "out").code == 2


def test_expressions_of_priorities_are_no_code(placewise, builds, tmp_path):
    for text in ("__import__('os').system('true')", "memory.__class__", "9**9**9", "nobody", "1/0", "min()"):
        priorities = tmp_path / "p.yaml"
        priorities.write_text(json.dumps([{"priority": 1, "steps": [{"filter": text}]}]))
        done = placewise(
            "simulate", builds, "--out", tmp_path / "o", "--no-plots", "--orders", 0, "--choose", priorities
        )
        assert done.code == 2, text
        assert "Traceback" not in done.err


def test_fit_by_what_builds_ran_on_and_when(placewise, tmp_path):
    lines = ["package,memory,duration,arch,compiler,day"]
    lines += [
        f"p,{1000 + 7 * i % 13},{(2 if i % 2 else 1) * (50 + i % 5)},{'ab'[i % 2]},gcc,2024-01-{1 + i // 4:02d}"
        for i in range(100)
    ]
    (tmp_path / "builds.csv").write_text("\n".join(lines))
    done = placewise("fit", tmp_path / "builds.csv", "--out", tmp_path / "m", "--time", "day")
    assert done.code == 0
    for words in ("hierarchical", "best-with-memory", "later", "which is known only after a run"):
        assert words in " ".join(done.out.split())
    found = json.loads(
        placewise("fit", tmp_path / "builds.csv", "--out", tmp_path / "n", "--time", "day", "--json").out
    )
    assert found["facts"] == ["arch", "compiler"]
    for errors in (found["median_relative_error"], found["median_relative_error_later"]):
        assert errors["hierarchical"] < 0.1 < errors["mean"]
        assert errors["best"] == errors["hierarchical"]
    without = json.loads(placewise("fit", tmp_path / "builds.csv", "--out", tmp_path / "o", "--json").out)
    assert without["median_relative_error_later"] == {}


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("day", "yesterday", "row 2, column day: is not a time"),
        ("day", "nan", "row 2, column day: is not a time"),
        ("month", "1", "has no column for the time"),
        ("duration", "1", "the column for the time has another use already"),
    ],
)
def test_times_that_are_none(placewise, tmp_path, column, value, said):
    (tmp_path / "b.csv").write_text(f"package,memory,duration,day\np,1,2,2024-01-01\np,1,2,{value}\n")
    done = placewise("fit", tmp_path / "b.csv", "--out", tmp_path / "m", "--minimum", "1", "--time", column)
    assert done.code == 2
    assert said in " ".join(done.err.split())
    assert not (tmp_path / "m").exists()


def test_costs_are_said_with_what_they_rest_on(placewise, builds, tmp_path):
    plain = ["simulate", builds, "--no-plots", "--resamples", "0", "--minimum-builds", "5"]
    out = " ".join(placewise(*plain, "--out", tmp_path / "a").out.split())
    assert "least and most by the models that are not clearly worse (best" in out
    assert "by best, without memory that is known only after a run" in out
    assert "Jobs that fail are taken to use their whole runtime" in out
    out = " ".join(placewise(*plain, "--out", tmp_path / "b", "--model", "knn", "--fail-after", "0.25").out.split())
    assert "by knn, from memory, which is known only after a run" in out
    assert "Jobs that fail are taken to use 25 % of their runtime" in out
    used = [json.loads((tmp_path / name / "levels.json").read_text())["levels"][0]["used"] for name in ("a", "b")]
    assert [one["fail_after"] for one in used] == [1.0, 0.25]
    assert placewise(*plain, "--out", tmp_path / "c", "--fail-after", "1.5").code == 2
