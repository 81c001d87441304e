"""A server that is killed at any moment has kept all that it acknowledged."""

import random
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from stocking import register

from placewise.service.store.database import Database

KILLS = 10

CHILD = """
import asyncio, sys
from placewise.service.store.database import Database
from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.job import NewJob
from placewise.service.store.rows.jobs import accept, receive
from placewise.service.store.writer import Writer

def add(connection, items):
    return add_jobs(connection, items, 1.0, 1 << 30)

def take(connection, items):
    jobs = receive(connection, 1, 5, 1 << 20, 10.0, 2.0)
    accept(connection, 1, [(job.id, job.lease) for job in jobs[::2]], 3.0)
    return items

async def load():
    writer = Writer(Database.open(sys.argv[1]))
    async def caller(number):
        count = 0
        while True:
            request = f"{sys.argv[2]}-{number}-{count}"
            job = await writer.do(add, NewJob("job", 1, "spec " + request, "[]", request, None))
            sys.stdout.write(f"{job.id} {request}\\n")
            sys.stdout.flush()
            count += 1
            if count % 5 == 0:
                await writer.do(take, None)
    await asyncio.gather(*[caller(number) for number in range(8)])

asyncio.run(load())
"""


@pytest.mark.slow
def test_what_was_acknowledged_is_there_after_kill_9(database_url):
    database = Database.open(database_url)
    register(database)
    database.close()
    chance = random.Random(1)
    acknowledged = {}
    for attempt in range(KILLS):
        arguments = [sys.executable, "-c", CHILD, database_url, str(attempt)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as child:
            for _ in range(chance.randrange(1, 200)):
                line = child.stdout.readline()
                assert line, "the child ended by itself"
                number, request = line.split()
                acknowledged[int(number)] = request
            child.send_signal(signal.SIGKILL)
            for line in child.stdout:
                if line.endswith("\n"):
                    number, request = line.split()
                    acknowledged[int(number)] = request
        database = Database.open(database_url)
        kept = database.read(lambda c: {job.id: job for job in stored(c)})
        database.close()
        for number, request in acknowledged.items():
            assert kept[number].jobspec == "spec " + request
        assert all(job.state == job.history[-1] and job.leased == (job.state == "received") for job in kept.values())
    assert len(set(acknowledged.values())) == len(acknowledged)
    assert {job.state for job in kept.values()} >= {"accepted", "received"}


def stored(connection):
    """Return all jobs with their jobspecs, histories and whether they are leased, by another way than the store's."""
    history = {}
    for number, state in connection.execute(text("SELECT job_id, state FROM job_events ORDER BY job_id, number")):
        history.setdefault(number, []).append(state)
    rows = connection.execute(
        text("SELECT id, state, jobspec, lease IS NOT NULL FROM jobs LEFT JOIN jobspecs ON job_id = id")
    )
    return [
        SimpleNamespace(id=number, state=state, jobspec=jobspec, leased=bool(leased), history=history[number])
        for number, state, jobspec, leased in rows
    ]
