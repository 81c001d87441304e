"""Clusters with their graphs and subsystems, jobs with their jobspecs and history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    _create_clusters()
    _create_jobs()


def _create_clusters() -> None:
    op.create_table(
        "clusters",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("registered_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("deleted_at", sa.Double),
    )
    _create_partial_index("clusters_live_name", "clusters", ["name"], "deleted_at IS NULL", unique=True)
    op.create_table(
        "graphs",
        sa.Column("cluster_id", sa.Integer, sa.ForeignKey("clusters.id"), primary_key=True, autoincrement=False),
        sa.Column("nodes", sa.Text, nullable=False),
    )
    op.create_table(
        "subsystems",
        sa.Column("cluster_id", sa.Integer, sa.ForeignKey("clusters.id"), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("cluster_id", sa.Integer, sa.ForeignKey("clusters.id")),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("submitted_at", sa.Double, nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.Column("duration_s", sa.Double),
        sa.Column("lease", sa.Text),
        sa.Column("lease_until", sa.Double),
    )
    op.create_index("jobs_by_cluster", "jobs", ["cluster_id", "id"])
    op.create_index("jobs_by_state", "jobs", ["state", "id"])
    _create_partial_index("jobs_waiting", "jobs", ["cluster_id", "id"], "state IN ('assigned', 'received')")
    _create_partial_index("jobs_leased", "jobs", ["lease_until"], "lease_until IS NOT NULL")
    _create_partial_index("jobs_request", "jobs", ["request_id"], "request_id IS NOT NULL", unique=True)
    op.create_table(
        "jobspecs",
        sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id"), primary_key=True, autoincrement=False),
        sa.Column("jobspec", sa.Text, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
    )
    op.create_table(
        "job_events",
        sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id"), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("detail", sa.Text),
        sqlite_with_rowid=False,
    )


def _create_partial_index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
