"""Small fleets of one or more nodes a cluster, and workloads, for near misses."""

from __future__ import annotations

from hypothesis import strategies as st

from placewise.model.cluster import Cluster, Fleet
from placewise.model.job import ResourceRequest
from placewise.model.predicates import Equals, InNumericRange, InVersionRange, OneOf
from placewise.model.requirement import Condition, Requirement
from placewise.model.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex, unshaped
from placewise.model.version_range import parse_bounds
from placewise.model.workload import Workload

SUBSYSTEMS = ("arch", "gcc", "zlib")
NODES = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "node", 0)))

versions = st.sampled_from(["1.2", "1.2.5", "1.3", "2", "develop"])
values = versions | st.sampled_from([4, 8, 1.0, True])
properties = st.dictionaries(st.sampled_from(["version", "name"]), values, max_size=2).map(lambda d: tuple(d.items()))
bounds = st.sampled_from([("1.2.5", None), ("2", None), (None, "1.2"), ("1.3", "2"), ("1.2", "1.2")])
predicates = st.one_of(
    bounds.map(lambda pair: InVersionRange(parse_bounds(*pair))),
    bounds.filter(lambda pair: pair[0] != pair[1]).map(lambda pair: InVersionRange(parse_bounds(*pair).exclusive())),
    versions.map(Equals),
    st.just(OneOf(("1.2", "2"))),
    st.sampled_from([(4, None), (None, 4), (5, 8)]).map(lambda pair: InNumericRange(*pair)),
)
requirements = st.builds(
    Requirement,
    st.sampled_from(SUBSYSTEMS),
    st.lists(st.builds(Condition, st.sampled_from(["version", "version", "name"]), predicates), max_size=2).map(tuple),
)


@st.composite
def fleets(draw):
    return Fleet(tuple(draw(_clusters(f"c{number}", number == 0)) for number in range(draw(st.integers(1, 4)))))


@st.composite
def _clusters(draw, name, complete):
    graph = draw(st.sampled_from([unshaped(), unshaped(), NODES]))
    where = st.sampled_from([(0,), (0,), (0,), (1,), (1, 2), ()]) if graph is NODES else st.just((0,))
    kept = SUBSYSTEMS if complete else [one for one in SUBSYSTEMS if draw(st.integers(0, 4))]
    count = st.sampled_from([1, 1, 1, 1, 2, 0])
    return Cluster(
        name,
        graph,
        tuple(
            Subsystem(one, tuple(SubsystemVertex(draw(properties), draw(where)) for _ in range(draw(count))))
            for one in kept
        ),
    )


@st.composite
def workloads(draw):
    rows = draw(st.lists(st.lists(requirements, min_size=1, max_size=3), min_size=1, max_size=5))
    rows = [row for row in rows for _ in range(draw(st.integers(1, 3)))]
    shape = draw(st.sampled_from([(), (), (ResourceRequest("node", 2),)]))
    return Workload.from_rows([f"j{number}" for number in range(len(rows))], rows, shape=shape)
