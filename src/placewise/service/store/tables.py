"""The tables, as the newest migration leaves them.

What is long and seldom changes (graphs, jobspecs) stands apart from what is short and often does: SQLite
writes a row whole.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal_column,
)

LARGEST_JOB_ID = 2**31 - 1
"""Both protocols have an int32 for it."""

metadata = MetaData()

# One row, made with the table.
servers = Table(
    "servers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("identity", Text, nullable=False),
)

clusters = Table(
    "clusters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("registered_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("deleted_at", Double),
)
live = clusters.c.deleted_at.is_(None)
Index("clusters_live_name", clusters.c.name, unique=True, sqlite_where=live, postgresql_where=live)

graphs = Table(
    "graphs",
    metadata,
    Column("cluster_id", Integer, ForeignKey("clusters.id"), primary_key=True, autoincrement=False),
    Column("nodes", Text, nullable=False),
)

subsystems = Table(
    "subsystems",
    metadata,
    Column("cluster_id", Integer, ForeignKey("clusters.id"), primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("document", Text, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("cluster_id", Integer, ForeignKey("clusters.id")),
    Column("state", Text, nullable=False),
    Column("changes", Integer, nullable=False),  # rows in its history
    Column("request_id", Text),
    Column("reason", Text),
    Column("submitted_at", Double, nullable=False),
    Column("changed_at", Double, nullable=False),
    Column("duration_s", Double),
    Column("lease", Text),
    Column("lease_until", Double),
    Column("agent", Text),  # of an accepted job whose agent sends heartbeats
    Column("attempts", Integer),  # how often it was accepted
    Column("token", Integer),  # whose quota it counts for; null for what a server without quotas took
    Column("bytes", Integer),  # of jobspec and command
)
# SQLite uses a partial index only where the query repeats its condition, literals and all.
waiting = jobs.c.state.in_([literal_column("'assigned'"), literal_column("'received'")])
# "In" the states that are over would have SQLite take the index by state, and look at every job that is over.
over = jobs.c.state.not_in(
    [literal_column(f"'{state}'") for state in ("submitted", "assigned", "received", "accepted")]
)
leased = jobs.c.lease_until.is_not(None)
held = jobs.c.agent.is_not(None)
requested = jobs.c.request_id.is_not(None)
Index("jobs_by_cluster", jobs.c.cluster_id, jobs.c.id)
Index("jobs_by_state", jobs.c.state, jobs.c.id)
Index("jobs_waiting", jobs.c.cluster_id, jobs.c.id, sqlite_where=waiting, postgresql_where=waiting)
Index("jobs_over", jobs.c.changed_at, sqlite_where=over, postgresql_where=over)
Index("jobs_leased", jobs.c.lease_until, sqlite_where=leased, postgresql_where=leased)
Index("jobs_held", jobs.c.cluster_id, jobs.c.agent, sqlite_where=held, postgresql_where=held)
Index("jobs_request", jobs.c.request_id, unique=True, sqlite_where=requested, postgresql_where=requested)

agents = Table(
    "agents",
    metadata,
    Column("cluster_id", Integer, ForeignKey("clusters.id"), primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("heard_at", Double, nullable=False),
)

jobspecs = Table(
    "jobspecs",
    metadata,
    Column("job_id", Integer, ForeignKey("jobs.id"), primary_key=True, autoincrement=False),
    Column("jobspec", Text, nullable=False),
    Column("command", Text, nullable=False),
)

job_events = Table(
    "job_events",
    metadata,
    Column("job_id", Integer, ForeignKey("jobs.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", Text),
    sqlite_with_rowid=False,
)

# What tokens use is the sum of their rows, so that transactions which change it wait for none another (`uses.py`).
token_uses = Table(
    "token_uses",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("token", Integer, nullable=False),
    Column("jobs", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

# What clusters have taught: for each subsystem that there is or ever was its fields, and their kinds, as JSON.
vocabulary = Table(
    "vocabulary",
    metadata,
    Column("subsystem", Text, primary_key=True),
    Column("document", Text, nullable=False),
)

# Of a SQLite file that is served: the one row says under which name.
served_as = Table(
    "served_as",
    metadata,
    Column("path", Text, primary_key=True),
    Column("inode", Text, nullable=False),
)
