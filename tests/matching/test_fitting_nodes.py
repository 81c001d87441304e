"""The nodes on which a job fits."""

from hypothesis import given
from hypothesis import strategies as st
from matching_strategies import Growing, R

from placewise.formats.jobs.jobspec.hostlists import hostlist_text, parse_hostlist
from placewise.matching.fitting_nodes import fitting_nodes
from placewise.matching.index import FleetIndex
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.requirement import Requirement

sizes = st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=6)


@given(sizes, st.integers(1, 4), st.booleans())
def test_nodes_are_those_with_room_and_what_is_required(nodes, cores, ib):
    tree = Growing("cluster")
    places = [tree.add("node", 0) for _ in nodes]
    for place, (size, _) in zip(places, nodes, strict=True):
        tree.add("core", place, size)
    graph = ResourceGraph(tuple(tree.vertices))
    hosts = [SubsystemVertex((("name", f"n{number}"),), (place,)) for number, place in enumerate(places)]
    fabric = [
        SubsystemVertex((("name", "ib"),), (place,)) for place, (_, has) in zip(places, nodes, strict=True) if has
    ]
    cluster = Cluster("a", graph, (Subsystem("host", tuple(hosts)), Subsystem("fabric", tuple(fabric))))
    fleet = Fleet((cluster,))
    shape = (R("node", 1, (R("core", cores),)),)
    job = Job("j", (ResourceGroup(shape, (Requirement.parse("fabric{name=ib}"),) if ib and fabric else ()),))
    index = FleetIndex(fleet, names_apart=True)
    expected = tuple(
        f"n{number}" for number, (size, has) in enumerate(nodes) if size >= cores and (has or not (ib and fabric))
    )
    assert fitting_nodes(index, job, 0, cluster) == expected
    assert bool(match(index, job)) == bool(expected)


@given(st.sets(st.from_regex(r"[a-z]{1,2}[0-9]{0,3}", fullmatch=True), max_size=12))
def test_lists_of_hosts_read_back(names):
    assert set(parse_hostlist(hostlist_text(names), "x", 1000)) == names
