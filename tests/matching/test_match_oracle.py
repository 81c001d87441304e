"""The compiled matcher against the naive one, over random fleets and jobs."""

import contextlib
from dataclasses import replace

import numpy as np
import oracle
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from matching_strategies import fleets, jobs, requirement_rows, requirements, shapes

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.bits.kernels import load_kernels
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import count_matches, match, match_rows, match_workload
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals, InVersionRange
from placewise.model.requirements.requirement import Condition, Requirement
from placewise.model.requirements.requirement import tests_of as leaves
from placewise.model.versions.version_range import parse_bounds


def kernels():
    found = [load_kernels("numpy")]
    with contextlib.suppress(InputError):
        found.append(load_kernels("numba"))
    return found


def known(fleet, wanted):
    return oracle.understood(fleet, wanted)


@settings(max_examples=settings.default.max_examples * 4)
@given(fleets(), jobs())
def test_a_match_is_what_trying_everything_finds(fleet, job):
    index = FleetIndex(fleet)
    if not known(fleet, job.requirements):
        with pytest.raises(InputError):
            match(index, job)
        return
    expected = oracle.matching(fleet, job)
    event(f"matched {len(expected)} of {len(fleet)}")
    found = match(index, job)
    assert found.positions == expected
    assert found.names == tuple(fleet.names[c] for c in expected)
    assert bool(found) == bool(expected)
    undecided = [fleet.names[c] for c in oracle.matching(fleet, job, possible=True) if c not in expected]
    assert sorted((*found.unknown, *(one.cluster for one in found.incomparable))) == sorted(undecided)


@settings(max_examples=settings.default.max_examples * 2)
@given(fleets(nested=False), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), requirement_rows)
def test_simple_shapes_are_counted(fleet, many, cores, gpus, wanted):
    if not known(fleet, wanted):
        return
    r = ResourceRequest

    def of(graph, kind, place):
        return sum(v.size for i, v in enumerate(graph.vertices) if v.type == kind and place in oracle.above(graph, i))

    def by_holder(graph, good, per_node):
        """Lists which nodes of each rack are good; those beside racks with nodes are in no slot."""
        racks = [i for i, v in enumerate(graph.vertices) if v.type == "rack"]
        with_nodes = [rack for rack in racks if any(rack in oracle.above(graph, p) for p in oracle.places(graph))]
        return [
            [ok for ok, (_, _, p) in zip(good, per_node, strict=True) if rack in oracle.above(graph, p)]
            for rack in with_nodes or [0]
        ]

    def enough(graph, usable, shape):
        per_node = [(of(graph, "core", p), of(graph, "gpu", p), p) for p in usable]
        is_node = [graph.vertices[p].type == "node" for p in usable]
        good = [c >= cores and g >= gpus and n for (c, g, _), n in zip(per_node, is_node, strict=True)]
        racks = [i for i, v in enumerate(graph.vertices) if v.type == "rack"]
        return {
            "none": bool(usable),
            "nodes": sum(is_node) >= many,
            "nodes with": sum(good) >= many,
            "slots": sum(min(c // cores, g // gpus) for c, g, _ in per_node) >= many,
            "nodes of slots": sum(c // cores >= gpus and n for (c, _, _), n in zip(per_node, is_node, strict=True))
            >= many,
            # The nodes of a slot are those of one rack, where there are racks with nodes; one node is anywhere.
            "slots of nodes": sum(
                sum(inside) // gpus for inside in ([good] if gpus == 1 else by_holder(graph, good, per_node))
            )
            >= many,
            "racks": sum(
                sum(ok for ok, (_, _, p) in zip(good, per_node, strict=True) if rack in oracle.above(graph, p)) >= many
                for rack in racks
            )
            >= gpus,
        }[shape]

    both = (r("core", cores), r("gpu", gpus))
    words = FleetIndex(fleet).vocabulary
    for name, shape in {
        "none": (),
        "nodes": (r("node", many),),
        "nodes with": (r("node", many, both),),
        "slots": (r("slot", many, both),),
        "nodes of slots": (r("node", many, (r("slot", gpus, (r("core", cores),)),)),),
        "slots of nodes": (r("slot", many, (r("node", gpus, both),)),),
        "racks": (r("rack", gpus, (r("node", many, both),)),),
    }.items():
        found = match(FleetIndex(fleet), Job("j", (ResourceGroup(shape, wanted),))).positions
        expected = [
            position
            for position, cluster in enumerate(fleet.clusters)
            if enough(cluster.graph, oracle.usable(cluster, wanted, words), name)
        ]
        assert list(found) == expected, name


@given(fleets(), st.lists(requirement_rows, max_size=5), shapes)
def test_a_workload_matches_job_by_job(fleet, rows, shape):
    if not known(fleet, [r for row in rows for r in row]):
        return
    index = FleetIndex(fleet)
    rows = rows + rows[:2]
    workload = Workload.from_rows([f"j{job}" for job in range(len(rows))], rows, shape=shape)
    expected = [oracle.matching(fleet, Job("j", (ResourceGroup(shape, row),))) for row in rows]
    for kernel in (None, *kernels()):
        for bits in (match_rows(index, workload, kernel), match_workload(index, workload, kernel)):
            assert bits.dtype == np.uint64
            assert bits.shape == (len(rows), bitset.word_count(len(fleet)))
            assert [tuple(np.flatnonzero(row)) for row in bitset.unpack(bits, len(fleet))] == expected
            # Bits beyond the last cluster are those of no cluster.
            assert bitset.size_of(bits).tolist() == list(map(len, expected))
        assert count_matches(index, workload, kernel).tolist() == list(map(len, expected))
    assert [match(index, workload.job(job)).positions for job in range(len(workload))] == expected


@given(fleets(), jobs(), requirements)
def test_a_further_requirement_never_enlarges_a_match(fleet, job, more):
    if not known(fleet, (*job.requirements, more)):
        return
    index = FleetIndex(fleet)
    stricter = Job("j", tuple(ResourceGroup(g.shape, (*g.requirements, more)) for g in job.groups))
    assert set(match(index, stricter).positions) <= set(match(index, job).positions)


@given(fleets(most=5), jobs(), st.randoms(use_true_random=False))
def test_a_match_does_not_depend_on_the_order_or_names_of_clusters(fleet, job, random):
    if not known(fleet, job.requirements):
        return
    order = list(range(len(fleet)))
    random.shuffle(order)
    renamed = Fleet(
        tuple(
            Cluster(f"new{place}", c.graph, c.subsystems, c.state)
            for place, c in enumerate(fleet.clusters[i] for i in order)
        ),
        replace(
            FleetIndex(fleet).vocabulary,
            complete={
                (
                    f"new{order.index(fleet.names.index(cluster))}" if cluster in fleet.names else cluster,
                    subsystem,
                ): said
                for (cluster, subsystem), said in fleet.vocabulary.complete.items()
            },
        ),
    )
    before = set(match(FleetIndex(fleet), job).positions)
    assert {order[place] for place in match(FleetIndex(renamed), job).positions} == before


@given(fleets(), st.lists(requirement_rows, min_size=1, max_size=5), shapes, st.randoms(use_true_random=False))
def test_the_order_of_jobs_permutes_the_results(fleet, rows, shape, random):
    if not known(fleet, [r for row in rows for r in row]):
        return
    index = FleetIndex(fleet)
    workload = Workload.from_rows([f"j{job}" for job in range(len(rows))], rows, shape=shape)
    order = list(range(len(rows)))
    random.shuffle(order)
    order = np.array(order)
    np.testing.assert_array_equal(match_rows(index, workload)[order], match_rows(index, workload.select(order)))


@given(fleets(), jobs())
def test_one_index_answers_many_jobs_as_a_fresh_one_does(fleet, job):
    if not known(fleet, job.requirements):
        return
    index = FleetIndex(fleet)
    answers = [match(index, job), match(index, Job("bare")), match(index, job)]
    assert answers[0] == answers[2] == match(FleetIndex(fleet), job)


@given(fleets(), jobs())
def test_reasons_cover_what_does_not_match(fleet, job):
    if not known(fleet, job.requirements):
        return
    index = FleetIndex(fleet)
    why = why_not(index, job)
    named = {c.name: c for c in fleet.clusters}
    matched = {fleet.names[c] for c in oracle.matching(fleet, job)}
    bare = Job("j", tuple(ResourceGroup(group.shape) for group in job.groups))
    fitting = {fleet.names[c] for c in oracle.matching(fleet, bare)}

    def met(name, requirement):
        return any(
            oracle.answer(named[name], p, requirement, index.vocabulary) for p in oracle.places(named[name].graph)
        )

    unmet = {name: [r for r in job.requirements if not met(name, r)] for name in fleet.names}
    assert why.total == len(fleet)
    assert set(why.matched) == matched
    assert set(why.too_small) == set(fleet.names) - fitting
    assert set(why.scattered) == {n for n in fleet.names if not unmet[n] and n in fitting and n not in matched}
    assert {b.requirement: set(b.clusters) for b in why.blocked} == {
        r: {n for n in fleet.names if r in unmet[n]} for r in job.requirements if any(r in u for u in unmet.values())
    }
    for blocked in why.blocked:
        asked = {test.subsystem for test in leaves(blocked.requirement)}
        lacking = [n for n in blocked.clusters if asked.isdisjoint(s.name for s in named[n].subsystems)]
        assert blocked.lacking == len(lacking)
    sizes = [len(b.clusters) for b in why.blocked]
    assert sizes == sorted(sizes, reverse=True)
    near = {}
    for name in fleet.names:
        if len(unmet[name]) == 1:
            others = [
                ResourceGroup(g.shape, tuple(r for r in g.requirements if r != unmet[name][0])) for g in job.groups
            ]
            if oracle.matching(Fleet((named[name],)), Job("j", tuple(others))):
                near[name] = unmet[name][0]
    assert {miss.cluster: miss.requirement for miss in why.near_misses} == near
    reasons = {n for b in why.blocked for n in b.clusters} | set(why.scattered) | set(why.too_small)
    assert matched | reasons == set(fleet.names)
    assert not matched & reasons
    undecided = {fleet.names[c] for c in oracle.matching(fleet, job, possible=True)} - matched
    assert {one.cluster for one in (*why.unknown, *why.incomparable)} == undecided
    assert all(one.facts for one in why.unknown)
    for blocked in why.blocked:
        assert [name for one in blocked.causes for name in one.clusters if not one.causes] == []
        assert sorted(name for one in blocked.causes for name in one.clusters) == sorted(blocked.clusters)
        lines = [str(cause) for one in blocked.causes for cause in one.causes]
        assert all(line and "\n" not in line for line in lines)
    assert sorted(name for one in why.apart for name in one.clusters) == sorted(why.scattered)


def at_least(subsystem, version):
    return Requirement(subsystem, (Condition("version", InVersionRange(parse_bounds(version, None))),))


def two_nodes(first, second):
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "node", 0)))
    offered = {}
    for position, (name, version) in ((1, first), (2, second)):
        offered.setdefault(name, []).append(SubsystemVertex((("version", version),), (position,)))
    return Cluster("c", graph, tuple(Subsystem(name, tuple(vertices)) for name, vertices in offered.items()))


def test_gcc_9_on_one_node_and_openmpi_12_on_another_are_no_gcc_12():
    index = FleetIndex(Fleet((two_nodes(("gcc", "9"), ("openmpi", "12")),)))
    assert not match(index, Job("j", (ResourceGroup((), (at_least("gcc", "12"),)),)))
    assert match(index, Job("j", (ResourceGroup((), (at_least("gcc", "9"),)),)))
    both = Job("j", (ResourceGroup((), (at_least("gcc", "9"), at_least("openmpi", "12"))),))
    assert not match(index, both)
    assert why_not(index, both).scattered == ("c",)
    apart = Job("j", (ResourceGroup((), (at_least("gcc", "9"),)), ResourceGroup((), (at_least("openmpi", "12"),))))
    assert match(index, apart)


def test_one_vertex_meets_all_conditions_of_a_requirement():
    vertices = (
        SubsystemVertex((("name", "gcc"), ("version", "9"))),
        SubsystemVertex((("name", "llvm"), ("version", "15"))),
    )
    index = FleetIndex(Fleet((Cluster("c", subsystems=(Subsystem("compiler", vertices),)),)))
    gcc, new = Condition("name", Equals("gcc")), Condition("version", InVersionRange(parse_bounds("12", None)))
    assert not match(index, Job("j", (ResourceGroup((), (Requirement("compiler", (gcc, new)),)),)))
    # Conditions that a document gives each on its own are requirements of their own.
    apart = (Requirement("compiler", (gcc,)), Requirement("compiler", (new,)))
    assert match(index, Job("j", (ResourceGroup((), apart),)))


def test_true_one_and_1_0_are_three_things():
    values = {"yes": True, "one": 1, "float": 1.0}
    fleet = Fleet(
        tuple(
            Cluster(name, subsystems=(Subsystem("x", (SubsystemVertex((("v", value),)),)),))
            for name, value in values.items()
        )
    )
    for clusters in (fleet.clusters, fleet.clusters[::-1]):

        def names(predicate, kind, clusters=clusters):
            index = FleetIndex(Fleet(clusters, Vocabulary({("x", "v"): FieldKind(kind)})))
            return set(
                match(index, Job("j", (ResourceGroup((), (Requirement("x", (Condition("v", predicate),)),)),))).names
            )

        assert names(Equals("true"), "flag") == {"yes"}
        assert names(Equals("1"), "number") == {"one", "float"}
        assert names(InVersionRange(parse_bounds("1", "1")), "version") == {"one"}


def test_an_unknown_subsystem_is_an_error_with_a_suggestion():
    index = FleetIndex(Fleet((two_nodes(("gcc", "9"), ("openmpi", "12")),)))
    for job in (Job("j", (ResourceGroup((), (Requirement("opnmpi"),)),)),):
        for ask in (match, why_not):
            with pytest.raises(InputError, match="'opnmpi'.*openmpi"):
                ask(index, job)
    workload = Workload.from_rows(["j"], [[Requirement("opnmpi")]])
    for ask in (match_rows, match_workload, count_matches):
        with pytest.raises(InputError, match="'opnmpi'.*openmpi"):
            ask(index, workload)
    with pytest.raises(InputError, match="one of 2 known names"):
        match(index, Job("j", (ResourceGroup((), (Requirement("zzz"),)),)))


def test_what_nobody_names_is_unknown_where_descriptions_are_incomplete_unless_it_may_be_misspelt():
    words = Vocabulary(complete={("open", ""): False}, known={"closed": frozenset()})
    index = FleetIndex(Fleet((Cluster("open"), Cluster("closed"), two_nodes(("hdf5", "1"), ("fftw-api", "3"))), words))
    job = Job("j", (ResourceGroup((), (Requirement("julia"),)),))
    assert (match(index, job).names, match(index, job).unknown) == ((), ("open",))
    assert match(index, Job("j", (ResourceGroup((), (~Requirement("julia"),)),))).names == ("closed", "c")
    assert match(index, Job("j", (ResourceGroup((), (Requirement("fftw"),)),))).unknown == ("open",)
    for name in ("hfd5", "closd"):
        with pytest.raises(InputError, match=rf"'{name}'.*subsystems: {{{name}: {{}}}}"):
            match(index, Job("j", (ResourceGroup((), (Requirement(name),)),)))


def test_a_near_miss_says_what_the_cluster_offers():
    index = FleetIndex(Fleet((two_nodes(("gcc", "9"), ("gcc", "10")), Cluster("bare"))))
    bounds = tuple(Condition("version", InVersionRange(parse_bounds(*pair))) for pair in (("12", None), (None, "15")))
    why = why_not(index, Job("j", (ResourceGroup((), (Requirement("gcc", bounds),)),)))
    assert [(miss.cluster, miss.offered) for miss in why.near_misses] == [
        ("c", "version 9, version 10"),
        ("bare", "no gcc"),
    ]
    assert why.blocked[0].lacking == 1
    assert why.blocked[0].clusters == ("c", "bare")


def test_what_no_node_sees_is_not_offered():
    graph = two_nodes(("gcc", "9"), ("gcc", "10")).graph
    graph = ResourceGraph((*graph.vertices, Vertex("3", "socket", 1), Vertex("4", "storage", 0)))
    high, low, beside, rootless = (
        SubsystemVertex((("version", version),), where)
        for version, where in (("9", (1,)), ("12", (3,)), ("13", (4,)), ("14", ()))
    )
    fleet = Fleet(
        (
            Cluster("both", graph, (Subsystem("gcc", (low, high, beside)),)),
            Cluster("unseen", graph, (Subsystem("gcc", (low, beside, rootless)),)),
            Cluster("other field", graph, (Subsystem("gcc", (SubsystemVertex((("name", "gcc"),)),)),)),
        )
    )
    for wanted, offered in (
        (
            at_least("gcc", "12"),
            ["version 9", "version 12, version 13, version 14, attached where no node sees it", "no gcc"],
        ),
        (Requirement("gcc"), ["gcc, attached where no node sees it"]),
    ):
        why = why_not(FleetIndex(fleet), Job("j", (ResourceGroup((), (wanted,)),)))
        assert [miss.offered for miss in why.near_misses] == offered


def test_types_that_no_cluster_has_are_named():
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "memory", 1, 8, "GB")))
    index = FleetIndex(Fleet((Cluster("a", graph), Cluster("b"))))
    r = ResourceRequest
    for shape, unknown in (
        ((r("node"),), ()),
        ((r("node", 2),), ()),
        ((r("memory", 8),), ()),
        ((r("memory", 8, unit="GB"),), ()),
        ((r("memory", 8, unit="MB"),), ()),
        ((r("memory", 8, unit="GHz"),), ("memory in GHz",)),
        ((r("node", 1, unit="GB"),), ("node in GB",)),
        ((r("slot", 2, (r("node"),), unit="x"),), ()),
        (
            (r("node", 1, (r("slot", 1, (r("gpu"), r("memory", unit="dBm"))),)), r("socket")),
            ("gpu", "memory in dBm", "socket"),
        ),
    ):
        why = why_not(index, Job("j", (ResourceGroup(()), ResourceGroup(shape))))
        assert why.unknown_types == unknown
        if unknown:
            assert why.too_small == ("a", "b")


def test_a_type_that_nobody_has_is_an_error_with_a_suggestion():
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "fpga", 1, 8)))
    index = FleetIndex(Fleet((Cluster("a", graph), Cluster("b"))))
    r = ResourceRequest
    for wanted, near in (("cores", "core"), ("fgpa", "fpga"), ("nodes", "node")):
        for shape in ((r(wanted),), (r("node", 1, (r("or_slot", 1, (r(wanted),)),)),)):
            for ask in (match, why_not):
                with pytest.raises(InputError, match=f"{wanted!r}.*such as {near}"):
                    ask(index, Job("j", (ResourceGroup(()), ResourceGroup(shape))))
            with pytest.raises(InputError, match=f"{wanted!r}.*such as {near}"):
                match_rows(index, Workload.from_rows(["j"], [[]], shape=shape))
    # What was there stays known, and usual types are: a job with them fits nowhere.
    gone = index.changed({"a": None})
    for known in ("fpga", "gpu"):
        assert not match(gone, Job("j", (ResourceGroup((r(known),)),)))


def test_what_an_index_keeps_cannot_be_written_to():
    index = FleetIndex(Fleet((two_nodes(("gcc", "9"), ("openmpi", "12")),)))
    wanted = at_least("gcc", "9")
    met = index.meeting(wanted)
    for row in (met.yes, met.possible, index.meeting(wanted).yes, *(members for _, members in index.offered("gcc"))):
        assert not row.flags.writeable


def test_no_clusters_and_no_jobs_are_values_too():
    empty = FleetIndex(Fleet(()))
    r = ResourceRequest
    for shape in ((), (r("node", 1),), (r("core"), r("gpu"))):
        assert not match(empty, Job("j", (ResourceGroup(shape),)))
        assert why_not(empty, Job("j", (ResourceGroup(shape),))).total == 0
        one_job = Workload.from_rows(["j"], [[]], shape=shape)
        assert count_matches(empty, one_job).tolist() == [0]
        for index in (empty, FleetIndex(Fleet((two_nodes(("gcc", "9"), ("gcc", "10")),)))):
            nothing = Workload.from_rows([], [], shape=shape)
            assert match_rows(index, nothing).shape == match_workload(index, nothing).shape == (0, 1)
            assert count_matches(index, nothing).shape == (0,)


def test_many_clusters_fill_several_words():
    chosen = {0, 1, 63, 64, 65, 127, 128, 199}
    fleet = Fleet(
        tuple(
            Cluster(str(c), subsystems=(Subsystem("x", (SubsystemVertex((("v", "1" if c in chosen else "0"),)),)),))
            for c in range(200)
        )
    )
    index = FleetIndex(fleet)
    wanted = Requirement("x", (Condition("v", Equals("1")),))
    assert set(match(index, Job("j", (ResourceGroup((), (wanted,)),))).positions) == chosen
    workload = Workload.from_rows(["a", "b"], [[wanted], []])
    assert count_matches(index, workload).tolist() == [len(chosen), 200]
