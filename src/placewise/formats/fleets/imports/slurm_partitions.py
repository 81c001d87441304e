"""What partitions of Slurm allow, as the fields by which jobs are held against the limits of sites."""

from __future__ import annotations

from collections.abc import Sequence

from placewise.model.scalar import Value


def limits_of(
    *, time_limit: int | str, allowed: Sequence[str], denied: Sequence[str], states: Sequence[str], sharing: str
) -> dict[str, Value]:
    """Return the fields of a partition; what is empty is no limit.

    time_limit : seconds, or unlimited. allowed, denied : accounts; where some are allowed, Slurm does not look at those
    denied. sharing : OverSubscribe, of which EXCLUSIVE gives nodes whole, and FORCE never does.
    """
    limits: dict[str, Value] = {}
    if time_limit != "":
        limits["time_limit"] = time_limit
    everybody = not allowed or any(one.lower() == "all" for one in allowed)
    if not everybody:
        limits["accounts"] = tuple(allowed)
    elif denied:
        limits["denied_accounts"] = tuple(denied)
    if states:
        limits["state"] = states[0] if len(states) == 1 else tuple(states)
    kind = sharing.upper().partition(":")[0]
    if kind in ("EXCLUSIVE", "FORCE"):
        limits["exclusive"] = kind == "EXCLUSIVE"
    return limits
