"""The service knows what names mean: it learns from clusters, forgets nothing, and an operator's word comes first."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import grpc
import pytest
from running import running_server
from talking import graph, jobspec, refused, subsystem, talking

from placewise.kinds.vocabulary.builtin import kind_of
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary
from placewise.service.beside.teaching import taught_by
from placewise.service.client.messages.cluster_documents import documents_of
from placewise.service.store.database import Database
from placewise.service.store.rows.vocabulary import extent, grow_vocabulary, load_vocabulary
from placewise.service.store.sqlite.copying import check, copy
from placewise.service.wire import memory_graph_pb2 as memory
from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire import rainbow_pb2 as rainbow

INVALID = grpc.StatusCode.INVALID_ARGUMENT
FPGA = jobspec([{"name": "fpga", "field": "model", "match": "u280"}])


def owner(name, given):
    return v1.ClusterSecret(name=name, secret=given.secret)


def remove(talk, name, given):
    talk.v1.DeleteCluster(v1.DeleteClusterRequest(cluster=owner(name, given)))


def match(talk, spec):
    return talk.v1.Match(v1.MatchRequest(jobspec=spec, credentials=talk.everything))


def asked(**entry):
    return jobspec([entry])


def known(url):
    opened = Database.open(str(url))
    try:
        return opened.read(load_vocabulary)[0]
    finally:
        opened.close()


def test_names_stay_known_when_their_clusters_are_gone_and_the_server_is_another(database_url):
    def refusals(talk):
        done = talk.submit(FPGA)
        assert (done.state, done.cluster) == (v1.JOB_STATE_REFUSED, "")
        assert "fits on no cluster" in done.reason
        for spec, near in (
            (asked(name="fgpa", field="model", match="u280"), "fpga"),
            (asked(name="fpga", field="modle", match="u280"), "model"),
        ):
            code, details = refused(talk.v1.Submit, v1.SubmitRequest(jobspec=spec, credentials=talk.everything))
            assert code == INVALID
            assert near in details

    with running_server(database_url) as server, talking(server) as talk:
        talk.register("gray")
        assert refused(match, talk, FPGA)[0] == INVALID
        given = talk.register("blue", subsystems={"fpga": subsystem({"model": "u280"})})
        assert list(match(talk, FPGA).clusters) == ["blue"]
        remove(talk, "blue", given)
        refusals(talk)
    with running_server(database_url) as server, talking(server) as talk:
        refusals(talk)
        talk.register("blue", subsystems={"fpga": subsystem({"model": "u280"})})
        assert talk.submit(FPGA).cluster == "blue"


@pytest.mark.parametrize("how", ["register", "rainbow", "update"])
def test_whatever_brings_a_subsystem_teaches_it(server, how):
    fpga = subsystem({"model": "u280", "lanes": "16"})
    with talking(server) as talk:
        given = talk.register("gray", subsystems={"fpga": fpga} if how == "register" else {})
        if how == "rainbow":
            request = rainbow.RegisterRequest(name="gray", secret=given.secret, subsystem="fpga", nodes=fpga)
            talk.rainbow.RegisterSubsystem(request)
        if how == "update":
            changes = {"subsystems": {"fpga": fpga}, "state": '{"x": 1}'}
            talk.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=owner("gray", given), **changes))
        remove(talk, "gray", given)
        assert talk.submit(FPGA).state == v1.JOB_STATE_REFUSED


def test_what_was_registered_before_there_was_a_vocabulary_is_written_down_at_start(tmp_path):
    path = tmp_path / "placewise.db"
    with running_server(path) as server, talking(server) as talk:
        given = talk.register("gray", subsystems={"fpga": subsystem({"model": "u280"})})
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM vocabulary")
    connection.close()
    with running_server(path) as server, talking(server) as talk:
        remove(talk, "gray", given)
    assert {"model", "type"} <= known(path).known["fpga"]


def test_a_kind_that_was_learned_stays(tmp_path):
    path = tmp_path / "placewise.db"
    with running_server(path) as server, talking(server) as talk:
        given = talk.register("gray", subsystems={"link": subsystem({"rate": "10 Gb/s"})})
        remove(talk, "gray", given)
    with running_server(path) as server, talking(server) as talk:
        talk.register("blue", subsystems={"link": subsystem({"rate": "fast"})})
        talk.register("teal", subsystems={"link": subsystem({"rate": "20 Gb/s"})})
        found = match(talk, asked(name="link", field="rate", min="15 Gb/s"))
        assert list(found.clusters) == ["teal"]
        assert [one.cluster for one in found.incomparable] == ["blue"]
    kind = known(path).kind_of("link", "rate")
    assert (kind, kind.inferred) == (FieldKind("quantity"), True)


@pytest.mark.parametrize(
    "said",
    [
        "subsystems:\n  driver: {fields: {level: {kind: version}}}\n  abacus: {}\n",
        "subsystems: {abacus: {}}\nfields: {level: {kind: version}}\n",
    ],
)
def test_an_operators_vocabulary_counts_before_what_clusters_teach(tmp_path, said):
    path, words = tmp_path / "placewise.db", tmp_path / "vocabulary.yaml"
    wanted = asked(name="driver", field="level", min="1.9")
    with running_server(path) as server, talking(server) as talk:
        talk.register("gray", subsystems={"driver": subsystem({"level": 1.5})})
        talk.register("blue", subsystems={"driver": subsystem({"level": "1.10"})})
        assert list(match(talk, wanted).clusters) == []
    words.write_text(said)
    with running_server(path, vocabulary=words) as server, talking(server) as talk:
        found = match(talk, wanted)
        assert "blue" in found.clusters
        assert "gray" not in found.clusters
        assert talk.submit(asked(name="abacus")).state == v1.JOB_STATE_REFUSED
    words.write_text("subsystems: []\n")
    with pytest.raises(Exception, match="vocabulary.yaml"), running_server(path, vocabulary=words):
        pass


def test_a_value_that_the_vocabulary_refuses_is_refused_and_touches_nobody_else(server, tmp_path):
    with talking(server) as talk:
        given = talk.register("gray", subsystems={"libc": subsystem({"release": "2.5"})})
        for fields, field in (({"release": 2.17}, "release"), ({"version": "1:1.1.1k-9.el8"}, "version")):
            documents = {"libc": subsystem(fields), "odd": subsystem({})}
            request = v1.RegisterClusterRequest(
                name="blue", registration_secret=server.registration_secret, nodes=graph(), subsystems=documents
            )
            code, details = refused(talk.v1.RegisterCluster, request)
            assert code == INVALID
            assert all(word in details for word in ("libc", "s0", field))
            changes = v1.UpdateClusterRequest(cluster=owner("gray", given), subsystems=documents)
            assert refused(talk.v1.UpdateCluster, changes)[0] == INVALID
        assert list(match(talk, asked(name="libc", field="release", match="2.5")).clusters) == ["gray"]
        assert refused(match, talk, asked(name="odd"))[0] == INVALID


def test_one_bad_registrant_stops_nobody(talk):
    for name, memory_size in (("gray", "64 GB"), ("bad", "lots"), ("small", "1 GB")):
        talk.register(name, subsystems={"memory": subsystem({"value": memory_size})})
    wanted = asked(name="memory", field="value", min="16 GB")
    found = match(talk, wanted)
    assert (list(found.clusters), list(found.unknown)) == (["gray"], [])
    [one] = found.incomparable
    assert one.cluster == "bad"
    assert "memory" in one.requirement
    assert "lots" in one.problem
    explained = talk.v1.Explain(v1.ExplainRequest(jobspec=wanted, credentials=talk.everything))
    assert list(explained.matched) == ["gray"]
    assert [(each.cluster, each.problem) for each in explained.incomparable] == [("bad", one.problem)]
    done = talk.submit(wanted, unknown=v1.UNKNOWN_YES)
    assert done.cluster == "gray"
    assert [each.cluster for each in done.incomparable] == ["bad"]
    satisfied = talk.memory.Satisfy(memory.SatisfyRequest(payload=wanted, matcher="match"))
    assert list(satisfied.clusters) == ["gray"]
    refusal = talk.submit(asked(name="memory", field="value", min="1 TB"), unknown=v1.UNKNOWN_YES)
    assert refusal.state == v1.JOB_STATE_REFUSED
    assert "fails on 2 of 3" in refusal.reason
    assert "bad cannot be compared" in refusal.reason


def test_who_may_use_some_clusters_is_told_of_those_alone(talk):
    tokens = {}
    for name, size in (("gray", "64 GB"), ("bad", "lots"), ("worse", "more")):
        tokens[name] = talk.register(name, subsystems={"memory": subsystem({"value": size})}).token
    shown = v1.Credentials(clusters=[{"cluster": name, "token": tokens[name]} for name in ("gray", "bad")])
    wanted = asked(name="memory", field="value", min="16 GB")
    for answer in (
        talk.v1.Match(v1.MatchRequest(jobspec=wanted, credentials=shown)),
        talk.v1.Explain(v1.ExplainRequest(jobspec=wanted, credentials=shown)),
        talk.v1.Submit(v1.SubmitRequest(jobspec=wanted, credentials=shown)),
    ):
        assert [one.cluster for one in answer.incomparable] == ["bad"]


def test_two_that_teach_at_once_lose_nothing(database_url):
    with ExitStack() as stack:
        servers = 2 if database_url.startswith("postgresql") else 1
        talks = [
            stack.enter_context(talking(stack.enter_context(running_server(database_url)))) for _ in range(servers)
        ]

        def register(number):
            own = {f"own{number}": subsystem({"a": number}), "common": subsystem({f"f{number}": "10 GB"})}
            talks[number % servers].register(f"c{number}", subsystems=own)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(register, range(24)))
    found = known(database_url)
    assert {f"own{number}" for number in range(24)} <= found.known.keys()
    assert {f"f{number}" for number in range(24)} <= found.known["common"]
    assert {found.kind_of("common", f"f{number}") for number in range(24)} == {FieldKind("quantity")}


def test_servers_learn_from_one_another_also_of_clusters_that_are_gone(postgresql_url):
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(talking(stack.enter_context(running_server(postgresql_url)))) for _ in range(2)
        )
        remove(one, "gray", one.register("gray", subsystems={"fpga": subsystem({"model": "u280"})}))
        # Whatever the other sees next of the store brings the names along.
        one.register("blue")
        for _ in range(600):
            if list(match(other, jobspec()).clusters) == ["blue"]:
                break
            asyncio.run(asyncio.sleep(0.1))
        assert other.submit(FPGA).state == v1.JOB_STATE_REFUSED


def test_names_without_end_are_not_remembered(tmp_path):
    with running_server(tmp_path / "placewise.db", most_names=6) as server, talking(server) as talk:
        talk.register("gray", subsystems={"fpga": subsystem({"model": "u280"})})
        request = v1.RegisterClusterRequest(
            name="blue",
            registration_secret=server.registration_secret,
            nodes=graph(),
            subsystems={"x": subsystem({f"f{number}": 1 for number in range(9)})},
        )
        code, details = refused(talk.v1.RegisterCluster, request)
        assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "names" in details
        talk.register("blue", subsystems={"fpga": subsystem({"model": "u50"})})


def test_of_two_kinds_the_first_kept_counts(database):
    def taught(kind):
        return Vocabulary({("gpu", "size"): FieldKind(kind, inferred=True)}, known={"gpu": frozenset({"size", kind})})

    assert database.write(lambda c: grow_vocabulary(c, Vocabulary())) == Vocabulary()
    assert database.read(extent) == (0, 0)
    database.write(lambda c: grow_vocabulary(c, taught("number")))
    before = database.read(extent)
    again = database.write(lambda c: grow_vocabulary(c, taught("text")))
    assert again.kinds == {("gpu", "size"): FieldKind("number")}
    assert again.known == {"gpu": frozenset({"size", "number", "text"})}
    assert database.read(load_vocabulary) == (again, ())
    assert database.read(extent) > before


def test_a_document_that_is_none_is_found_and_leaves_its_subsystem_known(tmp_path):
    path = tmp_path / "placewise.db"
    with running_server(path) as server, talking(server) as talk:
        remove(talk, "gray", talk.register("gray", subsystems={"fpga": subsystem({"model": "u280"})}))
    copy(path, tmp_path / "copy.db")
    assert "model" in known(tmp_path / "copy.db").known["fpga"]
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE vocabulary SET document = '{'")
    connection.close()
    assert any("fpga" in problem for problem in check(path).problems)
    with running_server(path) as server, talking(server) as talk:
        assert talk.submit(FPGA).state == v1.JOB_STATE_REFUSED
        talk.register("blue", subsystems={"fpga": subsystem({"model": "u50"})})
    assert not check(path).problems


def test_only_what_is_new_is_taught():
    fpga = Subsystem("fpga", (SubsystemVertex((("lanes", 16), ("model", "u280"))), SubsystemVertex((("lanes", "x"),))))
    first = taught_by([fpga, Subsystem("bare", ())], Vocabulary())
    assert first.known == {"fpga": frozenset({"lanes", "model"}), "bare": frozenset()}
    assert first.kinds == {("fpga", "lanes"): FieldKind("number")}
    assert kind_of(first, "fpga", "model") == FieldKind("text")
    assert taught_by([fpga], first) == Vocabulary()
    more = taught_by([Subsystem("fpga", (SubsystemVertex((("cost", 1),)),))], first)
    assert more.known == {"fpga": frozenset({"lanes", "model", "cost"})}
    assert more.kinds == {("fpga", "cost"): FieldKind("number")}


def test_a_client_sends_versions_with_epochs_as_the_scheduler_says_whether_they_may_be():
    ssl = Subsystem("ssl", (SubsystemVertex((("version", "1:1.1.1k-9.el8"),), (0,)),))
    _, documents = documents_of(Cluster("one", subsystems=(ssl,)))
    assert "1:1.1.1k-9.el8" in documents.subsystems["ssl"]
