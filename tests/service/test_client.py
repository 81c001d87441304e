"""The clients: one set of calls, two ways of carrying them out, one way of failing."""

from __future__ import annotations

import asyncio
import inspect
import json
from dataclasses import replace

import grpc
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from running import running_server
from scheduler_double import running_double

from placewise.cli.serving.connecting import DEFAULT_SERVER, identity_of
from placewise.errors import InputError
from placewise.formats.jobs.jobspec import jobspec_text
from placewise.formats.reading import parse_document, parse_json, parse_yaml
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex, package_subsystem
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.requirement import version_requirement
from placewise.report.data.jobs.explanation import explanation_document
from placewise.service.client import (
    DEFAULT_TARGET,
    Assignment,
    AsyncClient,
    Client,
    ClientTls,
    ClusterSecret,
    Credentials,
    Explanation,
    JobState,
    Registration,
    ServiceError,
    calls,
)
from placewise.service.client.messages.answers import reader
from placewise.service.client.messages.cluster_documents import Documents
from placewise.service.client.messages.jobspec_texts import text_to_send
from placewise.service.protocols.why_not_message import explanation
from placewise.service.wire import placewise_pb2 as wire

GLOBAL = Credentials(global_token="g")
OWN = ClusterSecret("gray", "s")
JOBSPEC = "version: 1\ntask: {command: [app], resources: {}}\n"


@pytest.fixture
def double():
    with running_double() as running:
        yield running


def asking(kind, target):
    """Return what asks a scheduler by the methods of one kind of client."""

    def blocking(method, *arguments, **options):
        with Client(target) as client:
            answer = getattr(client, method)(*arguments, **options)
            return list(answer) if inspect.isgenerator(answer) else answer

    async def asynchronous(method, *arguments, **options):
        async with AsyncClient(target) as client:
            answer = getattr(client, method)(*arguments, **options)
            return [one async for one in answer] if inspect.isasyncgen(answer) else await answer

    if kind == "blocking":
        return blocking
    return lambda *arguments, **options: asyncio.run(asynchronous(*arguments, **options))


@pytest.fixture(params=["blocking", "asyncio"])
def ask(request, double):
    """Ask the double by the method of either client."""
    return asking(request.param, double.target)


def test_a_submission_and_its_answer(ask, double):
    double.says(
        "Submit",
        wire.SubmitResponse(
            job_id=7, cluster="gray", state="JOB_STATE_ASSIGNED", matching_clusters=2, total_clusters=3
        ),
    )
    done = ask("submit", JOBSPEC, Credentials({"gray": "t"}), name="solver", select_algorithm="first")
    assert (done.job_id, done.cluster, done.state, done.matching_clusters) == (7, "gray", JobState.ASSIGNED, 2)
    assert done.explanation is None
    (request,) = double.requests("Submit")
    assert json.loads(request.jobspec) == parse_yaml(JOBSPEC, None)
    assert (request.name, request.select_algorithm) == ("solver", "first")
    assert [(one.cluster, one.token) for one in request.credentials.clusters] == [("gray", "t")]
    assert request.request_id


def test_a_refused_job_has_no_cluster(ask, double):
    double.says(
        "Submit", wire.SubmitResponse(job_id=8, state="JOB_STATE_REFUSED", explanation=wire.Explanation(total=3))
    )
    done = ask("submit", JOBSPEC, GLOBAL)
    assert (done.cluster, done.state, done.explanation.total) == (None, JobState.REFUSED, 3)


def test_what_cannot_be_understood_is_an_input_error_in_the_servers_words(ask, double):
    double.says("Match", grpc.StatusCode.INVALID_ARGUMENT)
    with pytest.raises(InputError) as caught:
        ask("match", JOBSPEC, GLOBAL)
    assert str(caught.value) == "INVALID_ARGUMENT was said"


@pytest.mark.parametrize("code", [c for c in grpc.StatusCode if c.name not in ("OK", "INVALID_ARGUMENT")])
def test_every_other_refusal_has_its_code(ask, double, code):
    double.says("DeleteCluster", code)
    with pytest.raises(ServiceError) as caught:
        ask("delete_cluster", OWN)
    assert caught.value.code is code
    assert double.target in str(caught.value)
    assert f"{code.name} was said" in str(caught.value)


def test_a_submission_that_was_cut_off_is_sent_again_under_the_same_request_id(ask, double):
    double.says("Submit", grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE, wire.SubmitResponse(state=2))
    ask("submit", JOBSPEC, GLOBAL)
    sent = double.requests("Submit")
    assert len(sent) == 3
    assert len({request.request_id for request in sent}) == 1
    ask("submit", JOBSPEC, GLOBAL)
    assert double.requests("Submit")[-1].request_id != sent[0].request_id


@pytest.mark.parametrize(
    ("method", "wire_name", "arguments"),
    [
        ("register_cluster", "RegisterCluster", (Documents("{}"),)),
        ("delete_cluster", "DeleteCluster", (OWN,)),
        ("rotate_credentials", "RotateCredentials", (OWN,)),
        ("accept_jobs", "AcceptJobs", (OWN, ())),
        ("update_cluster", "UpdateCluster", (OWN, Documents("{}"))),
        ("cancel_job", "CancelJob", (1, GLOBAL)),
    ],
)
def test_what_would_meet_its_own_traces_is_sent_once(ask, double, method, wire_name, arguments):
    double.says(wire_name, grpc.StatusCode.UNAVAILABLE)
    options = {"registration_secret": "r"} if method == "register_cluster" else {}
    with pytest.raises(ServiceError):
        ask(method, *arguments, **options)
    assert len(double.requests(wire_name)) == 1


def test_lists_are_asked_for_page_by_page(ask, double):
    def page(request):
        ids = [i for i in (9, 8, 5, 3, 2) if not request.before_id or i < request.before_id]
        return wire.ListJobsResponse(jobs=[wire.Job(id=i, state="JOB_STATE_FAILED") for i in ids[: request.limit]])

    double.says("ListJobs", page)
    jobs = ask("list_jobs", OWN, of_cluster="gray", states=iter([JobState.FAILED]), page=2)
    assert [job.id for job in jobs] == [9, 8, 5, 3, 2]
    assert [request.before_id for request in double.requests("ListJobs")] == [0, 8, 3, 2]
    assert all(list(r.states) == [wire.JOB_STATE_FAILED] for r in double.requests("ListJobs"))
    assert all(request.cluster.secret == "s" for request in double.requests("ListJobs"))


def test_a_job_with_its_history(ask, double):
    job = wire.Job(id=4, state="JOB_STATE_FINISHED", duration_s=2.5, command=["a", "b"])
    job.submitted_at.FromMilliseconds(1_500)
    job.history.add(state="JOB_STATE_SUBMITTED", detail="d").at.FromMilliseconds(1_500)
    double.says("GetJob", job)
    found = ask("get_job", 4, GLOBAL)
    assert (found.submitted_at, found.duration_s, found.command) == (1.5, 2.5, ("a", "b"))
    assert [(event.state, event.at, event.detail) for event in found.history] == [(JobState.SUBMITTED, 1.5, "d")]


def test_clusters_with_their_state(ask, double):
    double.says(
        "ListClusters",
        wire.ListClustersResponse(clusters=[wire.ClusterSummary(name="gray", state='{"nodes_free": 3}', waiting=2)]),
    )
    (cluster,) = ask("list_clusters", GLOBAL)
    assert (cluster.name, cluster.state, cluster.waiting) == ("gray", {"nodes_free": 3}, 2)


def test_a_stream_of_assignments_ends_with_the_servers_end(ask, double):
    double.says("WatchAssignments", [wire.Assignment(job_id=i, lease=f"l{i}") for i in (1, 2)])
    assert [(job.job_id, job.lease) for job in ask("watch_assignments", OWN, most=3)] == [(1, "l1"), (2, "l2")]
    assert double.requests("WatchAssignments")[0].most == 3


def test_a_stream_that_breaks_says_so(ask, double):
    double.says("WatchAssignments", grpc.StatusCode.UNAUTHENTICATED)
    with pytest.raises(ServiceError) as caught:
        ask("watch_assignments", OWN)
    assert caught.value.code is grpc.StatusCode.UNAUTHENTICATED


def test_closing_a_stream_ends_the_call(double):
    double.says("WatchAssignments", [wire.Assignment(job_id=1), None])
    with Client(double.target) as client:
        stream = client.watch_assignments(OWN)
        assert next(stream).job_id == 1
        assert not double.ended.is_set()
        stream.close()
        assert double.ended.wait(10)


def test_closing_an_asynchronous_stream_ends_the_call(double):
    async def watch():
        async with AsyncClient(double.target) as client:
            stream = client.watch_assignments(OWN)
            assert (await anext(stream)).job_id == 1
            await stream.aclose()
            assert await asyncio.to_thread(double.ended.wait, 10)

    double.says("WatchAssignments", [wire.Assignment(job_id=1), None])
    asyncio.run(watch())


NODES = '{"graph": {"nodes": {"a": {"metadata": {"type": "node"}}}}}'
GCC = '{"graph": {"nodes": {"g": {"metadata": {"version": "%s"}}}, "edges": [{"source": "a", "target": "g"}]}}'
WANTED = "version: 1\ntask: {command: [app, '1'], resources: {gcc: {range: [{field: version, min: '12'}]}}}\n"


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_everything_that_can_be_asked_of_a_real_scheduler(kind, tmp_path):
    with running_server(tmp_path / "db") as server:
        ask = asking(kind, server.target)
        assert ask("healthy")
        documents = Documents(NODES, {"gcc": GCC % "12.1"}, '{"price": 2}')
        given = ask("register_cluster", documents, registration_secret=server.registration_secret, name="gray")
        with pytest.raises(ServiceError) as caught:
            ask("register_cluster", documents, registration_secret=server.registration_secret, name="gray")
        assert caught.value.code is grpc.StatusCode.ALREADY_EXISTS
        own, user = ClusterSecret("gray", given.secret), Credentials({"gray": given.token})
        (cluster,) = ask("list_clusters", user)
        assert (cluster.name, cluster.nodes, cluster.subsystems, cluster.state) == ("gray", 1, ("gcc",), {"price": 2})
        assert ask("match", WANTED, user).clusters == ("gray",)

        done = ask("submit", WANTED, user, name="solver", request_id="once")
        assert (done.cluster, done.state, done.matching_clusters) == ("gray", JobState.ASSIGNED, 1)
        assert ask("submit", WANTED, user, name="solver", request_id="once").job_id == done.job_id
        others = [ask("submit", WANTED, user).job_id for _ in range(4)]
        assert [job.id for job in ask("list_jobs", own, page=2)] == [*reversed(others), done.job_id]
        assert ask("cancel_job", others[0], user, reason="no more").state == JobState.CANCELLED

        (job,) = ask("receive_jobs", own, most=1)
        assert (job.job_id, job.name, job.command) == (done.job_id, "solver", ("app", "1"))
        forged = replace(job, lease="forged")
        assert ask("accept_jobs", own, [forged]) == frozenset()
        assert ask("accept_jobs", own, [job]) == {job.job_id}
        ended = ask("report_outcome", own, job.job_id, succeeded=False, duration_s=1.5, reason="no memory")
        assert (ended.state, ended.duration_s, ended.reason) == (JobState.FAILED, 1.5, "no memory")
        history = [event.state for event in ask("get_job", job.job_id, user).history]
        assert history[-3:] == [JobState.RECEIVED, JobState.ACCEPTED, JobState.FAILED]

        ask("update_cluster", own, Documents(subsystems={"gcc": GCC % "9.4"}, state='{"price": 3}'))
        nowhere = ask("submit", WANTED, user)
        assert (nowhere.cluster, nowhere.state) == (None, JobState.REFUSED)
        assert nowhere.explanation == ask("explain", WANTED, user)
        (near,) = ask("explain", WANTED, user).near_misses
        assert (near.cluster, near.offered) == ("gray", "version 9.4")
        ask("update_cluster", own, Documents(), removed=["gcc"])
        with pytest.raises(InputError, match="zlib"):
            ask("update_cluster", own, Documents(), removed=["zlib"])

        fresh = ask("rotate_credentials", own, keep_token=True)
        assert (fresh.token, bool(fresh.secret)) == ("", True)
        with pytest.raises(ServiceError) as caught:
            ask("receive_jobs", own)
        assert caught.value.code is grpc.StatusCode.UNAUTHENTICATED
        assert ask("delete_cluster", ClusterSecret("gray", fresh.secret)) == 3


def test_nobody_there():
    with Client("127.0.0.1:1") as client:
        assert not client.healthy()
        with pytest.raises(ServiceError, match="cannot be reached") as caught:
            client.list_clusters(GLOBAL)
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE
    assert "\n" not in str(caught.value)

    async def ask():
        async with AsyncClient("127.0.0.1:1") as client:
            assert not await client.healthy()
            with pytest.raises(ServiceError, match="cannot be reached"):
                await client.list_clusters(GLOBAL)

    asyncio.run(ask())


def test_an_answer_that_does_not_come(double):
    double.says("ListClusters", lambda _: double.ended.wait(30))
    with Client(double.target, timeout_s=0.2) as client, pytest.raises(ServiceError, match="in time") as caught:
        client.list_clusters(GLOBAL)
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


def test_both_clients_offer_the_same():
    def offered(client):
        return {name: value for name, value in vars(client).items() if not name.startswith("_")}

    assert set(offered(Client)) == set(offered(AsyncClient))
    for name, method in offered(Client).items():
        if hasattr(calls, name) and name not in ("list_jobs", "watch_assignments"):
            made = list(inspect.signature(getattr(calls, name)).parameters.values())
            for one in (method, offered(AsyncClient)[name]):
                assert list(inspect.signature(one).parameters.values())[1:] == made, name
                assert one.__doc__
    assert DEFAULT_SERVER == DEFAULT_TARGET


def test_no_repr_shows_a_secret():
    values = [
        Credentials({"gray": "TOPSECRET"}, "TOPSECRET"),
        ClusterSecret("gray", "TOPSECRET"),
        Registration("TOPSECRET", "TOPSECRET"),
        Assignment(1, "n", "", (), "TOPSECRET", 0.0),
    ]
    for value in values:
        assert "TOPSECRET" not in repr(value) + str(value)


def test_half_of_a_certificate(tmp_path):
    with pytest.raises(InputError, match="belong together"):
        ClientTls(cert=tmp_path / "cert.pem")
    with pytest.raises(InputError, match="none.pem"):
        Client("127.0.0.1:1", tls=ClientTls(ca=tmp_path / "none.pem"))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), plain, max_size=5))
def test_what_is_sent_means_what_was_written(document):
    written = yaml.safe_dump(document, allow_unicode=True)
    try:
        meant = parse_yaml(written, None)
    except InputError:
        return
    sent, _ = text_to_send(written)
    assert parse_document(sent, None) == meant
    if sent != written:
        assert parse_json(sent, None) == meant


@pytest.mark.parametrize(
    "text",
    [
        "{1: a}",
        "a: .inf",
        "a: &x [1]\nb: *x\n",
        "a: !!binary aGk=\n",
        '{"a": 1.0,\n "b": [true]}\n',
    ],
)
def test_what_json_cannot_say_and_what_it_says_already_is_sent_as_it_stands(text):
    assert text_to_send(text)[0] == text


def test_files_are_named_in_what_is_wrong_with_them(tmp_path):
    path = tmp_path / "solver.yaml"
    with pytest.raises(InputError, match=r"solver\.yaml"):
        text_to_send(path)
    path.write_text("a: [b\n")
    with pytest.raises(InputError, match=r"solver\.yaml.*line"):
        text_to_send(path)
    path.write_text(JOBSPEC)
    assert text_to_send(path)[1] == "solver"


def test_an_explanation_reads_the_same_from_here_and_from_afar():
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0, 2)))
    wanted = version_requirement("gcc", "12", None), version_requirement("adios", "2", None)
    job = Job("solver", (ResourceGroup((ResourceRequest("node", 1), ResourceRequest("license", 1)), wanted),))
    # What was kept of one fleet must not be said of another.
    for gcc, adios in (("9", "1"), ("8", "1"), ("12", "1"), ("9", "2"), ("9", "1")):
        fleet = Fleet(
            tuple(
                Cluster(name, graph, tuple(package_subsystem(*one) for one in packages))
                for name, packages in (("a", [("gcc", gcc)]), ("b", []), ("c", [("gcc", "12"), ("adios", adios)]))
            )
        )
        why = why_not(FleetIndex(fleet), job)
        read = reader(Explanation)(wire.Explanation.FromString(explanation(why).SerializeToString()))
        assert explanation_document(read) == explanation_document(why)
        assert why.blocked
        assert why.unknown_types


def test_jobs_are_sent_in_a_dialect_that_can_express_them():
    shape = (ResourceRequest("node", 2), ResourceRequest("gpu", 1))
    jobs = [
        Job("a", (ResourceGroup((), (version_requirement("gcc", "12", None),)),), ("run",)),
        Job("b", (ResourceGroup(shape),), ("run",)),
    ]
    for job in jobs:
        text, name = text_to_send(job)
        assert name == job.name
        assert jobspec_text(text, name, None) == job
    impossible = Job("c", (ResourceGroup(shape), ResourceGroup(shape)), ("run",))
    with pytest.raises(InputError, match="'c'"):
        text_to_send(impossible)


def test_a_scheduler_has_the_identity_of_its_database(tmp_path):
    seen = []
    for database in ("one.db", "two.db", "one.db"):
        with running_server(tmp_path / database) as server, Client(server.target) as client:
            seen.append(client.identify())
    assert seen[0] == seen[2] != seen[1]
    assert all(seen)


def test_an_older_scheduler_has_no_identity_and_is_talked_to_all_the_same(double):
    double.says("Identify", grpc.StatusCode.UNIMPLEMENTED)
    with Client(double.target) as client:
        assert identity_of(client) == ""
    double.says("Identify", grpc.StatusCode.PERMISSION_DENIED)
    with Client(double.target) as client, pytest.raises(ServiceError):
        identity_of(client)
