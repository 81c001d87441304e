"""`match` and `explain` say what a jobspec says that decides nothing of where its job can run."""

import pytest
from small_fleets import written_fleet

JOB = """
version: 1
resources: [{type: node, count: "1+"}]
tasks: [{command: [app], distribution: block}]
attributes:
  system: {duration: 10, cwd: /home, colour: red, queue: batch, dependencies: [{scheme: afterok, value: f1}]}
"""
KEPT = "tasks[0].distribution, attributes.system.cwd, attributes.system.dependencies"


@pytest.fixture
def fleet(tmp_path):
    return written_fleet(
        tmp_path / "fleet", here={"property": [{"name": "large"}]}, there={"property": [{"name": "x"}]}
    )


@pytest.mark.parametrize("command", ["match", "explain"])
def test_what_is_kept_is_listed_on_demand(placewise, fleet, tmp_path, command):
    (job := tmp_path / "job.yaml").write_text(JOB)
    for option in ("-v", "--verbose"):
        done = placewise(command, job, "--fleet", fleet, option)
        assert done.code == 0
        assert done.err.count("attributes.system.colour") == 1
        assert f"job: kept, and deciding nothing of where it can run: {KEPT}" in " ".join(done.err.split())
    quiet = placewise(command, job, "--fleet", fleet)
    assert "attributes.system.colour" in quiet.err
    assert "attributes.system.cwd" not in quiet.err
    assert quiet.out == done.out


def test_many_are_counted(placewise, fleet, tmp_path):
    words = ", ".join(f"w{number}: 1" for number in range(30))
    document = f"{{version: 1, resources: [{{type: node, count: 1}}], attributes: {{system: {{{words}}}}}}}"
    (job := tmp_path / "job.yaml").write_text(document)
    assert "attributes.system.w19, and 10 more" in placewise("match", job, "--fleet", fleet).err


def test_constraints_decide(placewise, fleet, tmp_path):
    job = tmp_path / "job.yaml"
    job.write_text(JOB.replace("duration: 10", "constraints: {properties: [large]}"))
    assert placewise("match", job, "--fleet", fleet).out.split() == ["here"]
    job.write_text(JOB.replace("duration: 10", "constraints: {properties: [^large]}"))
    assert placewise("match", job, "--fleet", fleet).out.split() == ["there"]


def test_nodes_of_a_cluster_that_may_match_are_those_on_which_the_job_may_fit(placewise, fleet):
    (fleet / "vocabulary.yaml").write_text("subsystems: {property: {complete: false}}\n")
    asked = ("match", "--fleet", fleet, "--nodes", "--require", "property{name=small}")
    done = placewise(*asked)
    assert (done.code, done.out) == (4, "")
    assert "may match 2 of 2, of which not enough is described:\n  here\n  there\n" in done.err
    counted = placewise(*asked, "--unknown", "yes")
    assert (counted.code, counted.err) == (0, "")
    assert counted.out == "here: 1 node: 1\nthere: 1 node: 1\n"


def test_nodes_of_a_job_that_fits_nowhere_are_none(placewise, fleet):
    done = placewise("match", "--fleet", fleet, "--nodes", "--require", "property{name=small}")
    assert (done.code, done.out) == (3, "")
    assert done.err == "the job fits on none of 2 clusters; placewise explain says why\n"
