"""An explanation as a message of Placewise's protocol."""

from __future__ import annotations

from collections.abc import Iterable

from placewise.matching.causes.cause import Cause, CausesThere
from placewise.matching.causes.why_not import WhyNot
from placewise.matching.match import Incomparable
from placewise.service.wire import placewise_pb2 as wire


def incomparable(found: Iterable[Incomparable]) -> list[wire.Incomparable]:
    """Return the messages of clusters that cannot be compared with what is asked."""
    return [
        wire.Incomparable(cluster=one.cluster, requirement=str(one.requirement), problem=one.problem) for one in found
    ]


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
                causes=_there(blocked.causes),
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
        unknown=[wire.Explanation.Unknown(cluster=one.cluster, facts=_causes(one.facts)) for one in why.unknown],
        incomparable=incomparable(why.incomparable),
        apart=_there(why.apart),
    )


def _there(found: Iterable[CausesThere]) -> list[wire.Explanation.CausesThere]:
    return [wire.Explanation.CausesThere(causes=_causes(one.causes), clusters=one.clusters) for one in found]


def _causes(found: Iterable[Cause]) -> list[wire.Explanation.Cause]:
    return [
        wire.Explanation.Cause(
            kind=one.kind,
            subsystem=one.subsystem,
            field=one.field,
            asked=one.asked,
            offered=one.offered,
            line=one.line,
        )
        for one in found
    ]
