"""placewise check: expectations on the command line, in every format, and what it says of bad files."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from small_fleets import written_features, written_job

import placewise as pw

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FLEET = {"north": {"cmake": "3.20.2", "hdf5": "1.14.3"}, "south": {"cmake": "3.18.4", "hdf5": "1.10.7"}}
EXPECTED = """# ours
fleet: fleet
jobs:
- job: solver.yaml      # the solver
  matches: [north, south]
- {require: 'hdf5@1.12:', matches: {at_least: [north], not: [south]}}
- require: cmake@4
  matches: none
  because: [cmake]
"""


def unwrapped(printed):
    """The lines before long ones were broken between words."""
    return printed.replace("\n    ", " ").splitlines()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written_features(tmp_path / "fleet", **FLEET)
    written_job(tmp_path / "solver.yaml", {"cmake": {"version": "3.15:"}}, {"hdf5": {}})
    (tmp_path / "expectations.yaml").write_text(EXPECTED)
    return tmp_path


def downgrade(folder):
    written_features(folder / "fleet", **{**FLEET, "south": {"cmake": "3.10.2", "hdf5": "1.10.7"}})


def test_what_holds_is_one_line(placewise, folder):
    done = placewise("check")
    assert (done.code, done.err) == (0, "")
    assert done.out == "expectations.yaml: all 3 expectations hold on fleet\n"


def test_what_is_broken_is_a_line_that_names_cluster_and_cause(placewise, folder):
    downgrade(folder)
    done = placewise("check")
    assert done.code == 3
    first, last = unwrapped(done.out)
    assert first.startswith("expectations.yaml:4: solver.yaml: expected north, south; south does not match (cmake ")
    assert "3.10.2" in first
    assert "3.15:" in first
    assert "1 of 3" in last


def test_an_update_changes_what_is_not_so_and_nothing_else(placewise, folder):
    downgrade(folder)
    done = placewise("check", "--update")
    assert done.code == 0
    assert "matches: [north] (was [north, south])" in done.out
    assert (folder / "expectations.yaml").read_text() == EXPECTED.replace("[north, south]", "[north]")
    assert placewise("check").code == 0
    assert placewise("check", "--update").out == "nothing to change\n"


def test_several_files_are_checked_and_all_or_none_is_written(placewise, folder):
    downgrade(folder)
    other = folder / "other" / "expectations.yaml"
    other.parent.mkdir()
    other.write_text("jobs: [&one {job: ../solver.yaml, matches: [south]}, *one]\n")
    before = other.read_text()
    asked = ("check", folder / "expectations.yaml", other, "--fleet", folder / "fleet")
    assert len(unwrapped(placewise(*asked).out)) == 5
    done = placewise(*asked, "--update")
    assert done.code == 2
    assert "anchors" in done.err
    assert other.read_text() == before
    assert (folder / "expectations.yaml").read_text() == EXPECTED


def test_json_is_one_document(placewise, folder):
    downgrade(folder)
    for form in (("--json",), ("--format", "json")):
        done = placewise("check", *form)
        document = json.loads(done.out)
        assert (done.code, document["holds"]) == (3, False)
        (file,) = document["files"]
        assert [job["holds"] for job in file["jobs"]] == [False, True, True]
        (broken,) = file["jobs"][0]["broken"]
        assert (broken["key"], broken["line"]) == ("matches", 5)
        assert [one["cluster"] for one in broken["differences"]] == ["south"]
        assert file["jobs"][0]["clusters"] == ["north"]


COMMAND = re.compile(r"::error file=(?P<file>[^,:]*),line=(?P<line>[0-9]+),title=(?P<title>[^,:]*)::(?P<message>.*)")


def test_github_gets_a_command_for_each_that_does_not_hold(placewise, folder):
    downgrade(folder)
    (folder / "a%,b:c.yaml").write_text(EXPECTED)
    done = placewise("check", "a%,b:c.yaml", "--format", "github")
    assert done.code == 3
    (line,) = done.out.splitlines()
    found = COMMAND.fullmatch(line)
    assert (found["file"], found["line"]) == ("a%25%2Cb%3Ac.yaml", "5")
    assert "south does not match" in found["message"]
    # What holds is no command.
    assert placewise("check", "--format", "github", "--update").code == 0
    assert placewise("check", "--format", "github").out == ""


# What jenkins' xunit plugin and others take: https://github.com/jenkinsci/xunit-plugin (junit-10.xsd).
SCHEMA = {
    "testsuites": ({"name", "time", "tests", "failures", "disabled", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname", "id", "package"},
        {"testcase", "properties", "system-out", "system-err"},
    ),
    "testcase": ({"name", "time", "classname", "group"}, {"failure", "error", "skipped", "system-out", "system-err"}),
    "failure": ({"message", "type"}, set()),
}


def check_junit(text):
    root = ET.fromstring(text)
    waiting = [root]
    assert root.tag == "testsuites"
    while waiting:
        one = waiting.pop()
        attributes, inner = SCHEMA[one.tag]
        assert one.attrib.keys() <= attributes
        assert {part.tag for part in one} <= inner
        waiting += list(one)
    for suite in root:
        cases = list(suite)
        assert int(suite.get("tests")) == len(cases)
        assert int(suite.get("failures")) == sum(case.find("failure") is not None for case in cases)
        assert len({case.get("name") for case in cases}) == len(cases)
    return root


def test_junit_is_valid_and_may_go_to_a_file(placewise, folder):
    downgrade(folder)
    done = placewise("check", "--format", "junit")
    root = check_junit(done.out)
    assert (done.code, root.get("failures")) == (3, "1")
    assert "1 of 3" in done.err
    done = placewise("check", "--format", "junit", "--out", "report.xml")
    assert done.code == 3
    assert "south does not match" in done.out
    check_junit((folder / "report.xml").read_text())
    before = (folder / "report.xml").read_bytes()
    assert ET.canonicalize(before.decode()) == ET.canonicalize(ET.tostring(root, "unicode"))
    assert placewise("check", "--format", "junit", "--out", "report.xml").code == 2
    assert placewise("check", "--format", "junit", "--out", "report.xml", "--force").code == 3
    assert (folder / "report.xml").read_bytes() == before


def test_names_with_marks_of_xml_and_of_workflow_commands_are_escaped(placewise, folder):
    name = 'a<&">]]>\u2028::%0A\ufffe,b'
    written_features(folder / "fleet", **{**FLEET, name: {"cmake": "3.10.2"}})
    document = {"fleet": "fleet", "jobs": [{"job": "solver.yaml", "matches": ["north", "south", name]}]}
    (folder / "expectations.yaml").write_text(json.dumps(document))
    root = check_junit(placewise("check", "--format", "junit").out)
    assert 'a<&">]]>' in root.find("./testsuite/testcase/failure").get("message")
    (line,) = placewise("check", "--format", "github").out.splitlines()
    message = COMMAND.fullmatch(line)["message"]
    assert "%250A" in message
    assert len(unwrapped(placewise("check").out)) == 2
    done = placewise("check", "--update")
    assert done.code == 0
    assert json.loads((folder / "expectations.yaml").read_text())["jobs"][0]["matches"] == ["north", "south"]


def test_a_start_and_a_success_are_those_of_explain_and_of_the_model(placewise, folder):
    sites = folder / "ours"
    nodes = {str(n): {"metadata": {"type": "core"}} for n in range(4)}
    graph = {"nodes": {"c": {"metadata": {"type": "cluster"}}, **nodes}}
    graph["edges"] = [{"source": "c", "target": n, "relation": "contains"} for n in nodes]
    (sites / "ours").mkdir(parents=True)
    (sites / "ours" / "nodes.json").write_text(json.dumps({"graph": graph}))
    (folder / "squeue.txt").write_text(
        "JOBID|PARTITION|STATE|CPUS|START_TIME|TIME|TIME_LIMIT|SUBMIT_TIME|PRIORITY|REASON|FEATURES\n"
        "1|batch|RUNNING|3|2026-01-01T00:00:00|1:00:00|2:00:00|2026-01-01T00:00:00|1|None|(null)\n"
    )
    resources = [{"type": "slot", "count": 1, "label": "x", "with": [{"type": "core", "count": 2}]}]
    tasks = [{"command": ["x"], "slot": "x", "count": {"per_slot": 1}}]
    job = {"version": 1, "resources": resources, "tasks": tasks, "attributes": {"system": {"duration": 600}}}
    (folder / "job.json").write_text(json.dumps(job))
    shutil.copy(EXAMPLES / "outcomes-model.json", folder / "model.json")
    text = "fleet: ours\nqueue: squeue.txt\njobs:\n- job: job.json\n  starts_within: 59m\n"
    (folder / "e.yaml").write_text(text)
    explained = json.loads(placewise("explain", "job.json", "--fleet", "ours", "--queue", "squeue.txt", "--json").out)
    wait = explained["starts"]["clusters"][0]["wait_s"]
    found = json.loads(placewise("check", "e.yaml", "--json").out)["files"][0]["jobs"][0]
    assert found["start"] == {"cluster": "ours", "wait_s": wait}
    assert wait == 3600
    assert placewise("check", "e.yaml").code == 3
    assert placewise("check", "e.yaml", "--update").code == 0
    assert (folder / "e.yaml").read_text() == text.replace("59m", "1h")
    assert placewise("check", "e.yaml", "--policy", "best").code == 2
    # Success: the mean over the clusters that match of what the model says.
    text = "model: model.json\njobs:\n- {job: solver.yaml, success_at_least: 0.5}\n"
    (folder / "s.yaml").write_text(text)
    of_both, of_one = (
        json.loads(placewise("check", "s.yaml", "--json", "--fleet", folder / "fleet" / name).out)
        for name in ("", "cluster-features.json")
    )
    assert of_both["files"][0]["jobs"][0]["success"] == of_one["files"][0]["jobs"][0]["success"]
    assert placewise("check", "e.yaml", "--model", "e.yaml").code == 2
    check = pw.check(pw.read_fleet("fleet"), "s.yaml")
    assert check.jobs[0].now.success == of_one["files"][0]["jobs"][0]["success"]


def test_from_python(folder):
    check = pw.check(pw.read_fleet("fleet"), "expectations.yaml")
    assert (check.holds, check.lines) == (True, ())
    downgrade(folder)
    check = pw.check(pw.read_fleet("fleet"), folder / "expectations.yaml")
    assert not check.holds
    assert len(check.lines) == 1
    assert check.lines[0].startswith("solver.yaml: expected north, south; south does not match")
    assert "does not match" in check._repr_html_()


BAD = {
    "empty": ("", "is empty"),
    "a list": ("- a", "not a mapping"),
    "no jobs": ("fleet: fleet", "a field is missing"),
    "jobs of no entries": ("fleet: fleet\njobs: []", "number of jobs"),
    "no job": ("fleet: fleet\njobs: [{matches: none}]", "a field is missing"),
    "says nothing": ("fleet: fleet\njobs: [{job: solver.yaml}]", "states no expectation"),
    "a slip": ("fleet: fleet\njobs: [{job: solver.yaml, mathces: none}]", "expected matches, or another"),
    "another word": ("fleet: fleet\njobs: [{job: solver.yaml, matches: nothing}]", "is not a list of clusters"),
    "null": ("fleet: fleet\njobs: [{job: solver.yaml, matches: }]", "is not a list of clusters"),
    "an empty list": ("fleet: fleet\njobs: [{job: solver.yaml, matches: []}]", "is not a list of names"),
    "a number": ("fleet: fleet\njobs: [{job: solver.yaml, matches: [1.5]}]", "is not text"),
    "twice": ("fleet: fleet\njobs: [{job: solver.yaml, matches: [a, a]}]", "occurs twice"),
    "a key twice": ("fleet: fleet\njobs: [{job: solver.yaml, matches: none, matches: some}]", "occurs twice"),
    "both": ("fleet: fleet\njobs: [{job: solver.yaml, matches: {at_least: [a], not: [a]}}]", "at_least and in not"),
    "more than 1": ("fleet: fleet\njobs: [{job: solver.yaml, success_at_least: 1.5}]", "is not a probability"),
    "a share as text": ("fleet: fleet\njobs: [{job: solver.yaml, success_at_least: '>=0.9'}]", "is not a number"),
    "soon": ("fleet: fleet\njobs: [{job: solver.yaml, starts_within: soon}]", "is not a duration"),
    "never": ("fleet: fleet\njobs: [{job: solver.yaml, starts_within: unlimited}]", "is too long a wait"),
    "no model": ("fleet: fleet\njobs: [{job: solver.yaml, success_at_least: 0.5}]", "--model"),
    "no queue": ("fleet: fleet\njobs: [{job: solver.yaml, starts_within: 2h}]", "--queue"),
    "no such job": ("fleet: fleet\njobs: [{job: nope.yaml, matches: none}]", "is not a jobspec"),
    "a folder": ("fleet: fleet\njobs: [{job: fleet, matches: none}]", "is not a jobspec"),
    "no jobspec": ("fleet: fleet\njobs: [{job: expectations.yaml, matches: none}]", "asks for no resources"),
    "no requirement": ("fleet: fleet\njobs: [{require: 'gpu{', matches: none}]", "require"),
    "nobody has it": ("fleet: fleet\njobs: [{require: cmkae, matches: none}]", "cmake"),
    "no fleet": ("jobs: [{job: solver.yaml, matches: none}]", "--fleet"),
    "no such fleet": ("fleet: nope\njobs: [{job: solver.yaml, matches: none}]", "does not exist"),
    "truncated": (EXPECTED[:-25] + "\n  because: [cm", "is not valid YAML"),
    "control": ('fleet: fleet\njobs: [{job: solver.yaml, matches: ["a\\nb"]}]', "control character"),
    "a bomb": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "aliases stand for too much",
    ),
    "deep": ("jobs: " + "[" * 5000, "nested too deeply"),
    "itself": ("jobs: &a [*a]", "is not a mapping"),
    "a tag": ("jobs: !!python/object/apply:os.system [ls]", "is not valid YAML"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_error_and_stays(placewise, folder, case):
    text, problem = BAD[case]
    (folder / "expectations.yaml").write_text(text)
    for options in ((), ("--update",), ("--json",)):
        done = placewise("check", *options)
        assert (done.code, done.out) == (2, ""), done.err
        assert len(done.err.splitlines()) == 1
        assert problem in done.err
    assert (folder / "expectations.yaml").read_text() == text
    left = {path.name for path in folder.iterdir()} - {"cache"}
    assert left == {"expectations.yaml", "fleet", "solver.yaml"}


def test_an_enormous_file_is_refused_before_it_is_parsed(placewise, folder):
    with (folder / "expectations.yaml").open("w") as file:
        file.write("jobs:\n")
        file.writelines("- {job: solver.yaml, matches: none}\n" for _ in range(130_000))
    done = placewise("check")
    assert done.code == 2
    assert "too large" in done.err


def test_entries_of_one_job_and_files_of_one_entry_are_named_apart(placewise, folder):
    text = "fleet: fleet\njobs:\n- {job: solver.yaml, require: 'cmake@3.19:', matches: [south]}\n"
    (folder / "expectations.yaml").write_text(text)
    done = placewise("check")
    assert done.code == 3
    assert "expectations.yaml:3: solver.yaml and cmake@3.19:: expected south; south does not match (cmake " in done.out
    assert "north matches" in done.out
    assert done.out.endswith("its one expectation does not hold on fleet\n")


@pytest.mark.parametrize("option", [("--format", "xml"), ("--out", ""), ("--limit", "3h")])
def test_options_that_mean_nothing_are_refused(placewise, folder, option):
    done = placewise("check", *option)
    assert done.code == 2
    assert done.out == ""


def test_an_update_through_a_link_keeps_the_link(placewise, folder):
    downgrade(folder)
    (folder / "link.yaml").symlink_to("expectations.yaml")
    assert placewise("check", "link.yaml", "--update").code == 0
    assert (folder / "link.yaml").is_symlink()
    assert "[north]" in (folder / "expectations.yaml").read_text()
