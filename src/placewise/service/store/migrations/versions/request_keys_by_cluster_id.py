"""Request ids are kept with a hash of their clusters' ids, no longer of their names, which others may take later.

What was submitted under one cluster's token is known again. A key of several clusters cannot be told from its hash; it
stays as it is, and a request that is repeated across this migration under several tokens makes a second job.
"""

from __future__ import annotations

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "request_keys_by_cluster_id"
down_revision = "served_as"

_CLUSTERS = sa.text("SELECT id, name FROM clusters")
_JOBS = sa.text(
    "UPDATE jobs SET request_id = :new || substr(request_id, 66) "
    "WHERE cluster_id = :id AND substr(request_id, 1, 65) = :old"
)


def upgrade() -> None:
    """Write the keys of each cluster anew."""
    connection = op.get_bind()
    for number, name in connection.execute(_CLUSTERS).all():
        connection.execute(_JOBS, {"id": number, "old": _prefix(name), "new": _prefix(number)})


def _prefix(cluster: object) -> str:
    return sha256(json.dumps([cluster]).encode()).hexdigest() + " "
