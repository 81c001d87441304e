"""The public client of the rainbow protocol works against the server unchanged, call by call."""

import json
import shlex

import pytest
import yaml
from dialect_documents import document
from registered_fleet import REGISTERED, Fleet, all_of, asking, clusters_of, jobs_of
from running import running_server

from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.reading import read_json
from placewise.service.client import ClusterSecret, JobState
from placewise.service.wire.rainbow_pb2 import RegisterResponse, SubmitJobResponse, UpdateStateResponse

SUBMITTED = SubmitJobResponse.SUBMIT_SUCCESS

CHEAPEST = """\
- priority: 1
  steps:
  - filter: "nodes_free > 0"
  - calc: "build_cost=cost_per_node_hour * hours"
  - sort_ascending: build_cost
  - select: first
"""


@pytest.fixture
def fleet(server, client, public_data, tmp_path):
    return Fleet(server, client, public_data / "spack-build" / "clusters", tmp_path)


@pytest.fixture
def coral(fleet):
    """A fleet of one cluster."""
    fleet.register("coral")
    return fleet


@pytest.fixture
def three(fleet):
    """A fleet of three clusters: the cheapest has no free nodes."""
    for price, (name, free) in enumerate({"full": 0, "cheap": 4, "dear": 4}.items(), start=1):
        fleet.register(name)
        fleet.set_state(name, {"cost_per_node_hour": price, "nodes_free": free})
    return fleet


def test_every_public_cluster_registers_with_all_its_subsystems(server, client, public_data, tmp_path):
    expected = {}
    for folder in sorted(public_data.glob("*/clusters/*")):
        config = tmp_path / f"{folder.name}.yaml"
        given = client.do(
            "register_and_keep",
            config=config,
            host=server.target,
            cluster=folder.name,
            secret=server.registration_secret,
            nodes=folder / "nodes.json",
        )
        assert given["status"] == REGISTERED
        assert len({given["token"], given["secret"], given["request_id"], ""}) == 4
        statuses = client.do("register_subsystems", config=config, folder=folder)
        assert set(statuses) == {REGISTERED}
        expected[folder.name] = {subsystem.name for subsystem in read_fleet(folder).clusters[0].subsystems}
        assert len(statuses) == len(expected[folder.name])
    registered = clusters_of(server)
    assert {name: set(cluster.subsystems) for name, cluster in registered.items()} == expected
    assert sorted(map(len, expected.values())) == [3, 3, 219, 219]
    assert {cluster.nodes for cluster in registered.values()} == {4}


def test_a_known_cluster_exists_and_keeps_its_credentials(coral):
    again = coral.client.do(
        "call",
        config=coral.anonymous,
        method="register",
        cluster="coral",
        secret=coral.server.registration_secret,
        cluster_nodes=coral.folder / "cluster-blueviolet" / "nodes.json",
    )
    assert again["status"] == RegisterResponse.REGISTER_EXISTS
    assert (again["token"], again["secret"]) == ("", "")
    assert coral.receive("coral").raised is None
    assert coral.set_state("coral", {"nodes_free": 1})["status"] == UpdateStateResponse.UPDATE_STATE_SUCCESS


def test_wrong_registration_secret(coral):
    refused = coral.client.do(
        "call",
        config=coral.anonymous,
        method="register",
        cluster="another",
        secret="chocolate-cookies",
        cluster_nodes=coral.folder / "cluster-coral" / "nodes.json",
    )
    assert refused["status"] == RegisterResponse.REGISTER_DENIED
    assert (refused["token"], refused["secret"]) == ("", "")
    assert set(clusters_of(coral.server)) == {"coral"}


@pytest.mark.parametrize("cluster", ["coral", "unknown"])
def test_wrong_secret_of_a_cluster(coral, cluster):
    nodes = coral.folder / "cluster-coral" / "arch-subsystem.json"
    told = {"config": coral.anonymous, "cluster": cluster, "secret": "wrong"}
    refused = coral.client.do("call", method="register_subsystem", subsystem="new", nodes=nodes, **told)
    assert refused["status"] == RegisterResponse.REGISTER_DENIED
    # The answer has no status for it, so the client raises what gRPC says.
    update = coral.client.attempt("call", method="update_state", state_data={"nodes_free": 1}, **told)
    assert update.raised[0] == "UNAUTHENTICATED"
    received = coral.receive(cluster, secret="wrong")
    assert (received.returned, received.raised) == ([], None)
    assert received.printed == "Issue with requesting jobs:\n"
    known = clusters_of(coral.server)["coral"]
    assert "new" not in known.subsystems
    assert known.state == {}


def test_a_state_as_a_mapping_and_as_a_file(coral):
    done = UpdateStateResponse.UPDATE_STATE_SUCCESS
    assert coral.set_state("coral", {"nodes_free": 3, "cost_per_node_hour": 1.5, "kind": "cloud"})["status"] == done
    assert clusters_of(coral.server)["coral"].state == {"nodes_free": 3, "cost_per_node_hour": 1.5, "kind": "cloud"}
    # The client sends a file's text as a JSON string.
    file = coral.folder.parent / "cluster-state.json"
    assert coral.set_state("coral", file)["status"] == done
    assert clusters_of(coral.server)["coral"].state == {"kind": "cloud", **read_json(file)}


def test_a_simple_job(coral, dialect):
    told = {"config": coral.user(), "method": "submit_job", "nodes": 2, "tasks": 2}
    answer = coral.client.attempt("call", command=["echo", "hello", "world"], **told)
    assert answer.printed == "⭐️ Submitting job: ['echo', 'hello', 'world']\n"
    if dialect == "task-resources":
        # This jobspec package makes version 1 of a simple jobspec, and checks it as the version after it: the client
        # refuses its own document before anything is sent.
        assert answer.raised[0] == "ValidationError"
        assert answer.raised[1].startswith("'task' is a required property")
        assert jobs_of(coral.server) == []
        return
    assert answer.returned == {
        "cluster": "coral",
        "clusters": [],
        "status": SUBMITTED,
        "total_matches": 1,
        "total_mismatches": 0,
        "total_clusters": 1,
    }
    (job,) = jobs_of(coral.server)
    assert (job.cluster, job.state, job.command) == ("coral", JobState.ASSIGNED, ("echo", "hello", "world"))
    only = coral.client.do("call", command="hostname", satisfy_only=True, **told)
    assert (only["clusters"], only["cluster"], only["status"]) == (["coral"], "", SUBMITTED)
    assert len(jobs_of(coral.server)) == 1


@pytest.mark.parametrize("dialect", ["task-resources"], indirect=True)
def test_a_simple_job_of_the_first_version(coral):
    """What `submit_job` makes, checked as the version that it is of."""
    slot = {"type": "slot", "count": 1, "label": "echo", "with": [{"type": "core", "count": 2}]}
    simple = {
        "version": 1,
        "resources": [{"type": "node", "count": 2, "with": [slot]}],
        "tasks": [{"command": ["echo", "hello"], "slot": "echo", "count": {"per_slot": 1}}],
        "attributes": {},
    }
    answer = coral.client.do("submit", config=coral.user(), document=simple, kind="JobspecV1")
    assert (answer["cluster"], answer["status"]) == ("coral", SUBMITTED)
    (job,) = jobs_of(coral.server)
    assert (job.name, job.command) == ("echo", ("echo", "hello"))


def test_a_job_that_fits_nowhere(coral, dialect):
    told = {"config": coral.user(), "document": document(dialect, nodes=5)}
    answer = coral.client.attempt("submit", **told)
    assert answer.printed == "No clusters match the request\n"
    # The client returns the graph's answer as it is.
    assert (answer.returned["clusters"], answer.returned["total_matches"]) == ([], 0)
    assert (answer.returned["total_mismatches"], answer.returned["total_clusters"]) == (1, 1)
    assert coral.client.do("submit", satisfy_only=True, **told) == answer.returned
    assert jobs_of(coral.server) == []


def compilers_of(fleet):
    (public,) = read_fleet(fleet.folder / "cluster-coral").clusters
    compilers = next(one for one in public.subsystems if one.name == "compiler").vertices
    return [dict(vertex.properties)["value"] for vertex in compilers]


def submitting(fleet, dialect, *values):
    """Return what the client is told to find the clusters with: an entry for each compiler."""
    wanted = [("compiler", "value", value) for value in values]
    return {"config": fleet.user(), "document": document(dialect, equal=wanted), "satisfy_only": True}


def test_requirements_are_judged(coral, dialect):
    offered = compilers_of(coral)
    assert "gcc" in offered
    for value in offered:
        assert coral.client.do("submit", **submitting(coral, dialect, value))["clusters"] == ["coral"]
    assert coral.client.do("submit", **submitting(coral, dialect, "nvhpc"))["clusters"] == []
    # Entries of one list that name the same subsystem speak of one vertex.
    code, details = coral.client.attempt("submit", **submitting(coral, dialect, *offered)).raised
    assert (code, "one compiler cannot meet both" in details) == ("INVALID_ARGUMENT", True)


def test_entries_are_judged_one_by_one_where_the_server_reads_them_as_rainbow_does(
    client, public_data, tmp_path, dialect
):
    with running_server(tmp_path / "separate.db", separate_entries=True) as server:
        fleet = Fleet(server, client, public_data / "spack-build" / "clusters", tmp_path)
        fleet.register("coral")
        offered = compilers_of(fleet)
        assert client.do("submit", **submitting(fleet, dialect, *offered))["clusters"] == ["coral"]
        assert client.do("submit", **submitting(fleet, dialect, "gcc", "nvhpc"))["clusters"] == []


def test_a_random_choice_among_several_clusters(three, dialect):
    config, wanted = three.user(), document(dialect, nodes=2)
    chosen = [three.client.do("submit", config=config, document=wanted)["cluster"] for _ in range(24)]
    # By chance all of them would go to two of three clusters once in 5,600 times.
    assert set(chosen) == {"full", "cheap", "dear"}
    assert [job.cluster for job in jobs_of(three.server)] == chosen
    waiting = {name: cluster.waiting for name, cluster in clusters_of(three.server).items()}
    assert waiting == {name: chosen.count(name) for name in set(chosen)}


def test_only_clusters_whose_tokens_are_kept_are_chosen(three, dialect):
    wanted = document(dialect)
    config = three.user(tokens={name: three.tokens[name] for name in ("cheap", "dear")})
    answer = three.client.do("submit", config=config, document=wanted, satisfy_only=True)
    assert sorted(answer["clusters"]) == ["cheap", "dear"]
    assert (answer["total_matches"], answer["total_clusters"]) == (3, 3)
    chosen = {three.client.do("submit", config=config, document=wanted)["cluster"] for _ in range(8)}
    assert chosen <= {"cheap", "dear"}


def test_a_token_that_is_wrong_or_missing(three, dialect):
    denied = SubmitJobResponse.SUBMIT_DENIED
    for tokens in ({}, {"cheap": "wrong"}, {**three.tokens, "dear": "wrong"}, {"cheap": three.tokens["dear"]}):
        for satisfy_only in (False, True):
            answer = three.client.do(
                "submit", config=three.user(tokens=tokens), document=document(dialect), satisfy_only=satisfy_only
            )
            assert (answer["status"], answer["cluster"], answer["clusters"]) == (denied, "", [])
    assert jobs_of(three.server) == []


def test_the_global_token_stands_for_the_tokens_of_clusters(three, dialect):
    everywhere = dict.fromkeys(three.tokens, three.server.global_token)
    answer = three.client.do(
        "submit", config=three.user(tokens=everywhere), document=document(dialect), satisfy_only=True
    )
    assert sorted(answer["clusters"]) == sorted(three.tokens)
    mixed = {"cheap": three.server.global_token, "dear": three.tokens["dear"]}
    chosen = three.client.do("submit", config=three.user(tokens=mixed), document=document(dialect))
    assert chosen["status"] == SUBMITTED
    assert chosen["cluster"] in mixed


@pytest.mark.parametrize("by", ["config", "arguments"])
def test_constraints_choose(three, dialect, by):
    wanted = document(dialect, parameters={"hours": 2})
    options = {"priorities": CHEAPEST}
    if by == "config":
        told = {"config": three.user(select="constraint", options=options)}
    else:
        told = {"config": three.user(), "select_algo": "constraint", "select_options": options}
    for _ in range(4):
        assert three.client.do("submit", document=wanted, **told)["cluster"] == "cheap"
    # The next request is not bound by what this one asked for.
    plain = {three.client.do("submit", config=three.user(), document=wanted)["cluster"] for _ in range(24)}
    assert plain == {"full", "cheap", "dear"}


def test_the_published_configuration_chooses(three, dialect, public_data):
    published = yaml.safe_load((public_data / "spack-build" / "rainbow-config.yaml").read_text(encoding="utf-8"))
    published["graphdatabase"]["options"]["host"] = three.server.target
    published["clusters"] = [{"name": name, "token": token} for name, token in three.tokens.items()]
    config = three.tmp_path / "published.yaml"
    config.write_text(yaml.safe_dump(published), encoding="utf-8")
    # Its only step leaves out what has no free nodes; the first of the others is taken.
    assert three.client.do("submit", config=config, document=document(dialect))["cluster"] == "cheap"


def test_constraints_that_no_cluster_meets(three, dialect):
    options = {"priorities": CHEAPEST.replace("> 0", "> 100")}
    config = three.user(select="constraint", options=options)
    refused = three.client.attempt("submit", config=config, document=document(dialect, parameters={"hours": 2}))
    assert refused.raised[0] == "FAILED_PRECONDITION"
    assert "the selection policy chooses none" in refused.raised[1]
    (job,) = jobs_of(three.server)
    assert (job.state, job.cluster) == (JobState.REFUSED, None)


def test_a_match_algorithm_that_judges_ranges_only(coral, dialect):
    config = coral.user(match="range")
    assert coral.client.do("submit", config=config, document=document(dialect))["cluster"] == "coral"
    equal = document(dialect, equal=[("compiler", "value", "gcc")])
    refused = coral.client.attempt("submit", config=config, document=equal)
    assert refused.raised[0] == "INVALID_ARGUMENT"
    assert "does not judge this condition" in refused.raised[1]


def test_jobs_are_received_and_accepted(coral, dialect):
    words = ("echo", "it's", '"quoted"', "a b", "ä☂")
    wanted = document(dialect, nodes=2, cores=2, command=words)
    names = [f"job {number}" for number in range(5)]
    for name in names:
        coral.client.do("submit", config=coral.user(), document=wanted, name=name)
    first = coral.receive("coral", max_jobs=2)
    assert first.printed == "Status: REQUEST_JOBS_SUCCESS\nReceived 2 jobs to accept...\n"
    assert sorted(job["name"] for job in first.returned) == names[:2]
    states = [job.state for job in jobs_of(coral.server)]
    assert states == [JobState.ACCEPTED] * 2 + [JobState.ASSIGNED] * 3
    others = coral.receive("coral")
    assert sorted(job["name"] for job in others.returned) == names[2:]
    kept = {job.id: job for job in jobs_of(coral.server)}
    assert {job.state for job in kept.values()} == {JobState.ACCEPTED}
    assert [event.state for event in kept[1].history][-3:] == [JobState.ASSIGNED, JobState.RECEIVED, JobState.ACCEPTED]
    for job in first.returned + others.returned:
        assert set(job) == {"id", "cluster", "name", "jobspec", "command"}
        assert (job["cluster"], job["name"]) == ("coral", kept[job["id"]].name)
        assert yaml.safe_load(job["jobspec"]) == wanted
        assert tuple(shlex.split(job["command"])) == words
    nothing = coral.receive("coral")
    assert (nothing.returned, nothing.printed) == ([], "There are no jobs to receive.\n")


def test_each_cluster_receives_its_own(three, dialect):
    for name, token in three.tokens.items():
        three.client.do(
            "submit", config=three.user(tokens={name: token}), document=document(dialect), name=f"for {name}"
        )
    for name in three.tokens:
        (job,) = three.receive(name).returned
        assert (job["cluster"], job["name"]) == (name, f"for {name}")
        with asking(three.server) as connection:
            done = connection.report_outcome(
                ClusterSecret(name, three.secrets[name]), job["id"], succeeded=True, duration_s=1.5
            )
        assert done.state == JobState.FINISHED
    assert three.receive("cheap", secret=three.secrets["dear"]).printed == "Issue with requesting jobs:\n"


def test_a_backlog_is_received_whole(coral, dialect):
    """As many jobs come at a time as fit into one message: the client never has to know."""
    padded = json.dumps(document(dialect, command=("app", "x" * 200_000)))
    with asking(coral.server) as connection:
        for _ in range(20):
            connection.submit(padded, all_of(coral.server))
    received = []
    while jobs := coral.receive("coral").returned:
        assert len(json.dumps(jobs)) < 4 << 20
        received += jobs
    assert sorted(job["id"] for job in received) == list(range(1, 21))
    assert {job.state for job in jobs_of(coral.server)} == {JobState.ACCEPTED}
