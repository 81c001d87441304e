"""An explanation as a message of Placewise's protocol."""

from __future__ import annotations

from collections.abc import Iterable

from placewise.matching.match import Incomparable
from placewise.service.calls.asking import Explained
from placewise.service.wire import placewise_pb2 as wire


def incomparable(found: Iterable[Incomparable]) -> list[wire.Incomparable]:
    """Return the messages of clusters that cannot be compared with what is asked."""
    return [
        wire.Incomparable(cluster=one.cluster, requirement=str(one.requirement), problem=one.problem) for one in found
    ]


def explanation(explained: Explained) -> wire.Explanation:
    """Return the message of an explanation."""
    why, undecided = explained.why, explained.undecided
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
        unknown=undecided.unknown,
        incomparable=incomparable(undecided.incomparable),
    )
