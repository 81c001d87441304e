"""The client of a scheduler that runs elsewhere, in a blocking and an asyncio form, and the agent of a cluster."""

from placewise.matching.causes.cause import Blocked, Cause, CausesThere, NearMiss, Unknown
from placewise.matching.incomparable import Incomparable
from placewise.service.client.async_client import AsyncClient
from placewise.service.client.blocking_client import Client
from placewise.service.client.channel import DEFAULT_TARGET, ClientTls
from placewise.service.client.errors import ServiceError
from placewise.service.client.messages.values import (
    AgentRecord,
    Assignment,
    ClusterRecord,
    ClusterSecret,
    Credentials,
    Event,
    Explanation,
    JobRecord,
    Matched,
    NotSubmitted,
    Registration,
    Score,
    Scores,
    Submission,
    Wish,
    WrittenRequirement,
)
from placewise.service.store.rows.job import JobState

__all__ = [
    "DEFAULT_TARGET",
    "AgentRecord",
    "Assignment",
    "AsyncClient",
    "Blocked",
    "Cause",
    "CausesThere",
    "Client",
    "ClientTls",
    "ClusterRecord",
    "ClusterSecret",
    "Credentials",
    "Event",
    "Explanation",
    "Incomparable",
    "JobRecord",
    "JobState",
    "Matched",
    "NearMiss",
    "NotSubmitted",
    "Registration",
    "Score",
    "Scores",
    "ServiceError",
    "Submission",
    "Unknown",
    "Wish",
    "WrittenRequirement",
]
