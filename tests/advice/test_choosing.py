"""What is chosen matches, by every policy; where nothing does, there is a reason."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
from random_questions import a_fleet, an_expression

import placewise as pw
from placewise import plugins
from placewise.advice.choosing import choose, in_order
from placewise.errors import InputError
from placewise.matching.deciding import required_job
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.preference import Preference
from placewise.model.requirements.requirement import Requirement
from placewise.scheduler import Scheduler


def cluster(name, *versions, **state):
    vertices = tuple(SubsystemVertex((("version", one),)) for one in versions)
    return Cluster(name, subsystems=(Subsystem("cmake", vertices),) if versions else (), state=tuple(state.items()))


CMAKE = required_job([Requirement.parse("cmake@3.20:")])
FLEET = Fleet(
    (
        cluster("old", "3.10", cost_per_node_hour=1),
        cluster("dear", "3.28", cost_per_node_hour=9),
        cluster("cheap", "3.24", cost_per_node_hour=2),
        cluster("open", cost_per_node_hour=0),
    ),
    Vocabulary(complete={("open", "cmake"): False}),
)


def questions(seed, count):
    """Random fleets and jobs whose match raises nothing."""
    draw = random.Random(seed)
    while count:
        fleet, job = a_fleet(draw), required_job([an_expression(draw)])
        try:
            found = pw.match(fleet, job)
        except InputError:
            continue
        count -= 1
        yield fleet, job, found


def numbers_for(fleet, draw):
    names = ("predicted_cost", "predicted_runtime_s", "estimated_start_s")
    return {name: {one: draw.randint(0, 2) for one in fleet.names if draw.random() < 0.9} for name in names}


def holds(fleet, job, found, policy, numbers):
    """The laws of one choice: it is a match; nothing is chosen where nothing matches; the order has all that match."""
    chosen = pw.choose(fleet, job, policy, numbers=numbers)
    assert chosen.match == pw.Scheduler(fleet).match(job)
    assert (chosen.match.names, chosen.match.unknown) == (found.names, found.unknown)
    assert bool(chosen) == bool(found.names) == (not chosen.reason)
    assert chosen.cluster is None or chosen.cluster in found.names
    scheduler = Scheduler(fleet)
    order = in_order(scheduler, job, policy, numbers=numbers)
    assert sorted(order) == sorted(found.names)
    assert order[:1] == ((chosen.cluster,) if chosen else ())
    assert not scheduler.load.any()
    either = in_order(scheduler, job, policy, unknown="yes", numbers=numbers)
    assert sorted(either) == sorted((*found.names, *found.unknown))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_chosen_matches_and_the_order_has_all_that_match(seed):
    draw = random.Random(seed)
    for fleet, job, found in questions(seed, 40):
        holds(fleet, job, found, draw.choice(plugins.names("policies")), numbers_for(fleet, draw))


@pytest.mark.slow
def test_of_a_thousand_fleets_and_jobs_what_is_chosen_matches():
    draw = random.Random(17)
    tally = {True: 0, False: 0}
    for fleet, job, found in questions(17, 1000):
        holds(fleet, job, found, draw.choice(plugins.names("policies")), numbers_for(fleet, draw))
        tally[bool(found)] += 1
    assert min(tally.values()) > 100


def test_each_policy_chooses_by_what_it_is_for():
    assert pw.choose(FLEET, CMAKE).cluster == "dear"
    assert pw.choose(FLEET, CMAKE, "first").cluster == "dear"
    assert pw.choose(FLEET, CMAKE, "cheapest").cluster == "cheap"
    starts = {"estimated_start_s": {"dear": 50, "cheap": 90}}
    assert pw.choose(FLEET, CMAKE, "earliest-start", numbers=starts).cluster == "dear"
    assert pw.choose(FLEET, CMAKE, "cheapest", unknown="yes").cluster == "open"
    assert in_order(Scheduler(FLEET), CMAKE, "cheapest") == ("cheap", "dear")
    assert {pw.choose(FLEET, CMAKE, "random", seed=seed).cluster for seed in range(20)} == {"dear", "cheap"}


def test_a_wish_counts_before_the_order_of_the_fleet():
    wish = Preference(Requirement.parse("cmake@3.24"), 1)
    job = Job("wishing", (ResourceGroup((), CMAKE.requirements),), preferences=(wish,))
    assert pw.choose(FLEET, job).cluster == "cheap"


def test_a_scheduler_counts_what_it_chose():
    scheduler = pw.Scheduler(FLEET)
    chosen = [pw.choose(scheduler, CMAKE, "least-loaded").cluster for _ in range(4)]
    assert chosen == ["dear", "cheap", "dear", "cheap"]
    assert scheduler.load.tolist() == [0, 2, 2, 0]
    # Each job has a draw of its own, and the same seed the same ones.
    draws = [
        [pw.choose(one, CMAKE, "random", seed=3).cluster for _ in range(12)] for one in map(pw.Scheduler, [FLEET] * 2)
    ]
    assert draws[0] == draws[1]
    assert len(set(draws[0])) == 2


def test_nowhere_is_a_value_with_its_reason():
    none = pw.choose(FLEET, pw.Requirement.parse("cmake@9:"))
    assert not none
    assert none.cluster is None
    assert "for certain" in none.reason
    assert "open" in none.reason
    assert "cmake" in none.reason
    assert "no clusters" in pw.choose(Fleet(()), Job("any")).reason
    known = Fleet(FLEET.clusters[:3])
    assert "for certain" not in pw.choose(known, pw.Requirement.parse("cmake@9:")).reason


def test_limits_of_sites_and_taints_keep_the_choice_away():
    """The graph of each is the same: a node of eight cores."""
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("n", "node", 0), Vertex("c", "core", 1, 8)))

    def described(name, **subsystems):
        found = tuple(Subsystem(one, (SubsystemVertex(tuple(said.items())),)) for one, said in subsystems.items())
        return Cluster(name, graph, found)

    fleet = Fleet(
        (
            described("tainted", taint={"key": "gpu", "effect": "NoSchedule"}),
            described("many", partition={"name": "p", "min_nodes": 2}),
            described("few", partition={"name": "p", "max_cores_per_node": 2}),
            described("ours", partition={"name": "p", "qos": ("high",)}),
            described("free", partition={"name": "p", "max_nodes": 1}),
        )
    )
    group = ResourceGroup((ResourceRequest("node", 1, (ResourceRequest("core", 4),)),))
    for attributes, expected in (
        ({}, ("free",)),
        ({"tolerations": "gpu"}, ("tainted", "free")),
        ({"qos": "high"}, ("ours", "free")),
        ({"qos": "low"}, ("free",)),
    ):
        job = Job("asked", (group,), attributes=tuple(attributes.items()))
        assert in_order(Scheduler(fleet), job, "first") == expected
        assert pw.choose(fleet, job, "first").cluster == expected[0]
    assert pw.choose(fleet, Job("asked", (group,)), "first", unknown="yes").cluster == "ours"


def test_a_policy_that_refuses_all_is_named():
    def refusing(candidates, situation):
        return np.full(len(candidates), -1)

    none = pw.choose(FLEET, CMAKE, refusing)
    assert none.match.names == ("dear", "cheap")
    assert "2 clusters match" in none.reason
    assert in_order(Scheduler(FLEET), CMAKE, refusing) == ()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"policy": "cheapst"}, "cheapest"),
        ({"policy": "earliest-start"}, "estimated_start_s"),
        ({"unknown": "separate"}, "no or yes"),
        ({"numbers": {"predicted_cost": {"nobody": 1}}}, "nobody"),
        ({"numbers": {"predicted_cost": {"old": "much"}}}, "old"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_refused_with_its_name(arguments, problem):
    scheduler = Scheduler(FLEET)
    with pytest.raises(InputError, match=problem):
        choose(scheduler, CMAKE, **arguments)
    assert not scheduler.load.any()


def test_a_path_is_refused_with_what_reads_it():
    with pytest.raises(TypeError, match="read_fleet"):
        pw.choose("fleet", CMAKE)
    with pytest.raises(TypeError, match="read_job"):
        pw.choose(FLEET, SimpleNamespace())
