"""`placewise rotate --database`: a lost secret is replaced in the database, while a server runs, on both kinds."""

import json
import os
import subprocess
import sys
import time

import pytest
import sqlalchemy
from running import running_server
from test_agent import NODES

from placewise.service.client import Client, ClusterSecret, Credentials, ServiceError
from placewise.service.client.messages.cluster_documents import Documents

JOBSPEC = "version: 1\ntask: {command: ['true'], resources: {}}"


@pytest.fixture
def rotate(tmp_path):
    """Run the command for a cluster and return what it prints."""

    def run(database, *more, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "placewise", "rotate", *more, "--database", database, "--show-secrets", "--json"],
            env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path / "config"), "PLACEWISE_SERVER": "127.0.0.1:1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout) if code == 0 else done.stderr

    return run


def in_the_end(act):
    """Return what an act returns once the server has taken the new credentials over."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return act()
        except ServiceError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def refused(act):
    with pytest.raises(ServiceError) as caught:
        act()
    return caught.value.code.name


@pytest.mark.slow
def test_a_secret_and_a_token_are_replaced_beside_a_running_server(database_url, rotate):
    with running_server(database_url, most_denied=100_000) as server, Client(server.target) as client:

        def receive(secret):
            return client.receive_jobs(ClusterSecret("gray", secret))

        def submit(token):
            return client.submit(JOBSPEC, Credentials({"gray": token})).job_id

        given = client.register_cluster(Documents(NODES), registration_secret=server.registration_secret, name="gray")
        other = client.register_cluster(Documents(NODES), registration_secret=server.registration_secret, name="blue")
        number = submit(given.token)
        fresh = rotate(database_url, "gray", "--only", "secret")
        assert "token" not in fresh
        (received,) = in_the_end(lambda: receive(fresh["secret"]))
        assert received.job_id == number
        assert refused(lambda: receive(given.secret)) == "UNAUTHENTICATED"
        submit(given.token)
        newest = rotate(database_url, "gray")
        in_the_end(lambda: submit(newest["token"]))
        assert refused(lambda: submit(given.token)) == "UNAUTHENTICATED"
        assert refused(lambda: receive(fresh["secret"])) == "UNAUTHENTICATED"
        assert len(receive(newest["secret"])) == 2
        assert client.receive_jobs(ClusterSecret("blue", other.secret)) == ()
        assert "no such cluster" in rotate(database_url, "pink", code=2)


def test_a_database_that_cannot_be_used_is_one_line_without_the_password(postgresql_url, rotate):
    url = sqlalchemy.make_url(postgresql_url)
    for wrong in (url.set(database="none", password="hunter2"), url.set(username="nobody", password="hunter2")):
        said = rotate(wrong.render_as_string(hide_password=False), "gray", code=2)
        assert len(said.strip().splitlines()) == 1
        assert "cannot be used" in said
        assert "hunter2" not in said


def test_a_postgresql_that_is_no_schedulers_is_refused(empty_postgresql_url, rotate):
    assert "not of this version" in rotate(empty_postgresql_url, "gray", code=2)
