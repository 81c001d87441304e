"""Whose quota a job counts for and how long its texts are, what tokens use, and an index of what may be pruned.

Only columns that may be empty, a table and an index come in, so servers of the version before go on meanwhile. Their
jobs count for no quota. While the index is made changes of jobs wait; who has many millions of jobs makes it before
(docs/how-to/operating.md).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "years"
down_revision = "vocabulary"


def upgrade() -> None:
    """Add the columns, the table and the index."""
    op.create_table(
        "token_uses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("jobs", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
    )
    op.add_column("jobs", sa.Column("token", sa.Integer))
    op.add_column("jobs", sa.Column("bytes", sa.Integer))
    condition = sa.text("state NOT IN ('submitted', 'assigned', 'received', 'accepted')")
    op.create_index(
        "jobs_over",
        "jobs",
        ["changed_at"],
        sqlite_where=condition,
        postgresql_where=condition,
        if_not_exists=True,
    )
