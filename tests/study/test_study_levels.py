"""Named levels of jobs that ask for versions, and what study files say of draws and runs."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import plain_experiments as plain
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile, write_profile
from placewise.matching.kernels import load_kernels
from placewise.study.design import Design
from placewise.study.inputs import draw, gather
from placewise.study.record import sweep_key
from placewise.study.run import run
from placewise.study.study_run import run_settings

KERNELS = load_kernels("numpy")


def study(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text)
    return path


@given(plain.fleets(), plain.workloads(), st.data())
def test_each_level_is_submitting_with_just_its_subsystems(fleet, workload, data):
    names = sorted({r.subsystem for r in workload.requirements})
    told = data.draw(st.lists(st.lists(st.sampled_from(names), unique=True), min_size=1, max_size=3))
    levels = tuple((f"level {at}", tuple(some)) for at, some in enumerate(told))
    scores = run(fleet, workload, Design(("all",), levels=levels, orders=0), KERNELS).results.scores
    assert list(scores) == [*(name for name, _ in levels), "all"]
    for name, some in levels:
        expected = [
            plain.submit(fleet, workload, job, [r for r in workload.job(job).requirements if r.subsystem in some], 0)
            for job in range(len(workload))
        ]
        assert scores[name].unmatched == sum(not one.matched for one in expected)
        assert math.isclose(scores[name].success, sum(one.success for one in expected) / len(expected), abs_tol=1e-12)


@given(plain.fleets(), plain.workloads(), st.integers(0, 5))
def test_a_level_changes_no_other_draw(fleet, workload, seed):
    names = tuple(sorted({r.subsystem for r in workload.requirements}))
    design = Design(orders=0, sample=True, seed=seed, tell=names)
    alone = run(fleet, workload, design, KERNELS).results.scores
    beside = run(fleet, workload, replace(design, levels=(("every", names),)), KERNELS).results.scores
    assert {name: beside[name] for name in alone} == alone


def test_a_level_that_tells_nothing_is_none():
    inputs = draw(shipped_profile("reliabuild"), 8, 30, 0)
    scores = run(inputs.fleet, inputs.jobs, Design(levels=(("bare", ()),), orders=0), KERNELS).results.scores
    assert scores["bare"] == scores["none"]


@pytest.mark.parametrize("name", ["none", "single", "single-subsystem", "expanded-subsystems", "told", "unmatched_at"])
def test_a_level_has_no_name_that_results_use_otherwise(tmp_path, name):
    with pytest.raises(InputError, match="not free"):
        Design(levels=((name, ()),))
    with pytest.raises(InputError, match=r"study.toml, levels: the name is not free"):
        gather(study(tmp_path, f"[workload]\njobs = 3\n[fleet]\nclusters = 2\n[levels]\n{name} = []\n"), None, 0, None)


def test_two_levels_of_one_name():
    with pytest.raises(InputError, match="not free"):
        Design(levels=(("a", ()), ("a", ("zlib",))))


def test_draws_are_those_of_the_profiles_counts_and_seeds(tmp_path):
    path = study(tmp_path, "[fleet]\nclusters = 6\nseed = 4\n[workload]\nprofile = 'reliabuild'\njobs = 20\n")
    found = gather(path, None, 9, None)
    profile = shipped_profile("reliabuild")
    assert found.fleet.clusters == draw(profile, 6, 1, 4).fleet.clusters
    drawn = draw(profile, 1, 20, 9).jobs
    assert (found.jobs.names, found.jobs.ids.tolist()) == (drawn.names, drawn.ids.tolist())
    assert found.profile == profile
    assert "seed 4" in found.source
    assert "seed 9" in found.source


def test_profiles_may_be_files_and_every_file_is_hashed(tmp_path):
    write_profile(shipped_profile("spack-build"), tmp_path / "clusters.json.gz")
    text = "[fleet]\nprofile = 'clusters.json.gz'\nclusters = 3\n[workload]\njobs = 5\n"
    found = gather(study(tmp_path, text), None, 0, None)
    assert len(found.fleet) == 3
    assert len(found.jobs) == 5
    assert [name for name, _ in found.hashes] == ["study.toml", "clusters.json.gz"]
    key = sweep_key(found, Design())
    other = gather(study(tmp_path, f"{text}# a remark\n"), None, 0, None)
    assert sweep_key(other, Design()) != key
    assert (
        json.loads(key)["inputs"][0]["sha256"]
        != other.hashes[0][1]
        == gather(tmp_path / "study.toml", None, 0, None).hashes[0][1]
    )


ARCH = """
[forms.a]
subsystem = "arch"
fields = [{ field = "value", equals = "arch" }]
[[rules]]
name = "r"
form = "a"
"""
TOLD = '[told]\nexpanding = ["a"]\neverything = ["a"]\n[levels]\nnone = []\n'


def test_forms_decide_what_is_drawn(tmp_path):
    found = gather(study(tmp_path, f"[workload]\njobs = 7\n[fleet]\nclusters = 2\n{ARCH}{TOLD}"), None, 0, None)
    assert [level.name for level in found.study.levels] == ["none"]
    assert found.levels == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"[fleet]\nprofile = 'reliabuild'\n{ARCH}{TOLD}", "about build records, its source is not"),
        (
            "[fleet]\nprofile = 'reliabuild'\n[workload]\nprofile = 'spack-build'\n",
            "workload.profile: the profiles are of two",
        ),
        ("[fleet]\nprofile = 'nothing.json'\n", "nothing.json"),
        ("[workload]\nprofile = 'study.toml'\n", "study.toml"),
        (f"[workload]\njobs = 5\n{ARCH}", "told: is not a mapping"),
        ("[fleet]\nprofile = 'spack-build'\n[levels]\nx = ['zlib']\n", "study.toml, levels.x, told: no such form"),
        ("source = 'nowhere'\n", "nowhere"),
        ("source = 'study.toml'\n", "study.toml"),
    ],
)
def test_studies_that_cannot_be_gathered(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        gather(study(tmp_path, text), None, 0, None)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scoring = 'corect'", "run.scoring: no such scoring"),
        ("experiments = ['none', 'al']", "run.experiments: no such experiment"),
        ("experiments = ['told']", "run.experiments: the experiment told has nothing to tell"),
        ("experiments = []", "run.experiments: no such experiment"),
        ("orders = 1000001", "run.orders: --orders is not usable"),
        ("fleets = 100001", "run.fleets: --fleets is not usable"),
        ("seed = 9223372036854775807", "run.seed: --seed is not usable"),
        ("policy = 'best'", "run.policy: no such policy"),
        ("choose = 'best'", "run.choose: no such policy"),
        ("model = 'forest'", "run.model: no such kind of runtime model"),
        ("nodes_per_job = 1099511627777", "run.nodes_per_job: --nodes-per-job is not usable"),
    ],
)
def test_settings_that_no_run_takes(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        run_settings(study(tmp_path, f"[run]\n{text}\n"))
    assert f"study.toml, {said}" in str(caught.value)


def test_an_experiment_may_be_told_and_a_level(tmp_path):
    text = "[run]\nexperiments = ['told', 'mine']\ntell = ['zlib']\n[levels]\nmine = []\n"
    assert run_settings(study(tmp_path, text))["experiments"] == ("told", "mine")
