"""Small heterogeneous clusters, fleets and jobs for Hypothesis."""

from hypothesis import strategies as st

from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex, unshaped
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.predicates import Contains, Equals, InVersionRange, OneOf, Within
from placewise.model.requirements.requirement import Condition, Requirement, all_of, any_of, negated
from placewise.model.versions.version_range import parse_bounds

R = ResourceRequest
SUBSYSTEMS = ("gcc", "openmpi", "arch")


class Growing:
    """A containment tree under construction."""

    def __init__(self, root):
        self.vertices = [Vertex("0", root)]

    def add(self, kind, parent, size=1, unit=""):
        self.vertices.append(Vertex(str(len(self.vertices)), kind, parent, size, unit))
        return len(self.vertices) - 1


def _fill(draw, tree, holder):
    cores = draw(st.integers(0, 4))
    if draw(st.booleans()):
        tree.add("core", holder, cores)
    else:
        for _ in range(cores):
            tree.add("core", holder)
    if draw(st.booleans()):
        tree.add("gpu", holder, draw(st.integers(0, 2)))
    if draw(st.integers(0, 3)) == 0:
        tree.add("memory", holder, draw(st.integers(1, 4)), draw(st.sampled_from(["B", "bit"])))


@st.composite
def graphs(draw, nested=True):
    if draw(st.integers(0, 9)) == 0:
        return unshaped()
    if draw(st.integers(0, 9)) == 0:
        tree = Growing(draw(st.sampled_from(["cluster", "node"])))
        _fill(draw, tree, 0)
        return ResourceGraph(tuple(tree.vertices))
    tree = Growing("node" if nested and draw(st.integers(0, 5)) == 0 else "cluster")
    racks = [0] + [tree.add("rack", 0) for _ in range(draw(st.integers(0, 2)))]
    for _ in range(draw(st.integers(1, 4))):
        node = tree.add("node", draw(st.sampled_from(racks)))
        if draw(st.integers(0, 4)) == 0:
            for _ in range(2):
                _fill(draw, tree, tree.add("socket", node))
        else:
            _fill(draw, tree, node)
        if nested and draw(st.integers(0, 9)) == 0:
            _fill(draw, tree, tree.add("node", node))
    if draw(st.integers(0, 3)) == 0:
        tree.add("license", draw(st.sampled_from(racks)), draw(st.integers(1, 2)))
    if draw(st.integers(0, 4)) == 0:
        tree.add("core", draw(st.sampled_from(racks)), draw(st.integers(1, 2)))
    return ResourceGraph(tuple(tree.vertices))


# 1, 1.0 and true are equal and of equal hash to Python, and three different things to a requirement.
scalars = st.sampled_from(["9", "12", "12.1", "true", 1, 9, True, False, 1.0, 9.0])
# Mostly what the field is meant for, now and then what cannot be compared.
_values = {
    "version": st.sampled_from(["9", "12", "12.1", "12.1-rc1", "v9", 9, True]),
    "name": scalars,
    "size": st.sampled_from([1, 9, 9.5, 9, "9", "many"]),
    "features": st.sampled_from([("a",), ("a", "b"), (), ("b", "c"), "a"]),
}
properties = st.fixed_dictionaries({}, optional=_values).map(lambda d: tuple(d.items())) | st.fixed_dictionaries(
    {"version": st.sampled_from(["9", "12", "12.1"]), "name": st.sampled_from(["9", "true"])}
).map(lambda d: tuple(d.items()))


@st.composite
def clusters(draw, name="c", nested=True):
    graph = draw(graphs(nested))
    where = st.lists(st.integers(0, len(graph.vertices) - 1), max_size=2).map(tuple) | st.just((0,))
    subsystems = tuple(
        Subsystem(kind, tuple(SubsystemVertex(draw(properties), draw(where)) for _ in range(draw(st.integers(0, 3)))))
        for kind in sorted(draw(st.just(set(SUBSYSTEMS)) | st.sets(st.sampled_from(SUBSYSTEMS))))
    )
    return Cluster(name, graph, subsystems)


# By cluster and subsystem, whether all is described, or its vertices are; mostly it is.
_complete = st.just({}) | st.dictionaries(
    st.tuples(st.sampled_from(["", "c0", "c1", "c2"]), st.sampled_from(["", *SUBSYSTEMS])),
    st.sampled_from([True, False, "vertices"]),
    max_size=3,
)
vocabularies = st.builds(Vocabulary, complete=_complete)


@st.composite
def fleets(draw, most=4, nested=True):
    words = draw(vocabularies)
    # A whole fleet of bare roots is the common case, and has a path of its own.
    if draw(st.integers(0, 4)) == 0:
        kinds = draw(st.lists(clusters(), max_size=most))
        return Fleet(
            tuple(Cluster(f"c{i}", unshaped(), _at_root(kind.subsystems)) for i, kind in enumerate(kinds)), words
        )
    count = draw(st.integers(0, most))
    return Fleet(tuple(draw(clusters(f"c{i}", nested)) for i in range(count)), words)


def _at_root(subsystems):
    return tuple(Subsystem(s.name, tuple(SubsystemVertex(v.properties) for v in s.vertices)) for s in subsystems)


_texts = st.one_of(
    st.sampled_from(["9", "1", "true", "12.1"]).map(Equals),
    st.sampled_from([("9", "true"), ("1", "false"), ("12",)]).map(OneOf),
)
_versions = st.sampled_from([("9", None), ("12", None), (None, "9"), (None, None), ("12", "12")]).map(
    lambda bounds: InVersionRange(parse_bounds(*bounds))
)
_numbers = st.sampled_from([(1, 9), (None, 1), (9.5, None)]).map(lambda bounds: Within(*bounds))
_sets = st.sampled_from([Contains(("a",)), Contains(("a", "b")), Equals("c")])
_conditions = st.one_of(
    st.builds(Condition, st.just("version"), _versions | st.sampled_from([Equals("9"), OneOf(("9", "12"))])),
    st.builds(Condition, st.just("name"), _texts),
    st.builds(Condition, st.just("size"), _numbers),
    st.builds(Condition, st.just("features"), _sets),
)
predicates = st.one_of(_texts, _versions, _numbers, _sets)
requirements = st.builds(
    Requirement,
    st.sampled_from(SUBSYSTEMS),
    st.lists(_conditions, max_size=2, unique_by=lambda one: one.field).map(tuple),
)
expressions = st.recursive(
    requirements,
    lambda inner: st.one_of(
        inner.map(negated),
        st.lists(inner, min_size=1, max_size=3).map(all_of),
        st.lists(inner, min_size=1, max_size=3).map(any_of),
    ),
    max_leaves=5,
)
requirement_rows = st.lists(requirements | expressions, max_size=3).map(tuple)

counts = st.sampled_from([1, 1, 1, 2, 3])
_parts = st.one_of(
    st.builds(R, st.just("core"), counts),
    st.builds(R, st.just("gpu"), st.integers(1, 2)),
    st.builds(R, st.just("memory"), counts, unit=st.sampled_from(["", "B"])),
)
_inside = st.lists(_parts, max_size=2).map(tuple)
_some_inside = st.lists(_parts, min_size=1, max_size=2).map(tuple)
_slots = st.builds(R, st.just("slot"), counts, _some_inside)
_sockets = st.builds(R, st.just("socket"), st.integers(1, 2), _inside)
_nodes = st.builds(R, st.just("node"), counts, _inside | st.tuples(_slots) | st.tuples(_sockets))
_racks = st.builds(R, st.just("rack"), st.integers(1, 2), st.tuples(_nodes))
_wide_slots = st.builds(R, st.just("slot"), st.integers(1, 2), st.tuples(_nodes | _racks))
_things = st.one_of(
    _nodes,
    _slots,
    _racks,
    _wide_slots,
    _sockets,
    st.builds(R, st.sampled_from(["core", "gpu", "license", "memory", "rack", "cluster"]), counts),
)
shapes = st.just(()) | st.lists(_things, min_size=1, max_size=2).map(tuple)


@st.composite
def jobs(draw, most_groups=2):
    rows = draw(st.lists(st.builds(ResourceGroup, shapes, requirement_rows), min_size=1, max_size=most_groups))
    return Job("j", tuple(rows))
