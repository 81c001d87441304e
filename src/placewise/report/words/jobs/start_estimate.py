"""When a job would start, in words."""

from __future__ import annotations

from datetime import UTC, datetime

from placewise.model.traces.start_estimate import ClusterStart, StartEstimate

TOO_LARGE = "never: the job asks for more processors than it has"
BOUND = "no later"
ALONE = "if no job is submitted later"
BOUND_MEANS = f"{BOUND}: whatever jobs are submitted later, as long as jobs end by their limits."
ALONE_MEANS = f"{ALONE}: and on the assumption that every job runs until its limit."


def clock_words(seconds: int, of: StartEstimate) -> str:
    """Write a Unix time as date and time in UTC, and the virtual time of a replay in seconds."""
    if of.is_virtual:
        return f"{seconds:,} s"
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):  # past the year 9999
        return f"{seconds} s"


def moment_words(seconds: int, of: StartEstimate) -> str:
    """Write a time with what it is counted in."""
    return clock_words(seconds, of) + ("" if of.is_virtual else " UTC")


def start_words(one: ClusterStart, of: StartEstimate) -> str:
    """Write when a job would start on a cluster; `of` is the estimate that says so."""
    if one.start_s is None:
        return TOO_LARGE
    return clock_words(one.start_s, of) if one.wait_s else "now"


def by_start(one: ClusterStart) -> tuple[bool, int]:
    """Return what sorts clusters by when a job would start there, those where it never does last."""
    return one.start_s is None, one.start_s or 0
