"""Relaxations against trying every subset of requirements, and what widened requirements must be."""

import itertools
import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from matching_strategies import expressions, fleets, jobs, properties, requirements

from placewise.errors import InputError
from placewise.formats.experiment_folder import read_experiment
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.kinds.vocabulary.inferring import learned
from placewise.matching.causes.relaxing import MOST_SETS_WIDENED, relaxations
from placewise.matching.causes.single_changes import single_changes
from placewise.matching.causes.why_not import why_not
from placewise.matching.causes.widening import MOST_STEPS, widenings
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex, package_subsystem
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.predicates import Contains, Equals, InNumericRange, InVersionRange, OneOf, Within
from placewise.model.requirements.requirement import Condition, Requirement, version_requirement
from placewise.model.requirements.requirement import tests_of as leaves_of
from placewise.model.versions.version import Version
from placewise.model.versions.version_range import Cut, Side, VersionRange


def changed(job, replacements):
    """The job with requirements replaced, or left out where the replacement is None."""
    groups = []
    for group in job.groups:
        asked = (replacements.get(r, r) for r in group.requirements)
        groups.append(ResourceGroup(group.shape, tuple(r for r in asked if r is not None)))
    return Job(job.name, tuple(groups))


def meets(vertex, requirement, vocabulary):
    return VertexTest.of(requirement, vocabulary).ask(dict(vertex)) is Answer.YES


def words_of(subsystem, offered):
    return learned(Vocabulary(), [(subsystem, vertex) for vertex in offered])


def gained(index, job, replacements):
    before = set(match(index, job).names)
    return tuple(name for name in match(index, changed(job, replacements)).names if name not in before)


def by_trying(index, job):
    """Every set of requirements of the least size that lets a cluster match, with the clusters."""
    for size in range(1, len(job.requirements) + 1):
        found = {
            frozenset(chosen): clusters
            for chosen in itertools.combinations(job.requirements, size)
            if (clusters := gained(index, job, dict.fromkeys(chosen)))
        }
        if found:
            return found
    return {}


@st.composite
def questions(draw):
    index, job = FleetIndex(draw(fleets())), draw(jobs())
    try:
        for size in range(len(job.requirements) + 1):
            for chosen in itertools.combinations(job.requirements, size):
                match(index, changed(job, dict.fromkeys(chosen)))
    except InputError:
        assume(False)
    return index, job


@given(questions())
@settings(max_examples=settings.default.max_examples * 2)
def test_the_sets_are_those_found_by_trying_every_subset(question):
    index, job = question
    found = relaxations(index, job)
    assert found.complete
    assert {frozenset(one.requirements): one.clusters for one in found.sets} == by_trying(index, job)
    assert [len(one.clusters) for one in found.sets] == sorted((len(one.clusters) for one in found.sets), reverse=True)


@given(questions())
@settings(max_examples=settings.default.max_examples * 2)
def test_every_step_gains_exactly_the_clusters_that_match_when_it_is_taken(question):
    index, job = question
    for one in relaxations(index, job).sets[:MOST_SETS_WIDENED]:
        assert {way.requirement for way in one.ways} == set(one.requirements)
        for way in one.ways:
            others = dict.fromkeys(set(one.requirements) - {way.requirement})
            before, matched = set(), set(match(index, job).names)
            for step in way.steps:
                assert matched <= set(match(index, changed(job, {**others, way.requirement: step.relaxed})).names)
                assert step.clusters == gained(index, job, {**others, way.requirement: step.relaxed})
                assert before < set(step.clusters) <= set(one.clusters)
                before = set(step.clusters)


@given(fleets(), expressions)
@settings(max_examples=settings.default.max_examples * 3)
def test_a_single_change_of_an_expression_loses_nothing_and_is_one_alone(fleet, expression):
    index = FleetIndex(fleet)
    try:
        before = index.meeting(expression)
    except InputError:
        assume(False)
    known = list(leaves_of(expression))

    def offered(subsystem):
        return [properties for properties, _ in index.offered(subsystem)]

    for change in single_changes(expression, offered, index.vocabulary):
        for step in change.steps:
            # Every test but one is as it was, or the changed part is gone.
            new = [one for one in leaves_of(step) if one not in known]
            assert len(new) == (0 if change.left_out else 1)
            assert len(list(leaves_of(step))) <= len(known)
            lost = before.yes & ~index.meeting(step).yes
            # What is offered has been asked; no value elsewhere is lost.
            assert not lost.any()


@given(questions())
def test_causes_name_every_cluster_once_with_all_it_fails(question):
    index, job = question
    answer, found = why_not(index, job), relaxations(index, job)
    listed = [name for causes in found.causes for name in causes.clusters]
    assert sorted([*listed, *answer.matched]) == sorted(index.names)
    for causes in found.causes:
        for name in causes.clusters:
            fails = {blocked.requirement for blocked in answer.blocked if name in blocked.clusters}
            assert fails == set(causes.requirements)
            assert causes.too_small == (name in answer.too_small)
            assert causes.scattered == (name in answer.scattered)


@given(requirements, st.lists(properties, max_size=8))
def test_a_widening_admits_what_was_admitted_and_some_vertex_more(requirement, offered):
    words = words_of(requirement.subsystem, offered)
    try:
        ways = widenings(requirement, offered, words)
    except InputError:
        assume(False)
    for direction in ways:
        for narrow, wide in itertools.pairwise((requirement, *direction)):
            met = [vertex for vertex in offered if meets(vertex, narrow, words)]
            assert all(meets(vertex, wide, words) for vertex in met)
            assert any(meets(v, wide, words) and not meets(v, narrow, words) for v in offered)


@st.composite
def ranges(draw):
    texts = st.sampled_from(["1", "1.2", "1.2.8", "1.3", "1.3.5", "2", "develop"])
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return VersionRange.exactly(Version(draw(texts)))
    low, high = sorted((draw(texts), draw(texts)), key=lambda text: Cut(Version(text), Side.BEFORE).key)
    wanted = VersionRange.between(draw(st.sampled_from([None, Version(low)])), Version(high))
    return wanted.exclusive() if kind == 1 else wanted


@given(ranges(), st.sets(st.sampled_from(["0.9", "1", "1.1", "1.2", "1.2.8", "1.3", "1.3.5", "1.4", "2", "main"])))
def test_ranges_grow_from_the_nearest_version_to_the_farthest(wanted, offered):
    assume(wanted)
    asked = Requirement("zlib", (Condition("version", InVersionRange(wanted)),))
    for direction in widenings(asked, [(("version", text),) for text in offered], Vocabulary()):
        reached = [wanted, *(step.conditions[0].predicate.versions for step in direction)]
        for narrow, wide in itertools.pairwise(reached):
            assert narrow <= wide
            assert narrow != wide
        admitted = {text for text in offered if Version(text) in reached[-1]}
        refused = {text for text in offered if Version(text) not in wanted}
        assert admitted & refused


def test_a_minimum_moves_to_the_nearest_versions_in_order():
    asked = version_requirement("zlib", "1.2.11", None)
    offered = [(("version", text),) for text in ("1.2.8", "1.2.13", "1.1", "1.2.9", "develop")]
    (below,) = widenings(asked, offered, Vocabulary())
    assert [str(step) for step in below] == [
        "zlib@1.2.9:",
        "zlib@1.2.8:",
        "zlib@1.1:",
    ]


def test_a_maximum_admits_the_family_so_the_longer_version_is_the_nearer():
    asked = version_requirement("zlib", None, "1.2")
    (above,) = widenings(asked, [(("version", text),) for text in ("1.3", "1.3.5", "1.2.13", "2.0")], Vocabulary())
    assert [str(step) for step in above] == ["zlib@:1.3.5", "zlib@:2.0"]


def test_numbers_and_texts_widen_and_others_conditions_stay():
    offered = [(("name", "gcc"), ("version", text)) for text in ("9.4.0", "12.1.0", "12.1.0")]
    offered += [(("name", "clang"), ("version", "15"))]
    exact = Requirement("compiler", (Condition("name", Equals("gcc")), Condition("version", Equals("11.4.0"))))
    assert [str(step) for (step,) in widenings(exact, offered, Vocabulary())] == [
        "compiler{name=gcc, version in (11.4.0, 12.1.0)}",
        "compiler{name=gcc, version in (11.4.0, 9.4.0)}",
        "compiler{name=gcc, version=11.4.0:}",
    ]
    memory = Requirement("memory", (Condition("value", InNumericRange(64, 128)),))
    numbers = [(("value", number),) for number in (16, 32, 100, "256", True, "much")]
    found = widenings(memory, numbers, Vocabulary(kinds={("memory", "value"): FieldKind("number")}))
    assert [[str(step) for step in way] for way in found] == [
        ["memory{value>=32, value<=128}", "memory{value>=16, value<=128}"],
        ["memory{value>=64, value<=256}"],
    ]
    arch = Requirement("arch", (Condition("value", OneOf(("arm", "x86"))),))
    assert [[str(step) for step in way] for way in widenings(arch, [(("value", "power"),)], Vocabulary())] == [
        ["arch{value in (arm, power, x86)}"]
    ]


def test_very_many_values_are_thinned_to_the_nearest_the_farthest_and_some_between():
    offered = [(("version", f"1.{minor}"),) for minor in range(1000)]
    (below,) = widenings(version_requirement("zlib", "2", None), offered, Vocabulary())
    assert len(below) == MOST_STEPS
    assert (str(below[0]), str(below[-1])) == ("zlib@1.999:", "zlib@1.0:")


def ways(clusters, requirement, **vocabulary):
    index = FleetIndex(Fleet(tuple(clusters), Vocabulary(**vocabulary)))
    found = relaxations(index, Job("j", (ResourceGroup((), (requirement,)),)))
    return [[(str(step.relaxed), step.clusters) for step in way.steps] for one in found.sets for way in one.ways]


def holding(name, **subsystems):
    return Cluster(
        name,
        subsystems=tuple(
            Subsystem(key, (SubsystemVertex(tuple(fields.items())),)) for key, fields in subsystems.items()
        ),
    )


def test_quantities_widen_in_one_unit_and_sets_by_a_member():
    sizes = ["512 MB", "8GiB", "4 GB", 2000]
    clusters = [holding(f"c{n}", memory={"value": size}) for n, size in enumerate(sizes)]
    least = Requirement("memory", (Condition("value", Within("16 GB")),))
    assert ways(clusters, least) == [
        [
            ("memory{value>=8GiB}", ("c1",)),
            ('memory{value>="4 GB"}', ("c1", "c2")),
            ('memory{value>="512 MB"}', ("c0", "c1", "c2")),
        ],
        # What cannot be compared is gained by asking for nothing alone.
        [("None", ("c0", "c1", "c2", "c3"))],
    ]
    beside = [holding("a", memory={"value": 4000, "unit": "MB"})]
    assert ways(beside, least) == [[('memory{value>="4000 MB"}', ("a",))]]
    wanted = Requirement("cpu", (Condition("features", Contains(("avx2", "avx512f"))),))
    features = [holding("a", cpu={"features": ("avx2", "sse")}), holding("b", cpu={"features": ("sse",)})]
    assert ways(features, wanted) == [
        [("cpu{features contains avx2}", ("a",))],
        [("None", ("a", "b"))],
    ]


def test_one_part_of_an_expression_is_changed_and_no_more_than_needed():
    old, new = version_requirement("gcc", "12", None), version_requirement("gcc", "9", None)
    clusters = [
        holding("a", gcc={"version": "9"}, mpi={"name": "openmpi"}),
        holding("b", gcc={"version": "12"}, mpi={"name": "mpich"}, gpu={}),
        holding("c", gcc={"version": "12"}, gpu={}),
    ]
    openmpi = Requirement("mpi", (Condition("name", Equals("openmpi")),))
    assert ways(clusters, old & openmpi & ~Requirement("gpu")) == [
        [(str(new & openmpi & ~Requirement("gpu")), ("a",))],
        # Two parts would have to change for the others.
        [("None", ("a", "b", "c"))],
    ]
    # A widened test gains what its absence gains, so the absence is not named.
    assert ways(clusters[:1], old & openmpi) == [[(str(new & openmpi), ("a",))]]
    assert ways(clusters[1:2], old & ~Requirement("gpu")) == [[("gcc@12:", ("b",))]]
    assert ways(clusters[1:], ~(Requirement("gpu") | openmpi)) == [[("not mpi{name=openmpi}", ("b", "c"))]]
    assert ways(clusters[1:], ~Requirement("gpu"), known={"gpu": frozenset()}) == [[("None", ("b", "c"))]]


def test_a_widened_bound_that_another_value_does_not_understand_loses_nothing():
    clusters = [holding("a", x={"size": 4}), holding("b", x={"size": "many"}), holding("c", x={"size": 16})]
    wanted = Requirement("x", (Condition("size", Within(8)),)) | Requirement("x", (Condition("size", Equals("many")),))
    for kind in ("number", "quantity"):
        for way in ways(clusters, wanted, kinds={("x", "size"): FieldKind(kind)}):
            assert all("c" not in names for _, names in way)


class Odd:
    def holds(self, value):
        return value == "odd"


def test_a_predicate_from_elsewhere_can_only_be_left_out():
    fleet = Fleet((Cluster("c", subsystems=(Subsystem("x", (SubsystemVertex((("a", "even"),)),)),)),))
    asked = Requirement("x", (Condition("a", Odd()),))
    found = relaxations(FleetIndex(fleet), Job("j", (ResourceGroup((), (asked,)),)))
    assert [[step.relaxed for step in way.steps] for way in found.sets[0].ways] == [[None]]


def test_zlib_in_words():
    fleet = Fleet(
        tuple(
            Cluster(f"c{number}", subsystems=(package_subsystem("zlib", zlib), package_subsystem("cmake", cmake)))
            for number, (zlib, cmake) in enumerate([("1.2.8", "3.20"), ("1.2.8", "3.1"), ("1.2.5", "3.20")])
        )
    )
    wanted = (version_requirement("zlib", "1.2.11", None), version_requirement("cmake", "3.15", None))
    found = relaxations(FleetIndex(fleet), Job("j", (ResourceGroup((), wanted),)))
    assert found.fewest == 1
    (one,) = found.sets
    assert [(str(s.relaxed), s.clusters) for s in one.ways[0].steps] == [
        ("zlib@1.2.8:", ("c0",)),
        ("zlib@1.2.5:", ("c0", "c2")),
    ]
    assert len(one.ways) == 1


def test_clusters_that_are_too_small_gain_nothing():
    fleet = Fleet((Cluster("c", subsystems=(package_subsystem("zlib", "1"),)),))
    job = Job("j", (ResourceGroup((ResourceRequest("node", 2),), (version_requirement("zlib", "2", None),)),))
    found = relaxations(FleetIndex(fleet), job)
    assert (found.fewest, found.sets) == (None, ())
    assert found.causes[0].too_small
    assert relaxations(FleetIndex(Fleet(())), Job("j")).causes == ()


def test_a_subsystem_that_no_cluster_has_is_an_error():
    with pytest.raises(InputError, match="zlip"):
        relaxations(FleetIndex(Fleet((Cluster("c"),))), Job("j", (ResourceGroup((), (Requirement("zlip"),)),)))


def test_very_many_different_nodes_end_the_search_and_say_so():
    nodes = 12
    graph = ResourceGraph((Vertex("0", "cluster"), *(Vertex(str(n), "node", 0) for n in range(1, nodes + 1))))
    wanted = tuple(Requirement(f"s{number}") for number in range(nodes))
    # Node n has all but the subsystems s(n) and s(n + 1), so all nodes together need all left out, by many ways.
    subsystems = tuple(
        Subsystem(
            f"s{s}",
            (SubsystemVertex((), tuple(n for n in range(1, nodes + 1) if n % nodes not in (s, (s + 1) % nodes))),),
        )
        for s in range(nodes)
    )
    job = Job("j", (ResourceGroup((ResourceRequest("node", nodes),), wanted),))
    index = FleetIndex(Fleet((Cluster("c", graph, subsystems),)))
    found = relaxations(index, job)
    assert found.complete
    assert found.fewest == nodes
    many = FleetIndex(Fleet(tuple(Cluster(f"c{n}", graph, subsystems) for n in range(20))))
    assert not relaxations(many, job).complete


@pytest.mark.slow
def test_real_jobs_against_trying_every_single_requirement(public_data):
    experiment = read_experiment(public_data / "reliabuild", cache=None)
    index = FleetIndex(experiment.fleet)
    profiles = experiment.jobs.profiles()
    for position in profiles.first[5:200:13].tolist():
        job = experiment.jobs.job(position)
        found = relaxations(index, job)
        single = {r: clusters for r in job.requirements if (clusters := gained(index, job, {r: None}))}
        if single:
            assert {one.requirements[0]: one.clusters for one in found.sets} == single
        else:
            assert found.fewest is None or found.fewest > 1
        json.dumps([str(step.relaxed) for one in found.sets for way in one.ways for step in way.steps])
