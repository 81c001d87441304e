"""What clusters have taught: the subsystems and fields that there are or ever were, and the kinds of the fields.

The table is made empty; the server that next starts writes down what the clusters that are registered have.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "vocabulary"
down_revision = "server_identity"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "vocabulary",
        sa.Column("subsystem", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
