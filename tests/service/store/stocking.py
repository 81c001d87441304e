"""What tests put into a store."""

from placewise.service.store.rows.adding import add_jobs
from placewise.service.store.rows.clusters import NewCluster, add_clusters, update_cluster
from placewise.service.store.rows.job import NewJob
from placewise.service.store.rows.jobs import accept, receive

LONG = 1 << 30


def new_cluster(name="aliceblue", subsystems=None):
    return NewCluster(name, b"secret hash", b"token hash", '{"graph": {}}', subsystems or {}, "{}")


def new_job(cluster_id, name="job", request_id=None, jobspec="resources: []", reason=None, token=None):
    return NewJob(name, cluster_id, jobspec, '["true"]', request_id, reason, token)


def register(database, *names):
    return database.write(lambda c: add_clusters(c, [new_cluster(name) for name in names or ["aliceblue"]], 1.0))


def submit(database, cluster_id, count=1, *, now=2.0, most_queued=LONG, **of_job):
    items = [new_job(cluster_id, **of_job) for _ in range(count)]
    added = database.write(lambda c: add_jobs(c, items, now, most_queued))
    return [job.id for job in added]


def receive_all(database, cluster_id, *, most=LONG, most_bytes=LONG, lease_s=10.0, now=3.0):
    return database.write(lambda c: receive(c, cluster_id, most, most_bytes, lease_s, now))


def run(database, cluster_id, *, now=3.0):
    """Have a cluster receive and accept all that waits, and return the ids."""
    received = receive_all(database, cluster_id, now=now)
    return database.write(lambda c: accept(c, cluster_id, [(job.id, job.lease) for job in received], now))


def set_states(connection, items, now):
    """Replace states, by cluster id so that two never wait crosswise; False where no such cluster is registered."""
    in_order = sorted(items, key=lambda item: item[0])
    done = {number: update_cluster(connection, number, state=state, now=now) is not None for number, state in in_order}
    return [done[number] for number, _ in items]
