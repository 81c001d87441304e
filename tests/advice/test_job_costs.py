"""What a job costs where it fits."""

import pytest

from placewise.advice.job_costs import job_cost, nodes_of
from placewise.errors import InputError
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest

R = ResourceRequest


def cluster(name, **state):
    """A cluster of two nodes with four cores each."""
    nodes = [Vertex("0", "cluster"), Vertex("a", "node", 0), Vertex("b", "node", 0)]
    cores = [Vertex("c", "core", 1, 4), Vertex("d", "core", 2, 4)]
    return Cluster(name, ResourceGraph((*nodes, *cores)), (), tuple(state.items()))


FLEET = Fleet(
    (
        cluster("dear", cost_per_node_hour=2.0),
        cluster("cheap", cost_per_node_hour=1.0),
        cluster("by-core", cost_per_processor_hour=0.1),
        cluster("unpriced"),
    )
)


def asked(*shape, **attributes):
    return Job("j", (ResourceGroup(shape),), attributes=tuple(attributes.items()))


def costs(job, **options):
    found = job_cost(FLEET, range(4), job, **options)
    assert found.unpriced == ("unpriced",)
    return {one.cluster: (one.per, one.amount, one.cost) for one in found.clusters}


def test_nodes_are_paid_for_whole_for_as_long_as_the_job_may_run():
    job = asked(R("node", 2, (R("core", 1),)), duration=5400)
    assert costs(job) == {
        "by-core": ("processor", 2, pytest.approx(0.1 * 2 * 1.5)),
        "cheap": ("node", 2, pytest.approx(1.0 * 2 * 1.5)),
        "dear": ("node", 2, pytest.approx(2.0 * 2 * 1.5)),
    }


def test_cores_are_paid_for_by_the_price_of_a_core():
    assert costs(asked(R("core", 6)), limit_s=7200) == {
        "by-core": ("processor", 6, pytest.approx(0.1 * 6 * 2)),
        "cheap": ("processor", 6, pytest.approx(1.0 / 4 * 6 * 2)),
        "dear": ("processor", 6, pytest.approx(2.0 / 4 * 6 * 2)),
    }


def test_without_a_duration_it_is_the_cost_of_an_hour_and_without_an_amount_none():
    assert job_cost(FLEET, [0], asked(R("node"))).seconds is None
    assert costs(asked(R("node")))["dear"] == ("node", 1, 2.0)
    assert costs(asked(R("gpu")))["dear"] == ("node", None, None)
    assert costs(asked(R("gpu")), processors=2)["dear"] == ("processor", 2, pytest.approx(1.0))


def test_the_cheapest_comes_first_and_only_where_it_fits():
    found = job_cost(FLEET, [1, 0, 3], asked(R("node")))
    assert [one.cluster for one in found.clusters] == ["cheap", "dear"]
    assert not job_cost(FLEET, [3], asked(R("node"))).clusters


def test_nodes_are_counted_through_slots_and_alternatives():
    inside = (R("or_slot", 1, (R("node", 2),)), R("or_slot", 1, (R("node", 3),)))
    assert nodes_of(R("rack", 2, inside)) == 6
    assert nodes_of(R("slot", 3, (R("node", 2, (R("core", 4),)),))) == 6
    assert nodes_of(R("slot", 3, (R("core", 4),))) == 0


def test_what_is_no_price_and_no_duration_is_refused():
    with pytest.raises(InputError, match="cost_per_node_hour"):
        job_cost(Fleet((cluster("c", cost_per_node_hour=-1),)), [0], asked(R("node")))
    with pytest.raises(InputError, match="duration"):
        job_cost(FLEET, [0], asked(R("node"), duration="soon"))
