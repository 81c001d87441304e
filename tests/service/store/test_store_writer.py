import asyncio
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from stocking import new_cluster, new_job, register, set_states

from placewise.service.guard.refusals import ClusterGone, Unavailable
from placewise.service.store.database import Database
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.clusters import add_clusters, load_clusters
from placewise.service.store.rows.jobs import list_jobs
from placewise.service.store.writer import MOST_ITEMS, Writer


def add(connection, items):
    return add_jobs(connection, items, 2.0, 1 << 30)


def log(connection, items):
    """Write names down, one cluster each; a name that says so raises, or is answered with an exception."""
    for item in items:
        add_clusters(connection, [new_cluster(item)], 1.0)
        if item.startswith("raise"):
            raise ValueError(item)
    return [LookupError(item) if item.startswith("answer") else item for item in items]


def log_too(connection, items):
    return log(connection, items)


class Held:
    """An act that waits until it is let go, so that others come to wait behind it."""

    def __init__(self):
        self.reached, self.let_go = threading.Event(), threading.Event()

    def __call__(self, _connection, items):
        self.reached.set()
        assert self.let_go.wait(60)
        return items


def names(database):
    return [one.name for one in database.read(load_clusters)]


def with_writer(database, scenario):
    async def run():
        writer = Writer(database)
        try:
            return await asyncio.wait_for(scenario(writer), 120)
        finally:
            await writer.close()

    return asyncio.run(run())


async def behind(writer, calls):
    """Start calls that all wait while the writer is busy, let it go, and return what they come to."""
    held = Held()
    first = asyncio.ensure_future(writer.do(held, "held"))
    await asyncio.to_thread(held.reached.wait, 60)
    waiting = [asyncio.ensure_future(writer.do(*call)) for call in calls]
    await asyncio.sleep(0)
    held.let_go.set()
    assert await first == "held"
    return await asyncio.gather(*waiting, return_exceptions=True)


def test_what_waits_is_committed_together_and_answered_one_for_one(database):
    register(database)
    sizes = []

    def counted(connection, items):
        sizes.append(len(items))
        return add(connection, items)

    calls = [(counted, new_job(1 if number % 3 else 99, name=f"job {number}")) for number in range(100)]
    answers = with_writer(database, lambda writer: behind(writer, calls))
    assert sizes == [100]
    kept = {job.id: job.name for job in database.read(lambda c: list_jobs(c, cluster_ids=None, limit=1000))}
    for number, answer in enumerate(answers):
        if number % 3:
            assert kept[answer.id] == f"job {number}"
        else:
            assert isinstance(answer, ClusterGone)
    assert len(kept) == 66


def test_each_transaction_is_told_with_its_size_before_it_is_answered(database):
    told = []

    async def scenario():
        writer = Writer(database, told.append)
        await behind(writer, [(log, f"fine {n}") for n in range(5)])
        assert told == [1, 5]
        await writer.close()

    asyncio.run(scenario())


def test_different_acts_keep_their_order(database):
    register(database)
    seen = []

    def state(connection, items):
        seen.append(("state", len(items)))
        return set_states(connection, items, 2.0)

    def other(connection, items):
        seen.append(("other", len(items)))
        return items

    calls = [(state, (1, "a")), (state, (1, "b")), (other, 1), (state, (1, "c")), (other, 2), (other, 3)]
    assert with_writer(database, lambda writer: behind(writer, calls)) == [True, True, 1, True, 2, 3]
    assert seen == [("state", 2), ("other", 1), ("state", 1), ("other", 2)]
    assert database.read(load_clusters)[0].state == "c"


def test_no_transaction_takes_more_than_so_many(database):
    sizes = []

    def counted(connection, items):
        sizes.append(len(items))
        return items

    answers = with_writer(database, lambda writer: behind(writer, [(counted, n) for n in range(2 * MOST_ITEMS + 5)]))
    assert answers == list(range(2 * MOST_ITEMS + 5))
    assert sizes == [MOST_ITEMS, MOST_ITEMS, 5]


@pytest.mark.parametrize("culprit", [0, 7, 19])
def test_one_culprit_fails_alone(database, culprit):
    items = [f"raise {n}" if n == culprit else f"fine {n}" for n in range(20)]
    answers = with_writer(database, lambda writer: behind(writer, [(log, item) for item in items]))
    fine = [item for item in items if item.startswith("fine")]
    assert [answer for answer in answers if not isinstance(answer, Exception)] == fine
    assert isinstance(answers[culprit], ValueError)
    assert sorted(names(database)) == sorted(fine)


def test_an_error_of_the_database_is_the_culprits_alone(database):
    register(database)

    def write(connection, items):
        for number in items:
            connection.execute(text("INSERT INTO graphs VALUES (:id, 'x')"), {"id": number})
        return items

    broken, fine = with_writer(database, lambda writer: behind(writer, [(write, 99), (log, "fine")]))
    assert isinstance(broken, IntegrityError)
    assert fine == "fine"
    assert "fine" in names(database)


@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([log, log_too]), st.sampled_from(["fine", "raise", "answer"])), max_size=12))
def test_whoever_fails_every_other_is_served(tmp_path_factory, calls):
    database = Database.open(str(tmp_path_factory.mktemp("writer") / "placewise.db"))
    try:
        calls = [(act, f"{kind} {number}") for number, (act, kind) in enumerate(calls)]
        answers = with_writer(database, lambda writer: behind(writer, calls))
        kinds = {"fine": str, "raise": ValueError, "answer": LookupError}
        for (_, item), answer in zip(calls, answers, strict=True):
            assert type(answer) is kinds[item.split()[0]]
            assert str(answer) == item
        # What an act answers with an exception it has done; what it raised for is undone.
        assert names(database) == [item for _, item in calls if not item.startswith("raise")]
    finally:
        database.close()


def test_an_act_that_miscounts_is_an_error_for_all(database):
    answers = with_writer(database, lambda writer: behind(writer, [(lambda _, items: items[1:], n) for n in range(2)]))
    assert all(isinstance(answer, RuntimeError) for answer in answers)


def test_a_cancelled_caller_harms_nobody_and_its_write_stands(database):
    async def scenario(writer):
        held = Held()
        first = asyncio.ensure_future(writer.do(held, "held"))
        await asyncio.to_thread(held.reached.wait, 60)
        waiting = [asyncio.ensure_future(writer.do(log, f"fine {n}")) for n in range(3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        first.cancel()
        held.let_go.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    one, cancelled, three = with_writer(database, scenario)
    assert (one, three) == ("fine 0", "fine 2")
    assert isinstance(cancelled, asyncio.CancelledError)
    assert names(database) == ["fine 0", "fine 1", "fine 2"]


def test_closing_writes_what_waits_and_then_takes_nothing(database):
    async def scenario(writer):
        held = Held()
        waiting = [asyncio.ensure_future(writer.do(held, "held"))]
        await asyncio.to_thread(held.reached.wait, 60)
        waiting += [asyncio.ensure_future(writer.do(log, f"fine {n}")) for n in range(50)]
        await asyncio.sleep(0)
        closing = [asyncio.ensure_future(writer.close()) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="closed"):
            await writer.do(log, "late")
        held.let_go.set()
        await asyncio.gather(*closing)
        return await asyncio.gather(*waiting)

    assert len(with_writer(database, scenario)) == 51
    assert len(names(database)) == 50


def test_a_commit_that_fails_reaches_every_waiter_and_nothing_is_kept(database, monkeypatch):
    def fail(transaction):
        raise OSError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(database, "_commit", fail, raising=True)

        async def scenario(writer):
            calls = [asyncio.ensure_future(writer.do(log, f"fine {n}")) for n in range(20)]
            return await asyncio.gather(*calls, return_exceptions=True)

        answers = with_writer(database, scenario)
    assert [type(answer) for answer in answers] == [OSError] * 20
    assert names(database) == []
    assert with_writer(database, lambda writer: writer.do(log, "fine")) == "fine"


def test_a_server_that_goes_away_is_unavailable_for_all_who_wait(postgresql_url, monkeypatch):
    monkeypatch.setattr("placewise.service.store.database._ATTEMPTS", 2)
    database = Database.open(postgresql_url)
    acts = []

    def dying(connection, items):
        acts.append(len(items))
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return items

    async def scenario(writer):
        assert writer.working
        answers = await behind(writer, [(log, "a"), (dying, "b"), (log, "c")])
        assert not writer.working
        assert await writer.do(lambda _, items: items, "back") == "back"
        assert writer.working
        return answers

    answers = with_writer(database, scenario)
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert len(acts) == 2
    assert names(database) == []
    database.close()


def test_an_answer_comes_only_after_the_commit(tmp_path):
    database = Database.open(str(tmp_path / "placewise.db"))
    committed = []
    commit = database._commit

    def slow(transaction):
        time.sleep(0.05)
        commit(transaction)
        committed.append(1)

    database._commit = slow

    async def scenario(writer):
        await writer.do(log, "fine")
        assert committed

    with_writer(database, scenario)
    database.close()


def test_tasks_of_several_loops_share_a_writer(database):
    writer = Writer(database)
    answers = []

    def in_a_loop(number):
        async def write():
            items = [f"{number} {n}" for n in range(20)]
            return await asyncio.gather(*[writer.do(log, item) for item in items])

        answers.extend(asyncio.run(write()))

    threads = [threading.Thread(target=in_a_loop, args=[number]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(writer.close())
    assert sorted(answers) == sorted(names(database)) == sorted(f"{a} {b}" for a in range(3) for b in range(20))


def test_a_loop_that_is_gone_harms_nobody(database):
    writer = Writer(database)
    held = Held()

    async def leave():
        task = asyncio.ensure_future(writer.do(held, "held"))
        await asyncio.to_thread(held.reached.wait, 60)
        task.cancel()

    asyncio.run(leave())
    held.let_go.set()

    async def stay():
        assert await writer.do(log, "fine") == "fine"
        await writer.close()

    asyncio.run(stay())
