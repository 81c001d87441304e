"""A database of each former form becomes one of the newest, with what is in it."""

import json
from hashlib import sha256

import pytest
import sqlalchemy
from alembic import command
from sqlalchemy import text

from placewise.errors import InputError
from placewise.service.store import migrating
from placewise.service.store.database import Database
from placewise.service.store.engines import parse_url
from placewise.service.store.migrating import VERSION_TABLE, config_of, known_revisions
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.job import NewJob
from placewise.service.store.rows.pruning import prune
from placewise.service.store.rows.uses import count_anew, uses


def key(clusters, request):
    return f"{sha256(json.dumps(clusters).encode()).hexdigest()} {request}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("empty_postgresql_url")
    return str(tmp_path / "placewise.db")


def at_revision(url, revision, *statements):
    """Make a database of a former form, with what statements put into it."""
    engine = sqlalchemy.create_engine(parse_url(url))
    with engine.begin() as connection:
        command.upgrade(config_of(connection), revision)
        for statement, values in statements:
            connection.execute(text(statement), values)
    engine.dispose()


CLUSTER = (
    "INSERT INTO clusters (id, name, secret_hash, token_hash, state, revision, registered_at, updated_at, deleted_at) "
    "VALUES (:id, :name, :hash, :hash, '{}', 1, 1, 1, :deleted)"
)
JOB = (
    "INSERT INTO jobs (id, name, cluster_id, state, changes, request_id, submitted_at, changed_at) "
    "VALUES (:id, 'job', :cluster, :state, 0, :request, 1, 1)"
)
JOBSPEC = "INSERT INTO jobspecs VALUES (:id, 'resources: []', '[]')"


def cluster(number, name, deleted=None):
    return CLUSTER, {"id": number, "name": name, "hash": b"x", "deleted": deleted}


def job(number, owner, request):
    state = "refused" if owner is None else "assigned"
    return JOB, {"id": number, "cluster": owner, "state": state, "request": request}


@pytest.mark.parametrize("revision", sorted(known_revisions()))
def test_a_database_of_every_former_form_is_opened(empty_url, revision):
    at_revision(empty_url, revision)
    database = Database.open(empty_url)
    newest = database.read(lambda c: c.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all())
    database.close()
    assert len(newest) == 1


def test_request_ids_are_kept_by_the_clusters_ids(empty_url):
    keys = {
        1: (1, key(["gray"], "r")),  # of the former gray
        2: (3, key(["gray"], "s")),
        3: (2, key(["blué"], "r")),
        4: (2, key(["blué", "gray"], "r")),
        5: (2, "of the global token"),
        6: (None, key(["gray"], "t")),
        7: (2, None),
    }
    rows = [cluster(1, "gray", deleted=2.0), cluster(2, "blué"), cluster(3, "gray")]
    rows += [job(number, owner, request) for number, (owner, request) in keys.items()]
    rows += [(JOBSPEC, {"id": number}) for number in keys]
    at_revision(empty_url, "served_as", *rows)
    database = Database.open(empty_url)
    found = dict(database.read(lambda c: c.execute(text("SELECT id, request_id FROM jobs")).all()))
    assert found == {
        1: key([1], "r"),
        2: key([3], "s"),
        3: key([2], "r"),
        **{number: keys[number][1] for number in (4, 5, 6, 7)},
    }
    again = NewJob("job", 3, "resources: []", "[]", key([3], "s"))
    [known] = database.write(lambda c: add_jobs(c, [again], 3.0, 100))
    assert (known.id, known.known) == (2, True)
    database.close()


def test_names_of_migrations_fit_the_column_that_keeps_them():
    assert all(len(one) <= 32 for one in known_revisions())


def test_jobs_of_servers_without_quotas_count_for_no_token_and_are_forgotten_like_others(empty_url):
    at_revision(empty_url, "vocabulary", cluster(1, "gray"), job(1, None, "a"), (JOBSPEC, {"id": 1}))
    database = Database.open(empty_url)
    # As an older server does that still runs beside.
    for statement, values in (job(2, None, "b"), (JOBSPEC, {"id": 2}), job(3, 1, "c"), (JOBSPEC, {"id": 3})):
        database.write(lambda c, one=statement, values=values: c.execute(text(one), values))
    database.write(count_anew)
    assert database.read(uses) == {}
    assert database.write(lambda c: prune(c, 1e12, 10)) == 2
    assert database.read(lambda c: c.execute(text("SELECT id FROM jobs")).scalars().all()) == [3]
    database.close()


def test_an_index_that_the_operator_made_before_is_taken(empty_url):
    by_hand = (
        "CREATE INDEX jobs_over ON jobs (changed_at) "
        "WHERE state NOT IN ('submitted', 'assigned', 'received', 'accepted')"
    )
    at_revision(empty_url, "vocabulary", (by_hand, {}))
    Database.open(empty_url).close()


def test_a_migration_does_not_keep_others_waiting_for_long(empty_postgresql_url, monkeypatch):
    at_revision(empty_postgresql_url, "vocabulary")
    monkeypatch.setattr(migrating, "LOCK_TIMEOUT", "200ms")
    engine = sqlalchemy.create_engine(empty_postgresql_url)
    with engine.begin() as reading:
        reading.execute(text("SELECT id FROM jobs")).all()
        with pytest.raises(InputError) as caught:
            Database.open(empty_postgresql_url)
        assert "cannot be opened" in str(caught.value)
    engine.dispose()
    Database.open(empty_postgresql_url).close()
