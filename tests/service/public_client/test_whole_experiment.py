"""A whole experiment over the wire: the public client's matches are those of `placewise simulate`, job by job."""

import json
import logging
from dataclasses import dataclass, replace

import numpy as np
import pytest
from dialect_documents import document
from driven_client import driven_client
from running import running_server

from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.jgf.clusters import NODES_FILE, SUBSYSTEM_SUFFIX, cluster_documents
from placewise.formats.jobs.jobspec_lists import read_jobspecs
from placewise.matching.bits import bitset
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.requirements.requirement import version_bounds
from placewise.model.studies.study import ALL, EXPANDING, NONE, SINGLE, Study
from placewise.service.client import Client, Credentials, JobState
from placewise.service.wire import rainbow_pb2
from placewise.study.levels.prepared import Prepared

pytestmark = pytest.mark.slow
CLUSTERS, SUBSYSTEMS = 100, 219
ASKED = {NONE: 25, SINGLE: 100, EXPANDING: 500, ALL: 500}
"""How many jobs, spread over all distinct ones, are asked for in each experiment of `simulate`."""
EVERY = 10
NODES, CORES = 2, 4

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """One submission of a job, told some of its requirements, and the clusters that `simulate` finds for it."""

    name: str
    ranges: tuple[tuple[str, str | None, str | None], ...]
    matching: frozenset[str]


def shaped():
    """Return two nodes of four cores each: the least that hosts the jobs of this experiment."""
    vertices = [Vertex("0", "cluster")]
    for node in range(NODES):
        above = len(vertices)
        vertices.append(Vertex(f"node{node}", "node", 0))
        vertices += [Vertex(f"core{node}-{core}", "core", above) for core in range(CORES)]
    return ResourceGraph(tuple(vertices))


def texts_of(cluster):
    """Return the JGF texts of a cluster that has its subsystems and some nodes."""
    documents = cluster_documents(replace(cluster, graph=shaped()))
    nodes = json.dumps(documents.pop(NODES_FILE))
    subsystems = {name.removesuffix(SUBSYSTEM_SUFFIX): json.dumps(one) for name, one in documents.items()}
    return {"nodes": nodes, "subsystems": subsystems}


def asked_of(stage, experiment):
    """Yield what an experiment of `simulate` asks for some of its jobs: once a job, whose levels take turns."""
    told = stage.submit(experiment)
    # A job without requirements is asked for neither in `single` nor in `expanding`.
    with_rows = np.unique(told.job)
    jobs = with_rows[np.linspace(0, len(with_rows) - 1, ASKED[experiment]).astype(int)]
    workload, names = stage.demands.jobs.select(stage.asked.first), np.array(stage.scheduler.index.names)
    matches = bitset.unpack(told.matches, len(names))
    for turn, job in enumerate(jobs):
        rows = np.flatnonzero(told.job == job)
        row = rows[turn % len(rows)]
        needs = [workload.requirements[i] for i in workload.ids[workload.offsets[job] : workload.offsets[job + 1]]]
        if experiment == SINGLE:
            needs = [one for one in needs if one.subsystem == stage.asked.questions.names[told.last[row]]]
        else:
            # Both the requirements of a job and the order of telling are alphabetical.
            needs = needs[: told.level[row]]
        ranges = tuple((one.subsystem, *version_bounds(one)) for one in needs)
        yield Asked(f"{experiment}-{workload.names[job]}", ranges, frozenset(names[matches[row]].tolist()))


@dataclass(frozen=True)
class Driven:
    """A server with which the public client registered a whole fleet, how that went, and what is to be asked."""

    server: object
    config: object
    registered: dict
    asked: list[Asked]


@pytest.fixture(scope="module")
def driven(public_data, public_clients, tmp_path_factory):
    folder = tmp_path_factory.mktemp("experiment")
    fleet = read_fleet(public_data / "reliabuild")
    workload = read_jobspecs(public_data / "reliabuild" / "jobspecs")
    stage = Prepared.of(Study(fleet, workload), NumpyKernels())
    asked = [one for experiment in ASKED for one in asked_of(stage, experiment)]
    file, config = folder / "fleet.json", folder / "user.yaml"
    file.write_text(json.dumps({cluster.name: texts_of(cluster) for cluster in fleet.clusters}), encoding="utf-8")
    with running_server(folder / "placewise.db") as server, driven_client(public_clients, "nextgen") as client:
        registered = client.do(
            "register_fleet", config=config, host=server.target, secret=server.registration_secret, fleet=file
        )
        yield Driven(server, config, registered, asked)


@pytest.fixture
def submit_all(driven, client, dialect, tmp_path):
    """Submit some of what is to be asked, and return the client's answers."""

    def submit_all(asked, **options):
        jobs = [
            {"name": one.name, "document": document(dialect, one.ranges, nodes=NODES, cores=CORES)} for one in asked
        ]
        listed = tmp_path / "jobs.json"
        listed.write_text(json.dumps(jobs), encoding="utf-8")
        done = client.do("submit_all", config=driven.config, listed=listed, **options)
        _log.info("%d submissions: %.1f s", len(asked), done["seconds"])
        return done["answers"]

    return submit_all


def test_the_whole_fleet_registers(driven):
    _log.info("registration: %s s", driven.registered["seconds"])
    assert driven.registered["statuses"] == [rainbow_pb2.RegisterResponse.REGISTER_SUCCESS]
    assert driven.registered["calls"] == CLUSTERS * (1 + SUBSYSTEMS)
    with Client(driven.server.target) as asking:
        clusters = asking.list_clusters(Credentials(global_token=driven.server.global_token))
    assert len(clusters) == CLUSTERS
    assert {(one.nodes, len(one.subsystems)) for one in clusters} == {(NODES, SUBSYSTEMS)}


def test_the_matches_are_those_of_simulate(driven, submit_all):
    """Compare (1) the clusters that the client lists for a job with (2) those that `placewise simulate` finds.

    (1) goes jobspec, wire, Satisfy, and SubmitJob with satisfy_only and the tokens of what Satisfy listed; the
    clusters are those that the client registered, with nodes, and the job asks for them. (2) is what a run of
    `simulate` on the same folder matches, before it scores: the rows of `Prepared.submit`, over clusters that say
    nothing of nodes, for jobs that ask for none. As every cluster has the nodes, and its packages on all
    of them, the sets must be equal. Told are: nothing, one package, the first few, and all.
    """
    asked = driven.asked
    answers = submit_all(asked, satisfy_only=True)
    wrong = {
        one.name: sorted(one.matching ^ set(answer["clusters"]))
        for one, answer in zip(asked, answers, strict=True)
        if one.matching != set(answer["clusters"])
    }
    assert wrong == {}
    told = [(answer["total_matches"], answer["total_mismatches"]) for answer in answers]
    assert told == [(len(one.matching), CLUSTERS - len(one.matching)) for one in asked]
    # A comparison of empty sets, or of full ones, would say little.
    sizes = [len(one.matching) for one in asked]
    assert sizes.count(0) > 100
    assert sum(0 < size < CLUSTERS for size in sizes) > 400


def test_what_is_really_submitted_goes_where_simulate_says(driven, submit_all, client):
    server, some = driven.server, driven.asked[::EVERY]
    user = Credentials(global_token=server.global_token)
    with Client(server.target) as asking:
        before = {job.id for job in asking.list_jobs(user, page=1000)}
    answers = submit_all(some)
    placed = {}
    for one, answer in zip(some, answers, strict=True):
        # What fits nowhere is never submitted: the client then returns what Satisfy said.
        assert answer.get("cluster") in one.matching if one.matching else "cluster" not in answer
        if one.matching:
            assert answer["status"] == rainbow_pb2.SubmitJobResponse.SUBMIT_SUCCESS
            placed.setdefault(answer["cluster"], []).append(one.name)
    assert len(placed) > CLUSTERS / 4
    secrets = {name: driven.registered["secrets"][name] for name in placed}
    received = client.do("receive_everywhere", config=driven.config, secrets=secrets)
    assert {name: sorted(job["name"] for job in jobs) for name, jobs in received.items()} == {
        name: sorted(jobs) for name, jobs in placed.items()
    }
    with Client(server.target) as asking:
        jobs = [job for job in asking.list_jobs(user, page=1000) if job.id not in before]
    assert {job.state for job in jobs} == {JobState.ACCEPTED}
    assert {job.id for job in jobs} == {job["id"] for jobs in received.values() for job in jobs}
