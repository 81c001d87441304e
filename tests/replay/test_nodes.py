"""Jobs on nodes: packing, whole nodes, shares of GPUs, requirements of nodes."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from random_replays import difference, random_case, random_settings, trace_of

from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.requirements.requirement import Requirement
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.trace import Machine
from placewise.replays.run import replay

NODES = ReplaySettings(policy="fcfs", hold="nodes")
GIB = 1 << 30


def fleet_of(nodes, cores, *, memory=None, gpus=0):
    machine = Machine("m", nodes * cores, nodes, cores, memory, gpus)
    return fleet_of_trace(replace(jobs(0, 1), machines=(machine,)))


def starts(trace, fleet, settings=NODES, **columns):
    arrays = {name: np.asarray(column, dtype=getattr(trace, name).dtype) for name, column in columns.items()}
    return replay(replace(trace, **arrays), fleet, settings).start_s.tolist()


def jobs(count, processors, runtime=10):
    return trace_of([0] * count, [runtime] * count, [runtime] * count, [processors] * count)


def test_one_large_node_is_a_pool():
    for seed, policy, estimates in product(
        range(3), ("fcfs", "easy", "easy-sjbf", "conservative"), ("limit", "user-mean")
    ):
        case = random_case(seed, jobs=40, clusters=2)
        fleet = Fleet(
            tuple(
                replace(
                    one,
                    graph=ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "core", 1, size))),
                )
                for one in case.fleet.clusters
                for size in (one.graph.vertices[1].size,)
            )
        )
        settings = random_settings(seed, policy, estimates, "earliest-start", case.fleet)
        pool = replay(case.trace, case.fleet, settings, truth=case.truth, engine="plain")
        nodes = replay(case.trace, fleet, replace(settings, hold="nodes"), truth=case.truth)
        assert difference(pool, nodes) is None


def test_pieces_on_nodes_of_their_own_and_wherever_there_is_room():
    fleet = fleet_of(2, 4)
    assert starts(jobs(3, 4), fleet, nodes=[2, 2, 2]) == [0, 0, 10]
    assert starts(jobs(3, 3), fleet) == [0, 0, 10]
    assert starts(jobs(1, 4), fleet, nodes=[3]) == [-1]


def test_memory_and_whole_nodes_are_held():
    fleet = fleet_of(2, 4, memory=4 * GIB)
    assert starts(jobs(3, 1), fleet, memory_bytes=[3 * GIB] * 3) == [0, 0, 10]
    assert starts(jobs(3, 1), fleet, exclusive=[True, True, False]) == [0, 0, 10]
    assert starts(jobs(1, 1), fleet, memory_bytes=[5 * GIB]) == [-1]


def test_a_share_of_a_gpu_is_on_one_gpu():
    fleet = fleet_of(1, 8, gpus=2)
    assert starts(jobs(3, 1), fleet, gpus_milli=[600, 600, 600]) == [0, 0, 10]
    assert starts(jobs(3, 1), fleet, gpus_milli=[500, 1000, 1000]) == [0, 0, 10]
    assert starts(jobs(1, 1), fleet, gpus_milli=[3000]) == [-1]


@pytest.mark.parametrize(("runtime", "second"), [(5, 1), (30, 20)])
def test_a_job_goes_ahead_if_the_head_still_fits_on_its_nodes(runtime, second):
    # Two nodes of 2: one job of 3 leaves a core; the head needs both nodes whole; the third fits into the gap or not.
    trace = trace_of([0, 0, 1], [10, 10, runtime], [10, 10, runtime], [3, 4, 1])
    settings = replace(NODES, policy="easy")
    assert starts(trace, fleet_of(2, 2), settings) == [0, 10, second]


def test_requirements_of_nodes_decide_which_nodes():
    graph = fleet_of(2, 2).clusters[0].graph
    second = next(i for i, vertex in enumerate(graph.vertices) if vertex.id == "nodem-1")
    gpu = Subsystem("gpu", (SubsystemVertex((("name", "v100"),), (second,)),))
    fleet = Fleet((Cluster("c", graph, (gpu,)),))
    trace = trace_of([0, 0, 0], [10] * 3, [10] * 3, [2, 2, 2], ask=[1, 1, 0], asks=((), (Requirement.parse("gpu"),)))
    assert replay(trace, fleet, replace(NODES, policy="easy")).start_s.tolist() == [0, 10, 0]
