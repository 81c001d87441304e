"""Studies described whole in a file, and run by the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
STUDIES = sorted(path for path in EXAMPLES.glob("*.toml") if path.stem not in ("wagap", "wagap-levels"))
QUICK = ["--orders", 2, "--fleets", 0, "--resamples", 0, "--jobs", 300, "--minimum-builds", 5]
VERSIONS = """
source = "experiment"
[run]
experiments = ["none", "all"]
scoring = "published"
orders = 2
fleets = 0
resamples = 0
jobs = 40
unique = true
seed = 7
order = "order.txt"
[levels]
some = ["zlib", "cmake"]
"""


@pytest.fixture
def study(small, tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "experiment").symlink_to(small)
    (folder / "order.txt").write_text("zlib\ncmake\n")
    (folder / "study.toml").write_text(VERSIONS)
    return folder / "study.toml"


def settings(folder):
    return json.loads((folder / "study.json").read_text())["settings"]


@pytest.mark.slow
@pytest.mark.parametrize("example", STUDIES, ids=lambda path: path.stem)
def test_the_examples_run_and_are_drawn(placewise, tmp_path, example):
    options = QUICK if example.stem == "builds" else QUICK[:-2]
    done = placewise("simulate", example, "--out", tmp_path / "out", "--json", *options)
    assert done.code == 0, done.err
    record = json.loads((tmp_path / "out" / "study.json").read_text())
    more = ["outcomes-model.json", "outcomes.csv"] if example.stem == "learned" else []
    assert [entry["file"] for entry in record["inputs"]] == [example.name, *more]
    scores = json.loads(done.out)["scores"]
    wanted = {
        "versions": {"perl-alone", "three-of-209"},
        "builds": {"arch", "arch-and-compiler", "everything"},
        "learned": {"compiler-and-cmake"},
    }
    assert wanted[example.stem] < set(scores)
    assert placewise("plot", tmp_path / "out").code == 0


def test_there_is_an_example_of_each_kind():
    assert [path.stem for path in STUDIES] == ["builds", "learned", "versions"]


def test_the_file_says_how_to_run_and_the_command_line_wins(placewise, study, tmp_path):
    out = tmp_path / "out"
    assert placewise("simulate", study, "--out", out, "--no-plots").code == 0
    found = settings(out)
    assert found["experiments"] == ["none", "all"]
    assert list(json.loads((out / "scores.json").read_text())) == ["none", "some", "all", "unmatched_at"]
    assert (found["scoring"], found["first"], found["unique"], found["seed"]) == ("published", 40, True, 7)
    assert found["order"] == ["zlib", "cmake"]
    declared = json.loads((out / "study.json").read_text())["study"]
    assert declared["levels"] == {"some": ["zlib", "cmake"]}
    # What is given counts, even where it is what would hold without a file.
    options = [
        "--scoring",
        "corrected",
        "--jobs",
        30,
        "--orders",
        20,
        "--order",
        "alphabetical",
        "--experiments",
        "all",
    ]
    assert placewise("simulate", study, "--out", out, "--no-plots", *options).code == 0
    found = settings(out)
    assert (found["scoring"], found["first"], found["orders"], found["order"]) == ("corrected", 30, 20, [])
    assert found["experiments"] == ["all"]
    assert (found["unique"], found["seed"]) == (True, 7)
    inputs = json.loads((out / "study.json").read_text())["inputs"]
    assert {"study.toml", "cluster-features.json"} < {entry["file"] for entry in inputs}


def test_a_study_is_the_same_as_its_options(placewise, study, small, tmp_path):
    told = ["--experiments", "none,all", "--scoring", "published", "--orders", 2, "--fleets", 0, "--resamples", 0]
    told += ["--jobs", 40, "--unique", "--seed", 7, "--tell", "zlib,cmake"]
    (one, other) = (
        json.loads(placewise("simulate", *options, "--no-plots", "--json", "--out", tmp_path / name).out)["scores"]
        for name, options in (("file", [study]), ("options", [small, *told]))
    )
    assert one["some"] == other["chosen"]
    assert one["all"] == other["all"]


@pytest.mark.parametrize("command", ["value", "minimal", "pareto"])
def test_other_commands_take_their_settings_from_the_file(placewise, study, small, command):
    given = ["--scoring", "published", "--jobs", 40, "--seed", 7]
    given += ["--resamples", 0, "--fleets", 0] if command == "value" else []
    few = [] if command == "pareto" else ["--splits", 2]
    found = placewise(command, study, "--json", *few)
    assert found.code == 0, found.err
    assert found.out == placewise(command, small, *given, "--json", *few).out
    assert found.out != placewise(command, study, "--scoring", "corrected", "--json", *few).out


def test_near_misses_and_sensitivity_of_a_study(placewise, study, small):
    study.write_text(VERSIONS.replace('scoring = "published"\n', ""))
    found = json.loads(placewise("near-miss", study, "--json").out)
    assert found == json.loads(placewise("near-miss", small, "--jobs", 40, "--json").out) | {"source": found["source"]}
    options = ["--draws", 1, "--over", "missing", "--json"]
    done = placewise("sensitivity", study, *options)
    assert done.code == 0, done.err
    again = json.loads(placewise("sensitivity", small, "--jobs", 40, "--seed", 7, *options).out)
    assert json.loads(done.out) == again | {"source": json.loads(done.out)["source"]}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("orders = 2", "orders = 'two'", "study.toml, run.orders: is not a number"),
        ('scoring = "published"', 'scoring = "best"', "study.toml, run.scoring: no such scoring"),
        ('"none", "all"', '"none", "every"', "study.toml, run.experiments: no such experiment"),
        ('"zlib", "cmake"', '"zlib", "cmak"', "no job needs a subsystem of this name"),
        ("some =", "chosen =", "study.toml, levels.chosen: the name is not free"),
        ('order = "order.txt"', 'order = "none.txt"', "none.txt: cannot be read"),
        ("[run]", "[fleet]\nclusters = 2\n[run]", "fleet: is given together with source"),
        ('source = "experiment"', 'source = "elsewhere"', "elsewhere"),
        ("unique = true", "choose = 'first'", "--choose has no effect"),
    ],
)
def test_bad_studies_are_one_line(placewise, study, tmp_path, old, new, said):
    assert old in VERSIONS
    study.write_text(VERSIONS.replace(old, new, 1))
    done = placewise("simulate", study, "--out", tmp_path / "out", "--no-plots")
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.strip().splitlines()) == 1
    assert said in done.err
    assert not (tmp_path / "out").exists()


def test_a_data_set_beside_a_study(placewise, study, tmp_path):
    done = placewise("simulate", study, "--dataset", "reliabuild", "--out", tmp_path / "out")
    assert done.code == 2
    assert "beside the source" in done.err
