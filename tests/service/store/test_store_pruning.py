"""What has been over for long is forgotten, nothing else ever is, and what tokens use is what their jobs use."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from stocking import receive_all, register, run, submit

from placewise.service.guard.refusals import QuotaReached
from placewise.service.live.retention import by_name
from placewise.service.store.database import Database
from placewise.service.store.rows import jobs as store
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.agents import heard
from placewise.service.store.rows.clusters import delete_cluster
from placewise.service.store.rows.job import OVER, JobState, NewJob
from placewise.service.store.rows.pruning import deleted_since, over_since, prune, prune_clusters, room
from placewise.service.store.rows.uses import GLOBAL_TOKEN, Quotas, Use, add_up, count_anew, scattered, uses
from placewise.service.store.tables import clusters, graphs, job_events, jobs, jobspecs, token_uses

LONG = 1 << 30


def end(database, cluster_id, ids, now, *, succeeded=True):
    for number in ids:
        database.write(lambda c, n=number: store.report(c, cluster_id, n, succeeded, None, None, now))


def rows(database):
    tables = (jobs.c.id, jobspecs.c.job_id, job_events.c.job_id)
    return [set(database.read(lambda c, one=one: c.scalars(select(one)).all())) for one in tables]


def add(database, items, quotas, now=2.0):
    return database.write(lambda c: add_jobs(c, items, now, LONG, quotas))


def used(database):
    return {token: use for token, use in database.read(uses).items() if use != Use()}


def counted(database):
    """What tokens use, by a look at every job there is."""
    found = {}
    query = select(jobs.c.token, jobs.c.state, jobspecs.c.jobspec, jobspecs.c.command).join(jobspecs)
    for token, state, jobspec, command in database.read(lambda c: c.execute(query).all()):
        if token is not None:
            size = len(jobspec.encode()) + len(command.encode())
            found[token] = found.get(token, Use()) + Use(int(JobState(state) not in OVER), size)
    return found


def test_only_what_is_over_for_long_is_forgotten_whole(database):
    [cluster_id] = register(database)
    old = submit(database, cluster_id, 4)
    run(database, cluster_id)
    end(database, cluster_id, old[:2], now=10.0)
    end(database, cluster_id, old[2:3], now=20.0, succeeded=False)
    database.write(lambda c: store.cancel(c, old[3], None, 30.0))
    refused = submit(database, None, now=10.0, reason="it fits nowhere")
    waiting = submit(database, cluster_id)
    assert database.read(over_since) == 10.0
    assert database.write(lambda c: prune(c, 20.0, 100)) == 3
    assert rows(database) == [{*old[2:], *waiting}] * 3
    assert database.read(lambda c: store.get_job(c, refused[0])) is None
    assert database.write(lambda c: prune(c, 1e12, 100)) == 2
    assert rows(database) == [set(waiting)] * 3
    assert database.read(over_since) is None


@pytest.mark.parametrize("state", ["assigned", "received", "accepted"])
def test_nothing_that_is_not_over_is_ever_forgotten(database, state):
    [cluster_id] = register(database)
    ids = submit(database, cluster_id, 3, now=1.0)
    if state != "assigned":
        received = receive_all(database, cluster_id, now=1.0)
        if state == "accepted":
            database.write(lambda c: store.accept(c, cluster_id, [(one.id, one.lease) for one in received], 1.0))
    submit(database, None, reason="the newest stays anyway")
    assert database.write(lambda c: prune(c, 1e12, 100)) == 0
    assert {one.state for one in database.read(lambda c: store.list_jobs(c, cluster_ids=[cluster_id], limit=9))} == {
        state
    }
    assert set(ids) <= rows(database)[0]


def cluster_rows(database):
    return set(database.read(lambda c: c.scalars(select(clusters.c.id)).all()))


def test_rows_of_deleted_clusters_go_after_their_last_job(database):
    kept, empty, ran, newest = register(database, "kept", "empty", "ran", "newest")
    [number] = submit(database, ran)
    run(database, ran)
    end(database, ran, [number], now=10.0)
    submit(database, kept)  # waits, and is the newest job
    for cluster_id in (empty, ran, newest):
        database.write(lambda c, one=cluster_id: delete_cluster(c, one, 20.0))
    assert database.read(deleted_since) == 20.0
    assert database.write(lambda c: prune_clusters(c, 20.0, 100)) == 0
    assert database.write(lambda c: prune_clusters(c, 21.0, 100)) == 1
    assert cluster_rows(database) == {kept, ran, newest}
    assert database.read(lambda c: store.get_job(c, number)).cluster == "ran"
    database.write(lambda c: prune(c, 21.0, 100))
    assert database.write(lambda c: prune_clusters(c, 21.0, 100)) == 1
    assert database.read(deleted_since) is None
    assert cluster_rows(database) == {kept, newest}


def test_the_id_of_a_cluster_is_never_that_of_another(database):
    first, last = register(database, "first", "last")
    for cluster_id in (first, last):
        database.write(lambda c, one=cluster_id: delete_cluster(c, one, 1.0))
    assert database.write(lambda c: prune_clusters(c, 1e12, 100)) == 1
    assert register(database)[0] > last


def test_deleted_clusters_go_by_batches_and_those_with_agents_stay(database):
    *ids, _ = register(database, *"abcdef")
    for at, cluster_id in enumerate(ids):
        database.write(lambda c, one=cluster_id, at=at: delete_cluster(c, one, float(at)))
    # A server that had not heard of the deletion yet took a heartbeat.
    database.write(lambda c: heard(c, ids[0], "late", 5.0))
    assert database.write(lambda c: prune_clusters(c, 1e12, 2)) == 2
    assert set(ids) & cluster_rows(database) == {ids[0], *ids[3:]}


def test_batches_begin_with_what_was_over_first(database):
    ids = [submit(database, None, now=at, reason="no")[0] for at in (5.0, 3.0, 4.0, 1.0, 2.0, 9.0)]
    assert database.write(lambda c: prune(c, 100.0, 2)) == 2
    assert rows(database)[0] == {*ids} - {ids[3], ids[4]}


def test_ids_go_on_after_everything_is_forgotten(database):
    last = submit(database, None, 3, reason="no")[-1]
    database.write(lambda c: prune(c, 1e12, 100))
    assert submit(database, None, reason="no")[0] > last


def test_a_request_that_is_forgotten_can_be_made_again(database):
    [first] = submit(database, None, reason="no", request_id="r")
    submit(database, None, reason="no")
    assert submit(database, None, reason="no", request_id="r") == [first]
    database.write(lambda c: prune(c, 1e12, 100))
    assert submit(database, None, reason="no", request_id="r") != [first]


def test_freed_pages_of_a_file_are_used_again(tmp_path):
    database = Database.open(str(tmp_path / "placewise.db"))
    sizes = []
    for turn in range(12):
        submit(database, None, 300, now=float(turn), reason="no", jobspec="x" * 3000)
        database.write(lambda c, turn=turn: prune(c, float(turn), 1000))
        sizes.append(database.read(room).bytes)
    database.close()
    assert max(sizes[3:]) == sizes[3] > 300 * 3000


def test_servers_on_one_database_forget_without_conflict(postgresql_url):
    databases = [Database.open(postgresql_url) for _ in range(3)]
    submit(databases[0], None, 400, reason="no", token=GLOBAL_TOKEN)
    gate = threading.Barrier(3)

    def forget(database):
        gate.wait(60)
        found = []
        while not found or found[-1]:
            found.append(database.write(lambda c: prune(c, 1e12, 7)))
        return sum(found)

    with ThreadPoolExecutor(3) as pool:
        pruned = list(pool.map(forget, databases))
    # One that found every row taken has left; the last one to work leaves nothing behind.
    assert sum(pruned) == 399
    assert used(databases[0]) == counted(databases[0])
    for database in databases:
        database.close()


def test_an_old_job_is_looked_up_by_an_index(tmp_path):
    database = Database.open(str(tmp_path / "placewise.db"))
    query = str(select(func.min(jobs.c.changed_at)).compile()) + " WHERE state NOT IN "
    query += "('submitted', 'assigned', 'received', 'accepted')"
    plan = database.read(lambda c: c.execute(text(f"EXPLAIN QUERY PLAN {query}")).all())
    database.close()
    assert "jobs_over" in str(plan)


def test_quotas_refuse_what_would_go_over_and_say_how_much_is_used(database):
    [cluster_id] = register(database)
    quotas = Quotas(jobs=3, bytes=1000)
    answers = add(database, [new_job_of(cluster_id, cluster_id) for _ in range(5)], quotas)
    assert [isinstance(one, QuotaReached) for one in answers] == [False] * 3 + [True] * 2
    assert (answers[-1].quota, answers[-1].found) == ("jobs", 3)
    [refused] = add(database, [new_job_of(None, cluster_id, jobspec="x" * 2000)], quotas)
    size = counted(database)[cluster_id].bytes
    assert (refused.quota, refused.found) == ("bytes", size)
    assert str(size) in str(refused)
    # Jobs that fit nowhere take room, and do not wait.
    assert not isinstance(add(database, [new_job_of(None, cluster_id)], quotas)[0], Exception)
    # Another token has a quota of its own, and what counts for none has none.
    others = add(database, [new_job_of(cluster_id, GLOBAL_TOKEN), new_job_of(cluster_id, None)], quotas)
    assert not any(isinstance(one, Exception) for one in others)
    run(database, cluster_id)
    end(database, cluster_id, [answers[0].id], now=5.0)
    assert not isinstance(add(database, [new_job_of(cluster_id, cluster_id)], quotas)[0], Exception)
    assert used(database) == counted(database)


def test_a_request_made_before_is_answered_whatever_the_quota(database):
    [cluster_id] = register(database)
    item = new_job_of(cluster_id, cluster_id, request_id="r")
    [first] = add(database, [item], Quotas(jobs=1))
    [again] = add(database, [item], Quotas(jobs=1))
    assert (again.id, again.known) == (first.id, True)


def new_job_of(cluster_id, token, jobspec="resources: []", request_id=None):
    reason = "no" if cluster_id is None else None
    return NewJob("job", cluster_id, jobspec, "[]", request_id, reason, token)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 4), st.sampled_from([None, 0, 1, 2])),
        st.tuples(st.just("refuse"), st.integers(1, 3), st.sampled_from([None, 0, 1])),
        st.tuples(st.just("run"), st.integers(0, 3), st.booleans()),
        st.tuples(st.just("cancel"), st.integers(0, 3), st.none()),
        st.tuples(st.just("prune"), st.integers(1, 5), st.none()),
        st.tuples(st.just("add up"), st.none(), st.none()),
        st.tuples(st.just("count anew"), st.none(), st.none()),
    ),
    max_size=14,
)


@pytest.fixture(scope="module")
def one_database(tmp_path_factory):
    """A SQLite database for many examples, each of which begins with an empty one."""
    database = Database.open(str(tmp_path_factory.mktemp("uses") / "placewise.db"))
    yield database
    database.close()


@given(STEPS)
def test_what_tokens_use_is_what_their_jobs_use(one_database, steps):
    tables = (job_events, jobspecs, jobs, token_uses, graphs, clusters)
    one_database.write(lambda c: [c.execute(table.delete()) for table in tables])
    [cluster_id] = register(one_database)
    submit(one_database, cluster_id)
    for step, number, more in steps:
        take(one_database, cluster_id, step, number, more)
        assert used(one_database) == counted(one_database)


def take(database, cluster_id, step, number, more):
    if step in ("add", "refuse"):
        submit(database, cluster_id if step == "add" else None, number, token=more, jobspec="é" * number, reason=step)
    elif step == "run":
        end(database, cluster_id, run(database, cluster_id)[:number], now=4.0, succeeded=more)
    elif step == "cancel":
        waiting = database.read(lambda c: store.list_jobs(c, cluster_ids=None, states=[JobState.ASSIGNED], limit=9))
        for job in waiting[:number]:
            database.write(lambda c, job=job: store.cancel(c, job.id, None, 3.0))
    elif step == "prune":
        database.write(lambda c: prune(c, 100.0, number))
    else:
        database.write(add_up if step == "add up" else count_anew)


def test_what_an_older_server_ended_is_put_right(database):
    [cluster_id] = register(database)
    ids = submit(database, cluster_id, 5, token=cluster_id)
    database.write(lambda c: c.execute(jobs.update().where(jobs.c.id.in_(ids[:2])).values(state="finished")))
    assert used(database) != counted(database)
    for _ in range(2):
        database.write(count_anew)
        assert used(database) == counted(database)


def test_rows_of_what_tokens_use_are_added_up(database):
    [cluster_id] = register(database)
    for _ in range(70):
        submit(database, cluster_id, token=cluster_id)
    before = used(database)
    assert database.read(scattered)
    database.write(add_up)
    assert not database.read(scattered)
    assert database.read(lambda c: c.scalar(select(func.count()).select_from(token_uses))) == 1
    assert used(database) == before == counted(database)


def test_counting_anew_beside_changes_counts_nothing_twice(postgresql_url):
    databases = [Database.open(postgresql_url) for _ in range(3)]
    [cluster_id] = register(databases[0])
    databases[0].write(lambda c: c.execute(jobs.update().values(token=None)))

    def change(database):
        for _ in range(25):
            submit(database, cluster_id, 2, token=cluster_id)
            submit(database, None, 2, token=GLOBAL_TOKEN, reason="no", now=1.0)
            database.write(lambda c: prune(c, 1.5, 3))

    def put_right(database):
        for _ in range(25):
            database.write(count_anew)
            database.write(add_up)

    with ThreadPoolExecutor(3) as pool:
        works = [pool.submit(work, one) for work, one in zip((change, put_right, put_right), databases, strict=True)]
        for work in works:
            work.result(60)
    assert used(databases[0]) == counted(databases[0])
    for database in databases:
        database.close()


def test_tokens_are_shown_by_the_names_of_their_clusters():
    fleet = SimpleNamespace(name_of={7: "gray"}.get)
    found = {GLOBAL_TOKEN: Use(1, 10), 7: Use(2, 30), 8: Use(0, 5), 9: Use(0, 6), 10: Use()}
    shown = [("gray", 2, 30), ("(deleted)", 0, 11), ("(global)", 1, 10)]
    assert by_name(SimpleNamespace(fleet=fleet), found) == shown
