"""Studies where a model, or records, decide: what matches, what succeeds, and what is refused."""

from __future__ import annotations

import json
import pickle
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studies import KERNELS

from placewise.errors import InputError
from placewise.formats.records.outcome_records import read_outcome_records
from placewise.formats.records.success_model_file import write_success_model
from placewise.formats.results.results_folder import read_results
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.described_records import environment_facts
from placewise.model.jobs.workload import Workload
from placewise.model.outcomes.outcome_model import Described, OutcomeTruth, facts_named
from placewise.model.outcomes.success_model import KnownFact, PackageRates, SuccessModel, Trees
from placewise.model.requirements.requirement import version_requirement
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import Level, Study
from placewise.prediction.success.calibration import AS_IT_IS
from placewise.prediction.success.observed_outcomes import ObservedOutcomes
from placewise.prediction.success.restricting import restricted
from placewise.study.near_misses import near_misses_of
from placewise.study.record import write_run
from placewise.study.run import run_study
from placewise.study.run_settings import settings_of
from placewise.study.sources import read_study
from placewise.study.values import game_of, worth_of
from placewise.synthesis import environments
from placewise.synthesis.environments import draw_environments, draw_recorded_jobs, environments_of
from placewise.worth.game import with_all_metadata
from placewise.worth.sufficiency import smallest_set

QUIET = Settings(orders=2, resamples=3, fleets=2)
GROUPS = {"compiler": "compiler", "zlib": "dependency versions", "os": "others"}


@dataclass(frozen=True)
class Looked:
    """A model that looks its figures up, by package and by all facts of the environment."""

    p: dict
    kind: str = "model"
    job_facts: tuple = ("package",)

    @property
    def environment_facts(self):
        return GROUPS

    def table(self, jobs, environments):
        return np.array([[self.p[job[0], row] for row in environments.only(tuple(GROUPS)).rows] for job in jobs.rows])

    def restricted(self, jobs, shown, among):
        return restricted(self.table, jobs, shown, among.only(tuple(GROUPS)))

    def unseen(self, jobs, environments):
        return np.zeros((len(jobs), len(environments)), dtype=np.bool_)


ENVIRONMENTS = [(c, z, o) for c in ("gcc", "intel") for z in ("1.2", "1.3") for o in ("a", "b")]
shares = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])


@st.composite
def looked(draw):
    """A study of two packages on clusters of eight environments, and p of each pair."""
    p = {(package, row): draw(shares) for package in "xy" for row in ENVIRONMENTS}
    rows = draw(st.lists(st.sampled_from(ENVIRONMENTS), min_size=1, max_size=9))
    jobs = draw(st.lists(st.sampled_from("xy"), min_size=1, max_size=9))
    described = Described(tuple(GROUPS), tuple(rows))
    fleet = fleet_of(described)
    workload = Workload.from_rows([f"j{n}" for n in range(len(jobs))], [() for _ in jobs], {"package": jobs})
    model = Looked(p)
    truth = OutcomeTruth(
        model, facts_named(model, ["compiler", "zlib", "os"]), Described(("package",), tuple(zip(jobs)))
    )
    return Study(fleet, workload, truth=truth, settings=QUIET), p, rows, jobs


def fleet_of(described):
    return Fleet(tuple(environments._cluster(f"c{at}", GROUPS, row) for at, row in enumerate(described.rows)))


@given(looked(), st.sampled_from([0.0, 0.3, 1.0]))
def test_a_job_lands_where_it_looks_best_and_succeeds_as_likely_as_it_is_there(made, slack):
    study, p, rows, jobs = made
    study = replace(study, settings=replace(study.settings, slack=slack))
    results = run_study(study, KERNELS).results
    table = np.array([[p[job, row] for row in rows] for job in jobs])
    assert results.ceiling == pytest.approx(table.max(axis=1).mean())
    assert results.scores["none"].success == pytest.approx(table.mean())
    best = [row[row >= row.max() - slack - 1e-9].mean() for row in table]
    assert results.scores["all"].success == pytest.approx(np.mean(best))
    if slack == 0:
        assert results.scores["all"].success == pytest.approx(results.ceiling)
    if slack == 1:
        assert results.scores["all"].success == pytest.approx(results.scores["none"].success)
    assert results.scores["all"].unmatched == 0
    assert results.scores["all"].marginal_score.mean is None
    assert results.scores["all"].failures == {}


@given(looked())
@settings(max_examples=5)
def test_values_and_smallest_sets_are_those_of_the_levels(made):
    study, *_ = made
    game = game_of(study, KERNELS)
    worth = worth_of(game)
    by_level = {}
    names = tuple(study.truth.names)
    for at in range(8):
        some = tuple(name for bit, name in enumerate(names) if at >> bit & 1)
        level = Level("some", some)
        by_level[frozenset(some)] = run_study(replace(study, levels=(level,)), KERNELS).results.scores["some"].success
    assert worth.nothing == pytest.approx(by_level[frozenset()])
    assert worth.everything == pytest.approx(by_level[frozenset(names)])
    assert sum(one.value for one in worth.subsystems) == pytest.approx(worth.everything - worth.nothing)
    assert game.weights @ with_all_metadata(game) / game.jobs == pytest.approx(worth.everything)
    found = smallest_set(game, 0.9, random_orders=2)
    enough = [some for some, success in by_level.items() if success >= 0.9 * game.ceiling - 1e-12]
    assert found.reached == pytest.approx(by_level[frozenset(found.metadata)])
    assert found.at_least == (min(map(len, enough)) if enough else None)


def test_a_fact_on_which_nothing_depends_tells_nothing_even_where_it_singles_clusters_out():
    jobs, rows = Described(("package",), (("x",),)), Described(("name", "zlib"), (("1", "a"), ("2", "b"), ("3", "b")))

    def predict(some, theirs):
        return np.array([[0.9 if row[1] == "a" else 0.2 for row in theirs.rows] for _ in some.rows])

    by_name, by_zlib, by_nothing, by_all = restricted(
        predict, jobs, [rows.only(names) for names in (("name",), ("zlib",), (), ("name", "zlib"))], rows
    )
    assert np.ptp(by_name) == 0
    assert by_zlib == pytest.approx(predict(jobs, rows))
    assert by_nothing[0] == pytest.approx([(0.9 + 0.2 + 0.2) / 3] * 3)
    assert np.array_equal(by_all, predict(jobs, rows))


RECORDS = (
    "hash,built,package,version,compiler,compiler_version,dependencies\n"
    'a,true,x,1,gcc,9,"{""zlib"": ""1.2""}"\nb,false,x,1,gcc,9,"{""zlib"": ""1.3""}"\n'
    'c,true,x,1,intel,19,"{""zlib"": ""1.3""}"\nd,true,y,2,gcc,9,{}\ne,false,y,2,intel,19,{}\n'
)
STUDY = (
    '[outcome]\nobserved = "records.csv"\n[fleet]\nrecords = "records.csv"\nclusters = 6\n'
    '[workload]\nrecords = "records.csv"\njobs = 20\n'
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "records.csv").write_text(RECORDS)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


def test_observed_success_is_the_share_of_the_records_of_the_pair(folder):
    study = read_study(folder / "study.toml", settings=QUIET)
    results = run_study(study, KERNELS).results
    built = {
        ("x", "gcc", "1.2"): 1,
        ("x", "gcc", "1.3"): 0,
        ("x", "intel", "1.3"): 1,
        ("y", "gcc"): 1,
        ("y", "intel"): 0,
    }
    facts = environments_of(study.fleet, environment_facts(read_outcome_records(folder / "records.csv")))
    compiler, zlib = (facts.facts.index(name) for name in ("compiler", "zlib"))
    success, best, unknown = [], [], 0
    for package in study.jobs.columns["package"]:
        keys = [(package, row[compiler], *((row[zlib],) if package == "x" else ())) for row in facts.rows]
        known = [built[key] for key in keys if key in built]
        unknown += len(keys) - len(known)
        success.append(np.mean(known) if known else 0.0)
        best.append(max(known, default=0.0))
    assert results.scores["none"].success == pytest.approx(np.mean(success))
    assert results.ceiling == pytest.approx(np.mean(best))
    assert results.truth.unknown == pytest.approx(unknown / (len(success) * len(study.fleet)))
    assert results.truth.kind == "observed"
    with pytest.raises(InputError, match="changed clusters"):
        near_misses_of(study)


@given(st.integers(0, 99), st.sampled_from(["environments", "facts"]))
@settings(max_examples=10)
def test_drawn_clusters_have_every_fact_in_values_that_there_were(seed, draw):
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "records.csv"
        path.write_text(RECORDS)
        records = read_outcome_records(path)
    fleet = draw_environments(records, 5, seed, draw)
    groups = environment_facts(records)
    for row in environments_of(fleet, groups).rows:
        for name, value in zip(groups, row, strict=True):
            fact = next(one for one in records.facts if one.name == name)
            assert value in fact.values
        found = dict(zip(groups, row, strict=True))
        assert (found["compiler"], found["compiler version"]) in {("gcc", "9"), ("intel", "19")}
    assert draw_environments(records, 5, seed, draw) == fleet
    jobs, described = draw_recorded_jobs(records, 4, seed)
    assert [row[0] for row in described.rows] == list(jobs.columns["package"])


def learned():
    """A model of one question: whether zlib is older than 1.3."""
    known = (
        KnownFact("zlib", "dependency versions", "version", ("1.2", "1.3")),
        KnownFact("compiler", "compiler", "text", ("gcc",)),
    )
    one, zero = np.array([1, 0, 0]), np.array([0.5, 0.0, 0.0])
    trees = Trees(
        0.0,
        np.array([0]),
        one,
        zero,
        np.array([1, 0, 0]),
        np.array([2, 0, 0]),
        np.array([2, 0, 0]),
        np.array([0.0, 2.0, -2.0]),
    )
    return SuccessModel(known, PackageRates(("x", "y"), np.array([0.5, 0.5]), 0.5), trees, AS_IT_IS)


def test_a_learned_model_runs_through_every_question_and_is_kept_in_the_results(folder, tmp_path_factory):
    write_success_model(learned(), folder / "model.json")
    (folder / "study.toml").write_text(
        STUDY.replace('observed = "records.csv"', 'model = "model.json"\nfacts = ["zlib", "compiler"]')
    )
    study = read_study(folder / "study.toml", settings=replace(QUIET, fleets=1))
    run = run_study(study, KERNELS)
    high, low = 1 / (1 + np.exp(-2.0)), 1 / (1 + np.exp(2.0))
    zlib = [row[0] for row in environments_of(study.fleet, {"zlib": "dependency versions"}).rows]
    best = high if "1.2" in zlib else low
    wanted = [best if package == "x" else low for package in study.jobs.columns["package"]]
    assert run.results.ceiling == pytest.approx(np.mean(wanted))
    assert run.results.scores["all"].success == pytest.approx(np.mean(wanted))
    value = {one.name: one.value for one in worth_of(game_of(study, KERNELS)).subsystems}
    assert value["compiler"] == pytest.approx(0.0)
    # The compiler intel is a value that the model has not learned from.
    compiler = [row[0] for row in environments_of(study.fleet, {"compiler": "compiler"}).rows]
    assert run.results.truth.unseen == pytest.approx(compiler.count("intel") / len(compiler))
    assert near_misses_of(study).unmatched == 0
    out = tmp_path_factory.mktemp("out")
    write_run(out, run, "simulate")
    assert read_results(out).truth == run.results.truth
    assert json.loads((out / "study.json").read_text())["study"]["outcome"]["source"] == "model"
    again = pickle.loads(pickle.dumps(study.truth))
    assert dict(again.names) == dict(study.truth.names)


def test_jobs_with_requirements_of_their_own_ask_those_and_a_model_decides(folder):
    """Requirements say what matches; p says what happens there, and what a change of a cluster gains."""
    records = read_outcome_records(folder / "records.csv")
    fleet = draw_environments(records, 6, 1, "facts")
    rows = [[version_requirement("zlib", "1.3", None)], [version_requirement("zlib", "9", None)]]
    jobs = Workload.from_rows(["one", "two"], rows, {"package": ["x", "x"]})
    model = ObservedOutcomes(records, ("compiler",))
    described = Described(("package", "package version"), (("x", "1"), ("x", "1")))
    study = Study(fleet, jobs, settings=QUIET, truth=OutcomeTruth(model, {"compiler": ("compiler",)}, described))
    results = run_study(study, KERNELS).results
    rate = {"gcc": 0.5, "intel": 1.0}
    facts = environments_of(FleetIndex(fleet).fleet, {"compiler": "compiler", "zlib": "dependency versions"}).rows
    there = [rate[compiler] for compiler, zlib in facts if zlib == "1.3"]
    assert results.scores["all"].success == pytest.approx((np.mean(there) if there else 0.0) / 2)
    assert results.truth.asked
    with pytest.raises(InputError, match="slack"):
        run_study(replace(study, settings=replace(QUIET, slack=0.1)), KERNELS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('observed = "records.csv"\nrules = true', "several sources"),
        ("", "names no source of outcomes"),
        ("rules = false", "no other source"),
        ('rules = true\nfacts = ["os"]', "has no effect where rules decide"),
        ('observed = "records.csv"\nfacts = []', "names nothing"),
        ('observed = "records.csv"\nfacts = ["nothing"]', "no such fact"),
        ('observed = "records.csv"\nfacts = ["compiler", "compiler version"]', "in two of the names"),
        ('observed = "nowhere.csv"', "nowhere.csv"),
        ("observed = []", "outcome.observed"),
        ('model = "records.csv"', "records.csv"),
        ('learned = "records.csv"', "learned"),
        ("rules = true", "nothing says which jobs succeed"),
    ],
)
def test_misuse_of_the_table_outcome_is_one_clear_error(folder, change, said):
    (folder / "study.toml").write_text(STUDY.replace('observed = "records.csv"', change))
    with pytest.raises(InputError, match=said):
        read_study(folder / "study.toml")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("clusters = 6", 'clusters = 6\ndraw = "none"', "not a way to draw"),
        ("clusters = 6", 'clusters = 6\nprofile = "reliabuild"', "together with a profile"),
        ("jobs = 20", 'jobs = 20\ndraw = "facts"', "has no effect here"),
        ('[workload]\nrecords = "records.csv"', "[workload]", "not drawn from records"),
        ("[workload]", "[rules]\n[workload]", "has no effect where a model"),
        ("[workload]", '[levels]\nsome = ["zlip"]\n[workload]', "zlip"),
        ("[workload]", "[run]\nslack = 2\n[workload]", "slack"),
    ],
)
def test_misuse_beside_it_is_one_clear_error(folder, before, after, said):
    (folder / "study.toml").write_text(STUDY.replace(before, after))
    with pytest.raises(InputError, match=said):
        path = folder / "study.toml"
        run_study(read_study(path, settings=Settings(**settings_of(path))), KERNELS)


def test_the_example_in_the_docs_runs_and_reaches_its_ceiling_with_all_metadata():
    example = Path(__file__).parents[2] / "docs" / "examples" / "learned.toml"
    results = run_study(read_study(example, settings=QUIET), KERNELS).results
    assert results.scores["none"].success < results.scores["all"].success
    assert results.scores["all"].success <= results.ceiling + 1e-12
    assert results.truth.unseen == 0
    assert 0 < results.truth.new < 1


def test_slack_means_nothing_where_rules_decide(folder):
    with pytest.raises(InputError, match="slack"):
        read_study(None, settings=Settings(slack=0.1))
