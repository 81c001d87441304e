"""Laws of expressions: what logic says of them, and what learning a fact may change."""

from dataclasses import replace

import numpy as np
import oracle
from hypothesis import assume, given
from hypothesis import strategies as st
from matching_strategies import SUBSYSTEMS, expressions, fleets, jobs, properties
from random_questions import disagreements

from placewise.errors import InputError
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.requirement import Requirement, all_of, any_of, negated


def answers(fleet, *wanted):
    assume(oracle.understood(fleet, wanted))
    index = FleetIndex(fleet)
    return [index.meeting(one) for one in wanted]


def same(one, other):
    np.testing.assert_array_equal(one.yes, other.yes)
    np.testing.assert_array_equal(one.possible, other.possible)


def within(smaller, larger):
    return not (smaller & ~larger).any()


def test_index_and_naive_evaluator_agree_on_two_thousand_pairs():
    tally, wrong = disagreements(seed=12, pairs=2000)
    assert not wrong
    assert min(tally["yes"], tally["unknown"], tally["no"]) > 500


@given(fleets(), expressions, expressions)
def test_de_morgan(fleet, one, other):
    neither, both_not, not_both, one_not = answers(
        fleet,
        negated(any_of((one, other))),
        all_of((negated(one), negated(other))),
        negated(all_of((one, other))),
        any_of((negated(one), negated(other))),
    )
    same(neither, both_not)
    same(not_both, one_not)


@given(fleets(), expressions, expressions)
def test_an_or_holds_wherever_a_part_does_and_an_and_nowhere_else(fleet, one, other):
    alone, either, both = answers(fleet, one, any_of((one, other)), all_of((one, other)))
    for kind in ("yes", "possible"):
        assert within(getattr(alone, kind), getattr(either, kind))
        assert within(getattr(both, kind), getattr(alone, kind))


@given(fleets(), expressions)
def test_what_holds_may_hold_and_not_twice_is_once(fleet, one):
    held, refused = answers(fleet, one, negated(one))
    assert within(held.yes, held.possible)
    assert not (held.yes & refused.possible).any()
    same(held, answers(fleet, negated(negated(one)))[0])


@given(fleets(), jobs())
def test_a_fleet_answers_as_each_of_its_clusters_alone(fleet, job):
    index = FleetIndex(fleet)
    try:
        found = match(index, job)
    except InputError:
        return
    alone = [match(FleetIndex(Fleet((cluster,), index.vocabulary)), job) for cluster in fleet.clusters]
    assert found.names == tuple(name for one in alone for name in one.names)
    assert found.unknown == tuple(name for one in alone for name in one.unknown)
    assert found.incomparable == tuple(problem for one in alone for problem in one.incomparable)


@given(fleets(), expressions, st.sampled_from(SUBSYSTEMS), properties, st.data())
def test_learning_a_fact_never_turns_yes_into_no_or_no_into_yes(fleet, wanted, subsystem, new, data):
    if not fleet.clusters:
        return
    position = data.draw(st.integers(0, len(fleet) - 1))
    cluster = fleet.clusters[position]
    # Only what is not wholly described has facts to learn.
    open_ones = {**fleet.vocabulary.complete, (cluster.name, subsystem): False}
    index = FleetIndex(replace(fleet, vocabulary=replace(fleet.vocabulary, complete=open_ones)))
    try:
        before = match(index, _asking(wanted))
    except InputError:
        return
    said = index.vocabulary
    if data.draw(st.booleans()):
        changed, said = cluster, replace(said, complete={**said.complete, (cluster.name, subsystem): True})
    else:
        place = data.draw(st.integers(0, len(cluster.graph.vertices) - 1))
        changed = _with_vertex(cluster, subsystem, SubsystemVertex(new, (place,)))
    others = [changed if one is cluster else one for one in fleet.clusters]
    try:
        after = match(FleetIndex(Fleet(tuple(others), said)), _asking(wanted))
    except InputError:
        # Now that all is described, a field that nobody has is a slip, and no answer is given.
        return
    assert set(before.names) <= set(after.names)
    undecided = {*before.unknown, *(one.cluster for one in before.incomparable)}
    assert set(after.names) <= set(before.names) | undecided


@given(fleets(), expressions, st.sampled_from(SUBSYSTEMS), properties, st.data())
def test_learning_a_field_never_turns_yes_into_no_or_no_into_yes(fleet, wanted, subsystem, new, data):
    """Of a subsystem whose vertices are all known: what one of them lacks is learned, or that it is all there is."""
    found = [
        (cluster, one, vertex)
        for cluster in fleet.clusters
        for one in cluster.subsystems
        if one.name == subsystem
        for vertex in one.vertices
    ]
    assume(found)
    cluster, one, vertex = data.draw(st.sampled_from(found))
    said = replace(fleet.vocabulary, complete={**fleet.vocabulary.complete, (cluster.name, subsystem): "vertices"})
    index = FleetIndex(replace(fleet, vocabulary=said))
    try:
        before = match(index, _asking(wanted))
    except InputError:
        return
    words = index.vocabulary
    if data.draw(st.booleans()):
        changed, words = cluster, replace(words, complete={**words.complete, (cluster.name, subsystem): True})
    else:
        fields = {**dict(new), **dict(vertex.properties)}
        vertices = [SubsystemVertex(tuple(fields.items()), v.attached_to) if v is vertex else v for v in one.vertices]
        others = tuple(other for other in cluster.subsystems if other is not one)
        changed = replace(cluster, subsystems=(*others, Subsystem(subsystem, tuple(vertices))))
    clusters = [changed if there is cluster else there for there in fleet.clusters]
    try:
        after = match(FleetIndex(Fleet(tuple(clusters), words)), _asking(wanted))
    except InputError:
        return
    assert set(before.names) <= set(after.names)
    undecided = {*before.unknown, *(there.cluster for there in before.incomparable)}
    assert set(after.names) <= set(before.names) | undecided


def test_a_field_that_is_not_described_is_unknown_and_one_that_is_decides():
    externals = (SubsystemVertex((("version", "4.1"),)), SubsystemVertex((("version", "3.1"), ("compiler", "intel"))))
    site = Cluster("a", subsystems=(Subsystem("openmpi", externals),))

    def answer(text, complete):
        index = FleetIndex(Fleet((site,), Vocabulary(complete={("a", "openmpi"): complete})))
        found = match(index, _asking(Requirement.parse(text)))
        return "yes" if found else "unknown" if found.unknown else "no"

    for complete, expected in ((True, "no"), ("vertices", "unknown"), (False, "unknown")):
        assert answer("openmpi{version=4.1, compiler=gcc}", complete) == expected
        assert answer("openmpi{compiler=gcc}", complete) == expected
        assert answer("not openmpi{compiler=gcc}", complete) == ("yes" if complete is True else "unknown")
        assert answer("openmpi{version=5.0}", complete) == ("unknown" if complete is False else "no")
        assert answer("openmpi{version=3.1, compiler=gcc}", complete) == ("unknown" if complete is False else "no")
        assert answer("openmpi{version=3.1, compiler=intel}", complete) == "yes"


def _asking(wanted):
    return Job("j", (ResourceGroup((), (wanted,)),))


def _with_vertex(cluster, name, vertex):
    there = [one for one in cluster.subsystems if one.name == name]
    vertices = (*(there[0].vertices if there else ()), vertex)
    others = tuple(one for one in cluster.subsystems if one.name != name)
    return Cluster(cluster.name, cluster.graph, (*others, Subsystem(name, vertices)), cluster.state)
