from __future__ import annotations

import pytest

from placewise.errors import InputError
from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
from placewise.formats.traces.openb import NEVER_SCHEDULED
from placewise.formats.traces.read_trace import read_trace
from placewise.matching.deciding import required_job
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.requirements.requirement import Requirement, all_of

NODES = (
    "sn,cpu_milli,memory_mib,gpu,model\nn0,32000,1024,0,\nn1,96000,2048,8,G2\nn2,96000,2048,8,G2\nn3,8000,1024,1,T4\n"
)
PODS = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
POD = "p0,6500,512,1,460,,LS,Running,10,100,20\n"
NAMED = "p1,4000,512,2,1000,T4|G2|T4,BE,Failed,5,105,5\n"


@pytest.fixture
def read(tmp_path):
    def reader(*pods, nodes=NODES):
        (tmp_path / "pods.csv").write_text(PODS + "".join(pods))
        if nodes is not None:
            (tmp_path / "nodes.csv").write_text(nodes)
        return read_trace(tmp_path)

    return reader


def test_pods_are_jobs(read):
    trace = read(NAMED, POD)
    assert (trace.names, trace.processor_parts) == (("p1", "p0"), 1000)
    assert (trace.submit_s.tolist(), trace.runtime_s.tolist(), trace.waited_s.tolist()) == ([5, 10], [100, 80], [0, 10])
    assert (trace.processors.tolist(), trace.gpus_milli.tolist()) == ([4000, 6500], [2000, 460])
    assert trace.memory_bytes.tolist() == [512 << 20] * 2
    assert [trace.asks[ask] for ask in trace.ask.tolist()] == [(Requirement.parse("gpu{model in (G2, T4)}"),), ()]
    assert trace.queue.names == ("BE", "LS")


def test_pods_that_were_never_scheduled_are_counted(read):
    trace = read(POD, "p2,1,1,0,0,,LS,Pending,10,90,\n")
    assert (len(trace), trace.left_out) == (1, ((NEVER_SCHEDULED, 1),))


def test_alike_nodes_are_one_machine(read):
    machines = {one.name: one for one in read(POD).machines}
    assert list(machines) == ["32000m-1024Mi", "G2-8gpu-96000m-2048Mi", "T4-1gpu-8000m-1024Mi"]
    two = machines["G2-8gpu-96000m-2048Mi"]
    assert (two.nodes, two.processors, two.cores_per_node, two.gpus_per_node, two.gpu_model) == (
        2,
        192_000,
        96_000,
        8,
        "G2",
    )


def test_models_decide_where_a_pod_fits(read):
    fleet = fleet_of_trace(read(NAMED))
    index = FleetIndex(fleet)
    assert match(index, required_job([Requirement.parse("gpu{model in (T4, A10)}")])).names == ("T4-1gpu-8000m-1024Mi",)
    cores = {vertex.size for cluster in fleet.clusters for vertex in cluster.graph.vertices if vertex.type == "core"}
    assert cores == {32, 96, 8}


def test_the_tables_are_found(read, tmp_path):
    trace = read(POD)
    assert len(read_trace(tmp_path / "pods.csv").machines) == len(trace.machines) == 3
    with pytest.raises(InputError, match="table of nodes"):
        read_trace(tmp_path / "nodes.csv")
    (tmp_path / "more.csv").write_text(NODES)
    with pytest.raises(InputError, match="several"):
        read_trace(tmp_path)
    assert len(read_trace(tmp_path, machines=tmp_path / "nodes.csv").machines) == 3
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no table of pods"):
        read_trace(tmp_path / "empty")


@pytest.mark.parametrize(
    "pod",
    [
        *("p,x,1,1,1,,LS,R,1,2,1\n", "p,-1,1,1,1,,LS,R,1,2,1\n", "p,NaN,1,1,1,,LS,R,1,2,1\n", "p,1,1\n"),
        *("p,1,1,1,1,,LS,R,1,2,1,9\n", 'p,"1,1,1,1,,LS,R,1,2,1\n', f"p,1{'0' * 30},1,1,1,,LS,R,1,2,1\n"),
        *("p" * 100_000 + "\n", ""),
    ],
)
def test_bad_pods_are_one_error(read, tmp_path, pod):
    with pytest.raises(InputError) as error:
        read(pod)
    assert error.value.file == str(tmp_path / "pods.csv")


@pytest.mark.parametrize("node", ["n,0,1,0,\n", "n,1,1,-1,\n", "n,1\n", "n,1,x,0,\n"])
def test_bad_nodes_are_one_error(read, tmp_path, node):
    with pytest.raises(InputError) as error:
        read(POD, nodes=NODES + node)
    assert error.value.file == str(tmp_path / "nodes.csv")


def test_the_public_trace_names_models_that_its_nodes_have(public_data):
    trace = read_trace(public_data / "fleets" / "openb")
    assert (len(trace), trace.left_out) == (8_152 - 897, ((NEVER_SCHEDULED, 897),))
    assert sum(machine.nodes for machine in trace.machines) == 1_523
    assert len({machine.gpu_model for machine in trace.machines} - {None}) == 7
    index = FleetIndex(fleet_of_trace(trace))
    assert all(match(index, required_job([all_of(asks)])).names for asks in trace.asks[1:])
