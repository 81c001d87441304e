"""When an agent counts as lost, on either database, and databases from before there were agents."""

import asyncio
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from stocking import receive_all, register, submit

from placewise.service.calls.receiving import heartbeat
from placewise.service.guard.refusals import Unavailable
from placewise.service.live.upkeep import give_up_orphans
from placewise.service.store.database import Database
from placewise.service.store.rows import agents, jobs
from placewise.service.store.rows.job import JobState


class Clocked:
    """What looks for lost agents, with a clock of the test's own."""

    def __init__(self, database, **told):
        self.at = 1000.0
        settings = SimpleNamespace(orphans="fail", agent_lost_s=60.0, most_attempts=3, sweep_s=1.0)
        settings.__dict__.update(told)
        self.given_up = []
        counter = SimpleNamespace(
            labels=lambda result: SimpleNamespace(inc=lambda n: self.given_up.append((result, n)))
        )
        self.state = SimpleNamespace(
            settings=settings,
            now=lambda: self.at,
            heard_now=lambda: self.at,
            write=self.write,
            listening_since=self.at,
            swept_at=self.at,
            metrics=SimpleNamespace(orphans=counter),
            fleet=SimpleNamespace(name_of=lambda _: None),
            ring=lambda _: None,
        )
        self.database = database

    async def write(self, act):
        return self.database.write(act)

    def sweep(self, seconds):
        """Look every second for so long."""
        for _ in range(seconds):
            self.at += 1
            asyncio.run(give_up_orphans(self.state))
        return self.given_up


@pytest.fixture
def running_job(database):
    """A job that an agent accepted at 1000."""
    [cluster_id] = register(database)
    submit(database, cluster_id)
    received = receive_all(database, cluster_id, now=1000.0)

    def act(connection):
        agents.heard(connection, cluster_id, "a", 1000.0)
        jobs.accept(connection, cluster_id, [(one.id, one.lease) for one in received], 1000.0, "a")

    database.write(act)
    return cluster_id


def test_an_agent_is_lost_after_so_many_seconds_and_not_before(database, running_job):
    clocked = Clocked(database)
    assert clocked.sweep(59) == []
    assert clocked.sweep(1) == [("failed", 1)]
    assert clocked.sweep(100) == [("failed", 1)]


def test_nobody_is_lost_for_the_time_in_which_nobody_could_be_heard(database, running_job):
    clocked = Clocked(database)
    clocked.sweep(10)
    clocked.at += 3600  # the server was asleep, or the clock leapt
    assert clocked.sweep(60) == []
    clocked.at -= 7200
    assert clocked.sweep(60) == []
    clocked.at = 2_000_000.0
    assert clocked.sweep(60) == []
    assert clocked.sweep(1) == [("failed", 1)]


def test_who_was_heard_of_before_the_clock_was_set_back_is_lost_as_soon_as_others(database, running_job):
    clocked = Clocked(database)
    clocked.at += 86_400
    clocked.sweep(10)
    database.write(lambda connection: agents.heard(connection, running_job, "a", clocked.at))
    clocked.at -= 43_200
    assert clocked.sweep(60) == []
    assert clocked.sweep(1) == [("failed", 1)]


def test_a_heartbeat_that_was_lost_before_the_clock_was_set_back_keeps_nobody_alive(database, running_job):
    clocked = Clocked(database)
    clocked.sweep(10)
    clocked.at += 86_400
    clocked.state.write, writing = failing, clocked.state.write
    with pytest.raises(Unavailable):
        asyncio.run(heartbeat(clocked.state, SimpleNamespace(id=running_job), "b", leaving=False))
    clocked.state.write = writing
    clocked.at -= 86_400
    assert clocked.sweep(60) == []
    assert clocked.sweep(1) == [("failed", 1)]


async def failing(_):
    raise Unavailable("the database fails")


def test_a_server_that_starts_waits_for_agents_to_be_heard(database, running_job):
    clocked = Clocked(database)
    clocked.at = clocked.state.listening_since = clocked.state.swept_at = 5000.0
    assert clocked.sweep(59) == []
    database.write(lambda connection: agents.heard(connection, running_job, "a", 5059.0))
    assert clocked.sweep(59) == []
    assert clocked.sweep(1) == [("failed", 1)]


def test_agents_that_are_gone_for_long_are_forgotten_unless_they_hold_jobs(database, running_job):
    database.write(lambda connection: agents.heard(connection, running_job, "idle", 1000.0))
    clocked = Clocked(database, orphans="keep")
    clocked.at += 86_400
    clocked.sweep(2)
    (one,) = database.read(agents.list_agents)[running_job]
    assert (one.name, one.heard_at, one.running) == ("a", 1000.0, 1)


def test_a_database_of_the_first_version_is_migrated_with_its_jobs(empty_url_of_first_version):
    database = Database.open(empty_url_of_first_version)
    try:
        found = database.read(lambda connection: jobs.get_job(connection, 1))
        assert (found.state, found.agent, found.attempts) == (JobState.ACCEPTED, None, 0)
        database.write(lambda connection: agents.heard(connection, 1, "a", 5.0))
        assert database.write(lambda connection: agents.give_up(connection, 9e9, 0, 9e9)) == []
        ended = database.write(lambda connection: jobs.report(connection, 1, 1, True, None, None, 6.0))
        assert ended.state == JobState.FINISHED
    finally:
        database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url_of_first_version(request, tmp_path):
    """A database as the first version leaves it, with a job that runs."""
    sqlite = request.param == "sqlite"
    url = str(tmp_path / "placewise.db") if sqlite else request.getfixturevalue("empty_postgresql_url")
    engine = sa.create_engine(f"sqlite:///{url}" if sqlite else url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "placewise.service.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in (
            "INSERT INTO clusters VALUES (1, 'gray', '', '', '{}', 1, 1, 1, NULL)",
            "INSERT INTO jobs VALUES (1, 'j', 1, 'accepted', 4, NULL, NULL, 1, 4, NULL, NULL, NULL)",
            "INSERT INTO jobspecs VALUES (1, '{}', '[]')",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    return url
