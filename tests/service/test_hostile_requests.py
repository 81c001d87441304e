"""What brings other servers down or open: each is answered here with an error, and the server goes on."""

import json
import threading

import grpc
import pytest
from talking import graph, jobspec, refused, subsystem

from placewise.service.wire import memory_graph_pb2 as memory
from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire import rainbow_pb2 as rainbow

INVALID = grpc.StatusCode.INVALID_ARGUMENT
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
STORM = 200


def version(name, low, high=None):
    return {"name": name, "field": "version", "min": low} | ({"max": high} if high else {})


def with_metadata(**values):
    document = json.loads(graph())
    document["graph"]["nodes"]["n0"]["metadata"] |= values
    return json.dumps(document)


def cyclic():
    document = json.loads(graph())
    document["graph"]["edges"].append({"source": "n0c0", "target": "0", "relation": "contains"})
    return json.dumps(document)


@pytest.mark.parametrize(
    ("nodes", "complaint"),
    [
        (with_metadata(type=5), "type"),
        (with_metadata(size="1"), "size"),
        (with_metadata(unit=None), "unit"),
        (with_metadata(size=-1), "size"),
        (cyclic(), "cycle"),
        ("", "nodes"),
        ("{", "JSON"),
        ("[]", "mapping"),
        ('{"graph": 5}', "graph"),
        ('{"graph": {"nodes": {}}}', "no vertices"),
        ("[" * 5000 + "]" * 5000, "deep"),
        (graph().replace('"n0"', '"\\ud800"', 1), "Unicode"),
    ],
)
def test_a_rejected_graph_leaves_the_name_free(talk, nodes, complaint):
    request = rainbow.RegisterRequest(name="gray", secret=talk.registration_secret, nodes=nodes)
    code, details = refused(talk.rainbow.Register, request)
    assert code == INVALID
    assert complaint.lower() in details.lower()
    request.nodes = graph()
    assert talk.rainbow.Register(request).status == rainbow.RegisterResponse.REGISTER_SUCCESS
    assert talk.submit().cluster == "gray"


def test_a_rejected_subsystem_changes_nothing(talk):
    secret = talk.register("gray", subsystems={"zlib": subsystem({"version": "1.2"})}).secret
    for text in ("{", subsystem({"version": 1.2}), subsystem({}, on=("nowhere",)), "null"):
        request = rainbow.RegisterRequest(name="gray", secret=secret, subsystem="zlib", nodes=text)
        assert refused(talk.rainbow.RegisterSubsystem, request)[0] == INVALID
    both = {"zlib": subsystem({"version": "9"}), "hdf5": "{"}
    owner = v1.ClusterSecret(name="gray", secret=secret)
    assert refused(talk.v1.UpdateCluster, v1.UpdateClusterRequest(cluster=owner, subsystems=both))[0] == INVALID
    assert talk.submit(jobspec([version("zlib", "1.2", "1.2")])).cluster == "gray"
    assert talk.submit(jobspec([version("zlib", "9")])).state == v1.JOB_STATE_REFUSED


def test_numbers_in_subsystems_are_matched_and_never_crash(talk):
    io = {"name": "io", "field": "size", "min": 5, "max": 10}
    talk.register("gray", subsystems={"io": subsystem({"size": 7, "fast": True})})
    for entry, found in (
        (io, ["gray"]),
        (io | {"min": 8}, []),
        ({"name": "io", "field": "size", "match": "7"}, ["gray"]),
        ({"name": "io", "field": "size", "match": 7}, ["gray"]),
    ):
        answer = talk.memory.Satisfy(memory.SatisfyRequest(payload=jobspec([entry]), matcher="match"))
        assert list(answer.clusters) == found
        assert (answer.total_clusters, answer.total_matches + answer.total_mismatches) == (1, 1)
    for field in ("fast", "nothing"):
        request = memory.SatisfyRequest(payload=jobspec([io | {"field": field}]), matcher="match")
        code, details = refused(talk.memory.Satisfy, request)
        assert code == INVALID
        assert field in details


@pytest.mark.parametrize("expression", ["min()", "min('a', 1)", "max", "x.__class__", "9**9**9", "(", "", "lambda: 1"])
def test_expressions_that_cannot_be_used(talk, expression):
    talk.register("gray", state='{"x": 1}')
    options = {"priorities": json.dumps([{"priority": 1, "steps": [{"filter": expression}]}])}
    before = talk.v1.ListJobs(v1.ListJobsRequest(credentials=talk.everything)).jobs
    request = v1.SubmitRequest(
        jobspec=jobspec(), credentials=talk.everything, select_algorithm="constraint", select_options=options
    )
    assert refused(talk.v1.Submit, request)[0] == INVALID
    assert list(talk.v1.ListJobs(v1.ListJobsRequest(credentials=talk.everything)).jobs) == list(before)
    assert talk.submit().cluster == "gray"


def test_a_filter_that_rejects_everybody_rejects(talk):
    talk.register("gray", state='{"nodes_free": 0}')

    def submitted(text):
        steps = json.dumps([{"priority": 1, "steps": [{"filter": text}]}])
        return talk.submit(select_algorithm="constraint", select_options={"priorities": steps})

    refusal = submitted("nodes_free > 0")
    assert (refusal.state, refusal.cluster, refusal.matching_clusters) == (v1.JOB_STATE_REFUSED, "", 1)
    assert "policy" in refusal.reason
    assert submitted("nodes_free >= 0").cluster == "gray"


def test_options_of_one_request_are_not_those_of_the_next(talk):
    for name, cost in (("cheap", 1), ("dear", 2)):
        talk.register(name, state=json.dumps({"cost": cost}))

    def chosen(order):
        steps = json.dumps([{"priority": 1, "steps": [{order: "cost"}, {"select": "first"}]}])
        return talk.submit(select_algorithm="constraint", select_options={"priorities": steps}).cluster

    assert [chosen("sort_ascending"), chosen("sort_descending"), chosen("sort_ascending")] == ["cheap", "dear", "cheap"]
    without = v1.SubmitRequest(jobspec=jobspec(), credentials=talk.everything, select_algorithm="constraint")
    code, details = refused(talk.v1.Submit, without)
    assert (code, "priorities" in details) == (INVALID, True)
    assert talk.submit(select_algorithm="first").cluster == "cheap"
    assert refused(talk.v1.Submit, v1.SubmitRequest(jobspec=jobspec(), credentials=talk.everything,
                   select_options={"depth": "1"}))[0] == INVALID  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "5",
        "[]",
        "{}",
        "\x00",
        "version: 1\nresources: [{type: node, count: 0}]\ntasks: []",
        "version: 1\nresources: [{type: node, count: -1}]\ntasks: []",
        "version: 1\nresources: [{type: node, count: 1}]\ntasks: []\nattributes: {parameter: 5}",
        "version: 1\nresources: [{type: node, count: 1}]\ntasks: 7",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "{" * 500,
    ],
)
def test_a_jobspec_that_is_none(talk, text):
    given = talk.register("gray")
    submit = rainbow.SubmitJobRequest(name="job", jobspec=text)
    submit.clusters.add(name="gray", token=given.token)
    assert refused(talk.rainbow.SubmitJob, submit)[0] == INVALID
    assert refused(talk.memory.Satisfy, memory.SatisfyRequest(payload=text))[0] == INVALID
    assert not talk.v1.ListJobs(v1.ListJobsRequest(credentials=talk.everything)).jobs


def test_an_impossible_job_is_matched_again_by_the_server(talk):
    given = talk.register("gray", subsystems={"zlib": subsystem({"version": "1.2.11"})})
    for text in (jobspec(nodes=3), jobspec(cores=5), jobspec([version("zlib", "9.9")])):
        submit = rainbow.SubmitJobRequest(name="job", jobspec=text)
        submit.clusters.add(name="gray", token=given.token)
        code, details = refused(talk.rainbow.SubmitJob, submit)
        assert code == grpc.StatusCode.FAILED_PRECONDITION
        assert "fits on no cluster" in details
    owner = v1.ClusterSecret(name="gray", secret=given.secret)
    assert not talk.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=owner)).assignments


def test_requirements_met_on_different_nodes_do_not_add_up(talk):
    parts = {
        "gcc": subsystem({"version": "12.1"}, on=("n0",)),
        "openmpi": subsystem({"version": "4.1"}, on=("n1",)),
    }
    given = talk.register("gray", subsystems=parts)
    both = jobspec([version("gcc", "12"), version("openmpi", "4")])
    assert not talk.memory.Satisfy(memory.SatisfyRequest(payload=both)).clusters
    answer = talk.submit(both)
    assert answer.state == v1.JOB_STATE_REFUSED
    assert list(answer.explanation.scattered) == ["gray"]
    owner = v1.ClusterSecret(name="gray", secret=given.secret)
    together = {"openmpi": subsystem({"version": "4.1"}, on=("n0", "n1"))}
    talk.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=owner, subsystems=together))
    assert talk.submit(both).cluster == "gray"


@pytest.mark.parametrize("root", ["cluster0", "-1", "root of all", "1"])
def test_a_root_may_have_any_id(talk, root):
    talk.register("gray", nodes=graph(root=root))
    assert talk.submit(jobspec(nodes=2, cores=4)).cluster == "gray"


NAMES = [
    "%",
    "_",
    "GRAY",
    "Gray",
    "gray'; DROP TABLE jobs; --",
    'a"b',
    "a b",
    "äöü 🦊",
    "x" * 256,
    "null",
    "../gray",
    "{}",
]


def test_names_are_just_names(talk):
    secrets = {name: talk.register(name).secret for name in ["gray", *NAMES]}
    for name, secret in secrets.items():
        job = talk.submit(name=name, select_algorithm="least-loaded")
        assert talk.job(job.job_id).name == name
        owner = v1.ClusterSecret(name=name, secret=secret)
        for received in talk.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=owner)).assignments:
            assert talk.job(received.job_id).cluster == name
    assert [one.name for one in talk.v1.ListClusters(v1.ListClustersRequest()).clusters] == list(secrets)
    for wrong in ("%", "gray", "GRAY"):
        for other in ("Gray", "_"):
            mixed = v1.ClusterSecret(name=wrong, secret=secrets[other])
            code, _ = refused(talk.v1.ReceiveJobs, v1.ReceiveJobsRequest(cluster=mixed))
            assert code == grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("name", ["", "x" * 257, "a\nb", "\x1b[31m", "a\x00b"])
def test_names_that_are_none(talk, name):
    request = v1.RegisterClusterRequest(name=name, registration_secret=talk.registration_secret, nodes=graph())
    assert refused(talk.v1.RegisterCluster, request)[0] == INVALID
    talk.register("gray")
    if name:
        job = v1.SubmitRequest(name=name, jobspec=jobspec(), credentials=talk.everything)
        assert refused(talk.v1.Submit, job)[0] == INVALID


def test_quotes_in_a_jobspec_come_out_as_they_went_in(talk):
    secret = talk.register("gray").secret
    words = ["echo", 'it\'s "quoted"', "a; DROP TABLE jobs", "ü"]
    text = jobspec(command=words)
    job = talk.submit(text)
    answer = talk.rainbow.ReceiveJobs(rainbow.ReceiveJobsRequest(cluster="gray", secret=secret))
    received = json.loads(answer.jobs[job.job_id])
    assert (received["id"], received["cluster"], received["jobspec"]) == (job.job_id, "gray", text)
    assert list(talk.job(job.job_id).command) == words


def test_job_ids_differ_and_are_not_zero(talk):
    given = talk.register("gray")
    submit = rainbow.SubmitJobRequest(name="job", jobspec=jobspec())
    submit.clusters.add(name="gray", token=given.token)
    ids = [talk.rainbow.SubmitJob(submit).jobid for _ in range(5)]
    assert ids == sorted(set(ids))
    assert ids[0] >= 1


def test_a_backlog_larger_than_one_message_comes_in_parts(talk):
    given = talk.register("gray")
    filling = "x" * 250_000
    ids = {talk.submit(jobspec(command=["echo", filling])).job_id for _ in range(20)}
    received, parts = set(), 0
    for _ in range(20):
        answer = talk.rainbow.ReceiveJobs(rainbow.ReceiveJobsRequest(cluster="gray", secret=given.secret))
        if not answer.jobs:
            break
        assert answer.ByteSize() < 4 << 20
        assert not received & set(answer.jobs)
        received |= set(answer.jobs)
        parts += 1
    assert received == ids
    assert parts > 1


def test_too_much_at_once_is_refused_with_its_bound(talk):
    talk.register("gray")
    long = v1.SubmitRequest(jobspec=jobspec(command=["x" * 300_000]), credentials=talk.everything)
    code, details = refused(talk.v1.Submit, long)
    assert code in (INVALID, EXHAUSTED)
    assert "262144" in details
    huge = v1.SubmitRequest(jobspec="x" * (5 << 20), credentials=talk.everything)
    assert refused(talk.v1.Submit, huge)[0] == EXHAUSTED
    request_id = v1.SubmitRequest(jobspec=jobspec(), credentials=talk.everything, request_id="x" * 129)
    assert refused(talk.v1.Submit, request_id)[0] == INVALID
    fields = json.dumps({f"field{number}": number for number in range(1001)})
    request = v1.RegisterClusterRequest(
        name="wide", registration_secret=talk.registration_secret, nodes=graph(), state=fields
    )
    assert refused(talk.v1.RegisterCluster, request)[0] == EXHAUSTED


def test_states_are_flat_and_null_removes(talk):
    secret = talk.register("gray", state='{"a": 1, "b": "x"}').secret
    update = rainbow.UpdateStateRequest(cluster="gray", secret=secret, payload='{"a": null, "c": true}')
    assert talk.rainbow.UpdateState(update).status == rainbow.UpdateStateResponse.UPDATE_STATE_SUCCESS
    for payload in ("", "5", "[]", '{"a": {}}', '{"a": [1]}', '{"a": NaN}', '{"a": 1, "a": 2}'):
        update.payload = payload
        assert refused(talk.rainbow.UpdateState, update)[0] == INVALID
    update.payload = json.dumps(json.dumps({"d": 2.5}))
    talk.rainbow.UpdateState(update)
    (cluster,) = talk.v1.ListClusters(v1.ListClustersRequest()).clusters
    assert json.loads(cluster.state) == {"b": "x", "c": True, "d": 2.5}


def test_clusters_register_while_jobs_are_matched(talk):
    """Each answer is one of a fleet that there was: of clusters whose registration was answered, none is missing."""
    talk.register("first", subsystems={"zlib": subsystem({"version": "1.2"})})
    known, failures, done = ["first"], [], threading.Event()

    def match():
        try:
            while not done.is_set():
                least = list(known)
                request = v1.MatchRequest(jobspec=jobspec([version("zlib", "1")]))
                found = set(talk.v1.Match(request).clusters)
                assert found >= set(least)
        except BaseException as error:  # noqa: BLE001, for the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=match) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(STORM):
        name = f"cluster-{number}"
        talk.register(name, subsystems={"zlib": subsystem({"version": f"1.{number}"})})
        known.append(name)
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(talk.v1.ListClusters(v1.ListClustersRequest()).clusters) == STORM + 1


def test_unknown_algorithms_and_subsystems_are_named(talk):
    talk.register("gray", subsystems={"zlib": subsystem({"version": "1.2"})})
    for more, word in (
        ({"match_algorithm": "fuzzy"}, "fuzzy"),
        ({"select_algorithm": "best"}, "best"),
        ({"jobspec": jobspec([version("zlob", "1")])}, "zlib"),
        ({"match_algorithm": "equals", "jobspec": jobspec([version("zlib", "1")])}, "equals"),
    ):
        request = v1.SubmitRequest(**{"jobspec": jobspec(), "credentials": talk.everything, **more})
        code, details = refused(talk.v1.Submit, request)
        assert (code, word in details) == (INVALID, True)
    only_range = v1.MatchRequest(jobspec=jobspec([version("zlib", "1")]), match_algorithm="range")
    assert list(talk.v1.Match(only_range).clusters) == ["gray"]
