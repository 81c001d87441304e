"""What is said to be different is different, and nothing else is: laws of comparing fleets."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from matching_strategies import clusters, fleets, jobs, scalars

from placewise.advice.asked_jobs import asked_jobs
from placewise.advice.fleet_diff import NOT_THERE, fleet_diff
from placewise.errors import InputError
from placewise.matching.causes.by_cluster import lines_by_cluster
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.advice.asked_jobs import AskedJobs
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.fleet_comparison import compare_fleets
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, unshaped
from placewise.model.jobs.job import NODE


def reordered(draw, cluster):
    """The same cluster, described in another order: vertices after their containers, facts in any order."""
    vertices, waiting = cluster.graph.vertices, [0]
    order = []
    while waiting:
        order.append(waiting.pop(draw(st.integers(0, len(waiting) - 1))))
        waiting += [at for at, one in enumerate(vertices) if one.parent == order[-1]]
    place = {old: new for new, old in enumerate(order)}
    moved = [vertices[old] for old in order]
    graph = ResourceGraph(
        tuple(one._replace(parent=one.parent if one.parent is None else place[one.parent]) for one in moved)
    )
    subsystems = [
        Subsystem(
            one.name,
            tuple(
                SubsystemVertex(vertex.properties, tuple(place[at] for at in vertex.attached_to))
                for vertex in draw(st.permutations(one.vertices))
            ),
        )
        for one in cluster.subsystems
    ]
    return replace(cluster, graph=graph, subsystems=tuple(draw(st.permutations(subsystems))))


@st.composite
def states(draw):
    return tuple(draw(st.dictionaries(st.sampled_from(["cost_per_node_hour", "site"]), scalars, max_size=2)).items())


@st.composite
def pairs(draw):
    """A fleet before and after: some clusters as they were, some described anew, gone, new or under another name."""
    before = draw(fleets())
    before = replace(before, clusters=tuple(replace(one, state=draw(states())) for one in before.clusters))
    after = []
    for one in before.clusters:
        fate = draw(st.sampled_from(["same", "same", "anew", "moved", "gone", "renamed", "state"]))
        if fate == "anew":
            after.append(draw(clusters(one.name)))
        elif fate == "moved":
            after.append(reordered(draw, one))
        elif fate == "renamed":
            after.append(replace(one, name=f"{one.name}-renamed"))
        elif fate == "state":
            after.append(replace(one, state=draw(states())))
        elif fate == "same":
            after.append(one)
    if draw(st.booleans()):
        after.append(draw(clusters("new")))
    words = draw(st.just(before.vocabulary) | st.builds(lambda one: one.vocabulary, fleets(most=0)))
    return before, Fleet(tuple(draw(st.permutations(after))), words)


@given(st.data())
def test_a_fleet_described_in_another_order_is_no_other(data):
    fleet = data.draw(fleets())
    again = [reordered(data.draw, one) for one in fleet.clusters]
    other = replace(fleet, clusters=tuple(data.draw(st.permutations(again))))
    asked = asked_jobs([data.draw(jobs())])
    assert not fleet_diff(fleet, fleet)
    assert not compare_fleets(fleet, other)
    # What nobody said is inferred from what is first offered, which is the one thing that the order decides.
    if FleetIndex(fleet).vocabulary.kinds != FleetIndex(other).vocabulary.kinds:
        assert fleet_diff(fleet, other, AskedJobs((), ())).fleet.kinds
        return
    try:
        assert not fleet_diff(fleet, other, asked)
    except InputError:
        with pytest.raises(InputError):
            match(FleetIndex(fleet), asked.jobs[0])


@given(pairs(), st.lists(jobs(), max_size=2))
def test_the_other_way_round_gains_are_losses(pair, wanted):
    before, after = pair
    try:
        found = fleet_diff(before, after, asked_jobs(wanted))
    except InputError:
        with pytest.raises(InputError):
            fleet_diff(after, before, asked_jobs(wanted))
        return
    assert fleet_diff(after, before, asked_jobs(wanted)) == found.mirrored()
    assert found.mirrored().mirrored() == found


def knowing(fleet, other):
    """A fleet that knows what the other one knows, so that what is not there is just not there."""
    index, known = FleetIndex(fleet), FleetIndex(other)
    words = index.vocabulary.with_known(known.vocabulary.known, {})
    return FleetIndex(replace(fleet, vocabulary=replace(words, types=index.known_types | known.known_types)))


@given(pairs(), jobs())
def test_gained_and_lost_clusters_are_the_difference_of_two_matches_with_the_causes_of_why_not(pair, job):
    before, after = pair
    indexes = knowing(before, after), knowing(after, before)
    try:
        old, new = (match(index, job) for index in indexes)
        told = [lines_by_cluster(why_not(index, job)) for index in indexes]
    except InputError:
        assume(False)
    found = fleet_diff(before, after, AskedJobs((job,), ((job.name,),)))
    names = found.fleet.renamed
    back = {now: was for was, now in names.items()}
    (change,) = found.jobs.changed or [None]
    gained, lost, may_gain, may_lose = (
        {one.cluster: set(one.causes) for one in (getattr(change, what) if change else ())}
        for what in ("gained", "lost", "may_gain", "may_lose")
    )
    matched, might = ({names.get(one, one) for one in some} for some in (old.names, old.unknown))
    matches, may = set(new.names), set(new.unknown)
    assert set(gained) == matches - matched
    assert {names.get(one, one) for one in lost} == matched - matches
    assert set(may_gain) == may - matched - might
    assert {names.get(one, one) for one in may_lose} == might - matches - may
    assert found.jobs.nowhere_before == (not old)
    assert found.jobs.nowhere_after == (not new)
    for cluster, causes in {**gained, **may_gain}.items():
        was = back.get(cluster, cluster)
        assert causes == (set(told[0].get(was, ())) if was in before.names else {NOT_THERE})
    for cluster, causes in {**lost, **may_lose}.items():
        now = names.get(cluster, cluster)
        assert causes == (set(told[1].get(now, ())) if now in after.names else {NOT_THERE})


def facts(cluster):
    """The distinct facts of a cluster, with the types of their values."""
    return {
        (one.name, vertex.properties, tuple(type(value) for _, value in vertex.properties))
        for one in cluster.subsystems
        for vertex in one.vertices
    }


def typed(subsystem, fields):
    return subsystem, fields, tuple(type(value) for _, value in fields)


def amounts(cluster):
    counts = Counter()
    for vertex in cluster.graph.vertices[1:]:
        counts[vertex.type, vertex.unit] += vertex.size
    return counts


@given(pairs())
def test_the_changes_listed_lead_from_what_was_to_what_is(pair):
    before, after = pair
    changes = compare_fleets(before, after)
    old = {one.name: one for one in before.clusters}
    new = {one.name: one for one in after.clusters}
    there = {one.was or one.cluster for one in changes.clusters if one.what != "added"}
    assert there == old.keys()
    assert {one.cluster for one in changes.clusters if one.what != "gone"} == new.keys()
    for one in changes.clusters:
        if one.what == "renamed":
            assert old[one.was] == replace(new[one.cluster], name=one.was)
        if one.what not in ("changed", "unchanged"):
            continue
        was, now = old[one.cluster], new[one.cluster]
        nodes = [{vertex.id for vertex in some.graph.vertices if vertex.type == NODE} for some in (was, now)]
        assert (nodes[0] | set(one.nodes.added)) - set(one.nodes.gone) == nodes[1]
        names = [{some.name for some in cluster.subsystems} for cluster in (was, now)]
        assert (names[0] | set(one.subsystems.added)) - set(one.subsystems.gone) == names[1]
        gone = {typed(fact.subsystem, fact.before) for fact in one.facts if fact.before is not None}
        came = {typed(fact.subsystem, fact.after) for fact in one.facts if fact.after is not None}
        assert (facts(was) - gone) | came == facts(now)
        listed = amounts(was)
        for count in one.resources:
            assert listed[count.type, count.unit] == count.before
            listed[count.type, count.unit] = count.after
        assert +listed == +amounts(now)
        state = dict(was.state) | {value.name: value.after for value in one.state}
        assert {name: value for name, value in state.items() if value is not None} == dict(now.state)
        for name in {some for fleet in pair for some in fleet.subsystem_names}:
            said = {value.name: value.after for value in one.complete}
            known = before.vocabulary.completeness(one.cluster, name)
            assert said.get(name, said.get("", known)) == after.vocabulary.completeness(one.cluster, name)


@given(st.data())
def test_a_single_change_is_found_and_named(data):
    """Whatever is changed by hand, the change is seen, in that cluster and no other."""
    fleet = data.draw(fleets())
    assume(len(fleet))
    at = data.draw(st.integers(0, len(fleet) - 1))
    one = fleet.clusters[at]
    vertices = one.graph.vertices
    what = data.draw(st.sampled_from(["fact", "size", "vertex", "state", "subsystem"]))
    if what == "fact":
        assume(any(some.vertices for some in one.subsystems))
        chosen = data.draw(st.sampled_from([some for some in one.subsystems if some.vertices]))
        first, *rest = chosen.vertices
        other = replace(first, properties=(("new", 1), *first.properties), attached_to=first.attached_to or (0,))
        changed = [replace(some, vertices=(other, *rest)) if some is chosen else some for some in one.subsystems]
        anew = replace(one, subsystems=tuple(changed))
    elif what == "size":
        number = data.draw(st.integers(0, len(vertices) - 1))
        larger = vertices[number]._replace(size=vertices[number].size + 1)
        anew = replace(one, graph=ResourceGraph((*vertices[:number], larger, *vertices[number + 1 :])))
    elif what == "vertex":
        extra = vertices[0]._replace(id="extra", parent=data.draw(st.integers(0, len(vertices) - 1)), type="thing")
        anew = replace(one, graph=ResourceGraph((*vertices, extra)))
    elif what == "state":
        anew = replace(one, state=(*one.state, ("new", True)))
    else:
        anew = replace(one, subsystems=(*one.subsystems, Subsystem("new", ())))
    found = compare_fleets(fleet, replace(fleet, clusters=(*fleet.clusters[:at], anew, *fleet.clusters[at + 1 :])))
    assert [one.cluster for one in found.of("changed")] == [one.name]
    assert all(some.what in ("changed", "unchanged") for some in found.clusters)


def test_values_that_python_takes_for_equal_are_told_apart():
    def fleet(value):
        there = Subsystem("a", (SubsystemVertex((("size", value),)),))
        return Fleet((Cluster("c", unshaped(), (there,), (("busy", value),)),))

    (change,) = compare_fleets(fleet(1), fleet(True)).clusters
    assert change.what == "changed"
    assert change.facts
    assert change.state
