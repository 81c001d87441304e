"""Work that takes long keeps nobody waiting but its own caller, and ends when nobody waits for it."""

import asyncio
import contextlib
import json
import os
import threading
import time
import urllib.request
from functools import partial

import grpc
import pytest
from running import running_server
from server_process import server_process
from talking import graph, jobspec, refused, subsystem, talking

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import jobspec_text
from placewise.formats.reading import json_document, parse_document
from placewise.service.beside import process as reading_process
from placewise.service.beside import turns
from placewise.service.beside.documents import read_jobspec
from placewise.service.beside.readers import Readers
from placewise.service.beside.turns import Caller, Heavy, Stop, Stopped
from placewise.service.guard.refusals import Exhausted, Unavailable
from placewise.service.wire import placewise_pb2 as v1

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
SOON_S = 60
BRACKETS = "a: [" + "[]," * 80_000 + "]"


def begun_and_sleeping(began):
    """Return a document that has a reading process make a file, and then takes it ten minutes."""
    return partial(exec, f"import time; open({str(began)!r}, 'w').close(); time.sleep(600)")


def caller(number=1, may=None):
    return Caller(f"ipv4:10.0.0.{number}:5", may)


def until(holds):
    end = time.monotonic() + SOON_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


async def soon(holds):
    await asyncio.to_thread(until, holds)


class Held:
    """Work that goes on until it is released, or stopped."""

    def __init__(self):
        self.began, self.released, self.stopped = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, stop):
        self.began.set()
        while not self.released.wait(0.001):
            try:
                stop.check()
            except Stopped:
                self.stopped.set()
                raise
        return "done"


def test_one_caller_has_one_place_and_the_others_do_not_wait_for_him():
    async def asked():
        heavy = Heavy(SOON_S, places=2)
        first, second = Held(), Held()
        mine = [asyncio.create_task(heavy.beside(caller(1), one)) for one in (first, second)]
        await soon(first.began.is_set)
        assert await heavy.beside(caller(2), lambda _: "at once") == "at once"
        assert not second.began.is_set()
        assert heavy.waiting == 1
        first.released.set()
        second.released.set()
        assert await asyncio.gather(*mine) == ["done", "done"]
        heavy.close()

    asyncio.run(asked())


def test_callers_take_turns_however_much_each_of_them_asks():
    async def asked():
        heavy, order = Heavy(SOON_S, places=1), []
        block = Held()
        blocked = asyncio.create_task(heavy.beside(caller(9), block))
        await soon(block.began.is_set)
        asks = [(1, at) for at in range(5)] + [(2, 0), (3, 0), (2, 1)]
        tasks = [
            asyncio.create_task(heavy.beside(caller(one), lambda _, a=(one, at): order.append(a))) for one, at in asks
        ]
        await asyncio.sleep(0)
        block.released.set()
        await asyncio.gather(blocked, *tasks)
        assert order == [(1, 0), (2, 0), (3, 0), (1, 1), (2, 1), (1, 2), (1, 3), (1, 4)]
        heavy.close()

    asyncio.run(asked())


def test_callers_of_one_address_are_told_apart_by_what_they_may():
    assert caller(1, frozenset({"a"})).key == Caller("ipv4:10.0.0.1:99", frozenset({"a"})).key
    assert len({caller(1).key, caller(2).key, caller(1, frozenset({"a"})).key}) == 3


def test_more_than_may_wait_is_refused_and_the_place_is_there_again(monkeypatch):
    monkeypatch.setattr(turns, "MOST_WAITING", 2)

    async def asked():
        results = []
        heavy, held = Heavy(SOON_S, results.append, places=1), Held()
        tasks = [asyncio.create_task(heavy.beside(caller(), held)) for _ in range(3)]
        await soon(held.began.is_set)
        with pytest.raises(Exhausted):
            await heavy.beside(caller(), held)
        assert results == ["refused"]
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)
        tasks[1] = asyncio.create_task(heavy.beside(caller(), held))
        await asyncio.sleep(0)
        held.released.set()
        assert await asyncio.gather(*tasks) == ["done"] * 3
        assert (heavy.waiting, heavy.working) == (0, 0)
        heavy.close()

    asyncio.run(asked())


def test_what_nobody_waits_for_is_stopped_and_what_waits_never_begins():
    async def asked():
        results = []
        heavy, held, never = Heavy(SOON_S, results.append, places=1), Held(), Held()
        tasks = [asyncio.create_task(heavy.beside(caller(), one)) for one in (held, never)]
        await soon(held.began.is_set)
        for task in reversed(tasks):
            task.cancel()
        await soon(held.stopped.is_set)
        assert await heavy.beside(caller(), lambda _: "next") == "next"
        assert not never.began.is_set()
        assert results == ["gone", "gone", "done"]
        heavy.close()

    asyncio.run(asked())


def test_what_takes_too_long_is_refused_and_stopped():
    async def asked():
        results = []
        heavy, held = Heavy(0.05, results.append), Held()
        with pytest.raises(Exhausted, match="longer than it may"):
            await heavy.beside(caller(), held)
        await soon(held.stopped.is_set)

        async def done():
            # On a busy machine even this may take longer than it may.
            while True:
                with contextlib.suppress(Exhausted):
                    return await heavy.beside(caller(), lambda _: "next")

        assert await done() == "next"
        assert (results[0], results[-1]) == ("late", "done")
        heavy.close()

    asyncio.run(asked())


def test_errors_are_their_callers_and_closing_ends_everything():
    async def asked():
        heavy, held = Heavy(SOON_S, places=1), Held()
        with pytest.raises(ZeroDivisionError):
            await heavy.beside(caller(), lambda _: 1 / 0)
        tasks = [asyncio.create_task(heavy.beside(caller(one), held)) for one in (1, 2)]
        await soon(held.began.is_set)
        heavy.close()
        for task in tasks:
            with pytest.raises(Unavailable):
                await task
        await soon(held.stopped.is_set)
        with pytest.raises(Unavailable):
            await heavy.beside(caller(), held)

    asyncio.run(asked())


@pytest.mark.parametrize(
    "text",
    [BRACKETS, "- a\n" * 100, jobspec(), jobspec(name="x") + "\n# not JSON"],
    ids=["brackets", "a list", "a jobspec", "no JSON"],  # pytest puts them into the environment, which has an end
)
def test_a_reading_process_answers_as_this_one_does(text):
    def answer(read):
        try:
            return read()
        except InputError as error:
            return str(error)

    readers, read = Readers(), partial(read_jobspec, text, "job", False)
    assert answer(lambda: readers.ask(Stop(), read)) == answer(lambda: jobspec_text(text, "job", None))
    readers.close()


def test_a_reading_process_is_ended_and_the_next_one_answers(tmp_path):
    readers, stop = Readers(), Stop()
    began = tmp_path / "began"

    def end():
        until(began.exists)
        stop.set()

    threading.Thread(target=end).start()
    with pytest.raises(Stopped):
        readers.ask(stop, begun_and_sleeping(began))
    assert readers.ask(Stop(), partial(int, "7")) == 7
    with pytest.raises(Stopped):
        readers.ask(stop, partial(int, "7"))
    readers.close()


def test_a_reading_process_that_dies_is_one_call_that_failed():
    readers = Readers()
    with pytest.raises(Exhausted):
        readers.ask(Stop(), partial(os.abort))
    assert readers.ask(Stop(), partial(int, "7")) == 7
    for process in readers._idle:
        process.kill()
        process.wait()
    assert readers.ask(Stop(), partial(int, "8")) == 8
    readers.close()


def test_the_memory_of_the_server_is_not_that_of_its_reading_process():
    """A process inherits the peak of getrusage from the one that started it, and was ended after each answer."""
    readers = Readers()
    server = b"x" * (300 << 20)
    assert readers.ask(Stop(), os.getpid) == readers.ask(Stop(), os.getpid)
    assert len(server) > reading_process._GROWN_BYTES
    readers.close()


def test_what_cannot_be_handed_over_is_no_end_of_the_process():
    readers = Readers()
    with pytest.raises(MemoryError):
        readers.ask(Stop(), threading.Lock)
    with pytest.raises(MemoryError):
        readers.ask(Stop(), partial(bytearray, reading_process._MOST_BYTES))
    assert readers.ask(Stop(), partial(int, "7")) == 7
    readers.close()


@pytest.mark.parametrize("text", ['{"a": 1}', "{a: 1}", '{"a": 1e5}', '{"a": [1, 2}', "a: 1", '{"a": 1} # said'])
def test_json_is_what_yaml_reads_or_nothing(text):
    found = json_document(text)
    if found is not None:
        assert found == parse_document(text, None)


def heavy_work(http):
    """Return the numbers of /metrics about heavy work, by result."""
    with urllib.request.urlopen(f"http://{http}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    named = [line for line in lines if line.startswith("placewise_heavy_work_total")]
    return {line.split('"')[1]: float(line.split()[-1]) for line in named}


@pytest.fixture
def slow(monkeypatch, tmp_path):
    """Reading of long jobspecs takes ten minutes; return the file that is there once it has begun."""
    began = tmp_path / "began"
    monkeypatch.setattr("placewise.service.calls.reading_jobs.partial", lambda *_: begun_and_sleeping(began))
    return began


def test_reading_ends_with_its_caller_and_others_are_answered_meanwhile(tmp_path, slow):
    with running_server(tmp_path / "p.db") as server, talking(server) as talk:
        talk.register("gray")
        request = v1.MatchRequest(jobspec=BRACKETS, credentials=talk.everything)
        under_way = talk.v1.Match.future(request)
        until(slow.exists)
        assert list(talk.v1.Match(v1.MatchRequest(jobspec=jobspec())).clusters) == ["gray"]
        assert not under_way.done()
        under_way.cancel()
        until(lambda: heavy_work(server.http).get("gone"))


def test_reading_ends_with_its_callers_deadline(tmp_path, slow):
    with running_server(tmp_path / "p.db") as server, talking(server) as talk:
        request = v1.MatchRequest(jobspec=BRACKETS, credentials=talk.everything)

        def gone():
            # On a busy machine the deadline may pass before the server has begun.
            assert talk.v1.Match.future(request, timeout=0.5).code() is grpc.StatusCode.DEADLINE_EXCEEDED
            return heavy_work(server.http).get("gone")

        until(gone)


def test_a_registration_whose_caller_is_gone_registers_nothing_and_frees_the_name(tmp_path, monkeypatch):
    with running_server(tmp_path / "p.db") as server, talking(server) as talk:
        owner = v1.ClusterSecret(name="gray", secret=talk.register("gray").secret)
        with monkeypatch.context() as patched:
            began = tmp_path / "began"
            patched.setattr("placewise.service.calls.registering.partial", lambda *_: begun_and_sleeping(began))
            large = graph(nodes=200)
            change = talk.v1.UpdateCluster.future(v1.UpdateClusterRequest(cluster=owner, nodes=large))
            until(began.exists)
            change.cancel()
            until(lambda: heavy_work(server.http).get("gone"))
        talk.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=owner, nodes=large), timeout=SOON_S)
        listed = talk.v1.ListClusters(v1.ListClustersRequest(credentials=talk.everything))
        assert [one.nodes for one in listed.clusters] == [200]


def test_beyond_the_budget_calls_are_refused(tmp_path, slow, monkeypatch):
    monkeypatch.setattr(turns, "MOST_WAITING", 1)
    with running_server(tmp_path / "p.db", work_s=1.5) as server, talking(server) as talk:
        request = v1.MatchRequest(jobspec=BRACKETS, credentials=talk.everything)
        asked = [talk.v1.Match.future(request) for _ in range(3)]
        assert {one.code() for one in asked} == {EXHAUSTED}
        until(lambda: heavy_work(server.http) == {"late": 2.0, "refused": 1.0})


@pytest.mark.parametrize("steps", [0, 10**9])
def test_what_is_worked_out_beside_is_what_is_worked_out_at_once(tmp_path, monkeypatch, steps):
    monkeypatch.setattr(turns, "STEPS_AT_ONCE", steps)
    monkeypatch.setattr("placewise.service.calls.registering._SHORT", steps)
    monkeypatch.setattr("placewise.service.calls.reading_jobs._SHORT_JSON", min(steps, 3000))
    monkeypatch.setattr("placewise.service.calls.reading_jobs._SHORT_YAML", min(steps, 1000))
    with running_server(tmp_path / "p.db", select_algorithm="first") as server, talking(server) as talk:
        owner = v1.ClusterSecret(
            name="gray", secret=talk.register("gray", graph(9), {"io": subsystem({"size": 7})}).secret
        )
        talk.register("blue", graph(3), {"io": subsystem({"size": 3})})
        large, small = ({"name": "io", "field": "size", "min": low, "max": 9} for low in (5, 8))
        wish = {"prefer": [{"weight": 2, "io": {"size": 7}}]}
        matched = talk.v1.Match(v1.MatchRequest(jobspec=jobspec([large])))
        assert (list(matched.clusters), matched.total_clusters) == (["gray"], 2)
        explained = talk.v1.Explain(v1.ExplainRequest(jobspec=jobspec([small])))
        assert {name for one in explained.blocked for name in one.clusters} == {"gray", "blue"}
        wished = talk.v1.Match(v1.MatchRequest(jobspec=jobspec(**wish)))
        assert {one.cluster: one.score for one in wished.scores.clusters} == {"gray": 2, "blue": 0}
        assert [one.cluster for one in talk.submit(jobspec(**wish), select_algorithm="preferred").scores.clusters]
        assert talk.submit(jobspec([large])).cluster == "gray"
        refusal = talk.submit(jobspec([small]))
        assert (refusal.cluster, refusal.matching_clusters) == ("", 0)
        assert "fails on 2 of 2" in refusal.reason
        talk.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=owner, subsystems={"io": subsystem({"size": 8})}))
        assert list(talk.v1.Match(v1.MatchRequest(jobspec=jobspec([small]))).clusters) == ["gray"]
        talk.v1.UpdateCluster(v1.UpdateClusterRequest(cluster=owner, nodes=graph(5)))
        clusters = talk.v1.ListClusters(v1.ListClustersRequest(credentials=talk.everything)).clusters
        assert [(one.name, one.nodes) for one in clusters] == [("gray", 5), ("blue", 3)]
        wrong = v1.MatchRequest(jobspec=json.dumps({"version": 1, "resources": {"a": {"of": 1}}}))
        assert refused(talk.v1.Match, wrong)[0] == grpc.StatusCode.INVALID_ARGUMENT


def test_a_page_is_explained_once_until_the_clusters_change(tmp_path, monkeypatch):
    from placewise.service.web import pages  # noqa: PLC0415

    explained, asked = pages.explain, []

    async def counted(state, caller, job, usable):
        asked.append(job.name)
        return await explained(state, caller, job, usable)

    monkeypatch.setattr(pages, "explain", counted)
    with running_server(tmp_path / "p.db") as server, talking(server) as talk:
        talk.register("gray", subsystems={"io": subsystem({"size": 7})})
        number = talk.submit(jobspec([{"name": "io", "field": "size", "min": 8}])).job_id

        def page():
            with urllib.request.urlopen(f"http://{server.http}/jobs/{number}") as answer:
                return answer.read().decode()

        first = page()
        assert first.count("fails on 1 of 1") == 1, "the refusal is said once"
        page()
        assert len(asked) == 1
        talk.register("blue")
        later = page()
        assert "fails on 2 of 2" in later
        assert later.count("fails on 1 of 1") == 1, "what was so when it was submitted stays"
        assert len(asked) == 2


def test_one_overview_is_made_for_all_who_wait_and_none_is_old():
    from placewise.service.web.shared import Shared  # noqa: PLC0415

    async def asked():
        made, gate = [], asyncio.Event()

        async def make():
            made.append(len(made))
            await gate.wait()
            return made[-1]

        shared = Shared(make)
        first = [asyncio.create_task(shared.get()) for _ in range(3)]
        await asyncio.sleep(0.01)
        later = [asyncio.create_task(shared.get()) for _ in range(5)]
        await asyncio.sleep(0)
        later[0].cancel()
        gate.set()
        assert await asyncio.gather(*first) == [0] * 3
        assert await asyncio.gather(*later[1:]) == [1] * 4
        assert await shared.get() == 2

    asyncio.run(asked())


def test_a_server_that_works_hard_stops_soon(tmp_path):
    with server_process(tmp_path) as server, talking(server) as talk:
        talk.register("gray")
        request = v1.MatchRequest(jobspec=BRACKETS, credentials=talk.everything)
        asked = [talk.v1.Match.future(request) for _ in range(12)]
        until(asked[0].done)
        began = time.monotonic()
        assert server.stop() == 0
        # What was under way has a second; a loaded machine may take longer to end a process.
        assert time.monotonic() - began < SOON_S / 3
