"""Small fleets of one or more nodes a cluster, and workloads, for near misses."""

from __future__ import annotations

from hypothesis import strategies as st

from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex, unshaped
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary
from placewise.model.jobs.job import ResourceRequest
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals, InNumericRange, InVersionRange, OneOf, Within
from placewise.model.requirements.requirement import Condition, Requirement, all_of, any_of, negated
from placewise.model.versions.version_range import parse_bounds

SUBSYSTEMS = ("arch", "gcc", "zlib")
NODES = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "node", 0)))

versions = st.sampled_from(["1.2", "1.2.5", "1.3", "2", "develop"])
values = versions | st.sampled_from([4, 8, 1.0, True])
sizes = st.sampled_from([2, 4, 4.5, "5", 8, "many"])
properties = st.fixed_dictionaries({}, optional={"version": values, "name": values, "size": sizes}).map(
    lambda fields: tuple(fields.items())
)
bounds = st.sampled_from([("1.2.5", None), ("2", None), (None, "1.2"), ("1.3", "2"), ("1.2", "1.2")])
_texts = versions.map(Equals) | st.just(OneOf(("1.2", "2")))
_ranges = st.one_of(
    bounds.map(lambda pair: InVersionRange(parse_bounds(*pair))),
    bounds.filter(lambda pair: pair[0] != pair[1]).map(lambda pair: InVersionRange(parse_bounds(*pair).exclusive())),
    _texts,
)
_spans = st.sampled_from([(4, None), (None, 4), (5, 8)])
_numbers = _spans.map(lambda pair: InNumericRange(*pair)) | _spans.map(lambda pair: Within(*pair))
_conditions = st.one_of(
    st.builds(Condition, st.just("version"), _ranges),
    st.builds(Condition, st.just("name"), _texts),
    st.builds(Condition, st.just("size"), _numbers),
)
requirements = st.builds(
    Requirement,
    st.sampled_from(SUBSYSTEMS),
    st.lists(_conditions, max_size=2, unique_by=lambda one: one.field).map(tuple),
)
_expressions = st.recursive(
    requirements,
    lambda inner: (
        inner.map(negated)
        | st.lists(inner, min_size=1, max_size=3).map(all_of)
        | st.lists(inner, min_size=1, max_size=3).map(any_of)
    ),
    max_leaves=4,
)


@st.composite
def fleets(draw):
    clusters = tuple(draw(_clusters(f"c{number}", number == 0)) for number in range(draw(st.integers(1, 4))))
    # In the vocabulary that they are first read in, what is changed stays comparable.
    fields = dict.fromkeys(SUBSYSTEMS, frozenset(("version", "name", "size")))
    return Fleet(clusters, Vocabulary(kinds={("", "size"): FieldKind("number")}, known=fields))


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
def workloads(draw, mixed=True):
    asked = requirements | _expressions if mixed else requirements
    rows = draw(st.lists(st.lists(asked, min_size=1, max_size=3), min_size=1, max_size=5))
    rows = [row for row in rows for _ in range(draw(st.integers(1, 3)))]
    shape = draw(st.sampled_from([(), (), (ResourceRequest("node", 2),)]))
    return Workload.from_rows([f"j{number}" for number in range(len(rows))], rows, shape=shape)
