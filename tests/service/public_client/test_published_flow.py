"""The flow of the client's published examples: clusters register, users submit, clusters receive.

The examples themselves were written for several versions of the client; the acts of drive.py do what they do with
the version that is published.
"""

import shlex

import pytest
from dialect_documents import document

from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.reading import read_json
from placewise.model.versions.version import parse_version
from placewise.service.client import Client, Credentials, JobState
from placewise.service.wire.rainbow_pb2 import RegisterResponse, SubmitJobResponse, UpdateStateResponse

NAMES = ("cluster-aliceblue", "cluster-gray")


@pytest.fixture
def folders(public_data):
    return {name: public_data / "reliabuild" / "clusters" / name for name in NAMES}


def versions(folder):
    """Return the version of each package of a public cluster."""
    (cluster,) = read_fleet(folder).clusters
    return {one.name: dict(one.vertices[0].properties)["version"] for one in cluster.subsystems}


def test_the_flow_of_the_examples(server, client, dialect, folders, tmp_path):
    own = {name: tmp_path / f"{name}.yaml" for name in NAMES}
    user = tmp_path / "user.yaml"
    for name, folder in folders.items():
        registering = {"host": server.target, "cluster": name, "secret": server.registration_secret}
        given = client.do("register_and_keep", config=own[name], nodes=folder / "nodes.json", **registering)
        assert given["status"] == RegisterResponse.REGISTER_SUCCESS
        statuses = client.do("register_subsystems", config=own[name], folder=folder)
        assert statuses == [RegisterResponse.REGISTER_SUCCESS] * 219
        state = folder.parents[2] / "spack-build" / "cluster-state.json"
        updating = {"method": "update_state", "cluster": name, "state_data": state, "secret": given["secret"]}
        assert client.do("call", config=own[name], **updating)["status"] == UpdateStateResponse.UPDATE_STATE_SUCCESS
    client.do(
        "use_clusters",
        config=user,
        host=server.target,
        secret=server.registration_secret,
        others=[str(path) for path in own.values()],
    )

    offered = {name: versions(folder) for name, folder in folders.items()}
    here, there = (offered[name] for name in NAMES)
    package = min(name for name in here if parse_version(here[name]) != parse_version(there[name]))
    shared = [name for name in sorted(here) if parse_version(here[name]) == parse_version(there[name])][:20]
    # The other packages of a real job, which both clusters have.
    rest = [(name, here[name], here[name]) for name in shared]
    wanted = {
        "only the first": ([(package, here[package], here[package]), *rest], {NAMES[0]}),
        "only the second": ([(package, there[package], there[package]), *rest], {NAMES[1]}),
        "either": (rest, set(NAMES)),
        "neither": ([(package, "9999", None), *rest], set()),
    }
    placed = {}
    for name, (ranges, able) in wanted.items():
        submitting = {"document": document(dialect, ranges, nodes=2, cores=2, command=("app", name)), "name": name}
        only = client.do("submit", config=user, satisfy_only=True, **submitting)
        assert set(only["clusters"]) == able
        answer = client.do("submit", config=user, **submitting)
        if not able:
            assert "cluster" not in answer
            continue
        assert answer["status"] == SubmitJobResponse.SUBMIT_SUCCESS
        assert answer["cluster"] in able
        placed.setdefault(answer["cluster"], set()).add(name)

    for name in NAMES:
        received = client.do("call", config=own[name], method="receive_jobs")
        assert {job["name"] for job in received} == placed[name]
        assert all(shlex.split(job["command"]) == ["app", job["name"]] for job in received)
        assert client.do("call", config=own[name], method="receive_jobs") == []

    everything = Credentials(global_token=server.global_token)
    with Client(server.target) as asking:
        jobs = list(asking.list_jobs(everything))
        clusters = {cluster.name: cluster for cluster in asking.list_clusters(everything)}
    assert {job.name: (job.state, job.cluster) for job in jobs} == {
        job: (JobState.ACCEPTED, name) for name, listed in placed.items() for job in listed
    }
    assert {name: cluster.running for name, cluster in clusters.items()} == {n: len(placed[n]) for n in NAMES}
    assert {tuple(sorted(cluster.state.items())) for cluster in clusters.values()} == {
        tuple(sorted(read_json(folders[NAMES[0]].parents[2] / "spack-build" / "cluster-state.json").items()))
    }
