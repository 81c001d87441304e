"""The commands that say what to relax or change."""

from __future__ import annotations

import json

import pytest

BUILD = """\
version: 1
task:
  command: [build]
  resources:
    cmake: {range: [{field: version, min: "99"}]}
"""


def test_near_miss_prints_tables_and_json_and_writes_the_document(placewise, small, tmp_path):
    printed = placewise("near-miss", small, "--out", tmp_path / "found.json")
    assert printed.code == 0
    assert "jobs match no cluster" in printed.out
    assert "written to" in printed.err
    done = placewise("near-miss", small, "--json")
    document = json.loads(done.out)
    assert done.err == ""
    assert document == json.loads((tmp_path / "found.json").read_text())
    assert set(document) == {
        "source",
        "total_jobs",
        "unmatched",
        "fewest_failing_requirements",
        "no_cluster_large_enough",
        "relaxations",
        "fleet_changes",
        "matches_only",
    }
    gains = [one["jobs_gained"] for one in document["relaxations"]]
    assert gains == sorted(gains, reverse=True)
    assert 0 < len(gains) <= 20
    simulated = placewise("simulate", small, "--no-plots", "--json", "--experiments", "all", "--out", tmp_path / "run")
    scores = json.loads(simulated.out)["scores"]["all"]
    assert (document["total_jobs"], document["unmatched"]) == (
        scores["total_jobs"]["value"],
        scores["unmatched"]["value"],
    )


def test_options_of_near_miss(placewise, small):
    every = json.loads(placewise("near-miss", small, "--json", "--top", 999).out)
    few = json.loads(placewise("near-miss", small, "--json", "--top", 2, "--min-jobs", 2).out)
    for name, gain in (("relaxations", "jobs_gained"), ("fleet_changes", "jobs_net")):
        assert few[name] == [one for one in every[name] if one[gain] >= 2][:2]
    assert json.loads(placewise("near-miss", small, "--json", "--jobs", 7).out)["total_jobs"] == 7


def test_near_miss_of_drawn_builds_tells_success(placewise, tmp_path):
    drawn = tmp_path / "drawn"
    placewise("generate", "--dataset", "spack-build", "--clusters", 9, "--jobs", 200, "--out", drawn)
    corrected = json.loads(placewise("near-miss", drawn, "--json").out)
    published = json.loads(placewise("near-miss", drawn, "--json", "--scoring", "published").out)
    assert corrected["total_jobs"] == 200
    assert all(one["success"]["gained"] >= 0 for one in corrected["relaxations"] + corrected["fleet_changes"])
    # Who matches does not depend on how success is scored; what comes first does.
    assert corrected["unmatched"] == published["unmatched"]
    assert corrected["fewest_failing_requirements"] == published["fewest_failing_requirements"]
    for found in (corrected, published):
        for suggestions in (found["relaxations"], found["fleet_changes"]):
            net = [one["success"]["net"] for one in suggestions]
            assert net == sorted(net, reverse=True)
            assert all(one > 0 for one in net)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scoring", "published"], "--scoring has no effect"),
        (["--scoring", "other"], "no such scoring"),
        (["--dataset", "reliabuild"], "beside the source"),
        (["--out", ""], "--out"),
    ],
)
def test_bad_options_are_one_line(placewise, small, options, said):
    done = placewise("near-miss", small, *options)
    assert done.code == 2
    assert said in done.err
    assert done.out == ""
    assert "Traceback" not in done.err


def test_a_source_that_is_nothing(placewise, tmp_path):
    done = placewise("near-miss", tmp_path / "nothing", "--out", tmp_path / "out.json")
    assert done.code == 2
    assert "does not exist" in done.err
    assert not (tmp_path / "out.json").exists()


def test_explain_names_the_causes_of_every_cluster_and_what_to_relax(placewise, small, tmp_path):
    jobspec = tmp_path / "build.yaml"
    jobspec.write_text(BUILD)
    done = placewise("explain", jobspec, "--fleet", small, "--json")
    assert done.code == 3
    document = json.loads(done.out)
    assert sum(len(one["clusters"]) for one in document["causes"]) == document["total_clusters"] == 12
    assert document["relaxations"]["fewest_requirements"] == 1
    (one,) = document["relaxations"]["sets"]
    assert len(one["clusters_gained"]) == 12
    printed = placewise("explain", jobspec, "--fleet", small)
    assert printed.code == 3
    assert "99: means" not in printed.out
    assert "3.15: means 3.15 or newer" in printed.out
