"""An explanation as a message of Placewise's protocol."""

from __future__ import annotations

from placewise.matching.why_not import WhyNot
from placewise.service.wire import placewise_pb2 as wire


def explanation(why: WhyNot) -> wire.Explanation:
    """Return the message of an explanation."""
    return wire.Explanation(
        job=why.job,
        total=why.total,
        matched=why.matched,
        blocked=[
            wire.Explanation.Blocked(
                requirement=str(blocked.requirement),
                subsystem=blocked.requirement.subsystem,
                clusters=blocked.clusters,
                lacking=blocked.lacking,
            )
            for blocked in why.blocked
        ],
        near_misses=[
            wire.Explanation.NearMiss(cluster=near.cluster, requirement=str(near.requirement), offered=near.offered)
            for near in why.near_misses
        ],
        scattered=why.scattered,
        too_small=why.too_small,
        unknown_types=why.unknown_types,
    )
