"""The nodes on which a job fits."""

from hypothesis import given
from hypothesis import strategies as st
from matching_strategies import Growing, R

from placewise.formats.notations.hostlists import hostlist_text, parse_hostlist
from placewise.matching.fleet.fitting_nodes import fitting_nodes
from placewise.matching.fleet.index import FleetIndex
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


def with_gpus(nodes):
    """Return a fleet of one cluster with a rack per node, of which each holds so many GPUs of each model."""
    tree = Growing("cluster")
    hosts, gpus = [], []
    for number, models in enumerate(nodes):
        rack = tree.add("rack", 0)
        node = tree.add("node", rack)
        tree.add("memory", node, 1 + number, "GB")
        tree.add("ssd", rack)
        hosts.append(SubsystemVertex((("name", f"n{number}"),), (node,)))
        gpus += [SubsystemVertex((("model", model),), (tree.add("gpu", node),)) for model in models]
    graph = ResourceGraph(tuple(tree.vertices))
    subsystems = (Subsystem("host", tuple(hosts)), *[Subsystem("gpu", tuple(gpus))] * bool(gpus))
    return Fleet((Cluster("a", graph, subsystems),))


@given(
    st.lists(st.lists(st.sampled_from(["a100", "v100"]), max_size=4), min_size=1, max_size=5).filter(any),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from(["node", "rack", "slot", "nodeless"]),
)
def test_a_node_fits_if_it_would_alone_with_what_is_required_inside_the_shape(nodes, gpus, count, around):
    gpu = R("gpu", gpus, requirements=(Requirement.parse("gpu{model=a100}"),))
    shape = {
        "node": R("node", count, (gpu,)),
        "rack": R("rack", 1, (R("node", count, (gpu,)), R("ssd", 1))),
        "slot": R("slot", 1, (R("node", count, (gpu,)),)),
        "nodeless": R("slot", count, (gpu,)),
    }[around]
    fleet = with_gpus(nodes)
    job = Job("j", (ResourceGroup((shape,)),))
    expected = tuple(f"n{number}" for number, models in enumerate(nodes) if models.count("a100") >= gpus)
    assert fitting_nodes(FleetIndex(fleet, names_apart=True), job, 0, fleet.clusters[0]) == expected


@given(st.integers(1, 6), st.integers(1, 6000))
def test_a_node_fits_if_it_would_alone_with_amounts_in_units(nodes, megabytes):
    fleet = with_gpus([["a100"]] * nodes)
    job = Job("j", (ResourceGroup((R("node", 1, (R("memory", megabytes, unit="MB"),)),)),))
    expected = tuple(f"n{number}" for number in range(nodes) if (1 + number) * 1000 >= megabytes)
    assert fitting_nodes(FleetIndex(fleet, names_apart=True), job, 0, fleet.clusters[0]) == expected


@given(st.sets(st.from_regex(r"[a-z]{1,2}[0-9]{0,3}", fullmatch=True), max_size=12))
def test_lists_of_hosts_read_back(names):
    assert set(parse_hostlist(hostlist_text(names), "x", 1000)) == names
