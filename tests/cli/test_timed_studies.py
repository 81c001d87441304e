"""Studies of traces through files and commands."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

import placewise as pw
from placewise.formats.results.timed_files import timed_document
from placewise.replays.summaries.fates import WEEK_S

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
STUDY = """
trace = "a.swf"
clusters = "fleet"
[run]
experiments = ["timed"]
resamples = 60
seed = 3
[levels]
some = ["a"]
[timed]
policies = ["fcfs", "easy"]
levels = ["none", "some", "all"]
retries = 1
fail_after = 0.25
place = "first"
"""
SCENARIOS = """
policies = ["fcfs", "easy"]
values = true
[levels]
"no metadata" = []
some = ["a"]
"all metadata" = "all"
"""


@pytest.fixture
def folder(tmp_path):
    """A trace in Alea's form, whose jobs ask for properties, and a study of it."""
    draw = random.Random(4)
    lines, submit = [], 0
    for job in range(60):
        submit += draw.randrange(WEEK_S // 6)
        runtime, size = draw.randrange(100, 20_000), draw.choice([1, 2, 4])
        asked = draw.choice(["", "", ":a", ":b", ":c"])
        row = [job, submit, -1, runtime, size, -1, -1, size, runtime + 60, -1, 1, 1, 1, -1, 1, -1, -1, -1]
        lines.append("\t".join(map(str, [*row, "{1}", "q", f"1:ppn={size}{asked}"])))
    (tmp_path / "a.swf").write_text("\n".join(lines) + "\n")
    fleet = {}
    for name, packages in (("one", "c"), ("two", "ac"), ("three", "bc")):
        graph = {"0": {"metadata": {"type": "cluster"}}, "1": {"metadata": {"type": "core", "size": 4}}}
        edges = [{"source": "0", "target": "1", "relation": "contains"}]
        fleet[name] = {"name": name, "graph": {"directed": True, "nodes": graph, "edges": edges}}
        (tmp_path / "fleet" / name).mkdir(parents=True)
        (tmp_path / "fleet" / name / "nodes.json").write_text(json.dumps(fleet[name]))
        nodes = {one: {"metadata": {"type": "property", "name": one}} for one in packages}
        there = [{"source": "0", "target": one, "relation": "contains"} for one in packages]
        document = {"graph": {"nodes": nodes, "edges": there}}
        (tmp_path / "fleet" / name / "property-subsystem.json").write_text(json.dumps(document))
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "scenarios.toml").write_text(SCENARIOS)
    return tmp_path


def test_a_study_and_a_scenario_file_come_to_the_same(placewise, folder):
    done = placewise("simulate", folder / "study.toml", "--out", folder / "study", "--workers", 2)
    assert done.code == 0, done.err
    options = ["--fleet", folder / "fleet", "--retries", 1, "--fail-after", 0.25, "--place", "first", "--seed", 3]
    options += ["--resamples", 60, "--scenarios", folder / "scenarios.toml"]
    assert placewise("replay", folder / "a.swf", *options, "--out", folder / "replay").code == 0
    one, other = (json.loads((folder / name / "scenarios.json").read_text()) for name in ("study", "replay"))
    assert any(value["wasted_s"] for value in one["values"])
    assert any(value["waiting_s"] for value in one["values"])
    assert one == other
    for name in ("scenarios", "differences", "values"):
        pictures = [(folder / run / "img" / f"replay-{name}.svg").read_bytes() for run in ("study", "replay")]
        assert pictures[0] == pictures[1]
    found = json.loads(placewise("compare", folder / "study", folder / "replay", "--resamples", 0, "--json").out)
    assert len(found["pairs"]) == 6
    assert {mean["difference"] for pair in found["pairs"] for mean in pair["means"]} == {0.0}
    assert placewise("plot", folder / "study").code == 0


def test_from_python_it_is_the_same(placewise, folder):
    found = pw.read_study(folder / "study.toml").run(values=False)
    done = placewise("simulate", folder / "study.toml", "--out", folder / "out", "--no-values", "--no-plots", "--json")
    document = json.loads(done.out)
    assert timed_document(found.timed) == {key: document["timed"][key] for key in timed_document(found.timed)}
    assert "easy" in found._repr_html_()
    assert found.to_arrow().num_rows == 6
    found.write_report(folder / "report.html")
    assert "What metadata is worth in time" not in (folder / "report.html").read_text()
    found.save(folder / "saved")
    assert pw.read_results(folder / "saved").timed == found.timed


@pytest.mark.long
def test_the_study_of_wagap_comes_to_what_its_scenario_file_does(placewise, public_data, tmp_path):
    for name in ("wagap-2013.swf.gz", "wagap-2013.machines"):
        (tmp_path / name).symlink_to(public_data / "traces" / name)
    (tmp_path / "wagap.toml").write_text((EXAMPLES / "wagap.toml").read_text())
    done = placewise("simulate", tmp_path / "wagap.toml", "--no-plots", "--out", tmp_path / "study", "--workers", 2)
    assert done.code == 0, done.err
    options = ["--retries", 2, "--fail-after", 0.5, "--scenarios", EXAMPLES / "wagap-levels.toml", "--workers", 2]
    placewise("replay", tmp_path / "wagap-2013.swf.gz", *options, "--no-plots", "--out", tmp_path / "replay")
    one, other = (json.loads((tmp_path / name / "scenarios.json").read_text()) for name in ("study", "replay"))
    assert one["values"] == other["values"]
    for part, keys in (("scenarios", ("name",)), ("comparisons", ("first", "second"))):
        known = {tuple(entry[key] for key in keys): entry for entry in one[part]}
        assert [known[tuple(entry[key] for key in keys)] for entry in other[part]] == other[part]


@pytest.mark.parametrize("command", ["value", "minimal", "pareto", "near-miss", "sensitivity"])
def test_other_commands_say_that_a_trace_is_replayed(placewise, folder, command):
    done = placewise(command, folder / "study.toml")
    assert done.code == 2
    assert "a trace is replayed" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('trace = "a.swf"', "", "has no effect without a trace"),
        ('trace = "a.swf"', 'trace = "b.swf"', "b.swf"),
        ('clusters = "fleet"', 'source = "fleet"', "is given together with trace"),
        ('experiments = ["timed"]', 'experiments = ["all"]', "timed"),
        ("[timed]", "[outcome]\nmodel = 'm'\n[timed]", "trace"),
        ('"fcfs", "easy"', '"fcfs", "fcfs"', "twice"),
        ('"fcfs", "easy"', '"best"', "no such queue policy"),
        ('"fcfs", "easy"', "", "policies"),
        ("retries = 1", "retries = -1", "retries"),
        ("retries = 1", "tries = 1", "tries"),
        ("retries = 1", "seed = 1", "seed"),
        ("retries = 1", 'clean = "well"', "clean"),
        ("retries = 1", 'format = "xml"', "format"),
        ('place = "first"', 'place = "nowhere"', "nowhere"),
        ('some = ["a"]', 'some = ["zz"]', "levels.some"),
    ],
)
def test_a_bad_study_of_a_trace_is_one_clear_error(placewise, folder, old, new, said):
    path = folder / "study.toml"
    assert old in STUDY
    path.write_text(STUDY.replace(old, new))
    done = placewise("simulate", path, "--out", folder / "out")
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not (folder / "out").exists()
