import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from stocking import LONG, new_job, receive_all, register, set_states, submit

from placewise.service.guard.refusals import ClusterGone, QueueFull
from placewise.service.store.database import Database
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.clusters import delete_cluster, put_subsystems
from placewise.service.store.rows.job import OVER, AddedJob, JobState
from placewise.service.store.rows.jobs import accept, get_job, list_jobs, queue_lengths, receive, report, return_expired

JOBS = 2000


@pytest.fixture
def servers(database, database_url):
    """The stores of two servers on PostgreSQL, of one on SQLite (which takes no second)."""
    if database.dialect == "sqlite":
        yield [database]
        return
    other = Database.open(database_url)
    yield [database, other]
    other.close()


@contextmanager
def together(*acts):
    """Run acts in threads of their own; what one raises is raised at the end."""
    failures = []

    def guarded(act):
        try:
            act()
        except BaseException as error:  # noqa: BLE001, raised below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads)
    if failures:
        raise failures[0]


def test_eight_workers_receive_every_job_and_none_twice(servers):
    [cluster_id] = register(servers[0])
    ids = submit(servers[0], cluster_id, JOBS)
    received, accepted = Counter(), Counter()

    def work(number):
        database = servers[number % len(servers)]
        while True:
            jobs = receive_all(database, cluster_id, most=7)
            received.update(job.id for job in jobs)
            items = [(job.id, job.lease) for job in jobs]
            taken = database.write(lambda c, items=items: accept(c, cluster_id, items, 4.0))
            accepted.update(taken)
            if not jobs:
                # On PostgreSQL rows that another is taking are passed over, so "none" may be said too early.
                if database.read(queue_lengths).get(cluster_id, (0, 0))[0] == 0:
                    return
                time.sleep(0.002)

    with together(*[lambda n=number: work(n) for number in range(8)]):
        pass
    assert received == accepted == Counter(ids)
    assert servers[0].read(queue_lengths) == {cluster_id: (0, JOBS)}


def test_who_receives_waits_for_nobody_who_receives(postgresql_url):
    database = Database.open(postgresql_url)
    [cluster_id] = register(database)
    ids = submit(database, cluster_id, 4)

    def receive_meanwhile(connection):
        first = receive(connection, cluster_id, 2, LONG, 10.0, 3.0)
        with together(lambda: others.extend(receive_all(database, cluster_id))):
            pass
        return first

    others = []
    first = database.write(receive_meanwhile)
    assert [job.id for job in first] == ids[:2]
    assert [job.id for job in others] == ids[2:]
    database.close()


@pytest.mark.slow
def test_leases_that_run_out_among_workers_are_held_by_one_at_a_time(servers):
    # Time is a count that grows with every call; a worker that dawdles loses its lease to another.
    [cluster_id] = register(servers[0])
    ids = submit(servers[0], cluster_id, 200)
    clock = iter(range(10, 1 << 30))
    finished = Counter()

    def work(number):
        database = servers[number % len(servers)]
        while True:
            jobs = receive_all(database, cluster_id, most=5, lease_s=8.0, now=float(next(clock)))
            if number % 2:
                database.write(lambda c: return_expired(c, float(next(clock))))
            items = [(job.id, job.lease) for job in jobs]
            for one in database.write(lambda c, items=items: accept(c, cluster_id, items, float(next(clock)))):
                database.write(lambda c, one=one: report(c, cluster_id, one, True, 1.0, str(number), 9.0))
                finished[one] += 1
            if not jobs and database.read(queue_lengths).get(cluster_id, (0, 0)) == (0, 0):
                return

    with together(*[lambda n=number: work(n) for number in range(8)]):
        pass
    assert finished == Counter(ids)
    for number in ids:
        states = [event.state for event in servers[0].read(lambda c, n=number: get_job(c, n)).history]
        assert states.count(JobState.ACCEPTED) == states.count(JobState.FINISHED) == 1


def test_a_cluster_deleted_while_jobs_come_in_leaves_none_behind(servers):
    for round_number in range(5):
        [cluster_id] = register(servers[0], f"cluster {round_number}")
        answers = []
        started = threading.Event()

        def add(database, cluster_id=cluster_id, answers=answers, started=started):
            for _ in range(15):
                items = [new_job(cluster_id) for _ in range(5)]
                answers.extend(database.write(lambda c, items=items: add_jobs(c, items, 2.0, LONG)))
                started.set()

        def delete(cluster_id=cluster_id, started=started):
            started.wait(60)
            assert servers[-1].write(lambda c: delete_cluster(c, cluster_id, 3.0)) is not None

        with together(*[lambda d=database: add(d) for database in servers * 2], delete):
            pass
        jobs = servers[0].read(lambda c, i=cluster_id: list_jobs(c, cluster_ids=[i], limit=LONG))
        assert {job.state for job in jobs} == {JobState.CANCELLED}
        assert sorted(job.id for job in jobs) == sorted(one.id for one in answers if isinstance(one, AddedJob))
        assert all(isinstance(one, AddedJob | ClusterGone) for one in answers)


def test_one_request_made_everywhere_at_once_makes_one_job(servers):
    [cluster_id] = register(servers[0])
    answers = []

    def add(database):
        for number in range(20):
            items = [new_job(cluster_id, request_id=f"r{number}"), new_job(cluster_id, request_id=f"r{number + 1}")]
            answers.append(database.write(lambda c, items=items: add_jobs(c, items, 2.0, LONG)))

    with together(*[lambda d=database: add(d) for database in servers * 3]):
        pass
    jobs = servers[0].read(lambda c: list_jobs(c, cluster_ids=None, limit=LONG))
    assert len(jobs) == 21
    assert len([one for pair in answers for one in pair if not one.known]) == 21
    assert {one.id for pair in answers for one in pair} == {job.id for job in jobs}


def test_one_name_registered_everywhere_at_once_is_registered_once(servers):
    ids = []
    with together(*[lambda d=database: ids.extend(register(d, "a", "b")) for database in servers * 4]):
        pass
    assert len([one for one in ids if one is not None]) == 2


def test_a_queue_is_not_filled_beyond_its_bound_by_one_server(database):
    [cluster_id] = register(database)
    answers = []

    def add():
        for _ in range(20):
            answers.extend(database.write(lambda c: add_jobs(c, [new_job(cluster_id)] * 3, 2.0, 50)))

    if database.dialect == "postgresql":
        add()  # a server has one writer; two servers may exceed the bound by what both add at the same moment
    else:
        with together(add, add, add):
            pass
    assert sum(isinstance(one, AddedJob) for one in answers) == 50
    assert all(isinstance(one, AddedJob | QueueFull) for one in answers)


def test_everything_at_once_ends_without_a_deadlock_that_stays(servers):
    ids = register(servers[0], *"abcd")
    stop = time.monotonic() + 1.5

    def busy(act):
        def loop():
            while time.monotonic() < stop:
                act()

        return loop

    def cycle(database, cluster_id):
        jobs = receive_all(database, cluster_id, most=10)
        for one in database.write(lambda c: accept(c, cluster_id, [(job.id, None) for job in jobs], 4.0)):
            database.write(lambda c, one=one: report(c, cluster_id, one, True, None, None, 5.0))

    def change(database):
        # Several of the store's acts in one transaction, in an order that suits nobody.
        def act(connection):
            set_states(connection, [(ids[2], "x"), (ids[0], "y")], 2.0)
            add_jobs(connection, [new_job(number) for number in reversed(ids)], 2.0, LONG)
            put_subsystems(connection, [(ids[1], "io", "1"), (ids[3], "io", "2")], 2.0)

        database.write(act)

    acts = [busy(lambda d=database, n=number: cycle(d, n)) for database in servers for number in ids[:2]]
    acts += [busy(lambda d=database: change(d)) for database in servers]
    acts += [busy(lambda d=database: d.write(lambda c: return_expired(c, 3.0))) for database in servers]
    with together(*acts):
        time.sleep(0.5)
        servers[-1].write(lambda c: delete_cluster(c, ids[3], 9.0))
    jobs = servers[0].read(lambda c: list_jobs(c, cluster_ids=[ids[3]], limit=LONG))
    assert {job.state for job in jobs} <= OVER
