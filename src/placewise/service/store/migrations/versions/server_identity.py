"""A name of the database that no other has, so that credentials can be told from those that another gave."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "server_identity"
down_revision = "request_keys_by_cluster_id"

_BYTES = 16


def upgrade() -> None:
    """Create the table and make the name."""
    servers = op.create_table(
        "servers",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("identity", sa.Text, nullable=False),
    )
    op.bulk_insert(servers, [{"id": 1, "identity": secrets.token_hex(_BYTES)}])
