"""An index derived from another answers as one compiled afresh, and leaves the other one as it was."""

import pickle
import sys
import threading
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_strategies import SUBSYSTEMS, clusters, jobs, properties, requirements, shapes

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.causes.why_not import why_not
from placewise.matching.clusters import compiled_cluster
from placewise.matching.fleet import counting as counting_module
from placewise.matching.fleet import index as index_module
from placewise.matching.fleet import offers
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.fleet.recent import Recent
from placewise.matching.match import count_matches, match, match_rows
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex, package_subsystem
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Requirement

NAMES = [f"c{i}" for i in range(5)]


@st.composite
def replacements(draw, before):
    """A cluster in place of another: one of its subsystems is another one, or one that was not there, or gone."""
    kept = {s.name: s for s in before.subsystems}
    for name in draw(st.sets(st.sampled_from(SUBSYSTEMS), max_size=2)):
        kept.pop(name, None)
        if draw(st.booleans()):
            where = st.integers(0, len(before.graph.vertices) - 1).map(lambda at: (at,))
            vertices = st.lists(st.builds(SubsystemVertex, properties, where), max_size=2).map(tuple)
            kept[name] = Subsystem(name, draw(vertices))
    graph = draw(st.sampled_from([before.graph, ResourceGraph(before.graph.vertices)]))
    return Cluster(before.name, graph, tuple(kept.values()))


@st.composite
def histories(draw):
    """A fleet, and what happens to it: mappings of names to clusters as they are then, None for one that is gone."""
    fleet = {name: draw(clusters(name)) for name in NAMES[: draw(st.integers(0, 3))]}
    start = Fleet(tuple(fleet.values()))
    steps = []
    for _ in range(draw(st.integers(1, 4))):
        step = {}
        for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)):
            kind = draw(st.sampled_from(["gone", "new", "little", "little", "same"]))
            before = fleet.get(name)
            if kind == "gone":
                step[name] = None
            elif kind == "new" or before is None:
                step[name] = draw(clusters(name))
            else:
                step[name] = before if kind == "same" else draw(replacements(before))
        steps.append(step)
        fleet = after(fleet, step)
    return start, steps


def after(fleet, step):
    fleet = fleet | step
    return {name: cluster for name, cluster in fleet.items() if cluster is not None}


def answer(ask):
    try:
        return ask()
    except InputError as error:
        return str(error)


def offered(index, subsystem):
    return sorted((repr(vertex), row.tobytes()) for vertex, row in index.offered(subsystem))


def held(index, requirement):
    met = index.meeting(requirement)
    return met.yes.tolist(), met.possible.tolist(), sorted(str(problem) for problem, _ in met.problems)


def answers(index, wanted, asked, shape):
    """All that an index says, in values that compare."""
    rows = [answer(lambda r=r: held(index, r)) for r in wanted]
    known = [r for r, row in zip(wanted, rows, strict=True) if not isinstance(row, str)]
    workload = Workload.from_rows(["j", "k"], [known, known[:1]], shape=shape)
    return {
        "fleet": index.fleet,
        "names": index.names,
        "positions": dict(index.positions),
        "classes": index.classes,
        "class_cluster": index.layout.class_cluster.tolist(),
        "firsts": index.firsts.tolist(),
        "everything": index.everything.tolist(),
        "offered": [offered(index, name) for name in SUBSYSTEMS],
        "clusters with": [index.clusters_with(name) for name in SUBSYSTEMS],
        "rows": rows,
        "how many": index.rows,
        "table": index.table(known).tolist(),
        "clusters": index.clusters_of(index.table(known)).tolist(),
        "hosts": answer(lambda: index.clusters_of(index.table(known), shape).tolist()),
        "all host": answer(lambda: index.clusters_of(index.everything, shape).tolist()),
        "workload": answer(lambda: match_rows(index, workload).tolist()),
        "counts": answer(lambda: count_matches(index, workload).tolist()),
        "match": [answer(lambda j=j: match(index, j)) for j in asked],
        "why not": [answer(lambda j=j: why_not(index, j)) for j in asked],
    }


@settings(max_examples=settings.default.max_examples * 3)
@given(histories(), st.lists(requirements, max_size=4), st.lists(jobs(), max_size=2), shapes)
def test_a_changed_index_answers_as_a_fresh_one_and_the_old_one_as_before(history, wanted, asked, shape):
    start, steps = history
    index, fleet = FleetIndex(start), {cluster.name: cluster for cluster in start.clusters}
    past = [(index, answers(index, wanted, asked, shape))]
    for step in steps:
        index, fleet = index.changed(step), after(fleet, step)
        expected = answers(FleetIndex(Fleet(tuple(fleet.values()), index.vocabulary)), wanted, asked, shape)
        assert answers(index, wanted, asked, shape) == expected
        past.append((index, expected))
    for old, before in past:
        assert answers(old, wanted, asked, shape) == before


@given(histories(), st.lists(requirements, max_size=4), st.lists(jobs(), max_size=2), shapes)
def test_several_changes_at_once_are_those_one_after_another(history, wanted, asked, shape):
    start, steps = history
    once = {}
    index = FleetIndex(start)
    for step in steps:
        # A cluster that goes and comes back is last; at once it would only be another one.
        if not any(name in once for name in step):
            once |= step
            index = index.changed(step)
    under_one = FleetIndex(Fleet(start.clusters, index.vocabulary))
    assert answers(under_one.changed(once), wanted, asked, shape) == answers(index, wanted, asked, shape)


def with_values(name, *values):
    """A cluster with one node for each value, or nodeless with a single one."""
    if len(values) == 1:
        return Cluster(name, subsystems=(Subsystem("x", (SubsystemVertex((("v", values[0]),)),)),))
    nodes = tuple(Vertex(str(at + 1), "node", 0) for at in range(len(values)))
    vertices = tuple(SubsystemVertex((("v", value),), (at + 1,)) for at, value in enumerate(values))
    return Cluster(name, ResourceGraph((Vertex("0", "cluster"), *nodes)), (Subsystem("x", vertices),))


VALUES = ["a", "b", "c"]
batches = st.lists(
    st.tuples(st.integers(0, 140), st.integers(1, 70), st.none() | st.lists(st.sampled_from(VALUES), min_size=1)),
    max_size=6,
)


@settings(max_examples=settings.default.max_examples // 2)
@given(st.integers(0, 130), batches, st.sampled_from([1, 100, 1 << 24]))
def test_columns_move_across_words(count, batches, flags):
    fleet = {f"n{i}": with_values(f"n{i}", VALUES[i % 3]) for i in range(count)}
    index = FleetIndex(Fleet(tuple(fleet.values())))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offers, "_BLOCK_FLAGS", flags)
        for start, many, values in batches:
            step = {}
            for i in range(start, start + many):
                mine = values[: 1 + i % len(values)] if values else None
                step[f"n{i}"] = with_values(f"n{i}", *mine) if mine else None
            index, fleet = index.changed(step), after(fleet, step)
            # What was ever there stays known.
            fresh = FleetIndex(Fleet(tuple(fleet.values()), index.vocabulary))
            assert index.names == fresh.names
            assert index.words == fresh.words
            assert offered(index, "x") == offered(fresh, "x")
            for value in VALUES:
                job = wanting("x", value)
                assert answer(lambda i=index, j=job: match(i, j)) == answer(lambda i=fresh, j=job: match(i, j))


def wanting(subsystem, value, predicate=Equals, shape=()):
    return Job("j", (ResourceGroup(shape, (Requirement(subsystem, (Condition("v", predicate(value)),)),)),))


def test_an_empty_fleet_grows_and_becomes_empty_again():
    empty = FleetIndex(Fleet(()))
    one = empty.changed({"a": with_values("a", "1")})
    assert match(one, wanting("x", "1")).names == ("a",)
    again = one.changed({"a": None})
    for index in (empty, again):
        assert index.names == ()
        assert index.fleet == Fleet((), index.vocabulary)
        assert not match(index, Job("j"))
    with pytest.raises(InputError, match="no cluster of the fleet has a subsystem 'x'"):
        match(empty, wanting("x", "1"))
    # What was ever there stays known: nobody has it any more, and that is an answer.
    assert not match(again, wanting("x", "1"))
    assert match(again.changed({"b": with_values("b", "2", "1")}), wanting("x", "1")).names == ("b",)


def test_what_changes_nothing_is_the_same_index():
    fleet = Fleet((with_values("a", "1"),))
    index = FleetIndex(fleet)
    assert index.changed({}) is index
    assert index.changed({"b": None, "a": fleet.clusters[0]}) is index


def test_a_cluster_under_another_name_is_refused():
    index = FleetIndex(Fleet((with_values("a", "1"),)))
    for name in ("a", "new"):
        with pytest.raises(InputError, match=f"is listed under another name; expected b; found '{name}'"):
            index.changed({name: with_values("b", "1")})
    assert index.names == ("a",)


@dataclass(frozen=True)
class Counted:
    """A predicate that counts how often it is asked."""

    text: str
    asked = 0

    def holds(self, value):
        Counted.asked += 1
        return value == self.text


def counting(subsystem, value="1"):
    return Requirement(subsystem, (Condition("version", Counted(value)),))


def packages(name, **versions):
    return Cluster(name, subsystems=tuple(package_subsystem(*pair) for pair in versions.items()))


def test_no_requirement_is_evaluated_again_for_what_did_not_change():
    index = FleetIndex(Fleet((packages("a", x="1", y="1"), packages("b", x="2", y="1"))))
    rows = [index.meeting(counting(name)) for name in "xy"]
    Counted.asked = 0
    before = index.fleet.clusters[0]
    other = replace(before, subsystems=(before.subsystems[0], package_subsystem("y", "3")))
    for changed in (
        index.changed({"a": other}),
        index.changed({"c": packages("c", y="1")}),
        # Documents that are read again are other objects, and say the same.
        index.changed({"a": packages("a", x="1", y="3")}),
    ):
        assert Counted.asked == 0
        assert changed.meeting(counting("x")) is rows[0]
        assert Counted.asked == 0
        changed.meeting(counting("y"))
        assert Counted.asked > 0
        Counted.asked = 0
    assert index.meeting(counting("x")) is rows[0]
    assert index.changed({"a": packages("a", x="1", y="1")}).meeting(counting("y")).yes.tolist() == rows[1].yes.tolist()


def test_only_what_changes_is_compiled(monkeypatch):
    index = FleetIndex(Fleet(tuple(with_values(f"c{i}", "1", "2") for i in range(5))))
    compiled, walked = [], []
    classes, tree = compiled_cluster.place_classes, compiled_cluster.Tree.of
    monkeypatch.setattr(
        compiled_cluster,
        "place_classes",
        lambda at, cluster, of: (compiled.append(cluster.name), classes(at, cluster, of))[1],
    )
    monkeypatch.setattr(
        compiled_cluster.Tree, "of", lambda graph, offered: (walked.append(graph), tree(graph, offered))[1]
    )
    changed = index.changed({"c3": with_values("c3", "1", "3"), "c1": None, "new": with_values("new", "1")})
    assert compiled == ["c3", "new"]
    # The graph of c3 is what it was.
    assert walked == [with_values("new", "1").graph]
    assert changed.names == ("c0", "c2", "c3", "c4", "new")


def test_counts_of_a_shape_are_kept_and_follow_the_changes(monkeypatch):
    index = FleetIndex(Fleet(tuple(with_values(f"c{i}", *"11"[: 1 + i % 2]) for i in range(6))))
    shape = (ResourceRequest("node", 2),)
    job = wanting("x", "1", shape=shape)
    assert match(index, job).names == ("c1", "c3", "c5")
    monkeypatch.setattr(counting_module, "counts_of", None)
    changed = index.changed({"c1": None, "c2": with_values("c2", "1", "1"), "c5": with_values("c5", "1", "2")})
    assert match(changed, job).names == ("c2", "c3")
    assert match(changed.changed({"c6": with_values("c6", "1", "1")}), job).names == ("c2", "c3", "c6")


def test_a_shape_that_a_new_cluster_cannot_count_is_refused_when_it_is_asked_for():
    r = ResourceRequest
    tight = tuple(r("slot", 5900 // 9 // cores, (r("core", cores),)) for cores in range(13, 22))
    job = Job("j", (ResourceGroup(tight),))
    index = FleetIndex(Fleet((Cluster("bare"),)))
    assert not match(index, job)
    nodes = [Vertex(f"n{i}", "node", 0) for i in range(100)]
    cores = [Vertex(f"c{i}", "core", 1 + i, 61) for i in range(100)]
    changed = index.changed({"full": Cluster("full", ResourceGraph((Vertex("0", "cluster"), *nodes, *cores)))})
    with pytest.raises(InputError, match="takes too much work"):
        match(changed, job)
    assert not match(changed.changed({"full": None}), job)


def test_a_subsystem_that_stays_is_seen_from_other_places_when_the_rest_changes():
    at = {name: Subsystem("y", (SubsystemVertex((), (at,)),)) for name, at in (("before", 2), ("after", 4))}
    nodes = ResourceGraph((Vertex("0", "cluster"), *(Vertex(str(i), "node", 0) for i in range(1, 5))))
    stays = Subsystem("x", (SubsystemVertex((("v", "1"),), (3,)),))
    # The nodes are told apart as 1 4 | 2 | 3, then as 1 2 | 3 | 4.
    index = FleetIndex(Fleet((Cluster("c", nodes, (stays, at["before"])),)))
    assert np.flatnonzero(bitset.unpack(index.meeting(Requirement("x")).yes, 3)).tolist() == [2]
    changed = index.changed({"c": Cluster("c", nodes, (stays, at["after"]))})
    assert np.flatnonzero(bitset.unpack(changed.meeting(Requirement("x")).yes, 3)).tolist() == [1]

    in_rack, beside = (
        ResourceGraph((Vertex("0", "cluster"), Vertex("1", "rack", 0), Vertex("2", "node", parent)))
        for parent in (1, 0)
    )
    stays = Subsystem("x", (SubsystemVertex((("v", "1"),), (1,)),))
    index = FleetIndex(Fleet((Cluster("c", in_rack, (stays,)),)))
    assert match(index, wanting("x", "1")).names == ("c",)
    assert not match(index.changed({"c": Cluster("c", beside, (stays,))}), wanting("x", "1"))


def test_true_one_and_1_0_stay_apart_when_one_becomes_the_other():
    index = FleetIndex(Fleet((with_values("a", "other"),)))
    for value in (True, 1, 1.0, True):
        index = index.changed({"a": with_values("a", value)})
        assert bool(match(index, wanting("x", "true"))) == (value is True)
        ((properties, _),) = index.offered("x")
        assert type(properties[0][1]) is type(value)


def test_what_a_changed_index_keeps_cannot_be_written_to():
    index = FleetIndex(Fleet((with_values("a", "1"), with_values("b", "2"))))
    for step in ({"a": with_values("a", "3")}, {"b": None}, {"c": with_values("c", "1", "2")}):
        index = index.changed(step)
        rows = [index.meeting(Requirement("x")).yes, index.firsts, index.everything]
        for row in (*rows, *(members for _, members in index.offered("x"))):
            assert not row.flags.writeable


def test_what_is_remembered_of_requirements_is_bounded(monkeypatch):
    monkeypatch.setattr(index_module, "_MOST_ROW_BYTES", 100_000)
    index = FleetIndex(Fleet((with_values("a", "one"), with_values("b", "two"))))
    often = Requirement("x", (Condition("v", Equals("1")),))
    row = index.meeting(often)
    for number in range(500):
        index.meeting(Requirement("x", (Condition("v", Equals(f"{number}")),)))
        index.meeting(Requirement("x", (Condition("v", Equals(f"{number}" * 1000)),)))
        # What is in use is remembered however many others come.
        assert index.meeting(often) is row
        index = index.changed({f"n{number % 3}": Cluster(f"n{number % 3}")})
        kept = [len(str(requirement)) for requirement, _ in index._rows.items()]
        assert len(kept) <= 100
        assert sum(kept) * 50 <= index.size_bytes <= 100_000 + index.rows * 8


@given(st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(1, 9)), max_size=60), st.integers(2, 12))
def test_a_memory_returns_what_was_kept_last_or_nothing(steps, most):
    recent, told = Recent(most), {}
    for number, (key, weight) in enumerate(steps):
        if weight is None:
            found = recent.get(key)
            assert found is None or found == told[key]
        else:
            recent.keep(key, (number, weight), weight)
            if 2 * weight <= most:
                told[key] = number, weight
                assert recent.get(key) == (number, weight)
        kept = dict(recent.items())
        assert sum(weight for _, weight in kept.values()) <= recent.weight <= most
        assert all(told[key] == value for key, value in kept.items())


def test_an_index_that_went_to_another_process_can_be_changed_there():
    index = FleetIndex(Fleet((packages("a", x="1", y="1"), packages("b", x="2"))))
    wanted = [Requirement(name, (Condition("version", Equals("1")),)) for name in "xy"]
    index.table(wanted)
    moved = pickle.loads(pickle.dumps(index)).changed({"b": packages("b", x="1"), "c": packages("c", y="1")})
    assert [tuple(np.flatnonzero(bitset.unpack(row, 3))) for row in moved.table(wanted)] == [(0, 1), (0, 2)]


def test_a_thread_explains_with_a_snapshot_while_others_are_derived_from_it(monkeypatch):
    # A small memory, so that it turns over often.
    monkeypatch.setattr(index_module, "_MOST_ROW_BYTES", 40_000)
    index = FleetIndex(Fleet(tuple(with_values(f"c{i}", str(i), "z") for i in range(10))))
    asked = [wanting("x", str(value), shape=(ResourceRequest("node", 1 + value % 2),)) for value in range(30)]
    expected = [why_not(FleetIndex(index.fleet), job) for job in asked]
    wrong, done = [], threading.Event()

    def explain():
        try:
            while not done.is_set():
                wrong.extend(job for job, why in zip(asked, expected, strict=True) if why_not(index, job) != why)
        except Exception as error:  # noqa: BLE001, whatever it is, the test shall say it
            wrong.append(error)

    worker, interval = threading.Thread(target=explain), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        worker.start()
        later = index
        for step in range(60):
            later = later.changed({f"c{step % 12}": with_values(f"c{step % 12}", str(step % 30))})
            fresh = FleetIndex(later.fleet)
            assert [match(later, job) for job in asked[:5]] == [match(fresh, job) for job in asked[:5]]
    finally:
        done.set()
        worker.join()
        sys.setswitchinterval(interval)
    assert not wrong


def test_what_no_place_sees_makes_fields_known_to_a_changed_index():
    wanted = Requirement("x", (Condition("size", Equals("9")),))
    index = FleetIndex(Fleet((Cluster("a", subsystems=(Subsystem("x", ()),)),)))
    assert not index.meeting(wanted).yes.any()
    unseen = Subsystem("x", (SubsystemVertex((("name", "n"),), ()),))
    changed = index.changed({"b": Cluster("b", subsystems=(unseen,))})
    with pytest.raises(InputError, match="no x has the field 'size'"):
        changed.meeting(wanted)
    assert not index.meeting(wanted).yes.any()
