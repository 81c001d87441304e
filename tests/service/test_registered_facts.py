"""What a registered graph says of its nodes beside type and size counts in the service as it does for `match`."""

import json

import grpc
from talking import refused, subsystem

from placewise.service.wire import placewise_pb2 as v1

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def fluxion(*names, down=()):
    """A graph as Fluxion writes it: listed vertices with names and ranks, properties on the first node."""
    listed = [{"id": "0", "metadata": {"type": "cluster", "basename": "cluster", "name": "cluster0", "id": 0}}]
    edges = []
    for rank, name in enumerate(names):
        said = {"properties": {"fast": ""}} if not rank else {}
        status = {"status": 1} if name in down else {}
        metadata = {"type": "node", "basename": "node", "name": name, "id": rank, "rank": rank, **said, **status}
        listed.append({"id": str(rank + 1), "metadata": metadata})
        edges.append({"source": "0", "target": str(rank + 1), "metadata": {"subsystem": "containment"}})
    return json.dumps({"graph": {"nodes": listed, "edges": edges}})


def asking(**constraints):
    resources = [{"type": "slot", "count": 1, "label": "a", "with": [{"type": "node", "count": 1}]}]
    system = {"duration": 0, "constraints": constraints}
    tasks = [{"command": ["true"], "slot": "a", "count": {"per_slot": 1}}]
    return json.dumps({"version": 1, "resources": resources, "tasks": tasks, "attributes": {"system": system}})


def match(talk, spec):
    return list(talk.v1.Match(v1.MatchRequest(jobspec=spec, credentials=talk.everything)).clusters)


def test_hosts_ranks_and_properties_of_a_registered_graph_count(talk):
    talk.register("gray", nodes=fluxion("a1", "a2"))
    given = talk.register("blue", nodes=fluxion("b1"))
    assert match(talk, asking(hostlist=["a[1-2]"])) == ["gray"]
    assert match(talk, asking(ranks=["1"])) == ["gray"]
    assert match(talk, asking(properties=["fast"])) == ["gray", "blue"]
    assert match(talk, asking(**{"not": [{"hostlist": ["b1"]}]})) == ["gray"]
    assert talk.submit(asking(hostlist=["b1"])).cluster == "blue"
    changes = v1.UpdateClusterRequest(
        cluster=v1.ClusterSecret(name="blue", secret=given.secret), nodes=fluxion("c1", down=("c1",))
    )
    talk.v1.UpdateCluster(changes)
    assert talk.submit(asking(hostlist=["b1"])).state == v1.JOB_STATE_REFUSED
    assert match(talk, asking(hostlist=["c1"])) == []
    explained = talk.v1.Explain(v1.ExplainRequest(jobspec=asking(hostlist=["c1"]), credentials=talk.everything))
    assert "c1" in str(explained) or "down" in str(explained)


def test_what_the_graph_says_is_replaced_by_a_subsystem_and_not_removed(talk):
    given = talk.register("gray", nodes=fluxion("a1"))
    owner = v1.ClusterSecret(name="gray", secret=given.secret)
    code, details = refused(talk.v1.UpdateCluster, v1.UpdateClusterRequest(cluster=owner, removed_subsystems=["host"]))
    assert code == INVALID
    assert "graph" in details
    z1 = subsystem({"name": "z1"}, on=("1",))
    talk.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=owner, subsystems={"host": z1}))
    assert match(talk, asking(hostlist=["z1"])) == ["gray"]
    talk.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=owner, removed_subsystems=["host"]))
    assert match(talk, asking(hostlist=["a1"])) == ["gray"]
