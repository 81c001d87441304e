"""Wishes and the limits of sites on the command line and in Python."""

import json
from dataclasses import replace

import pytest
from small_fleets import written_features, written_fleet

import placewise as pw
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.requirements.requirement import Requirement


@pytest.fixture
def fleet(tmp_path):
    folder = written_fleet(
        tmp_path / "fleet",
        gray={"filesystem": [{"type": "gpfs"}], "partition": [{"name": "debug", "time_limit": "30m"}]},
        blue={"filesystem": [{"type": "lustre"}], "partition": [{"name": "batch", "time_limit": "7-00:00:00"}]},
        teal={"filesystem": [{"type": "lustre"}]},
    )
    for name, state in (("gray", {"site": "here"}), ("teal", {"site": "here", "load": 2})):
        (folder / name / "state.json").write_text(json.dumps(state))
    return folder


@pytest.fixture
def job(tmp_path):
    def write(duration=60, prefer=None, **parameters):
        document = {
            "version": 1,
            "resources": {"default": {"type": "node"}},
            "prefer": [{"weight": 5, "filesystem": {"type": "lustre"}}, {"weight": 2, "cluster": {"site": "here"}}]
            if prefer is None
            else prefer,
            "attributes": {"system": {"duration": duration}, "parameter": parameters},
        }
        path = tmp_path / "job.json"
        path.write_text(json.dumps(document))
        return path

    return write


def test_scores_are_a_table_the_best_first(placewise, fleet, job):
    done = placewise("match", "--fleet", fleet, "--scores", job())
    assert [line.rstrip() for line in done.out.splitlines()] == [
        "job: 2 wishes",
        "cluster  score  wishes that hold",
        "teal         7  +5 filesystem{type=lustre}; +2 cluster{site=here}",
        "blue         5  +5 filesystem{type=lustre}",
        "gray         2  +2 cluster{site=here}",
    ]


def test_scores_as_json(placewise, fleet, job):
    document = json.loads(placewise("match", "--fleet", fleet, "--scores", "--json", job()).out)
    assert [
        (one["cluster"], one["score"], [wish["holds"] for wish in one["wishes"]]) for one in document["scores"]
    ] == [
        ("teal", 7, [True, True]),
        ("blue", 5, [True, False]),
        ("gray", 2, [False, True]),
    ]
    assert "scores" not in json.loads(placewise("match", "--fleet", fleet, "--json", job()).out)


def test_a_job_without_wishes_has_scores_of_0(placewise, fleet, job):
    done = placewise("match", "--fleet", fleet, "--scores", job(prefer=[]))
    assert done.out.splitlines()[0].strip() == "job has no wishes"


def test_limits_decide_and_can_be_left_out(placewise, fleet, job):
    path = job(7 * 86400)
    assert placewise("match", "--fleet", fleet, path).out.split() == ["blue", "teal"]
    assert len(placewise("match", "--fleet", fleet, "--ignore-limits", path).out.split()) == 3
    told = placewise("explain", "--fleet", fleet, path).out
    assert "partition debug allows 30 minutes, the job asks for 7 days" in " ".join(told.split())
    assert "partition" not in placewise("explain", "--fleet", fleet, "--ignore-limits", path).out
    assert placewise("match", "--fleet", fleet, job(60, queue="batch")).out.split() == ["blue", "teal"]
    lost = placewise("match", "--fleet", fleet, job("some time"))
    assert (lost.code, "not a duration" in lost.err) == (2, True)


def test_requirements_on_limits_of_time_compare_lengths_of_time(placewise, fleet):
    for line, names in {
        "partition{time_limit>=1h}": ["blue"],
        "partition{time_limit<=1800}": ["gray"],
        "partition{time_limit=PT30M}": ["gray"],
        "partition{time_limit>=7-00:00:00}": ["blue"],
    }.items():
        assert placewise("match", "--fleet", fleet, "--require", line).out.split() == names


def test_python_says_the_same(fleet, job):
    read = pw.read_fleet(fleet)
    found = pw.scores(read, pw.read_job(job(7 * 86400)))
    assert [(one.cluster, one.score) for one in found.clusters] == [("teal", 7), ("blue", 5)]
    assert pw.match(read, pw.read_job(job(7 * 86400))).names == ("blue", "teal")
    assert len(pw.match(read, pw.read_job(job(7 * 86400)), ignore_limits=True).names) == 3
    assert pw.explain(read, pw.read_job(job(7 * 86400))).causes == {
        "gray": ("partition debug allows 30 minutes, the job asks for 7 days",)
    }
    assert pw.match(read, Requirement.parse("cluster{name=teal}")).names == ("teal",)


@pytest.mark.parametrize(("state", "unmatched"), [("up", 0), ("down", 1)])
def test_a_study_meets_the_limits_of_sites(tmp_path, state, unmatched):
    folder = written_features(tmp_path / "study", blue={"gcc": "12.1"})
    (folder / "jobspecs").mkdir()
    (folder / "jobspecs" / "jobs.yaml").write_text("- {name: a, package: x, resources: {gcc: {min: '12.1'}}}\n")
    study = pw.Study.from_folder(folder)
    partition = Subsystem("partition", (SubsystemVertex((("name", "batch"), ("state", state)), (0,)),))
    blue = study.fleet.clusters[0]
    limited = replace(blue, subsystems=(*blue.subsystems, partition))
    found = replace(study, fleet=replace(study.fleet, clusters=(limited,))).run(orders=0, fleets=0, resamples=0)
    assert found["all"].unmatched == unmatched
