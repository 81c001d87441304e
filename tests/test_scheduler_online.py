"""The scheduler as a live service drives it: one job at a time, over a fleet that changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError, PlacewiseError
from placewise.matching.causes.why_not import why_not
from placewise.matching.match import Match, match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Requirement
from placewise.model.studies.priority import Filter, Priority, SortDescending
from placewise.scheduler import Placement, Scheduler
from placewise.selection.constraint import constraint_policy
from placewise.selection.policies import cheapest, fastest, first, least_loaded, random_choice

VALUES = "abc"
NAMES = [f"c{i}" for i in range(6)]
POLICIES = [
    random_choice,
    first,
    least_loaded,
    cheapest,
    constraint_policy([Priority(1, (Filter("speed > 2"), SortDescending("speed")))]),
]

values = st.sampled_from(VALUES)
draws = st.floats(0, 1, exclude_max=True)
fleets = st.lists(values, max_size=70).map(lambda found: fleet_of(*found))
some_names = st.lists(st.sampled_from([*NAMES, "c69", "nobody"]))


def cluster(name, value):
    return Cluster(name, subsystems=(Subsystem("x", (SubsystemVertex((("v", value),)),)), Subsystem("y", ())))


def fleet_of(*values):
    return Fleet(tuple(cluster(f"c{i}", value) for i, value in enumerate(values)))


def job(value=None):
    wanted = (Requirement("x", (Condition("v", Equals(value)),)),) if value else ()
    return Job("j", (ResourceGroup((), wanted),))


def numbers(fleet):
    return {
        "predicted_cost": np.array([float(i * 7 % 5) for i in range(len(fleet))]),
        "speed": np.array([i % 4 for i in range(len(fleet))]),
    }


@given(fleets, st.lists(st.tuples(values, draws), max_size=8), st.sampled_from(POLICIES))
def test_jobs_placed_one_by_one_go_where_they_go_in_bulk(fleet, jobs, policy):
    if not len(fleet):
        return
    online, bulk = Scheduler(fleet), Scheduler(fleet, policy)
    workload = Workload.from_rows([f"j{i}" for i in range(len(jobs))], [job(value).requirements for value, _ in jobs])
    drawn = np.array([draw for _, draw in jobs])
    expected = bulk.assign(bulk.match_all(workload), drawn, numbers(fleet))
    found = [online.place(job(value), policy=policy, draw=draw, values=numbers(fleet)) for value, draw in jobs]
    assert [placed.chosen for placed in found] == [None if c < 0 else fleet.names[c] for c in expected]
    assert [placed.matched for placed in found] == [online.match(job(value)) for value, _ in jobs]
    np.testing.assert_array_equal(online.load, bulk.load)


@given(fleets, values, draws, st.none() | some_names, some_names, st.sampled_from(POLICIES))
def test_a_job_goes_among_those_it_may_and_to_none_that_is_full(fleet, value, draw, among, full, policy):
    if not len(fleet):
        return
    scheduler = Scheduler(fleet, policy)
    placed = scheduler.place(job(value), draw=draw, values=numbers(fleet), among=among, full=full)
    allowed = fleet.names if among is None else among
    able = [name for name in match(scheduler.index, job(value)).names if name in allowed]
    assert placed.matched.names == tuple(able)
    assert placed.matched.positions == tuple(fleet.names.index(name) for name in able)
    free = [name for name in able if name not in full]
    assert placed.chosen is None or placed.chosen in free
    if policy in (random_choice, first, least_loaded, cheapest):
        assert (placed.chosen is None) == (not free)
    assert {n: c for n, c in zip(fleet.names, scheduler.load.tolist(), strict=True) if c} == (
        {placed.chosen: 1} if placed.chosen else {}
    )


def test_a_policy_is_asked_with_what_it_is_told_and_only_for_this_job():
    asked = []

    def policy(candidates, situation):
        asked.append((candidates.tolist(), situation.load.tolist(), situation.draws.tolist(), situation.cluster_names))
        situation.load[:] = 99
        return np.array([1])

    scheduler = Scheduler(fleet_of("a", "a", "b"), first)
    scheduler.set_loads({"c1": 4})
    assert scheduler.place(job("a"), policy=policy, draw=0.25).chosen == "c1"
    assert asked == [([[True, True, False]], [0, 4, 0], [0.25], ("c0", "c1", "c2"))]
    assert scheduler.load.tolist() == [0, 5, 0]
    assert scheduler.place(job("a"), draw=0.25) == Placement(Match((0, 1), ("c0", "c1")), "c0")


def test_a_policy_is_not_asked_where_there_is_nothing_to_choose():
    scheduler = Scheduler(fleet_of("a", "b"), fastest)
    assert scheduler.place(job("c"), draw=0) == Placement(Match((), ()), None)
    assert scheduler.place(job("a"), draw=0, full=["c0"]) == Placement(Match((0,), ("c0",)), None)
    assert scheduler.place(job("a"), draw=0, among=["c1"]) == Placement(Match((), ()), None)
    assert Scheduler(Fleet(()), fastest).place(job(), draw=0) == Placement(Match((), ()), None)
    with pytest.raises(InputError, match="'fastest' needs 'predicted_runtime_s'"):
        scheduler.place(job("a"), draw=0)


@pytest.mark.parametrize(
    ("place", "error"),
    [
        (
            lambda s: s.place(Job("j", (ResourceGroup((), (Requirement("nothing"),)),)), draw=0),
            "no cluster of the fleet",
        ),
        (lambda s: s.place(job("a"), draw=0, policy=cheapest), "'cheapest' needs 'predicted_cost'"),
        (lambda s: s.place(job("a"), draw=0, values={"n": np.zeros(7)}), "'n' has the wrong shape"),
        (lambda s: s.place(job("a"), draw=0, policy=lambda *_: np.array([1])), "a cluster that does not match"),
        (lambda s: s.place(job("a"), draw=0, policy=lambda *_: np.array([-7])), "a cluster that does not match"),
        (lambda s: s.place(job("a"), draw=0, policy=lambda *_: np.array([0, 0])), "another number of choices"),
        (lambda s: s.place(job("a"), draw=0, full=["c2"], policy=lambda *_: np.array([2])), "that does not match"),
        (lambda s: s.set_loads({"c0": 3, "c1": -1}), "the load of 'c1' is negative"),
        (lambda s: s.change({"c0": cluster("c1", "a")}), "listed under another name"),
    ],
)
def test_what_is_refused_leaves_everything_as_it_was(place, error):
    scheduler = Scheduler(fleet_of("a", "b", "a"))
    index = scheduler.index
    with pytest.raises(PlacewiseError, match=error):
        place(scheduler)
    assert scheduler.index is index
    assert scheduler.load.tolist() == [0, 0, 0]


names = st.sampled_from(NAMES)
events = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.dictionaries(names, st.none() | values, max_size=3)),
        st.tuples(st.just("place"), st.tuples(values, draws)),
        st.tuples(st.just("ended"), names),
        st.tuples(st.just("set"), st.dictionaries(names, st.integers(0, 9), max_size=3)),
    ),
    max_size=20,
)


@given(events, st.sampled_from([random_choice, first, least_loaded]))
def test_loads_belong_to_names_whatever_happens_to_the_fleet(events, policy):
    scheduler, fleet, load = Scheduler(Fleet(()), policy), {}, {}
    for kind, told in events:
        if kind == "change":
            scheduler.change({name: None if value is None else cluster(name, value) for name, value in told.items()})
            fleet = {name: value for name, value in (fleet | told).items() if value is not None}
            load = {name: load.get(name, 0) for name in fleet}
        elif kind == "ended":
            scheduler.ended(told)
            if load.get(told):
                load[told] -= 1
        elif kind == "set":
            scheduler.set_loads(told)
            load |= {name: count for name, count in told.items() if name in load}
        elif fleet:
            value, draw = told
            placed = scheduler.place(job(value), draw=draw)
            assert placed.matched.names == tuple(name for name in fleet if fleet[name] == value)
            fresh = Scheduler(Fleet(tuple(cluster(*pair) for pair in fleet.items())), policy)
            fresh.set_loads(load)
            assert fresh.place(job(value), draw=draw) == placed
            assert scheduler.why_not(job(value)) == why_not(fresh.index, job(value))
            if placed.chosen:
                load[placed.chosen] += 1
        assert scheduler.index.names == tuple(fleet)
        assert dict(zip(scheduler.index.names, scheduler.load.tolist(), strict=True)) == load


def test_one_goes_another_comes_and_a_third_is_replaced_at_once():
    scheduler = Scheduler(fleet_of("a", "a", "a"))
    scheduler.set_loads({"c0": 1, "c1": 2, "c2": 3})
    scheduler.change({"c0": None, "c1": cluster("c1", "b"), "c3": cluster("c3", "a")})
    assert scheduler.index.names == ("c1", "c2", "c3")
    assert scheduler.load.tolist() == [2, 3, 0]
    scheduler.change({"c2": cluster("c2", "b")})
    assert scheduler.load.tolist() == [2, 3, 0]


def test_a_cluster_that_comes_back_has_no_load_and_comes_last():
    scheduler = Scheduler(fleet_of("a", "a"))
    scheduler.set_loads({"c0": 2, "c1": 3, "nobody": 4})
    scheduler.change({"c0": None})
    scheduler.ended("c0")
    scheduler.change({"c0": cluster("c0", "a")})
    assert scheduler.index.names == ("c1", "c0")
    assert scheduler.load.tolist() == [3, 0]
    scheduler.ended("c0")
    assert scheduler.load.tolist() == [3, 0]


def test_a_snapshot_of_the_index_outlives_changes():
    scheduler = Scheduler(fleet_of("a", "b"))
    index, before = scheduler.index, scheduler.why_not(job("a"))
    scheduler.change({"c0": None, "c1": cluster("c1", "a"), "c2": cluster("c2", "a")})
    assert why_not(index, job("a")) == before
    assert scheduler.match(job("a")).names == ("c1", "c2")
