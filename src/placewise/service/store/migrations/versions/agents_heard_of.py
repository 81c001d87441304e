"""Agents that send heartbeats, which of them runs a job, and how often a job was accepted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_agents"
down_revision = "0001"


def upgrade() -> None:
    """Add the table of agents, and what is known of a job's; no agent of ours ran the jobs that are there."""
    op.create_table(
        "agents",
        sa.Column("cluster_id", sa.Integer, sa.ForeignKey("clusters.id"), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("heard_at", sa.Double, nullable=False),
    )
    op.add_column("jobs", sa.Column("agent", sa.Text))
    op.add_column("jobs", sa.Column("attempts", sa.Integer))
    condition = sa.text("agent IS NOT NULL")
    op.create_index("jobs_held", "jobs", ["cluster_id", "agent"], sqlite_where=condition, postgresql_where=condition)
