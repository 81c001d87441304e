"""Whatever was ever registered stays known: whether a job is valid does not depend on who is there, or on a restart."""

import json

import grpc
import pytest
from running import running_server
from talking import graph, jobspec, refused, talking

from placewise.errors import InputError
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import ResourceRequest
from placewise.model.requirements.requirement import Requirement
from placewise.service.beside.teaching import MOST_FACTS, taught_by_cluster, taught_by_state
from placewise.service.store.rows.vocabulary import grow_vocabulary, load_vocabulary
from placewise.service.wire import placewise_pb2 as v1

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def test_types_and_facts_are_kept_in_the_store(database):
    cluster = Cluster("a", ResourceGraph((Vertex("0", "cluster"), Vertex("1", "fpga", 0))))
    taught = taught_by_cluster(cluster, ("queue depth", "cost"), Vocabulary())
    assert taught.types == {"fpga"}
    database.write(lambda c: grow_vocabulary(c, taught))
    database.write(lambda c: grow_vocabulary(c, Vocabulary(types=frozenset({"tape"}))))
    known, unusable = database.read(load_vocabulary)
    assert not unusable
    assert known.types == {"fpga", "tape"}
    assert known.known == {"cluster": {"queue depth", "cost"}}
    index = FleetIndex(Fleet((Cluster("b"),), known))
    index.require_types((ResourceRequest("fpga"),))
    with pytest.raises(InputError, match="fpgas"):
        index.require_types((ResourceRequest("fpgas"),))
    assert "cost" in index.vocabulary.known["cluster"]
    index.require_known("cluster")
    assert not index.meeting(Requirement("cluster")).problems


def test_of_strangers_no_more_facts_are_remembered_than_a_bound():
    known = Vocabulary(known={"cluster": frozenset(map(str, range(MOST_FACTS - 1)))})
    assert taught_by_state(("a", "b"), known).known == {"cluster": {"a"}}
    assert taught_by_state(("1",), known) == Vocabulary()


def test_a_restarted_server_knows_types_and_facts_of_clusters_that_are_gone(tmp_path):
    asked = {
        "type": (graph().replace('"core"', '"tpu"'), "", _of_type("tpu"), _of_type("tpus"), "tpu"),
        "fact": ("", '{"zone": "north"}', _in_zone("zone"), _in_zone("zonee"), "zone"),
    }
    with running_server(tmp_path / "placewise.db") as server, talking(server) as talk:
        talk.register("stays")
        for kind, (nodes, state, spec, _, _) in asked.items():
            assert refused(talk.v1.Submit, _submission(talk, spec))[0] == INVALID
            given = talk.register(kind, nodes=nodes or None, state=state)
            assert talk.submit(spec).cluster == kind
            owner = v1.ClusterSecret(name=kind, secret=given.secret)
            talk.v1.DeleteCluster(v1.DeleteClusterRequest(cluster=owner))
    with running_server(tmp_path / "placewise.db") as server, talking(server) as talk:
        for _, _, spec, misspelt, near in asked.values():
            assert talk.submit(spec).state == v1.JOB_STATE_REFUSED
            code, details = refused(talk.v1.Submit, _submission(talk, misspelt))
            assert code == INVALID
            assert near in details


def _submission(talk, spec):
    return v1.SubmitRequest(jobspec=spec, credentials=talk.everything)


def _of_type(kind):
    return json.dumps({"version": 1, "resources": {"a": {"type": "node", "with": [{"type": kind}]}}})


def _in_zone(field):
    return jobspec([{"cluster": {field: "north"}}])
