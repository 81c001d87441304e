"""What clusters report is exported, learned from, and given back to the scheduler, which then chooses otherwise."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.request
from dataclasses import replace
from types import SimpleNamespace

import grpc
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import running_server
from sqlalchemy import delete
from talking import graph, jobspec, subsystem, talking
from typer.testing import CliRunner

from placewise.cli.app import app
from placewise.errors import InputError
from placewise.formats.jobs.jobspec import jobspec_text
from placewise.formats.records.build_records import read_build_records
from placewise.formats.records.outcome_records import read_outcome_records
from placewise.formats.records.success_model_file import write_success_model
from placewise.formats.results.model_files import write_models
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.cluster import Fleet as ModelFleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.jobs.described_records import described_by_needs
from placewise.model.outcomes.outcome_records import COMPILER, DEPENDENCIES, OTHERS, PACKAGE_VERSION
from placewise.model.outcomes.success_model import Calibration, KnownFact, PackageRates, SuccessModel, Trees
from placewise.prediction import fit_models
from placewise.prediction.success.model_outcomes import ModelOutcomes
from placewise.service.calls.outcome_export import export_outcomes
from placewise.service.client import AsyncClient
from placewise.service.client.agent.agent import Agent, Orders
from placewise.service.live.forecasts import read_forecasts
from placewise.service.store.database import Database
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.agents import give_up, heard
from placewise.service.store.rows.clusters import NewCluster, add_clusters
from placewise.service.store.rows.ended import ended_counts
from placewise.service.store.rows.job import JobState, NewJob
from placewise.service.store.rows.jobs import accept, receive, report
from placewise.service.store.tables import job_events, jobs, jobspecs
from placewise.service.web.success import SuccessRow, success_rows, wilson
from placewise.service.wire import placewise_pb2 as v1
from placewise.synthesis.environments import environments_of, values_on

CHEAP = {"cost_per_node_hour": 1.0, "memory": 4 << 30}
DEAR = {"cost_per_node_hour": 1.5, "memory": 8 << 30}
CMAKE = {"name": "cmake", "field": "version", "min": "3.0"}


def asking(package="solver", version="2.1", requires=(), **more):
    attributes = {"package": package} | ({} if version is None else {"package_version": version})
    return jobspec(requires, attributes={"user": attributes}, **more)


def register(talk, name, state, compiler, cmake=None):
    offered = {"compiler": subsystem({"name": "gcc", "version": compiler})}
    if cmake:
        offered["cmake"] = subsystem({"version": cmake})
    return talk.register(name, graph(), offered, json.dumps(state))


def two_clusters(talk):
    secrets = {}
    for name, state, compiler in (("cheap", CHEAP, "4.9.3"), ("dear", DEAR, "12.1.0")):
        secrets[name] = register(talk, name, state, compiler)
    return secrets


def agents_run(target, secrets, commands):
    """Run all that waits, by the agent that operators run."""

    async def one(name):
        async with AsyncClient(target) as client:
            template = ("sh", "-c", commands[name])
            orders = Orders(cluster=name, secret=lambda: secrets[name].secret, template=template, at_once=6, once=True)
            await Agent(client, orders).run()

    async def all_of_them():
        await asyncio.gather(*map(one, commands))

    asyncio.run(all_of_them())


def run_one(talk, name, given, *, succeeded, duration_s=1.0, reason=""):
    """Take the oldest job of a cluster, and report on it."""
    who = v1.ClusterSecret(name=name, secret=given.secret)
    (taken,) = talk.v1.ReceiveJobs(v1.ReceiveJobsRequest(cluster=who, most=1)).assignments
    item = v1.AcceptJobsRequest.Accepted(job_id=taken.job_id, lease=taken.lease)
    talk.v1.AcceptJobs(v1.AcceptJobsRequest(cluster=who, jobs=[item]))
    talk.v1.ReportOutcome(
        v1.ReportOutcomeRequest(
            cluster=who, job_id=taken.job_id, succeeded=succeeded, duration_s=duration_s, reason=reason
        )
    )


def placewise(*arguments):
    found = CliRunner().invoke(app, list(map(str, arguments)))
    assert found.exit_code == 0, (found.output, found.exception)
    return found


def test_a_cluster_that_fails_too_often_is_no_longer_the_cheapest(tmp_path):
    """Serve, run, export, learn, serve again: expected cost counts the attempts that it takes."""
    pytest.importorskip("sklearn", reason="learning needs the extra learn")
    database = tmp_path / "placewise.db"
    with running_server(database) as server, talking(server) as talk:
        secrets = two_clusters(talk)
        for _ in range(40):
            assert talk.submit(asking(), select_algorithm="cheapest").cluster == "cheap"
            only = v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster="dear", token=secrets["dear"].token)])
            talk.v1.Submit(v1.SubmitRequest(jobspec=asking(), credentials=only))
        commands = {
            "cheap": "sleep 0.08; test $((PLACEWISE_JOB_ID % 6)) = 1",
            "dear": "test $((PLACEWISE_JOB_ID % 10)) != 0",
        }
        agents_run(server.target, secrets, commands)
        file = tmp_path / "outcomes.parquet"
        said = placewise("database", "export-outcomes", file, "--database", database)
        assert "80 outcomes, 46 of them a success" in " ".join(said.output.split())
        page = urllib.request.urlopen(f"http://{server.http}/", timeout=20).read().decode()
        table = page[page.index('id="success"') :]
        rows = re.findall(r'<th scope="row" class="text">(\w+)</th>\s*<td[^>]*>(\d+)</td>\s*<td[^>]*>(\d+)', table)
        assert rows[:2] == [("cheap", "14", "26"), ("dear", "32", "8")]
    model = tmp_path / "success.json"
    placewise(
        "outcomes",
        file,
        "--least-builds",
        1,
        "--least-records",
        1,
        "--save-model",
        model,
        "--out",
        tmp_path / "learned",
    )
    placewise("fit", file, "--out", tmp_path / "models", "--minimum", 10)
    runtimes = tmp_path / "models"
    with running_server(database, models=(runtimes, model)) as server, talking(server) as talk:
        for policy in ("cheapest", "fastest", "preferred,cheapest"):
            assert talk.submit(asking(), select_algorithm=policy).cluster == "dear", policy
        assert talk.submit(asking(), select_algorithm="first").cluster == "cheap"
        # A package that no model knows is placed by what clusters say, as before.
        for strange in ("unheard-of", "solver\u202e", "../../etc/passwd", "NaN", "x" * 5000):
            assert talk.submit(asking(strange), select_algorithm="cheapest").cluster == "cheap"
        assert talk.submit(jobspec(), select_algorithm="cheapest").cluster == "cheap"
        for strange in ("", "not a version \u00e9", "9" * 4000, "nan"):
            assert talk.submit(asking(version=strange), select_algorithm="cheapest").cluster == "dear"
        # What is registered while the server runs is asked about too.
        register(talk, "cheaper", {"cost_per_node_hour": 0.9}, "12.1.0")
        assert talk.submit(asking(), select_algorithm="cheapest").cluster == "cheaper"


def exported(tmp_path, database, name="out.parquet"):
    found = export_outcomes(str(database), tmp_path / name, force=True)
    return found, pq.read_table(tmp_path / name)


def test_a_row_says_what_was_asked_and_what_its_cluster_has(tmp_path, database_url):
    with running_server(database_url) as server, talking(server) as talk:
        gray = register(talk, "gray", CHEAP, "9.1", cmake="3.20.2")
        for package, succeeded, duration in (("solver", True, 2.5), ("mesh", False, 0.25), (None, True, 1.0)):
            talk.submit(jobspec([CMAKE]) if package is None else asking(package, "1.10", [CMAKE]))
            run_one(talk, "gray", gray, succeeded=succeeded, duration_s=duration, reason="secret words")
        talk.submit(asking())
        found, table = exported(tmp_path, database_url)
    assert (found.written, found.succeeded, found.without_package) == (2, 1, 1)
    first, second = table.to_pylist()
    assert {key: first[key] for key in ("package", "version", "succeeded", "cluster", "duration_s")} == {
        "package": "solver",
        "version": "1.10",
        "succeeded": True,
        "cluster": "gray",
        "duration_s": 2.5,
    }
    assert (first["compiler"], first["compiler_version"]) == ("gcc", "9.1")
    assert (first["dependencies"], first["memory_bytes"]) == ([("cmake", "3.20.2")], float(4 << 30))
    assert (second["package"], second["succeeded"]) == ("mesh", False)
    assert b"secret words" not in (tmp_path / "out.parquet").read_bytes()
    records = read_outcome_records(tmp_path / "out.parquet")
    assert {fact.name for fact in records.facts} == {
        "package version",
        "compiler",
        "compiler version",
        "cmake",
        "cluster",
    }
    builds = read_build_records(tmp_path / "out.parquet", cache=None)
    assert (builds.packages, builds.duration_s.tolist(), builds.left_out) == (("solver",), [2.5], 1)


def test_rows_that_nobody_could_read_again_are_left_out(tmp_path):
    database = tmp_path / "placewise.db"
    with running_server(database) as server, talking(server) as talk:
        gray = register(talk, "gray", {}, "9.1")
        for package, version, duration in (
            ("good", "1", 1.0),
            ("x" * 300, "1", 1.0),
            ("good", "x" * 300, 1e300),
            ("=cmd|' /C calc'!A0", "\u202e", 0.0),
        ):
            talk.submit(asking(package, version))
            run_one(talk, "gray", gray, succeeded=True, duration_s=duration)
        found, table = exported(tmp_path, database)
    assert (found.written, found.without_package, found.without_duration, found.without_memory) == (3, 1, 2, 3)
    assert [row["duration_s"] for row in table.to_pylist()] == [1.0, None, None]
    assert len(read_outcome_records(tmp_path / "out.parquet")) == 3
    with pytest.raises(InputError, match="succeeded, with its memory and its duration"):
        read_build_records(tmp_path / "out.parquet", cache=None)


def test_what_is_said_of_a_cluster_is_of_now_and_counted_where_it_changed_since(tmp_path):
    database = tmp_path / "placewise.db"
    with running_server(database) as server, talking(server) as talk:
        gray, gone = register(talk, "gray", {}, "9.1"), register(talk, "gone", {}, "9.1")
        for name, given_ in (("gray", gray), ("gone", gone)):
            only = v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster=name, token=given_.token)])
            talk.v1.Submit(v1.SubmitRequest(jobspec=asking(), credentials=only))
            run_one(talk, name, given_, succeeded=True)
        assert exported(tmp_path, database)[0].changed_since == 0
        who = v1.ClusterSecret(name="gray", secret=gray.secret)
        newer = subsystem({"name": "gcc", "version": "13.2"})
        talk.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=who, subsystems={"compiler": newer}))
        talk.v1.DeleteCluster(v1.DeleteClusterRequest(cluster=v1.ClusterSecret(name="gone", secret=gone.secret)))
        found, table = exported(tmp_path, database)
    assert found.changed_since == 2
    assert [(row["cluster"], row["compiler_version"]) for row in table.to_pylist()] == [
        ("gray", "13.2"),
        ("gone", None),
    ]


def test_jobs_of_lost_agents_and_pruned_history_are_no_outcomes(database_url, tmp_path, monkeypatch):
    """A job that failed since nobody heard of its agent says nothing of its package; what is pruned is not there."""
    monkeypatch.setattr("placewise.service.store.rows.ended.BATCH", 2)
    database = Database.open(database_url)
    try:
        new = NewCluster("gray", b"s", b"t", graph(), {}, "{}")
        (cluster,) = database.write(lambda connection: add_clusters(connection, [new], 1.0))
        wanted = [NewJob("job", cluster, asking(), "[]") for _ in range(7)]
        added = database.write(lambda connection: add_jobs(connection, wanted, 2.0, 100))
        ids = [one.id for one in added]

        def work(connection):
            jobs = {job.id: job.lease for job in receive(connection, cluster, 7, 1 << 20, 60.0, 3.0)}
            for number in ids:
                accept(connection, cluster, [(number, jobs[number])], 4.0, "lost" if number == ids[2] else None)
            for number in (*ids[:2], *ids[3:]):
                report(connection, cluster, number, number != ids[0], 1.0, None, 5.0)
            heard(connection, cluster, "lost", 0.0)

        database.write(work)
        lost = database.write(lambda connection: give_up(connection, 10.0, 1, 20.0))
        assert [one.state for one in lost] == [JobState.FAILED]
        database.write(lambda connection: [prune(connection, number) for number in (ids[4], ids[5])])
        found, table = exported(tmp_path, database_url)
        assert table["id"].to_pylist() == [str(ids[at]) for at in (0, 1, 3, 6)]
        assert found.succeeded == 3
        assert database.read(ended_counts) == {cluster: (3, 1)}
    finally:
        database.close()


def prune(connection, number):
    for table, column in ((job_events, "job_id"), (jobspecs, "job_id"), (jobs, "id")):
        connection.execute(delete(table).where(table.c[column] == number))


def test_what_cannot_be_exported_is_one_error(tmp_path):
    database = tmp_path / "placewise.db"

    def refused(*arguments):
        found = CliRunner().invoke(app, ["database", "export-outcomes", *map(str, arguments)])
        assert isinstance(found.exception, InputError)
        assert not list(tmp_path.glob("*.parquet"))
        assert not list(tmp_path.glob(".*"))
        return str(found.exception)

    refused(tmp_path / "out.parquet", "--database", database)
    Database.open(str(database)).close()
    assert "no outcomes" in refused(tmp_path / "out.parquet", "--database", database)
    assert ".parquet" in refused(tmp_path / "out.csv", "--database", database)
    (tmp_path / "text.db").write_text("no database")
    refused(tmp_path / "out.parquet", "--database", tmp_path / "text.db")


# Models ------------------------------------------------------------------------------------------------------------


def runtimes(folder, seconds):
    """Models of one package on compilers of two versions."""
    rows = [(version, value) for version, value in seconds.items() for _ in range(6)]
    models = fit_models(
        ["solver"] * len(rows),
        np.linspace(1e9, 2e9, len(rows)),
        [value + 0.001 * at for at, (_, value) in enumerate(rows)],
        facts={"compiler": ["gcc"] * len(rows), "compiler_version": [version for version, _ in rows]},
        minimum_builds=2,
    )
    write_models(models, folder)
    return folder


def stump(path, fact="compiler version", group="compiler", values=("4.9.3", "12.1.0"), odds=(-1.0, 2.0)):
    """A model of one question: the fact's first value, or the second."""
    trees = Trees(
        0.0,
        np.array([0]),
        np.array([1, 0, 0]),
        np.array([0.5, 0.0, 0.0]),
        np.array([1, 0, 0]),
        np.array([2, 0, 0]),
        np.array([2, 0, 0]),
        np.array([0.0, *odds]),
    )
    rates = PackageRates(("solver",), np.array([0.5]), 0.5)
    facts = (KnownFact(fact, group, "version", values),)
    model = SuccessModel(facts, rates, trees, Calibration(np.zeros(0), np.zeros(0), 1.0))
    write_success_model(model, path)
    return path, model


def test_a_cost_is_that_of_the_predicted_runtime_and_fastest_needs_a_model(tmp_path):
    folder = runtimes(tmp_path / "models", {"4.9.3": 100.0, "12.1.0": 50.0})
    with running_server(tmp_path / "a.db", models=(folder,)) as server, talking(server) as talk:
        two_clusters(talk)
        assert talk.submit(asking(), select_algorithm="fastest").cluster == "dear"
        # 100 s at 1.0 an hour are dearer than 50 s at 1.5.
        assert talk.submit(asking(), select_algorithm="cheapest").cluster == "dear"
        assert talk.submit(asking("other"), select_algorithm="cheapest").cluster == "cheap"
        with pytest.raises(grpc.RpcError, match="predicted_runtime_s"):
            talk.submit(asking("other"), select_algorithm="fastest")
    with running_server(tmp_path / "unpriced.db", models=(folder,)) as server, talking(server) as talk:
        register(talk, "gray", {}, "12.1.0")
        with pytest.raises(grpc.RpcError, match="predicted_cost"):
            talk.submit(asking(), select_algorithm="cheapest")
    folder = runtimes(tmp_path / "models", {"4.9.3": 70.0, "12.1.0": 50.0})
    with running_server(tmp_path / "b.db", models=(folder,)) as server, talking(server) as talk:
        two_clusters(talk)
        assert talk.submit(asking(), select_algorithm="cheapest").cluster == "cheap"
        assert talk.submit(asking(), select_algorithm="fastest").cluster == "dear"


def test_constraint_reads_the_probability_of_success(tmp_path):
    path, _ = stump(tmp_path / "model.json")
    priorities = '- priority: 1\n  steps:\n  - filter: "success_probability >= 0.5"\n'
    with running_server(tmp_path / "a.db", models=(path,)) as server, talking(server) as talk:
        two_clusters(talk)
        for _ in range(3):
            options = {"priorities": priorities}
            found = talk.submit(asking(), select_algorithm="constraint", select_options=options)
            assert found.cluster == "dear"


def test_a_cluster_is_known_by_its_name_and_by_its_state_where_no_subsystem_says_it():
    named = Cluster("gray", state=(("compiler_version", "9.1"), ("os", "rocky9")))
    facts = {"cluster": OTHERS, "os": OTHERS, "compiler version": COMPILER, "compiler": COMPILER, "cmake": DEPENDENCIES}
    assert environments_of(ModelFleet((named,)), facts).rows == (("gray", "rocky9", "9.1", None, None),)
    described = Subsystem("os", (SubsystemVertex((("value", "alma8"),)),))
    other = replace(named, subsystems=(described, Subsystem("cluster", (SubsystemVertex((("value", "c1"),)),))))
    assert environments_of(ModelFleet((other,)), facts).rows[0][:2] == ("c1", "alma8")


class Fleet:
    """As much of a live fleet as forecasts look at."""

    def __init__(self, clusters):
        self.clusters = {one.name: one for one in clusters}
        self.states = {}
        self.scheduler = self

    @property
    def index(self):
        return self._index

    def changed(self):
        self._index = SimpleNamespace(names=tuple(self.clusters))
        return self

    def cluster(self, name):
        return self.clusters[name]

    def state(self, name):
        return self.states.setdefault(name, dict(self.clusters[name].state))


def cluster(name, *versions):
    offered = tuple(SubsystemVertex((("name", "gcc"), ("version", one))) for one in versions)
    return Cluster(name, subsystems=(Subsystem("compiler", offered),) if versions else ())


@given(
    st.lists(st.sampled_from([("4.9.3",), ("12.1.0",), ("13.0",), (), ("4.9.3", "12.1.0")]), min_size=1, max_size=8),
    st.lists(st.integers(0, 7), max_size=5),
    st.floats(0.01, 100),
)
def test_forecasts_are_those_of_the_model_however_clusters_come_and_go(tmp_path_factory, versions, changes, price):
    """The same p as a study has of these clusters; not known where several values are; never of what changed since."""
    path, model = stump(tmp_path_factory.mktemp("models") / "model.json")
    forecasts = read_forecasts([path])
    fleet = Fleet([cluster(f"c{at}", *some) for at, some in enumerate(versions)]).changed()
    job = jobspec_text(asking(), "job", None)
    today = {"predicted_cost": np.full((1, 1), price)}
    for change in [None, *changes]:
        if change is not None:
            name = f"c{change}"
            if name in fleet.clusters and len(fleet.clusters) > 1:
                del fleet.clusters[name]
            else:
                fleet.clusters[name] = cluster(name, f"{change}.1")
            fleet.changed()
        before = forecasts.over(fleet, job, today)["success_probability"]
        if (wanted := forecasts.wanted(fleet, job)) is not None:
            forecasts.keep(wanted, forecasts.asked(wanted))
        assert forecasts.wanted(fleet, job) is None
        found = forecasts.over(fleet, job, today)
        p = found["success_probability"]
        clear = [one for one in fleet.clusters.values() if len(values_on(one, {"compiler version": "compiler"})[0]) < 2]
        outcomes = ModelOutcomes(model)
        described = described_by_needs(["solver"], ["2.1"], [()])
        table = outcomes.table(described, environments_of(ModelFleet(tuple(clear)), dict(outcomes.environment_facts)))[
            0
        ]
        expected = dict(zip([one.name for one in clear], table.tolist(), strict=True))
        assert len(p) == len(fleet.clusters)
        for name, one, earlier, cost in zip(fleet.clusters, p, before, found["predicted_cost"][0], strict=True):
            assert one == expected[name] if name in expected else np.isnan(one)
            assert np.isnan(earlier) or earlier == one
            assert (np.isnan(cost) and np.isnan(one)) or cost == price / one


def test_a_kind_of_job_that_was_remembered_is_forgotten_within_a_bound(tmp_path, monkeypatch):
    monkeypatch.setattr("placewise.service.live.forecasts._MOST_REMEMBERED", 0)
    path, model = stump(tmp_path / "model.json")
    asks = KnownFact("package version", PACKAGE_VERSION, "version", ("1", "2"))
    write_success_model(replace(model, facts=(*model.facts, asks)), path)
    forecasts, fleet = read_forecasts([path]), Fleet([cluster("c", "4.9.3")]).changed()
    for version in range(40):
        job = jobspec_text(asking(version=f"1.{version}"), "job", None)
        forecasts.keep(wanted := forecasts.wanted(fleet, job), forecasts.asked(wanted))
        assert not np.isnan(forecasts.over(fleet, job, {})["success_probability"]).any()
    assert len(forecasts._chances) == 16


def test_models_that_cannot_be_used_keep_a_server_from_starting(tmp_path):
    path, _ = stump(tmp_path / "model.json")
    folder = runtimes(tmp_path / "models", {"4.9.3": 1.0, "12.1.0": 2.0})
    text, fitted = path.read_text(), (folder / "models.json").read_text()
    blind, _ = stump(tmp_path / "blind.json", fact="package version", group="package version")
    cases = {
        "truncated": text[: len(text) // 2],
        "newer": text.replace("success model 1", "success model 2"),
        "nan": text.replace('"base": 0.0', '"base": NaN'),
        "fitted-truncated": fitted[: len(fitted) // 2],
        "fitted-newer": fitted.replace('"format":1', '"format":2'),
        "empty": "",
        "list": "[]",
        "other": "{}",
        "no-field": text.replace('"trees"', '"treez"'),
    }
    bad = {name: tmp_path / f"{name}.json" for name in cases}
    for name, file in bad.items():
        assert cases[name] not in (text, fitted), name
        file.write_text(cases[name])
    tried = [[file] for file in bad.values()]
    tried += [[blind], [path, path], [folder, folder / "models.json"], [tmp_path / "nowhere"], [tmp_path]]
    for files in tried:
        with pytest.raises(InputError) as refused:
            read_forecasts(files)
        assert str(files[-1]) in str(refused.value), files
    with pytest.raises(InputError, match="truncated"), running_server(tmp_path / "a.db", models=(bad["truncated"],)):
        pass
    assert not (tmp_path / "a.db").exists()


# The page -----------------------------------------------------------------------------------------------------------


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_is_where_the_share_would_not_be_far_off(counts):
    """Wilson's interval: the shares of which the one observed is no more than 1.96 standard errors away."""
    good, trials = counts
    low, high = wilson(good, trials)
    assert 0 <= low <= good / trials <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            error = (end * (1 - end) / trials) ** 0.5
            assert abs(good / trials - end) == pytest.approx(1.959963984540054 * error, rel=1e-9)


def test_few_jobs_say_so():
    assert SuccessRow("gray", 4, 0).few
    assert SuccessRow("gray", 4, 0).interval[0] < 0.6
    assert not SuccessRow("gray", 290, 10).few
    rows = success_rows({1: (9, 1), 2: (0, 0), 3: (1, 1), 4: (5, 5)}, {1: "a", 2: "b", 3: "c"})
    assert [row.cluster for row in rows] == ["c", "a"]
