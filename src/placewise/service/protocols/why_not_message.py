"""An explanation as a message of Placewise's protocol."""

from __future__ import annotations

from collections.abc import Iterable

from placewise.matching.causes.cause import Blocked, Cause, CausesThere
from placewise.matching.causes.why_not import WhyNot
from placewise.matching.fleet.recent import Recent
from placewise.matching.incomparable import Incomparable
from placewise.model.requirements.requirement import Expression
from placewise.service.wire import placewise_pb2 as wire

# What is kept holds the texts twice, as they were found and as they are sent, and an object for each.
_MOST_WRITTEN_BYTES = 2**24
_OVERHEAD_BYTES = 1000
_written: Recent[Blocked[Expression], bytes] = Recent(_MOST_WRITTEN_BYTES)


def incomparable(found: Iterable[Incomparable[Expression]]) -> list[wire.Incomparable]:
    """Return the messages of clusters that cannot be compared with what is asked."""
    return [
        wire.Incomparable(cluster=one.cluster, requirement=str(one.requirement), problem=one.problem) for one in found
    ]


def explanation(why: WhyNot) -> wire.Explanation:
    """Return the message of an explanation."""
    message = wire.Explanation(
        job=why.job,
        total=why.total,
        matched=why.matched,
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
    message.MergeFromString(b"".join(map(_blocked, why.blocked)))
    return message


def _blocked(blocked: Blocked[Expression]) -> bytes:
    """Return the bytes of an explanation that holds one failed requirement. Such bytes in a row hold all of them.

    They are kept, since many jobs fail the same requirement, and filling a message takes longer than finding causes.
    Format: https://protobuf.dev/programming-guides/encoding/#last-one-wins
    """
    written = _written.get(blocked)
    if written is None:
        message = wire.Explanation.Blocked(
            requirement=str(blocked.requirement),
            subsystem=blocked.requirement.subsystem,
            clusters=blocked.clusters,
            lacking=blocked.lacking,
            causes=_there(blocked.causes),
        )
        written = wire.Explanation(blocked=[message]).SerializeToString()
        _written.keep(blocked, written, _OVERHEAD_BYTES + 4 * len(written))
    return written


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
