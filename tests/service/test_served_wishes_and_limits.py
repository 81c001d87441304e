"""Wishes and the limits of sites at the service: the breakdown, states that change, and causes by name."""

import json

import grpc
import pytest
from running import running_server
from talking import jobspec, refused, subsystem, talking

from placewise.cli.serving.service_answers import score_line, submission_document
from placewise.service.client import Client, Credentials
from placewise.service.wire import placewise_pb2 as v1

WISHES = [{"weight": 5, "filesystem": {"type": "lustre"}}, {"weight": 2, "cluster": {"site": "here"}}]


@pytest.fixture
def server(tmp_path):
    with running_server(tmp_path / "placewise.db") as running:
        yield running


def sited(talk, **sites):
    secrets = {}
    for name, (kind, site) in sites.items():
        files = {"filesystem": subsystem({"type": kind})}
        secrets[name] = talk.register(name, subsystems=files, state=json.dumps({"site": site} if site else {})).secret
    return secrets


def test_a_job_goes_where_its_wishes_hold_and_the_answer_says_which(server):
    with talking(server) as talk:
        sited(talk, gray=("gpfs", "here"), blue=("lustre", "there"), teal=("lustre", "here"))
        done = talk.submit(jobspec(prefer=WISHES), select_algorithm="preferred")
        assert done.cluster == "teal"
        assert [(one.cluster, one.score, list(one.held)) for one in done.scores.clusters] == [
            ("teal", 7, [0, 1]),
            ("blue", 5, [0]),
            ("gray", 2, [1]),
        ]
        assert [(one.wish, one.weight) for one in done.scores.wishes] == [
            ("filesystem{type=lustre}", 5),
            ("cluster{site=here}", 2),
        ]
        matched = talk.v1.Match(v1.MatchRequest(jobspec=jobspec(prefer=WISHES)))
        assert matched.scores == done.scores
        assert not talk.submit(jobspec()).HasField("scores")
        assert talk.submit(jobspec(prefer=WISHES[:1]), select_algorithm="preferred,least-loaded").cluster == "blue"


def test_a_state_that_changes_changes_what_is_preferred(server):
    here = jobspec(prefer=[{"weight": 1, "cluster": {"site": "here"}}])
    with talking(server) as talk:
        secrets = sited(talk, gray=("gpfs", "here"), blue=("gpfs", "there"))
        assert talk.submit(here, select_algorithm="preferred").cluster == "gray"
        for name, site in (("gray", None), ("blue", "here")):
            own = v1.ClusterSecret(name=name, secret=secrets[name])
            talk.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=own, state=json.dumps({"site": site})))
        done = talk.submit(here, select_algorithm="preferred")
        assert (done.cluster, [one.score for one in done.scores.clusters]) == ("blue", [1, 0])
        only = jobspec([{"cluster": {"site": "here"}}])
        assert list(talk.v1.Match(v1.MatchRequest(jobspec=only)).clusters) == ["blue"]
        why = talk.v1.Explain(v1.ExplainRequest(jobspec=only))
        assert [cause.line for one in why.blocked for there in one.causes for cause in there.causes] == [
            "cluster there has no site, asked here"
        ]
        own = v1.ClusterSecret(name="blue", secret=secrets["blue"])
        talk.v1.DeleteCluster(v1.DeleteClusterRequest(cluster=own))
        # What was ever said stays known.
        assert list(talk.v1.Match(v1.MatchRequest(jobspec=only)).clusters) == []


@pytest.mark.parametrize("weight", ["1e400", "NaN", '"5"', "null", "true", "[]", "1" + "0" * 400])
def test_hostile_weights_are_refused_in_one_line(server, weight):
    text = jobspec(prefer=[{"weight": 12345, "gpu": {}}]).replace("12345", weight)
    with talking(server) as talk:
        sited(talk, gray=("gpfs", "here"))
        code, details = refused(talk.submit, text)
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert "\n" not in details


def test_wishes_of_what_nobody_has_are_refused(server):
    with talking(server) as talk:
        sited(talk, gray=("gpfs", "here"))
        for wish in ({"filesystems": {}}, {"cluster": {"sight": "here"}}):
            code, details = refused(talk.submit, jobspec(prefer=[{"weight": 1, **wish}]))
            assert (code, "filesystem" in details or "site" in details) == (grpc.StatusCode.INVALID_ARGUMENT, True)


def test_the_limits_of_partitions_keep_a_job_away_and_are_named(server):
    debug = subsystem({"name": "debug", "time_limit": "30m"})
    long = jobspec(attributes={"system": {"duration": 604800}})
    with talking(server) as talk:
        assert talk.register("gray", subsystems={"partition": debug})
        done = talk.submit(long)
        assert done.state == v1.JOB_STATE_REFUSED
        causes = [cause.line for one in done.explanation.blocked for there in one.causes for cause in there.causes]
        assert causes == ["partition debug allows 30 minutes, the job asks for 7 days"]
        assert talk.submit(jobspec(attributes={"system": {"duration": 1800}})).cluster == "gray"
        talk.register("blue")
        assert talk.submit(long).cluster == "blue"
        down = subsystem({"state": "drained"})
        talk.register("teal", subsystems={"node": down})
        assert sorted(talk.v1.Match(v1.MatchRequest(jobspec=jobspec())).clusters) == ["blue", "gray"]


def test_the_client_reads_the_breakdown(server):
    with talking(server) as talk:
        sited(talk, gray=("gpfs", "here"), blue=("lustre", "there"))
    with Client(server.target) as client:
        credentials = Credentials(global_token=server.global_token)
        done = client.submit(jobspec(prefer=WISHES), credentials, select_algorithm="preferred")
        assert [(one.cluster, one.score, one.held) for one in done.scores.clusters] == [
            ("blue", 5.0, (0,)),
            ("gray", 2.0, (1,)),
        ]
        assert score_line(done) == "its wishes count 5 there: +5 filesystem{type=lustre}"
        assert [one["score"] for one in submission_document(done)["scores"]] == [5, 2]
        plain = client.submit(jobspec(), credentials)
        assert (plain.scores, score_line(plain)) == (None, "")


def test_taints_and_limits_of_nodes_of_registered_graphs_are_held_too(server):
    small = subsystem({"name": "gpu", "max_nodes": 1, "accounts": "us"})
    taint = subsystem({"key": "spot", "effect": "NoSchedule"})
    with talking(server) as talk:
        assert talk.register("gray", subsystems={"partition": small})
        assert talk.register("blue", subsystems={"taint": taint})

        def answer(nodes, **said):
            found = talk.v1.Match(v1.MatchRequest(jobspec=jobspec(nodes=nodes, attributes={"system": said})))
            return sorted(found.clusters), sorted(found.unknown)

        assert answer(1) == ([], ["gray"])
        assert answer(1, account="us") == (["gray"], [])
        assert answer(2, account="us") == ([], [])
        assert answer(2, tolerations="spot") == (["blue"], [])
        assert answer(1, account="us", tolerations="spot") == (["blue", "gray"], [])
        explained = talk.v1.Explain(v1.ExplainRequest(jobspec=jobspec(nodes=2)))
        causes = {cause.line for one in explained.blocked for there in one.causes for cause in there.causes}
        assert "partition gpu allows at most 1 node; the job asks for 2" in causes
        assert any("the taint spot:NoSchedule, which the job does not tolerate" in line for line in causes)
