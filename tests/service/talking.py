"""Stubs of a running server, jobspecs and graphs to talk with."""

import contextlib
import json
from dataclasses import dataclass

import grpc

from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire.memory_graph_pb2_grpc import MemoryGraphStub
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub
from placewise.service.wire.rainbow_pb2_grpc import RainbowSchedulerStub


@dataclass(frozen=True)
class Talk:
    """The three services of one server, and credentials for everything."""

    rainbow: RainbowSchedulerStub
    memory: MemoryGraphStub
    v1: SchedulerStub
    registration_secret: str
    everything: v1.Credentials

    def register(self, name, nodes=None, subsystems=None, state=""):
        return self.v1.RegisterCluster(
            v1.RegisterClusterRequest(
                name=name,
                registration_secret=self.registration_secret,
                nodes=nodes or graph(),
                subsystems=subsystems or {},
                state=state,
            )
        )

    def submit(self, spec=None, **more):
        return self.v1.Submit(v1.SubmitRequest(jobspec=spec or jobspec(), credentials=self.everything, **more))

    def job(self, job_id):
        return self.v1.GetJob(v1.GetJobRequest(job_id=job_id, credentials=self.everything))


@contextlib.contextmanager
def talking(server):
    with grpc.insecure_channel(server.target) as channel:
        yield Talk(
            RainbowSchedulerStub(channel),
            MemoryGraphStub(channel),
            SchedulerStub(channel),
            server.registration_secret,
            v1.Credentials(global_token=server.global_token),
        )


def graph(nodes=2, cores=4, root="0"):
    """A containment graph as text: a cluster of nodes with cores."""
    vertices, edges = {root: _vertex("cluster")}, []
    for node in range(nodes):
        vertices[f"n{node}"] = _vertex("node")
        edges.append(_edge(root, f"n{node}"))
        for core in range(cores):
            vertices[f"n{node}c{core}"] = _vertex("core")
            edges.append(_edge(f"n{node}", f"n{node}c{core}"))
    return json.dumps({"graph": {"nodes": vertices, "edges": edges}})


def subsystem(fields, on=("n0", "n1")):
    """A subsystem of one vertex as text, attached to vertices of `graph`."""
    nodes = {"s0": {"metadata": {"type": "package", **fields}}}
    return json.dumps({"graph": {"nodes": nodes, "edges": [_edge(where, "s0") for where in on]}})


def jobspec(requires=(), nodes=1, cores=1, name="", command=("true",), **more):
    """A jobspec as text: so many nodes with so many cores each, and entries of requirements."""
    resource = {"type": "node", "count": nodes, "with": [{"type": "core", "count": cores}]}
    if requires:
        resource["requires"] = list(requires)
    document = {"version": 1, "resources": {"default": resource}, "task": {"command": list(command)}, **more}
    return json.dumps({"name": name, **document} if name else document)


def refused(call, *arguments):
    """Return the code and the details with which a call is refused."""
    try:
        answer = call(*arguments)
    except grpc.RpcError as error:
        return error.code(), error.details()
    raise AssertionError(f"answered: {answer}")


def _vertex(kind):
    return {"metadata": {"type": kind}}


def _edge(source, target):
    return {"source": source, "target": target, "relation": "contains"}
