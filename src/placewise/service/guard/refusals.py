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


class NotNow(PlacewiseError):
    """What was named is in another state than the call needs."""
