import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from stocking import new_cluster, new_job, receive_all, register, set_states, submit

from placewise.service.store.database import Database
from placewise.service.store.notices import Listener
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.clusters import (
    add_clusters,
    delete_cluster,
    put_subsystems,
    remove_subsystems,
    rotate,
    update_cluster,
)
from placewise.service.store.rows.jobs import cancel, return_expired


class Heard:
    def __init__(self):
        self.notices, self.connected, self.lost = [], 0, []
        self._changed = threading.Condition()

    def notice(self, channel, payload):
        with self._changed:
            self.notices.append((channel.removeprefix("placewise_"), int(payload)))
            self._changed.notify_all()

    def connect(self):
        with self._changed:
            self.connected += 1
            self._changed.notify_all()

    def lose(self, error):
        with self._changed:
            self.lost.append(error)
            self._changed.notify_all()

    def until(self, condition):
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), 60), (self.notices, self.connected, self.lost)


@contextmanager
def listening(database):
    heard = Heard()
    listener = Listener(database, heard.notice, heard.connect, heard.lose)
    try:
        heard.until(lambda h: h.connected)
        yield heard
    finally:
        listener.close()


@pytest.fixture
def pair(postgresql_url):
    """The stores of two servers on one PostgreSQL."""
    one, other = Database.open(postgresql_url), Database.open(postgresql_url)
    yield one, other
    one.close()
    other.close()


def test_each_change_is_heard_by_the_other_server_once_a_transaction(pair):
    one, other = pair
    with listening(other) as heard:

        def said_by(act):
            heard.notices.clear()
            one.write(act)
            # What is sent later is heard later.
            one.write(lambda c: c.execute(text("SELECT pg_notify('placewise_jobs', '0')")))
            heard.until(lambda h: ("jobs", 0) in h.notices)
            return sorted(heard.notices[:-1])

        assert said_by(lambda c: add_clusters(c, [new_cluster("a"), new_cluster("b"), new_cluster("a")], 1.0)) == [
            ("clusters", 1),
            ("clusters", 2),
        ]
        for act in (
            lambda c: put_subsystems(c, [(1, "io", ""), (1, "arch", ""), (99, "io", "")], 1.0),
            lambda c: remove_subsystems(c, [(1, "io")], 1.0),
            lambda c: update_cluster(c, 1, nodes="", subsystems={"io": ""}, removed=["arch"], now=1.0),
            lambda c: set_states(c, [(1, "x"), (1, "y")], 1.0),
            lambda c: rotate(c, 1, secret_hash=b"", now=1.0),
        ):
            assert said_by(act) == [("clusters", 1)]
        assert said_by(lambda c: put_subsystems(c, [(99, "io", "")], 1.0)) == []
        assert said_by(lambda c: add_jobs(c, [new_job(1)] * 3 + [new_job(2), new_job(None)], 2.0, 10)) == [
            ("jobs", 1),
            ("jobs", 2),
        ]
        assert said_by(lambda c: add_jobs(c, [new_job(99), new_job(1)], 2.0, 0)) == []
        receive_all(one, 1)
        assert said_by(lambda c: return_expired(c, 100.0)) == [("jobs", 1)]
        assert said_by(lambda c: cancel(c, 1, None, 3.0)) == [("jobs", 1)]
        assert said_by(lambda c: delete_cluster(c, 2, 3.0)) == [("clusters", 2), ("jobs", 2)]


def test_what_is_rolled_back_is_not_heard(pair):
    one, other = pair
    register(one)

    def act(connection):
        set_states(connection, [(1, "x")], 2.0)
        raise ValueError("no")

    with listening(other) as heard:
        with pytest.raises(ValueError, match="no"):
            one.write(act)
        submit(one, 1)
        heard.until(lambda h: h.notices)
        assert heard.notices == [("jobs", 1)]


def test_no_notice_is_missed_however_they_come(pair):
    one, other = pair
    with listening(other) as heard:
        for number in range(300):
            one.write(lambda c, n=number: c.execute(text(f"SELECT pg_notify('placewise_jobs', '{n}')")))
            if number % 100 == 0:
                time.sleep(0.3)  # longer than a glance, so that some come between two
        heard.until(lambda h: len(h.notices) >= 300)
    assert heard.notices == [("jobs", number) for number in range(300)]


def test_a_lost_connection_is_told_and_made_again(pair):
    one, other = pair
    register(one)
    with listening(other) as heard:
        kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        assert one.write(lambda c: c.execute(text(kill)).scalar()) == 1
        heard.until(lambda h: h.connected == 2)
        assert len(heard.lost) == 1
        submit(one, 1)
        heard.until(lambda h: ("jobs", 1) in h.notices)


def test_closing_ends_also_a_listener_that_finds_no_server(pair, monkeypatch):
    one, _ = pair
    nowhere = dict(one.connect_options(), port="1")
    tried = threading.Event()

    def connect_options():
        tried.set()
        return nowhere

    monkeypatch.setattr(one, "connect_options", connect_options)
    listener = Listener(one, print, print)
    assert tried.wait(60)
    closing = threading.Thread(target=listener.close, daemon=True)
    closing.start()
    closing.join(60)
    assert not closing.is_alive()


def test_with_sqlite_there_is_nothing_to_hear(tmp_path):
    database = Database.open(str(tmp_path / "placewise.db"))
    listener = Listener(database, pytest.fail, pytest.fail)
    register(database)
    listener.close()
    database.close()
