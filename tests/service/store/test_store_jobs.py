import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event
from stocking import LONG, new_job, receive_all, register, run, submit

from placewise.errors import InputError
from placewise.service.guard.refusals import ClusterGone, QueueFull, WrongState
from placewise.service.store.database import Database
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.job import AddedJob, JobState
from placewise.service.store.rows.jobs import (
    accept,
    cancel,
    get_job,
    held,
    list_jobs,
    queue_lengths,
    receive,
    report,
    return_expired,
)
from placewise.service.store.tables import metadata

# What str.isprintable allows: neither controls and the unassigned nor separators, but the space.
PRINTABLE = st.characters(exclude_categories=["C", "Z"], include_characters=" ")


@pytest.fixture
def cluster_id(database):
    return register(database)[0]


def states_of(database, job_id):
    return [event.state.value for event in database.read(lambda c: get_job(c, job_id)).history]


def test_the_life_of_a_job(database, cluster_id):
    assert submit(database, cluster_id, name="j", jobspec="spec", now=2.0) == [1]
    [received] = receive_all(database, cluster_id, lease_s=10.0, now=3.0)
    assert (received.id, received.name, received.jobspec, received.command) == (1, "j", "spec", '["true"]')
    assert received.lease_until == 13.0
    assert received.lease not in repr(received)
    assert database.write(lambda c: accept(c, cluster_id, [(1, received.lease)], 4.0)) == [1]
    job = database.write(lambda c: report(c, cluster_id, 1, True, 7.5, "fine", 5.0))
    assert (job.state, job.duration_s, job.reason, job.changed_at) == (JobState.FINISHED, 7.5, "fine", 5.0)
    job = database.read(lambda c: get_job(c, 1))
    assert [(event.state.value, event.at, event.detail) for event in job.history] == [
        ("submitted", 2.0, None),
        ("assigned", 2.0, None),
        ("received", 3.0, None),
        ("accepted", 4.0, None),
        ("finished", 5.0, "fine"),
    ]
    assert (job.submitted_at, job.cluster, job.jobspec, job.command) == (2.0, "aliceblue", "spec", '["true"]')


def test_a_refused_job_is_kept_with_its_reason(database):
    [added] = database.write(lambda c: add_jobs(c, [new_job(None, reason="no cluster has gcc")], 2.0, 0))
    assert added == AddedJob(1, None, JobState.REFUSED, "no cluster has gcc", known=False)
    job = database.read(lambda c: get_job(c, 1))
    assert (job.cluster_id, job.cluster, job.state) == (None, None, JobState.REFUSED)
    assert [(event.state.value, event.detail) for event in job.history] == [
        ("submitted", None),
        ("refused", "no cluster has gcc"),
    ]
    with pytest.raises(WrongState):
        database.write(lambda c: cancel(c, 1, None, 3.0))


def test_ids_start_at_one_and_grow_in_order_of_the_call(database, cluster_id):
    ids = submit(database, cluster_id, 100) + submit(database, None, 5) + submit(database, cluster_id, 3)
    assert ids == sorted(set(ids))
    assert ids[0] == 1
    assert [job.id for job in receive_all(database, cluster_id)] == [*ids[:100], *ids[105:]]
    assert database.write(lambda c: add_jobs(c, [], 2.0, 1)) == []


def test_every_item_is_answered_for_itself(database, cluster_id):
    items = [new_job(cluster_id), new_job(99), new_job(None, reason="r"), new_job(cluster_id), new_job(cluster_id)]
    one, gone, refused, two, full = database.write(lambda c: add_jobs(c, items, 2.0, 2))
    assert isinstance(gone, ClusterGone)
    assert isinstance(full, QueueFull)
    assert (one.id, refused.id, two.id) == (1, 2, 3)
    assert len(database.read(lambda c: list_jobs(c, cluster_ids=None, limit=10))) == 3


def test_a_request_made_again_yields_the_job_it_made(database, cluster_id):
    first = new_job(cluster_id, request_id="r")
    one, again, other = database.write(
        lambda c: add_jobs(c, [first, first, new_job(cluster_id, request_id="r", jobspec="other")], 2.0, LONG)
    )
    assert one == AddedJob(1, cluster_id, JobState.ASSIGNED, None, known=False)
    assert again == AddedJob(1, cluster_id, JobState.ASSIGNED, None, known=True)
    assert isinstance(other, InputError)
    run(database, cluster_id)
    later = [
        first,
        new_job(cluster_id, request_id="R"),
        new_job(99, request_id="r"),
        new_job(None, request_id="r", jobspec=""),
    ]
    known, capital, elsewhere, other = database.write(lambda c: add_jobs(c, later, 9.0, LONG))
    assert known == elsewhere == AddedJob(1, cluster_id, JobState.ACCEPTED, None, known=True)
    assert (capital.id, capital.known) == (2, False)
    assert isinstance(other, InputError)
    assert len(database.read(lambda c: list_jobs(c, cluster_ids=None, limit=10))) == 2


@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(PRINTABLE, min_size=1, max_size=20), max_size=8))
def test_a_request_is_known_by_its_exact_name(database, requests):
    database.write(lambda c: [c.execute(delete(table)) for table in reversed(metadata.sorted_tables)])
    items = [new_job(None, request_id=one) for one in requests]
    first = database.write(lambda c: add_jobs(c, items, 2.0, LONG))
    again = database.write(lambda c: add_jobs(c, items, 2.0, LONG))
    assert [job.id for job in first] == [job.id for job in again]
    assert len({job.id for job in first}) == len(set(requests))
    assert all(job.known for job in again)


@pytest.mark.parametrize("request_id", ["", "x" * 257, "a\0"])
def test_a_request_id_that_cannot_be_is_refused(request_id):
    with pytest.raises(InputError, match="request"):
        new_job(1, request_id=request_id)


def test_a_refused_request_does_not_use_up_its_name(database, cluster_id):
    items = [new_job(99, request_id="r"), new_job(cluster_id, request_id="r"), new_job(cluster_id, request_id="r")]
    gone, made, again = database.write(lambda c: add_jobs(c, items, 2.0, 1))
    assert isinstance(gone, ClusterGone)
    assert (made.id, made.known, again.id, again.known) == (1, False, 1, True)


@pytest.mark.parametrize("most", [0, 1, 3, 50])
def test_a_queue_holds_so_many_and_has_room_again_when_jobs_are_accepted_or_cancelled(database, cluster_id, most):
    [other] = register(database, "other")

    def added(count, cluster=cluster_id):
        answers = database.write(lambda c: add_jobs(c, [new_job(cluster)] * count, 2.0, most))
        assert all(isinstance(one, AddedJob | QueueFull) for one in answers)
        return sum(isinstance(one, AddedJob) for one in answers)

    assert added(most + 2) == most
    assert added(1) == 0
    assert added(3, other) == min(most, 3)
    received = receive_all(database, cluster_id, most=2)
    assert added(1) == 0
    database.write(lambda c: accept(c, cluster_id, [(job.id, None) for job in received], 4.0))
    assert added(3) == len(received)
    if most:
        waiting = database.read(lambda c: list_jobs(c, cluster_ids=[cluster_id], states=[JobState.ASSIGNED], limit=1))
        database.write(lambda c: cancel(c, waiting[0].id, None, 4.0))
        assert added(2) == 1
    assert database.read(queue_lengths).get(cluster_id, (0, 0))[0] == most


def test_a_long_queue_is_counted_only_where_ids_cannot_tell(database, cluster_id):
    # One old job, then many of another cluster: by its ids the queue could be long, but it is not.
    [other] = register(database, "other")
    submit(database, cluster_id)
    submit(database, other, 30)
    answers = database.write(lambda c: add_jobs(c, [new_job(cluster_id)] * 12, 2.0, 10))
    assert [isinstance(one, AddedJob) for one in answers] == [True] * 9 + [False] * 3


@pytest.mark.parametrize("between", range(12))
def test_the_ids_of_others_take_no_room(database, cluster_id, between):
    [other] = register(database, "other")
    submit(database, cluster_id)
    submit(database, other, between)
    answers = database.write(lambda c: add_jobs(c, [new_job(cluster_id)] * 9, 2.0, 10))
    assert [type(one) for one in answers] == [AddedJob] * 9


def test_the_oldest_are_received_first_and_none_twice(database, cluster_id):
    ids = submit(database, cluster_id, 10)
    assert [job.id for job in receive_all(database, cluster_id, most=4)] == ids[:4]
    assert [job.id for job in receive_all(database, cluster_id, most=4)] == ids[4:8]
    assert [job.id for job in receive_all(database, cluster_id)] == ids[8:]
    assert receive_all(database, cluster_id) == []
    assert receive_all(database, cluster_id, most=0) == []


def test_a_cluster_receives_only_its_own(database, cluster_id):
    [other] = register(database, "other")
    submit(database, cluster_id)
    submit(database, None)
    assert receive_all(database, other) == []
    assert receive_all(database, 99) == []


def test_a_message_is_kept_within_its_bytes(database, cluster_id):
    job_bytes = len("job") + len('["true"]') + 200
    submit(database, cluster_id, 1000, jobspec="ñ" * 100)
    assert len(receive_all(database, cluster_id, most_bytes=3 * job_bytes + 1)) == 3
    assert len(receive_all(database, cluster_id, most_bytes=1)) == 1
    assert len(receive_all(database, cluster_id, most_bytes=700 * job_bytes)) == 700
    assert len(receive_all(database, cluster_id, most_bytes=LONG)) == 296


def test_a_lease_lives_until_its_end(database, cluster_id):
    [number] = submit(database, cluster_id)
    [first] = receive_all(database, cluster_id, lease_s=10.0, now=3.0)
    assert receive_all(database, cluster_id, now=12.999) == []
    assert database.write(lambda c: return_expired(c, 12.999)) == {}
    assert database.write(lambda c: accept(c, cluster_id, [(number, first.lease)], 13.0)) == []
    [second] = receive_all(database, cluster_id, lease_s=10.0, now=13.0)
    assert second.id == number
    assert second.lease != first.lease
    for lease in (first.lease, "", second.lease + "x", "ñ"):
        assert database.write(lambda c, lease=lease: accept(c, cluster_id, [(number, lease)], 14.0)) == []
    assert database.write(lambda c: accept(c, cluster_id, [(number, second.lease)], 22.999)) == [number]
    assert states_of(database, number)[1:] == ["assigned", "received", "assigned", "received", "accepted"]


def test_held_is_what_is_received_under_a_lease_that_lasts(database, cluster_id):
    accepted, cancelled, kept, waiting = submit(database, cluster_id, 4)
    receive_all(database, cluster_id, most=3, lease_s=10.0, now=3.0)
    database.write(lambda c: accept(c, cluster_id, [(accepted, None)], 4.0))
    database.write(lambda c: cancel(c, cancelled, None, 4.0))
    everything = [accepted, cancelled, kept, waiting, 99]
    assert database.read(lambda c: held(c, everything, 12.999)) == {kept}
    assert database.read(lambda c: held(c, everything, 13.0)) == set()
    assert database.read(lambda c: held(c, [waiting], 4.0)) == set()


def test_expired_leases_return_jobs_to_their_queues(database):
    a, b = register(database, "a", "b")
    ids = submit(database, a, 3) + submit(database, b, 1)
    receive_all(database, a, most=2, lease_s=10.0)
    receive_all(database, b, lease_s=20.0)
    assert database.write(lambda c: return_expired(c, 13.0)) == {a: 2}
    assert database.write(lambda c: return_expired(c, 13.0)) == {}
    assert database.write(lambda c: accept(c, a, [(ids[0], None)], 5.0)) == []
    assert database.write(lambda c: return_expired(c, 100.0)) == {b: 1}
    job = database.read(lambda c: get_job(c, ids[0]))
    assert job.history[-1].detail == "the lease ran out"
    assert job.reason is None
    assert [job.id for job in receive_all(database, a)] == ids[:3]


def test_accepting_takes_only_what_the_cluster_holds_and_each_once(database):
    a, b = register(database, "a", "b")
    mine, waiting = submit(database, a, 2)
    [foreign] = submit(database, b)
    [received] = receive_all(database, a, most=1)
    receive_all(database, b)
    items = [(foreign, None), (mine, None), (mine, received.lease), (99, None), (waiting, None), (-1, None), (0, "x")]
    assert database.write(lambda c: accept(c, a, items, 4.0)) == [mine]
    assert database.write(lambda c: accept(c, a, items, 4.0)) == []
    assert database.write(lambda c: accept(c, a, [], 4.0)) == []
    assert states_of(database, mine).count("accepted") == 1
    assert states_of(database, foreign)[-1] == "received"


def test_a_right_lease_beside_a_wrong_one_accepts(database, cluster_id):
    submit(database, cluster_id, 3)
    first, second, third = receive_all(database, cluster_id)
    items = [(third.id, third.lease), (first.id, "wrong"), (second.id, None), (first.id, first.lease)]
    assert database.write(lambda c: accept(c, cluster_id, items, 4.0)) == [third.id, second.id, first.id]


@pytest.mark.parametrize(("succeeded", "state"), [(True, "finished"), (False, "failed")])
def test_the_same_report_again_changes_nothing_and_another_is_refused(database, cluster_id, succeeded, state):
    [number] = submit(database, cluster_id)
    run(database, cluster_id)
    first = database.write(lambda c: report(c, cluster_id, number, succeeded, 0.1, "why", 5.0))
    assert first.state == state
    assert database.write(lambda c: report(c, cluster_id, number, succeeded, 0.1, "why", 6.0)) == first
    for other in (
        (not succeeded, 0.1, "why"),
        (succeeded, 0.2, "why"),
        (succeeded, None, "why"),
        (succeeded, 0.1, None),
    ):
        with pytest.raises(WrongState) as caught:
            database.write(lambda c, other=other: report(c, cluster_id, number, *other, 7.0))
        assert caught.value.found == state
    assert states_of(database, number)[-2:] == ["accepted", state]


def test_only_an_accepted_job_of_its_own_is_reported_on(database, cluster_id):
    [other] = register(database, "other")
    [number] = submit(database, cluster_id)
    for receiving in (False, True):
        if receiving:
            receive_all(database, cluster_id)
        with pytest.raises(WrongState):
            database.write(lambda c: report(c, cluster_id, number, True, 1.0, None, 4.0))
    assert database.write(lambda c: report(c, other, number, True, 1.0, None, 4.0)) is None
    assert database.write(lambda c: report(c, cluster_id, 99, True, 1.0, None, 4.0)) is None


@pytest.mark.parametrize("duration_s", [-1.0, float("nan"), float("inf")])
def test_a_duration_that_is_none_is_refused(database, cluster_id, duration_s):
    [number] = submit(database, cluster_id)
    run(database, cluster_id)
    with pytest.raises(InputError, match="so long"):
        database.write(lambda c: report(c, cluster_id, number, True, duration_s, None, 5.0))
    assert states_of(database, number)[-1] == "accepted"


def test_what_is_not_over_can_be_cancelled_once(database, cluster_id):
    [accepted] = submit(database, cluster_id)
    run(database, cluster_id)
    [received] = submit(database, cluster_id)
    [held] = receive_all(database, cluster_id)
    [assigned] = submit(database, cluster_id)
    for number in (accepted, received, assigned):
        job = database.write(lambda c, n=number: cancel(c, n, "not needed", 5.0))
        assert (job.state, job.reason, job.changed_at) == (JobState.CANCELLED, "not needed", 5.0)
        with pytest.raises(WrongState) as caught:
            database.write(lambda c, n=number: cancel(c, n, "not needed", 5.0))
        assert caught.value.found == "cancelled"
    assert database.write(lambda c: cancel(c, 99, None, 5.0)) is None
    assert database.write(lambda c: accept(c, cluster_id, [(received, held.lease)], 5.0)) == []
    with pytest.raises(WrongState):
        database.write(lambda c: report(c, cluster_id, accepted, True, 1.0, None, 5.0))
    assert receive_all(database, cluster_id, now=100.0) == []
    assert database.write(lambda c: return_expired(c, 100.0)) == {}


def test_jobs_are_listed_newest_first_by_cluster_state_and_page(database):
    a, b = register(database, "a", "b")
    of_a, of_b = submit(database, a, 5), submit(database, b, 2)
    refused = submit(database, None, 2, reason="no")
    receive_all(database, a, most=2)

    def listed(limit=100, cluster_ids=None, **rest):
        found = database.read(lambda c: list_jobs(c, cluster_ids=cluster_ids, limit=limit, **rest))
        assert all(job.jobspec is None and job.history == () for job in found)
        return [job.id for job in found]

    everything = sorted(of_a + of_b + refused, reverse=True)
    assert listed() == everything
    assert listed(3) == everything[:3]
    assert listed(3, before_id=everything[2]) == everything[3:6]
    assert listed(before_id=1) == []
    assert listed(cluster_ids=[b]) == of_b[::-1]
    assert listed(cluster_ids={a, b}) == sorted(of_a + of_b, reverse=True)
    assert listed(cluster_ids=[]) == []
    assert listed(states={JobState.RECEIVED, JobState.REFUSED}) == [*refused[::-1], *of_a[1::-1]]
    assert listed(states=[JobState.ASSIGNED], cluster_ids=[a], limit=2) == of_a[:2:-1]
    assert database.read(lambda c: get_job(c, 99)) is None


def test_queue_lengths_count_what_waits_and_what_runs(database):
    a, b, _ = register(database, "a", "b", "idle")
    submit(database, a, 3)
    run(database, a)
    submit(database, a, 2)
    receive_all(database, a, most=1)
    submit(database, b, 1)
    submit(database, None)
    assert database.read(queue_lengths) == {a: (2, 3), b: (1, 0)}


def test_no_queue_is_searched_without_an_index(tmp_path):
    plans = []

    def explain(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith(("SELECT", "UPDATE")) and not executemany:
            rows = cursor.connection.execute("EXPLAIN QUERY PLAN " + statement, parameters).fetchall()
            plans.extend(row[3] for row in rows)

    def act(connection):
        add_jobs(connection, [new_job(1)] * 3, 2.0, 1)
        receive(connection, 1, 1, 1, 1.0, 2.0)
        return_expired(connection, 100.0)
        queue_lengths(connection)
        list_jobs(connection, cluster_ids=None, states=[JobState.REFUSED], limit=10)
        list_jobs(connection, cluster_ids=[1], limit=10)
        cancel(connection, 1, None, 3.0)

    database = Database.open(str(tmp_path / "placewise.db"))
    register(database)
    event.listen(database._engine, "before_cursor_execute", explain)
    database.write(act)
    database.close()
    for index in ("jobs_waiting", "jobs_leased", "jobs_by_state"):
        assert any(index in line for line in plans), (index, plans)
    # From end to end is read only what holds no more than what waits.
    assert [line for line in plans if line.startswith("SCAN jobs") and "jobs_waiting" not in line] == []
