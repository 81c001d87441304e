"""What is kept in memory agrees with the store, whatever happens to clusters meanwhile."""

import asyncio
import sqlite3
from random import Random
from types import SimpleNamespace

import pytest
import structlog
from running import running_server
from talking import graph, jobspec, subsystem, talking

from placewise.formats.fleets.cluster_texts import parse_cluster
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.selection.policies import first
from placewise.service.beside.turns import Caller, Heavy
from placewise.service.calls import registering, submitting
from placewise.service.guard.refusals import ClusterGone, Unauthenticated, Unavailable
from placewise.service.live import loading, upkeep
from placewise.service.live.live_fleet import LiveFleet, Member
from placewise.service.live.loading import load
from placewise.service.store.rows import clusters as store
from placewise.service.wire import placewise_pb2 as v1


def test_a_subsystem_that_another_server_left_without_its_vertex_keeps_nobody_from_starting(tmp_path):
    path = tmp_path / "placewise.db"
    with running_server(path) as server, talking(server) as talk:
        talk.register("gray", subsystems={"io": subsystem({"size": 7}), "old": subsystem({"size": 7})})
        talk.register("blue", subsystems={"old": subsystem({"size": 7})})
    with sqlite3.connect(path) as connection:
        lost = subsystem({"size": 7}, on=("nowhere",))
        connection.execute("UPDATE subsystems SET document = ? WHERE name = 'old' AND cluster_id = 1", [lost])
    connection.close()
    with running_server(path) as server, talking(server) as talk:
        matched = {
            name: list(talk.v1.Match(v1.MatchRequest(jobspec=jobspec([_size(name)]))).clusters)
            for name in ("io", "old")
        }
        assert matched == {"io": ["gray"], "old": ["blue"]}
        assert sorted(talk.v1.Match(v1.MatchRequest(jobspec=jobspec())).clusters) == ["blue", "gray"]


def test_credentials_of_a_cluster_that_is_gone_do_not_bring_it_back():
    fleet = LiveFleet(None)
    member = Member(1, "gray", 1, b"", b"", 0.0, 0.0)
    fleet.put(member, parse_cluster("gray", graph(), {}), {})
    fleet.drop(1)
    fleet.update(member)
    assert (fleet.member("gray"), len(fleet)) == (None, 0)


def test_a_name_taken_over_is_not_dropped_with_its_old_owner():
    fleet = LiveFleet(None)
    for number in (1, 2):
        fleet.put(Member(number, "gray", 1, b"", b"", 0.0, 0.0), parse_cluster("gray", graph(), {}), {})
    fleet.drop(2)
    fleet.drop(1)
    assert len(fleet) == 0


def test_a_stranger_does_not_wait_for_a_change_of_a_cluster_under_way():
    fleet = LiveFleet(None)
    fleet.put(Member(1, "gray", 1, b"", b"", 0.0, 0.0), parse_cluster("gray", graph(), {}), {})
    caller = Caller("ipv4:127.0.0.1:5")
    nobody_waits = SimpleNamespace(fleet=fleet)  # there is no lock to wait for
    with pytest.raises(Unauthenticated):
        asyncio.run(registering.delete(nobody_waits, caller, "gray", "wrong"))
    with pytest.raises(Unauthenticated):
        asyncio.run(registering.rotate(nobody_waits, caller, "gray", "wrong", keep_secret=False, keep_token=False))


def test_a_cluster_deleted_while_it_is_read_does_not_come_back(monkeypatch):
    fleet = LiveFleet(None)
    fleet.put(Member(1, "gray", 1, b"", b"", 0.0, 0.0), parse_cluster("gray", graph(), {}), {})
    stored = store.StoredCluster(1, "gray", b"", b"", graph(), {}, "{}", 2, 0.0, 0.0)
    monkeypatch.setattr(store, "load_clusters", lambda _connection, _ids: [stored])
    monkeypatch.setattr(loading, "load_vocabulary", lambda _connection: (Vocabulary(), ()))

    async def beside(read):
        found = read()
        fleet.drop(1)
        return found

    asyncio.run(load(SimpleNamespace(fleet=fleet, database=SimpleNamespace(read=lambda act: act(None)), beside=beside)))
    assert fleet.member("gray") is None


def test_what_goes_wrong_once_does_not_end_the_upkeep():
    async def fail():
        raise KeyError("gray")

    with structlog.testing.capture_logs() as lines:
        asyncio.run(upkeep._tried("compare", fail()))
    assert [line["log_level"] for line in lines] == ["error"]


def _size(name):
    return {"name": name, "field": "size", "min": 5, "max": 10}


def _put(fleet, number, name="gray"):
    fleet.put(Member(number, name, 1, b"", b"", 0.0, 0.0), parse_cluster(name, graph(), {}), {})


def test_a_name_taken_by_another_cluster_brings_none_of_the_former_ones_load():
    fleet = LiveFleet(None)
    _put(fleet, 1)
    fleet.scheduler.set_loads({"gray": 5})
    fleet.drop(1)
    _put(fleet, 2)
    assert fleet.scheduler.load.tolist() == [0]
    fleet.scheduler.set_loads({"gray": 5})
    _put(fleet, 3)
    assert fleet.scheduler.load.tolist() == [0]
    fleet.scheduler.set_loads({"gray": 5})
    fleet.ended(2)
    fleet.ended(None)
    assert fleet.scheduler.load.tolist() == [5]
    fleet.ended(3)
    assert fleet.scheduler.load.tolist() == [4]
    assert fleet.name_of(2) is None


def test_a_token_is_no_token_of_the_cluster_that_takes_the_name_meanwhile():
    fleet = LiveFleet(first)
    _put(fleet, 1)
    asked = []

    async def do(_act, new):
        asked.extend(one.cluster_id for one in new)
        fleet.drop(1)
        _put(fleet, 2)
        return [ClusterGone("the cluster is not registered any more")]

    settings = SimpleNamespace(
        jobspec_bytes=1 << 20,
        separate_entries=False,
        match_algorithm="match",
        select_algorithm="first",
        select_options={},
    )
    state = SimpleNamespace(
        fleet=fleet,
        settings=settings,
        random=Random(0),
        writer=SimpleNamespace(do=do),
        acts=SimpleNamespace(add_jobs=0),
        forecasts=None,
    )
    submission = submitting.Submission(jobspec(), frozenset({"gray"}))
    with pytest.raises(Unavailable, match="deleted meanwhile"):

        async def submit():
            state.heavy = Heavy(60)
            await submitting.submit(state, Caller("ipv4:127.0.0.1:5"), submission)

        asyncio.run(submit())
    assert asked == [1]
