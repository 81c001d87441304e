"""Named levels of jobs that ask for versions, and what study files say of draws and runs."""

from __future__ import annotations

import json
import math

import plain_experiments as plain
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import KERNELS, run, study_of

from placewise.errors import InputError
from placewise.formats.fleets.jgf.clusters import write_cluster
from placewise.formats.profiles.profile_file import shipped_profile, write_profile
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.jobs.workload import Workload
from placewise.model.streams import LEVELS
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import Level
from placewise.scheduler import Scheduler
from placewise.selection.policies import draw_numbers
from placewise.study.description import study_key
from placewise.study.run import run_experiments
from placewise.study.run_settings import run_settings
from placewise.study.sources import draw, read_study


def study(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text)
    return path


@given(plain.fleets(), plain.workloads(), st.data())
def test_each_level_is_submitting_with_just_its_subsystems(fleet, workload, data):
    names = sorted({r.subsystem for r in workload.requirements})
    told = data.draw(st.lists(st.lists(st.sampled_from(names), unique=True), min_size=1, max_size=3))
    levels = tuple((f"level {at}", tuple(some)) for at, some in enumerate(told))
    scores = run(fleet, workload, Settings(("all",), orders=0), levels=[Level(*one) for one in levels]).results.scores
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
    design = Settings(orders=0, sample=True, seed=seed, metadata=names)
    alone = run(fleet, workload, design, KERNELS).results.scores
    beside = run(fleet, workload, design, levels=[Level("every", names)]).results.scores
    assert {name: beside[name] for name in alone} == alone


def test_a_level_that_tells_nothing_is_none():
    inputs = draw(shipped_profile("reliabuild"), 8, 30, 0)
    scores = run(inputs.fleet, inputs.jobs, Settings(orders=0), KERNELS, levels=[Level("bare", ())]).results.scores
    assert scores["bare"] == scores["none"]


@pytest.mark.parametrize(
    "name", ["none", "single", "single-subsystem", "expanded-subsystems", "chosen", "unmatched_at"]
)
def test_a_level_has_no_name_that_results_use_otherwise(tmp_path, name):
    with pytest.raises(InputError, match="not free"):
        Level(name, ("zlib",))
    with pytest.raises(InputError, match=rf"study.toml, levels.{name}: the name is not free"):
        read_study(
            study(tmp_path, f"[workload]\njobs = 3\n[fleet]\nclusters = 2\n[levels]\n{name} = ['zlib']\n"),
            settings=Settings(seed=0),
        )


def test_two_levels_of_one_name():
    with pytest.raises(InputError, match="have the same name"):
        study_of(Fleet(()), Workload.from_rows([], []), levels=[Level("a", ()), Level("a", ("zlib",))])


def test_draws_are_those_of_the_profiles_counts_and_seeds(tmp_path):
    path = study(tmp_path, "[fleet]\nclusters = 6\nseed = 4\n[workload]\nprofile = 'reliabuild'\njobs = 20\n")
    found = read_study(path, settings=Settings(seed=9))
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
    found = read_study(study(tmp_path, text), settings=Settings(seed=0))
    assert len(found.fleet) == 3
    assert len(found.jobs) == 5
    assert [name for name, _ in found.hashes] == ["study.toml", "clusters.json.gz"]
    key = study_key(found)
    other = read_study(study(tmp_path, f"{text}# a remark\n"), settings=Settings(seed=0))
    assert study_key(other) != key
    assert (
        json.loads(key)["inputs"][0]["sha256"]
        != other.hashes[0][1]
        == read_study(tmp_path / "study.toml", settings=Settings(seed=0)).hashes[0][1]
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
    found = read_study(
        study(tmp_path, f"[workload]\njobs = 7\n[fleet]\nclusters = 2\n{ARCH}{TOLD}"), settings=Settings(seed=0)
    )
    assert [level.name for level in found.levels] == ["none"]


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
        (f"[workload]\njobs = 5\n{ARCH}", "metadata: is missing"),
        ("[fleet]\nprofile = 'spack-build'\n[levels]\nx = ['zlib']\n", "study.toml, levels.x: no such question"),
        ("source = 'nowhere'\n", "nowhere"),
        ("source = 'study.toml'\n", "study.toml"),
    ],
)
def test_studies_that_cannot_be_gathered(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        read_study(study(tmp_path, text), settings=Settings(seed=0))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scoring = 'corect'", "run.scoring: no such scoring"),
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
    text = "[run]\nexperiments = ['chosen', 'mine']\ntell = ['zlib']\n[levels]\nmine = []\n"
    assert run_settings(study(tmp_path, text))["experiments"] == ("chosen", "mine")


def test_sampled_levels_have_streams_of_their_own():
    names = ("cmake",)
    drawn = draw(shipped_profile("reliabuild"), 20, 200, 1)
    levels = [Level("one", names), Level("other", names)]
    found = run(drawn.fleet, drawn.jobs, Settings(sample=True, orders=0, seed=5), levels=levels)
    tables = {table.experiment: table for table in found.tables}
    assert tables["one"].matched.tolist() == tables["other"].matched.tolist()
    assert tables["one"].cluster.tolist() != tables["other"].cluster.tolist()
    scheduler = Scheduler(drawn.fleet)
    for position, name in enumerate(("one", "other")):
        matches = found.prepared.submit(name).matches
        expected = scheduler.assign(matches, draw_numbers(5, LEVELS + position, len(matches)))
        assert tables[name].cluster.tolist() == expected.tolist()


def test_a_policy_may_be_a_function_of_a_module(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("from placewise.selection.policies import first as choose\nnumber = 5\n")
    monkeypatch.syspath_prepend(tmp_path)
    drawn = draw(shipped_profile("reliabuild"), 8, 30, 0)
    ours = run(drawn.fleet, drawn.jobs, Settings(policy="mine:choose", orders=0)).results.scores
    assert ours == run(drawn.fleet, drawn.jobs, Settings(policy="first", orders=0)).results.scores
    for name, said in (
        ("mine:none", "no such policy"),
        ("nowhere:choose", "no such policy"),
        ("mine:number", "called"),
    ):
        with pytest.raises(InputError, match=said):
            run(drawn.fleet, drawn.jobs, Settings(policy=name, orders=0))


GPUS = """name,gpu,least,libc
a,a100,16,2.17
b,a100,64,2.28
c,v100,8,2.31
d,v100,,2.17
"""
GPU_STUDY = """
records = "jobs.csv"
clusters = "clusters"
[columns]
libc = "version"
[questions.gpu]
subsystem = "gpu"
fields = [{ field = "model", equals = "gpu" }, { field = "memory", at_least = "least" }]
[questions.libc]
subsystem = "libc"
fields = [{ field = "version", at_least = "libc" }]
[[rules]]
name = "wrong_gpu"
question = "gpu"
[[rules]]
name = "old_libc"
question = "libc"
[metadata]
expanding = ["gpu", "libc"]
everything = ["gpu", "libc"]
[levels]
none = []
gpu = ["gpu"]
both = ["gpu", "libc"]
"""


def test_records_with_any_columns_are_a_study(tmp_path):
    offers = {"x": ("a100", 40, "2.28"), "y": ("a100", 80, "2.17"), "z": ("v100", 16, "2.31")}
    clusters = tuple(
        Cluster(
            name,
            subsystems=(
                Subsystem("gpu", (SubsystemVertex((("memory", memory), ("model", model))),)),
                Subsystem("libc", (SubsystemVertex((("version", libc),)),)),
            ),
        )
        for name, (model, memory, libc) in offers.items()
    )
    path = study(tmp_path, GPU_STUDY)
    (tmp_path / "jobs.csv").write_text(GPUS)
    for cluster in clusters:
        write_cluster(cluster, tmp_path / "clusters" / cluster.name)
    found = run_experiments(read_study(path)).results
    assert list(found.scores) == ["none", "gpu", "both"]
    # a: x and y have enough of an a100, both new enough; b: y alone, too old; c: z; d: what it needs is not known.
    assert found.scores["none"].success == pytest.approx((2 / 3 + 0 + 1 / 3 + 0) / 4)
    assert found.scores["gpu"].success == pytest.approx((1 + 0 + 1 + 0) / 4)
    assert found.scores["both"].success == pytest.approx((1 + 0 + 1 + 0) / 4)
    assert found.scores["gpu"].unmatched == 1
    assert found.scores["both"].unmatched == 2
    assert found.levels[0].costs == {}
    assert found.ceiling == 0.5
    (tmp_path / "jobs.csv").write_text(GPUS.replace("2.31", "new one"))
    with pytest.raises(InputError, match="row 3, column libc"):
        read_study(path)
