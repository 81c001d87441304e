import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from placewise import scheduler as scheduler_module
from placewise.errors import InputError, PlacewiseError
from placewise.matching.bits import bitset
from placewise.matching.causes.why_not import why_not
from placewise.matching.match import match, match_rows
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex, package_subsystem
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Requirement, version_requirement
from placewise.scheduler import Scheduler
from placewise.selection.capacity import assign_with_capacity
from placewise.selection.policies import NONE, cheapest, draw_numbers, first, least_loaded, random_choice
from placewise.selection.situation import Situation

POLICIES = [random_choice, first, least_loaded]


def fleet_of(values):
    return Fleet(
        tuple(
            Cluster(f"c{i}", subsystems=(Subsystem("x", (SubsystemVertex((("v", value),)),)),))
            for i, value in enumerate(values)
        )
    )


def wanting(*values):
    return tuple(Requirement("x", (Condition("v", Equals(value)),)) for value in values)


def test_a_scheduler_matches_and_explains_as_matching_does():
    scheduler = Scheduler(fleet_of("aba"))
    job = Job("j", (ResourceGroup((), wanting("a")),))
    assert scheduler.match(job) == match(scheduler.index, job)
    assert scheduler.match(job).positions == (0, 2)
    assert scheduler.why_not(job) == why_not(scheduler.index, job)
    workload = Workload.from_rows(["p", "q", "r"], [wanting("a"), wanting("b"), wanting("a", "b")])
    matches = scheduler.match_all(workload)
    np.testing.assert_array_equal(matches, match_rows(scheduler.index, workload))
    assert bitset.size_of(matches).tolist() == [2, 1, 0]
    assert scheduler.load.tolist() == [0, 0, 0]


@st.composite
def submissions(draw):
    clusters, jobs = draw(st.integers(0, 70)), draw(st.integers(0, 20))
    return clusters, bitset.pack(draw(hnp.arrays(np.bool_, (jobs, clusters)))), draw(st.integers(0, 99))


@settings(max_examples=settings.default.max_examples // 2)
@given(submissions(), st.sampled_from([1, 2, 70, 140, 333, 1 << 24]), st.integers(0, 20))
def test_the_size_of_blocks_does_not_matter(submitted, flags, cut):
    clusters, matches, seed = submitted
    draws = draw_numbers(seed, 0, len(matches))
    for policy in POLICIES:
        whole, cut_up = Scheduler(fleet_of("a" * clusters), policy), Scheduler(fleet_of("a" * clusters), policy)
        expected = whole.assign(matches, draws)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scheduler_module, "_BLOCK_FLAGS", flags)
            found = [*cut_up.assign(matches[:cut], draws[:cut]), *cut_up.assign(matches[cut:], draws[cut:])]
        assert found == expected.tolist()
        np.testing.assert_array_equal(cut_up.load, whole.load)


@given(submissions())
def test_every_job_is_counted_where_it_is_assigned(submitted):
    clusters, matches, seed = submitted
    for policy in POLICIES:
        scheduler = Scheduler(fleet_of("a" * clusters), policy)
        chosen = scheduler.assign(matches, draw_numbers(seed, 0, len(matches)))
        assert chosen.dtype == np.int64
        assert [c == NONE for c in chosen] == (bitset.size_of(matches) == 0).tolist()
        for job, cluster in enumerate(chosen):
            assert cluster == NONE or bitset.unpack(matches[job], clusters)[cluster]
        assert scheduler.load.tolist() == [int((chosen == c).sum()) for c in range(clusters)]


def test_load_carries_over_to_later_jobs():
    scheduler = Scheduler(fleet_of("aaa"), least_loaded)
    matches = bitset.pack(np.ones((2, 3), dtype=np.bool_))
    draws = np.zeros(2)
    assert scheduler.assign(matches, draws).tolist() == [0, 1]
    assert scheduler.assign(matches, draws).tolist() == [2, 0]
    assert scheduler.load.tolist() == [2, 1, 1]


def test_a_policy_sees_the_load_before_its_block_and_its_own_draws(monkeypatch):
    monkeypatch.setattr(scheduler_module, "_BLOCK_FLAGS", 4)
    seen = []

    def policy(candidates, situation):
        assert situation.cluster_names == ("c0", "c1")
        values = {name: value.tolist() for name, value in situation.values.items()}
        seen.append((candidates.tolist(), situation.load.tolist(), situation.draws.tolist(), values))
        return np.zeros(len(candidates), dtype=np.int64)

    scheduler = Scheduler(fleet_of("aa"), policy)
    values = {"price": np.array([5, 6]), "need": np.array([[1], [2], [3]])}
    scheduler.assign(bitset.pack(np.ones((3, 2), dtype=np.bool_)), np.array([0.1, 0.2, 0.3]), values)
    full = [True, True]
    assert seen == [
        ([full, full], [0, 0], [0.1, 0.2], {"price": [5, 6], "need": [[1], [2]]}),
        ([full], [2, 0], [0.3], {"price": [5, 6], "need": [[3]]}),
    ]


def test_what_a_policy_needs_is_told():
    scheduler = Scheduler(fleet_of("aa"), cheapest)
    matches = bitset.pack(np.ones((3, 2), dtype=np.bool_))
    with pytest.raises(InputError, match="'cheapest' needs 'predicted_cost'"):
        scheduler.assign(matches, np.zeros(3))
    costs = {"predicted_cost": np.array([[2.0, 1.0], [1.0, 2.0], [1.0, 1.0]])}
    assert scheduler.assign(matches, np.zeros(3), costs).tolist() == [1, 0, 0]


@given(submissions(), st.sampled_from([1, 140, 1 << 24]), st.integers(1, 3), st.data())
def test_capacity_is_shared_by_all_blocks(submitted, flags, per_job, data):
    clusters, matches, seed = submitted
    draws = draw_numbers(seed, 0, len(matches))
    nodes = data.draw(hnp.arrays(np.int64, clusters, elements=st.integers(0, 6)))
    values = {"predicted_cost": np.arange(clusters, dtype=np.float64)[::-1]}
    for policy in (*POLICIES, cheapest):
        scheduler = Scheduler(fleet_of("a" * clusters), policy)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scheduler_module, "_BLOCK_FLAGS", flags)
            chosen, no_capacity, left = scheduler.assign_with_capacity(matches, draws, nodes, per_job, values)
        if clusters:
            situation = Situation(np.zeros(clusters, dtype=np.int64), draws, values)
            whole = assign_with_capacity(policy, bitset.unpack(matches, clusters), situation, nodes, per_job)
            assert (chosen.tolist(), no_capacity.tolist(), left.tolist()) == tuple(a.tolist() for a in whole)
        np.testing.assert_array_equal(left, nodes - per_job * scheduler.load)
        assert ((chosen == NONE) == (no_capacity | (bitset.size_of(matches) == 0))).all()


def test_schedulers_do_not_share_their_load():
    fleet = fleet_of("a")
    one, other = Scheduler(fleet), Scheduler(fleet)
    one.assign(bitset.pack(np.ones((1, 1), dtype=np.bool_)), np.zeros(1))
    assert one.load.tolist() == [1]
    assert other.load.tolist() == [0]


@pytest.mark.parametrize(
    "choose",
    [
        lambda candidates, _: np.full(len(candidates), 1),
        lambda candidates, _: np.full(len(candidates), -5),
        lambda candidates, _: np.full(len(candidates), 9),
        lambda _, __: np.zeros(0, dtype=np.int64),
    ],
)
def test_a_policy_that_chooses_what_is_no_candidate_is_found_out(choose):
    fleet = Fleet((Cluster("a", subsystems=(package_subsystem("p", "1"),)), Cluster("b")))
    scheduler = Scheduler(fleet, choose)
    workload = Workload.from_rows(["j"], [[version_requirement("p", "1", "1")]])
    with pytest.raises(PlacewiseError, match="policy"):
        scheduler.assign(scheduler.match_all(workload), np.zeros(1))


def _raises(candidates, situation):
    raise ValueError("no idea")


@pytest.mark.parametrize("policy", [_raises, lambda *_: None, lambda: None, lambda *_: "x"])
def test_what_a_policy_does_wrong_is_one_error(policy):
    scheduler = Scheduler(fleet_of("aba"), policy=policy)
    job = Job("j", (ResourceGroup((), wanting("a")),))
    with pytest.raises(PlacewiseError, match="the policy"):
        scheduler.place(job, draw=0.5)
    with pytest.raises(PlacewiseError, match="the policy"):
        scheduler.assign(np.full((1, 1), 5, dtype=np.uint64), np.zeros(1))
    with pytest.raises(PlacewiseError, match="the policy"):
        scheduler.assign_with_capacity(np.full((1, 1), 5, dtype=np.uint64), np.zeros(1), np.full(3, 9))
    assert scheduler.load.tolist() == [0, 0, 0]
