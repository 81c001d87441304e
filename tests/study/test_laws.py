"""What must not change a result, and what must."""

from __future__ import annotations

import math

import numpy as np
import plain_experiments as plain
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import KERNELS, run

from placewise.errors import InputError
from placewise.formats.results.results_folder import scores_document, summary_document
from placewise.matching.bits.kernels import load_kernels
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex, package_subsystem
from placewise.model.jobs.job import ResourceRequest
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Requirement, version_requirement
from placewise.model.studies.settings import Settings
from placewise.outcomes import outcomes
from placewise.sweep.executors import runner

FLEET_A = Fleet((Cluster("c", subsystems=(package_subsystem("a", "1"),)),))


def documents(found):
    return {"scores": scores_document(found.results), "summary": summary_document(found.results)}


def differences(one, other, place=""):
    """List where two documents differ by more than rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            d for key in {*one, *other} for d in differences(one.get(key, 0.0), other.get(key, 0.0), f"{place}/{key}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for i, pair in enumerate(zip(one, other, strict=True)) for d in differences(*pair, f"{place}/{i}")]
    # A standard deviation of zero is the root of a rounding error of 1e-16.
    near = isinstance(one, float) and isinstance(other, float) and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-7)
    return [] if near or one == other else [(place, one, other)]


@given(plain.fleets(), plain.workloads(), st.randoms(use_true_random=False))
def test_the_order_of_clusters_and_of_jobs_changes_no_score(fleet, workload, random):
    clusters, jobs = list(fleet.clusters), list(range(len(workload)))
    random.shuffle(clusters)
    random.shuffle(jobs)
    one = run(fleet, workload, Settings(orders=2), KERNELS)
    other = run(Fleet(tuple(clusters)), workload.select(np.array(jobs)), Settings(orders=2), KERNELS)
    assert differences(documents(one), documents(other)) == []


@given(plain.fleets(), plain.workloads(), st.integers(1, 200), st.booleans())
def test_block_sizes_change_nothing(fleet, workload, pairs, sample):
    design = Settings(orders=1, sample=sample)
    expected = documents(run(fleet, workload, design, KERNELS))
    before, outcomes._BLOCK_PAIRS = outcomes._BLOCK_PAIRS, pairs
    try:
        assert differences(documents(run(fleet, workload, design, KERNELS)), expected) == []
    finally:
        outcomes._BLOCK_PAIRS = before


@given(plain.fleets(), plain.workloads(), st.booleans())
def test_numba_gives_the_same_results(fleet, workload, sample):
    pytest.importorskip("numba")
    design = Settings(orders=2, sample=sample)
    assert documents(run(fleet, workload, design, KERNELS)) == documents(
        run(fleet, workload, design, load_kernels("numba"))
    )


@given(plain.fleets(), plain.workloads())
def test_repeated_jobs_weigh_as_often_as_they_occur(fleet, workload):
    twice = workload.select(np.repeat(np.arange(len(workload)), 2))
    twice = Workload.from_rows(
        [f"k{number}" for number in range(len(twice))],
        [twice.job(job).requirements for job in range(len(twice))],
    )
    one, two = run(fleet, workload, Settings(), KERNELS).results, run(fleet, twice, Settings(), KERNELS).results
    for name, score in one.scores.items():
        assert two.scores[name].total_jobs == 2 * score.total_jobs
        assert two.scores[name].success_of_matched.mean == pytest.approx(score.success_of_matched.mean)
    assert np.allclose(one.orders.success_of_matched, two.orders.success_of_matched, equal_nan=True)


@given(plain.fleets(), plain.workloads())
def test_unique_keeps_one_job_of_each_set_of_requirements(fleet, workload):
    found = run(fleet, workload, Settings(unique=True, orders=0), KERNELS)
    sets = [frozenset(workload.job(job).requirements) for job in range(len(workload))]
    firsts = [f"j{job}" for job, wanted in enumerate(sets) if wanted not in sets[:job]]
    assert list(found.prepared.demands.names) == firsts
    assert found.prepared.demands.repeats == len(workload) - len(firsts)


@given(plain.fleets(), plain.workloads())
def test_everything_told_succeeds_wherever_it_matches(fleet, workload):
    found = run(fleet, workload, Settings(experiments=("all",)), KERNELS).results.scores["all"]
    assert found.success_of_matched.mean in (None, 1.0)
    assert found.success == pytest.approx(found.best_possible)
    assert found.recall in (None, 1.0)


def test_the_expectation_is_the_mean_of_samples():
    rng = np.random.default_rng(3)
    fleet = Fleet(
        tuple(
            Cluster(f"c{number}", subsystems=tuple(package_subsystem(p, str(rng.integers(1, 4))) for p in "ab"))
            for number in range(12)
        )
    )
    rows = [
        [version_requirement(p, str(low), str(low + 1)) for p, low in zip("ab", rng.integers(1, 3, 2), strict=True)]
        for _ in range(200)
    ]
    workload = Workload.from_rows([f"j{i}" for i in range(200)], rows)
    design = Settings(experiments=("none", "single", "expanding"), orders=0)
    exact = run(fleet, workload, design, KERNELS).results
    for name in exact.scores:
        samples = [
            run(fleet, workload, Settings(experiments=design.experiments, orders=0, sample=True, seed=seed), KERNELS)
            .results.scores[name]
            .success_of_matched.mean
            for seed in range(60)
        ]
        error = np.std(samples, ddof=1) / np.sqrt(len(samples))
        assert abs(np.mean(samples) - exact.scores[name].success_of_matched.mean) < 4 * error


def test_workers_change_nothing():
    fleet = Fleet((Cluster("c", subsystems=(package_subsystem("a", "1"), package_subsystem("b", "2"))),))
    rows = [[version_requirement("a", "1", "2"), version_requirement("b", "3", "4")]] * 3
    workload = Workload.from_rows(["x", "y", "z"], rows)
    one = run(fleet, workload, Settings(orders=5), KERNELS).results.orders
    with runner(workers=2) as sweeps:
        two = run(fleet, workload, Settings(orders=5), KERNELS, runner=sweeps).results.orders
    for name in ("success_of_matched", "last_level", "unmatched_at", "percent_matched", "submissions"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True)


def test_several_requirements_on_one_subsystem_are_told_together():
    vertices = (
        SubsystemVertex((("type", "compiler"), ("value", "gcc"))),
        SubsystemVertex((("type", "compiler-version"), ("value", "12"))),
    )
    other = (SubsystemVertex((("type", "compiler"), ("value", "gcc"))),)
    fleet = Fleet(
        (
            Cluster("both", subsystems=(Subsystem("compiler", vertices), package_subsystem("a", "1"))),
            Cluster("one", subsystems=(Subsystem("compiler", other), package_subsystem("a", "1"))),
        )
    )
    value = [Requirement("compiler", (Condition("value", Equals(text)),)) for text in ("gcc", "12")]
    workload = Workload.from_rows(["j", "k"], [[*value, version_requirement("a", "1", "1")], value])
    found = run(fleet, workload, Settings(orders=2), KERNELS)
    expanding = next(table for table in found.tables if table.experiment == "expanded-subsystems")
    assert expanding.job.tolist() == [0, 0, 1]
    assert expanding.matched.tolist() == [2, 1, 1]
    single = found.results.scores["single-subsystem"]
    assert single.total_jobs == 3
    assert {s.subsystem: s.score.matched_clusters.mean for s in found.results.subsystems} == {"a": 2.0, "compiler": 1.0}


def test_nodes_that_differ_do_not_mix_and_a_shape_ends_the_telling():
    graph = ResourceGraph(
        (Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "node", 0), Vertex("3", "core", 1, size=4))
    )
    apart = (
        Subsystem("gcc", (SubsystemVertex((("version", "12"),), (1,)),)),
        Subsystem("mpi", (SubsystemVertex((("version", "4"),), (2,)),)),
    )
    together = (
        Subsystem("gcc", (SubsystemVertex((("version", "12"),), (0,)),)),
        Subsystem("mpi", (SubsystemVertex((("version", "4"),), (1,)),)),
    )
    fleet = Fleet((Cluster("apart", graph, apart), Cluster("together", graph, together)))
    wanted = [version_requirement("gcc", "12", "12"), version_requirement("mpi", "4", "4")]
    for shape, matched in (
        ((), [2, 1]),
        ((ResourceRequest("core", 4),), [2, 1]),
        ((ResourceRequest("node", 2),), [1, 0]),
    ):
        workload = Workload.from_rows(["j"], [wanted], shape=shape)
        found = run(fleet, workload, Settings(experiments=("expanding",), orders=0), KERNELS)
        assert found.tables[0].matched.tolist() == matched
        assert found.tables[0].level.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scoring": "lenient"}, "lenient"),
        ({"first": 0}, "--jobs"),
        ({"orders": -1}, "--orders"),
        ({"seed": -1}, "--seed"),
        ({"order": ("a", "b", "a")}, "'a'"),
    ],
)
def test_a_design_refuses_what_cannot_be_run(change, said):
    with pytest.raises(InputError, match=said):
        Settings(**change)


@pytest.mark.parametrize(
    ("fleet", "rows", "design", "said"),
    [
        (Fleet(()), [["a"]], Settings(), "no clusters"),
        (FLEET_A, [["a"]], Settings(experiments=("none", "half")), "half"),
        (Fleet((Cluster("c"),)), [[]], Settings(), "no job has a requirement"),
        (Fleet((Cluster("c", subsystems=(package_subsystem("zlib", "1"),)),)), [["zlip"]], Settings(), "zlib"),
        (
            Fleet((Cluster("c", subsystems=(package_subsystem("a", "1"),)),)),
            [["a"]],
            Settings(order=("b",)),
            "found a$",
        ),
        (Fleet((Cluster("c", subsystems=(package_subsystem("a", "1"),)),)), [["a"]], Settings(policy="best"), "best"),
    ],
)
def test_a_run_refuses_what_it_cannot_answer(fleet, rows, design, said):
    workload = Workload.from_rows(
        [f"j{i}" for i in range(len(rows))], [[version_requirement(p, "1", "2") for p in row] for row in rows]
    )
    with pytest.raises(InputError, match=said):
        run(fleet, workload, design, KERNELS)


def test_jobs_without_requirements_take_no_part():
    fleet = Fleet((Cluster("c", subsystems=(package_subsystem("a", "1"),)),))
    workload = Workload.from_rows(["x", "y", "z"], [[], [version_requirement("a", "1", "2")], []])
    found = run(fleet, workload, Settings(), KERNELS)
    assert found.prepared.demands.without == 2
    assert found.results.scores["none"].total_jobs == 1


def test_an_order_may_name_subsystems_that_no_job_needs():
    # Ranks among all names, not among those needed, once sorted one job's subsystems into the next job's.
    fleet = Fleet(
        tuple(Cluster(f"c{v}", subsystems=tuple(package_subsystem(p, str(v)) for p in plain.PACKAGES)) for v in (1, 2))
    )
    rows = [
        [version_requirement("a", "1", "1"), version_requirement("c", "1", "1")],
        [version_requirement("a", "3", None)],
    ]
    workload = Workload.from_rows(["x", "y"], rows)
    design = Settings(experiments=("expanding",), order=("a", "b", "d", "c"), orders=0)
    table = run(fleet, workload, design, KERNELS).tables[0]
    assert table.matched.tolist() == [1, 1, 0]
