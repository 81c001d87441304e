"""What wishes count: those that certainly hold, whatever their order, on the clusters that match."""

import math
import random

import numpy as np
import pytest
from random_questions import a_fleet, an_expression

from placewise.errors import InputError
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match, matching
from placewise.matching.preferences import score_numbers, scores, wishes_held
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.preference import MOST_PREFERENCES, Preference
from placewise.model.requirements.requirement import Requirement, negated
from placewise.scheduler import Scheduler
from placewise.selection.composing import policy_named
from placewise.selection.policies import first


def cluster(name, state=(), **subsystems):
    return Cluster(
        name,
        subsystems=tuple(Subsystem(kind, (SubsystemVertex(tuple(one.items())),)) for kind, one in subsystems.items()),
        state=tuple(dict(state).items()),
    )


def wish(line, weight=1):
    return Preference(Requirement.parse(line), weight)


def job(*wishes, groups=None):
    return Job("j", groups or (ResourceGroup(),), preferences=wishes)


FLEET = Fleet(
    (
        cluster("a", {"site": "here", "load": 3}, filesystem={"type": "lustre"}),
        cluster("b", {"site": "there", "load": 1}, filesystem={"type": "gpfs"}),
        cluster("c", {"load": 2}, filesystem={"type": "lustre"}),
    )
)


def by_cluster(fleet, asked):
    return {one.cluster: one.score for one in scores(FleetIndex(fleet), asked).clusters}


def test_scores_are_sums_of_what_holds_the_highest_first():
    asked = job(wish("filesystem{type=lustre}", 5), wish("cluster{site=here}", 2), wish("cluster{load>=2}", -1.5))
    found = scores(FleetIndex(FLEET), asked)
    assert [(one.cluster, one.score, one.holds) for one in found.clusters] == [
        ("a", 5.5, (True, True, True)),
        ("c", 3.5, (True, False, True)),
        ("b", 0, (False, False, False)),
    ]
    assert found.held(found.clusters[1]) == (asked.preferences[0], asked.preferences[2])


def test_a_cluster_is_known_by_its_name_and_state_as_a_requirement_too():
    index = FleetIndex(FLEET)
    for line, names in {
        "cluster{name=b}": ("b",),
        "cluster{load>=2, site=here}": ("a",),
        "not cluster{site=here}": ("b", "c"),
        "cluster": ("a", "b", "c"),
        "cluster{load>=2} and filesystem{type=lustre}": ("a", "c"),
    }.items():
        assert match(index, Job("j", (ResourceGroup((), (Requirement.parse(line),)),))).names == names
    with pytest.raises(InputError, match="no cluster has the field 'sites'.*a name such as site"):
        match(index, Job("j", (ResourceGroup((), (Requirement.parse("cluster{sites=here}"),)),)))


def test_a_subsystem_that_a_fleet_calls_cluster_is_that_subsystem():
    fleet = Fleet((*FLEET.clusters, cluster("d", {"site": "here"}, cluster={"site": "own"})))
    index = FleetIndex(fleet)
    assert match(index, Job("j", (ResourceGroup((), (Requirement.parse("cluster{site=own}"),)),))).names == ("d",)
    assert not match(index, Job("j", (ResourceGroup((), (Requirement.parse("cluster{site=here}"),)),)))


def test_a_state_that_changes_is_seen_at_once_and_compiles_nothing():
    index = FleetIndex(FLEET)
    asked = job(wish("cluster{load<=1}", 1))
    assert score_numbers(index, asked).tolist() == [0, 1, 0]
    moved = index.with_states({"a": {"load": 0}, "b": {"load": 9}, "c": {}})
    assert score_numbers(moved, asked).tolist() == [1, 0, 0]
    assert all(moved.compiled(one) is index.compiled(one) for one in range(3))
    assert score_numbers(index, asked).tolist() == [0, 1, 0]
    without = moved.with_states({}, {"load"})
    assert score_numbers(without, asked).tolist() == [0, 0, 0]
    with pytest.raises(InputError, match="no cluster has the field"):
        score_numbers(moved.with_states({}), asked)
    changed = moved.changed({"b": None, "d": cluster("d")}).with_states({"d": {"load": 1}})
    assert score_numbers(changed, asked).tolist() == [0, 0, 1]


def test_what_is_unknown_counts_nothing_in_either_direction():
    fleet = Fleet((cluster("a", gpu={"n": 1}), cluster("b")), Vocabulary(complete={("b", "gpu"): False}))
    assert by_cluster(fleet, job(wish("gpu", 3), wish("not gpu", -4))) == {"a": 3, "b": 0}


def test_a_wish_holds_on_the_nodes_that_the_job_can_use():
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "node", 0)))
    gpu = Subsystem("gpu", (SubsystemVertex((("model", "x"),), (1,)),))
    ssd = Subsystem("ssd", (SubsystemVertex((("size", 1),), (2,)),))
    fleet = Fleet((Cluster("apart", graph, (gpu, ssd)),))
    needs = ResourceGroup((ResourceRequest("node"),), (Requirement.parse("gpu"),))
    assert by_cluster(fleet, job(wish("ssd", 1), wish("gpu{model=x}", 2), groups=(needs,))) == {"apart": 2}
    both = ResourceGroup((ResourceRequest("node", 2),))
    assert by_cluster(fleet, job(wish("gpu", 1), groups=(both,))) == {"apart": 0}
    own = (ResourceGroup((ResourceRequest("node"),), (), (wish("ssd", 4),)), needs)
    assert by_cluster(fleet, job(wish("gpu", 8), groups=own)) == {"apart": 4}


def test_scores_of_random_wishes_are_the_sums_of_those_held_in_any_order():
    for seed in range(300):
        draw = random.Random(seed)
        fleet = a_fleet(draw)
        index = FleetIndex(fleet)
        wishes = []
        for _ in range(draw.randint(0, 5)):
            expression = an_expression(draw)
            try:
                index.meeting(expression)
            except InputError:
                continue
            wishes.append(Preference(expression, draw.choice([1, 2.5, -3, 0.1, 1e9, -1e9])))
        asked = job(*wishes)
        held = wishes_held(index, asked)
        for one, number in zip(wishes, held, strict=True):
            alone = Job("j", (ResourceGroup((), (one.expression,)),))
            assert number == matching(index, alone)
            against = Job("j", (ResourceGroup((), (negated(one.expression),)),))
            undecided = matching(index, alone, possible=True) & ~number
            if index.size == len(index.names):
                assert not number & matching(index, against)
                assert not undecided & (number | matching(index, against))
        numbers = score_numbers(index, asked)
        for position in range(len(index.names)):
            expected = [one.weight for one, where in zip(wishes, held, strict=True) if where >> position & 1]
            assert numbers[position] == math.fsum(expected)
        draw.shuffle(wishes)
        assert np.array_equal(score_numbers(index, job(*wishes)), numbers)
        assert job(*wishes) == asked
        assert {one.cluster: one.score for one in scores(index, asked).clusters} == dict(
            zip(index.names, numbers.tolist(), strict=True)
        )


@pytest.mark.parametrize(
    "weight", [float("nan"), float("inf"), -float("inf"), 1e400, 10**400, "5", None, True, 1e10, [1]]
)
def test_what_is_no_weight_is_refused(weight):
    with pytest.raises(InputError, match="is not a weight"):
        wish("gpu", weight)


def test_too_many_wishes_are_refused():
    with pytest.raises(InputError, match="too many preferences"):
        job(*(wish(f"gpu{{n={number}}}") for number in range(MOST_PREFERENCES + 1)))
    group = ResourceGroup((), (), tuple(wish(f"gpu{{n={number}}}") for number in range(40)))
    with pytest.raises(InputError, match="too many preferences"):
        Job("j", (group, group))


def test_the_preferred_cluster_is_chosen_and_the_next_policy_decides_between_equals():
    scheduler = Scheduler(FLEET, policy_named("preferred"))
    asked = job(wish("filesystem{type=lustre}", 5), wish("cluster{site=here}", 2))
    assert {scheduler.place(asked, draw=draw).chosen for draw in (0.0, 0.4, 0.9)} == {"a"}
    alike = job(wish("filesystem{type=lustre}", 5))
    assert [scheduler.place(alike, draw=draw).chosen for draw in (0.0, 0.9)] == ["a", "c"]
    assert scheduler.place(job(), draw=0.5).chosen == "b"
    cheap = {"predicted_cost": np.array([3.0, 1.0, 2.0])}
    composed = policy_named("preferred,cheapest")
    assert scheduler.place(alike, draw=0.0, policy=composed, values=cheap).chosen == "c"
    assert scheduler.place(alike, draw=0.9, policy=policy_named("preferred,first")).chosen == "a"
    assert scheduler.place(job(wish("cluster{load>=2}", -1)), draw=0.9, policy=composed, values=cheap).chosen == "b"


@pytest.mark.parametrize("name", ["first,cheapest", "preferred,preferred", "preferred,", "preferred,none", ","])
def test_policies_that_do_not_compose_are_refused(name):
    with pytest.raises(InputError):
        policy_named(name)


def test_a_policy_without_scores_says_so():
    scheduler = Scheduler(FLEET, policy_named("preferred"))
    with pytest.raises(InputError, match="have no wishes"):
        scheduler.assign(np.array([[7]], dtype=np.uint64), np.array([0.5]))
    assert Scheduler(FLEET, first).place(job(wish("filesystem", 1)), draw=0.0).chosen == "a"


def test_a_wish_holds_where_the_job_matches_with_the_wish_required():
    for seed in range(200):
        draw = random.Random(seed)
        index = FleetIndex(a_fleet(draw))
        wish_, need = an_expression(draw), an_expression(draw)
        shape = (ResourceRequest("node", draw.choice([1, 2])),) if draw.random() < 0.7 else ()
        try:
            asked = job(Preference(wish_, 1), groups=(ResourceGroup(shape, (need,)), ResourceGroup(shape)))
            required = tuple(ResourceGroup(one.shape, (*one.requirements, wish_)) for one in asked.groups)
            assert wishes_held(index, asked) == [matching(index, Job("j", required))]
        except InputError:
            continue


def test_a_wish_for_a_host_is_not_left_out_of_the_fleet():
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0)))
    fleet = Fleet(
        tuple(
            Cluster(name, graph, (Subsystem("host", (SubsystemVertex((("name", f"{name}1"),), (1,)),)),))
            for name in ("a", "b")
        )
    )
    asked = job(wish("host{name=b1}", 3))
    index = FleetIndex(fleet, names_apart=True)
    assert [(one.cluster, one.score) for one in scores(index, asked).clusters] == [("b", 3), ("a", 0)]


def test_a_clusters_own_facts_may_be_required_inside_a_shape():
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "gpu", 1)))
    fleet = Fleet(
        tuple(
            Cluster(name, graph, state=tuple(state.items()))
            for name, state in (("a", {"site": "here", "load": 3}), ("b", {"site": "there"}), ("c", {"load": 1}))
        )
    )
    index = FleetIndex(fleet)
    for line, names in (("cluster{site=here}", "a"), ("not cluster{site=here}", "bc"), ("cluster{load<=2}", "c")):
        inside = ResourceRequest("gpu", requirements=(Requirement.parse(line),))
        for shape in ((ResourceRequest("node", contents=(inside,)),), (inside,)):
            found = match(index, Job("j", (ResourceGroup(shape),)))
            assert (found.names, found.unknown) == (tuple(names), ())
