"""What the service refuses, by kind; each kind has one gRPC status code (see `interceptors.CODES`)."""

# ruff: noqa: N818, a refusal is named for what it says

from __future__ import annotations

from placewise.errors import PlacewiseError


class Denied(PlacewiseError):
    """The caller is known and may not do this, or what was asked is closed to everybody here."""


class Unauthenticated(PlacewiseError):
    """A secret or token is missing or wrong; the message does not say what exists."""


class NotFound(PlacewiseError):
    """What was named is not there, or is not the caller's to know of."""


class Exhausted(PlacewiseError):
    """A bound of the service is reached: too much at once, too many, too often."""


class QuotaReached(Exhausted):
    """A token uses as much as it may of something (`quota`: jobs or bytes); `found` is how much that is."""

    def __init__(self, quota: str, *, found: int, expected: str) -> None:
        super().__init__(f"the token's quota of {quota} is used up", found=found, expected=expected)
        self.quota = quota


class NotNow(PlacewiseError):
    """What was named is in another state than the call needs."""


class ClusterGone(PlacewiseError):
    """The cluster chosen for a job is not registered any more."""


class QueueFull(PlacewiseError):
    """A cluster has as many jobs waiting as it may."""


class WrongState(PlacewiseError):
    """A job is not in a state in which this can happen to it; `found` is the state it is in."""


class Unavailable(PlacewiseError):
    """The database does not answer or is out of room; nothing was kept, unless `problem` says that it may have been."""
