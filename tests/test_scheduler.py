import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from placewise import scheduler as scheduler_module
from placewise.matching import bitset
from placewise.matching.match import match, match_rows
from placewise.matching.why_not import why_not
from placewise.model.cluster import Cluster, Fleet
from placewise.model.job import Job, ResourceGroup
from placewise.model.requirement import Condition, Equals, Requirement
from placewise.model.resources import Subsystem, SubsystemVertex
from placewise.model.workload import Workload
from placewise.scheduler import Scheduler
from placewise.selection.policies import NONE, draw_numbers, first, least_loaded, random_choice

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
            assert cluster == NONE or bitset.is_member(matches[job], cluster)
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
        seen.append((candidates.tolist(), situation.load.tolist(), situation.draws.tolist()))
        return np.zeros(len(candidates), dtype=np.int64)

    scheduler = Scheduler(fleet_of("aa"), policy)
    scheduler.assign(bitset.pack(np.ones((3, 2), dtype=np.bool_)), np.array([0.1, 0.2, 0.3]))
    full = [True, True]
    assert seen == [([full, full], [0, 0], [0.1, 0.2]), ([full], [2, 0], [0.3])]


def test_schedulers_do_not_share_their_load():
    fleet = fleet_of("a")
    one, other = Scheduler(fleet), Scheduler(fleet)
    one.assign(bitset.pack(np.ones((1, 1), dtype=np.bool_)), np.zeros(1))
    assert one.load.tolist() == [1]
    assert other.load.tolist() == [0]
