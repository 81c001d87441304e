"""`placewise advise`, and `pw.advise`."""

import json
from pathlib import Path

import pytest
from small_fleets import written_features, written_job

import placewise as pw
from placewise.model.advice.changes import FactDescribed
from placewise.worth.near_misses.suggestions import FleetChange, Relaxation

CMAKE = {"name": "cmake", "field": "version", "min": "3.20"}
UNKNOWN = "clusters:\n  b: {complete: false}\n"


@pytest.fixture
def examples(monkeypatch):
    docs = Path(__file__).parents[2] / "docs"
    monkeypatch.chdir(docs / "examples")
    return docs


def test_a_fact_a_cluster_and_a_requirement_in_this_order(placewise, tmp_path):
    fleet = written_features(tmp_path / "fleet", UNKNOWN, a={"cmake": "3.10"}, b={"perl": "5"})
    job = written_job(tmp_path / "job.json", CMAKE)
    ran = placewise("advise", "--jobs", job, "--fleet", fleet, "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert found["now"] == {
        "jobs": 1,
        "success": 0,
        "matches": 0,
        "waiting_h": None,
        "wasted_h": None,
        "cost": None,
    }
    change, fact, relaxation = found["suggestions"]
    # What is sure comes before what may be, and what gains matches alone is last.
    assert (change["kind"], change["cluster"], change["after"]["version"]) == ("change", "a", "3.20")
    assert (fact["kind"], fact["cluster"], fact["subsystem"], fact["settles"]) == ("describe", "b", "cmake", 1)
    assert fact["gains"]["success"] == 1
    assert fact["otherwise"]["answer"] is None
    assert fact["otherwise"]["gains"]["success"] == 0
    assert (relaxation["kind"], relaxation["to"]) == ("relax", "cmake@3.10:")
    assert relaxation["gains_matches_only"]
    assert change["otherwise"] is relaxation["otherwise"] is None
    python = pw.advise(job, pw.read_fleet(fleet))
    assert [type(one.change) for one in python.suggestions] == [FleetChange, FactDescribed, Relaxation]
    assert "describe cmake on b" in str(python)
    assert "<table>" in python._repr_html_()
    first = pw.advise([pw.read_job(job)], pw.read_fleet(fleet), top=1)
    assert first.suggestions == python.suggestions[:1]


def test_what_cannot_be_improved_gets_no_suggestion_and_it_is_said(placewise, tmp_path):
    fleet = written_features(tmp_path / "fleet", a={"cmake": "3.22"}, b={"cmake": "3.25"})
    job = written_job(tmp_path / "job.json", CMAKE)
    ran = placewise("advise", "--jobs", job, "--fleet", fleet)
    assert ran.code == 0, ran.err
    assert "Nothing to suggest" in ran.out
    assert json.loads(placewise("advise", "--jobs", job, "--fleet", fleet, "--json").out)["suggestions"] == []


def test_a_study_gets_what_near_misses_say(placewise, small):
    found = json.loads(placewise("advise", small, "--json", "--top", 5).out)
    near = json.loads(placewise("near-miss", small, "--json", "--top", 5).out)
    assert found["now"]["matches"] == near["total_jobs"] - near["unmatched"]
    assert [one["gains"]["success"] for one in found["suggestions"]] == [
        one["jobs_net"] for one in near["fleet_changes"]
    ]
    assert all(one["gains"]["waiting_h"] is None for one in found["suggestions"])


def test_builds_are_advised_on_with_what_they_pay(placewise, tmp_path):
    drawn = tmp_path / "drawn"
    placewise("generate", "--dataset", "spack-build", "--clusters", 6, "--jobs", 400, "--out", drawn)
    ran = placewise("advise", drawn, "--json", "--top", 50)
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    gains = [one["gains"] for one in found["suggestions"]]
    sure = [one["success"] for one in gains]
    assert sure == sorted(sure, reverse=True)
    assert found["now"]["cost"] is None or all(one["cost"] is not None for one in gains)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing is asked about"),
        (["history.txt"], "describes no machines"),
        (["nothing.txt", "--fleet", "advising"], "nothing.txt"),
        (["history.txt", "--fleet", "nowhere"], "nowhere: does not exist"),
        (["history.txt", "--fleet", "advising", "--place", "nope"], "no such policy"),
        (["history.txt", "--fleet", "advising", "--policy", "nope"], "no such queue policy"),
        (["history.txt", "--fleet", "advising", "--clean", "nope"], "no such cleaning"),
        (["history.txt", "--fleet", "advising", "--ignore-limits"], "--ignore-limits has no effect"),
        (["history.txt", "--fleet", "advising", "--jobs", "comparing/jobs.yaml"], "one of the two"),
        (["--jobs", "comparing/jobs.yaml"], "no fleet"),
        (
            ["--jobs", "comparing/jobs.yaml", "--fleet", "comparing/after.json", "--policy", "sjf"],
            "--queue-policy has no effect",
        ),
        (["--jobs", "comparing/jobs.yaml", "--fleet", "advising"], "job 'solver'"),
        (["--jobs", "nowhere", "--fleet", "advising"], "nowhere: does not exist"),
        (["versions.toml", "--fleet", "advising"], "a fleet of its own"),
    ],
)
@pytest.mark.usefixtures("examples")
def test_bad_input_is_one_line(placewise, arguments, said):
    ran = placewise("advise", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert ran.out == ""
    assert "Traceback" not in ran.err


def test_python_refuses_what_it_cannot_take(tmp_path):
    fleet = pw.read_fleet(written_features(tmp_path / "fleet", a={"cmake": "3.22"}))
    job = pw.read_job(written_job(tmp_path / "job.json", CMAKE))
    with pytest.raises(TypeError, match="Fleet"):
        pw.advise(job, "fleet")
    with pytest.raises(TypeError, match="policy"):
        pw.advise(job, fleet, policy="easy")
    with pytest.raises(pw.InputError, match="top"):
        pw.advise(job, fleet, top=0)
    with pytest.raises(pw.InputError, match="no jobs"):
        pw.advise([], fleet)
