"""What the store refuses, each with its reason."""

from __future__ import annotations

from placewise.errors import PlacewiseError


class ClusterGone(PlacewiseError):  # noqa: N818, named for what happened
    """The cluster chosen for a job is not registered any more."""


class QueueFull(PlacewiseError):  # noqa: N818, named for what happened
    """A cluster has as many jobs waiting as it may."""


class WrongState(PlacewiseError):  # noqa: N818, named for what happened
    """A job is not in a state in which this can happen to it; `found` is the state it is in."""


class Unavailable(PlacewiseError):  # noqa: N818, named for what happened
    """The database does not answer or is out of room; nothing was kept, unless `problem` says that it may have been."""
