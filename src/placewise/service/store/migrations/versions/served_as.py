"""The name that a SQLite file is served under, for as long as it is: its log lies beside that name alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "served_as"
down_revision = "0002_agents"


def upgrade() -> None:
    """Create the table, which a PostgreSQL leaves empty."""
    op.create_table(
        "served_as",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("inode", sa.Text, nullable=False),
    )
