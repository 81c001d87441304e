"""Why the numbers of nodes that partitions allow do not do for slots that are all alike, or why that cannot be told."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from placewise.errors import InputError
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.matching import bitset
from placewise.matching.causes.cause import UNDESCRIBED, VALUE, Cause
from placewise.matching.causes.causes import too_few
from placewise.matching.causes.limit_causes import allowed, not_said_how_many, noun_of
from placewise.matching.few_nodes import MAX_NODES, MIN_NODES, FewNodes, NodeBounds, Spread
from placewise.matching.index import FleetIndex
from placewise.matching.one_partition import limit_among
from placewise.matching.shapes.work import Work
from placewise.model.fleets.site_limit import SiteLimit
from placewise.model.jobs.job import Job

_MOST = 8


def causes_of_few(index: FleetIndex, job: Job, cluster: int, work: Work) -> tuple[Cause, ...]:
    """Return why a cluster does not host a job that meets each requirement somewhere: too few nodes, or too many."""
    found = tuple(one for one in _node_causes(index, job, cluster, work) if one.kind != UNDESCRIBED)
    return found or (too_few(index, cluster, [group.requirements for group in job.groups]),)


def undecided_nodes(index: FleetIndex, job: Job, cluster: int, work: Work) -> tuple[Cause, ...]:
    """Return why it cannot be told how many nodes of a cluster a job takes; none where it can."""
    return tuple(one for one in _node_causes(index, job, cluster, work) if one.kind == UNDESCRIBED)


def _node_causes(index: FleetIndex, job: Job, cluster: int, work: Work) -> list[Cause]:
    limit = limit_among(job.requirements)
    few = FewNodes.of(index, [group.shape for group in job.groups], limit, work)
    if limit is None or few is None:
        return []
    found: list[Cause] = []
    # What takes too much work is not said.
    with contextlib.suppress(InputError):
        found += _held_against(index, job, cluster, limit, few)
    return found[:_MOST]


def _held_against(index: FleetIndex, job: Job, cluster: int, limit: SiteLimit, few: FewNodes) -> Iterator[Cause]:
    usable = index.all_places
    for requirement in job.groups[0].requirements:
        usable &= index.meeting(requirement).yes_number
    test = VertexTest.of(limit, index.vocabulary)
    for properties, row in index.offered(limit.subsystem):
        values = dict(properties)
        here, bounds = index.here(cluster, bitset.to_number(row) & usable), few.bounds(values)
        if not here or bounds is None or test.ask(values) not in (Answer.YES, Answer.UNSAID):
            continue
        spread, asked = few.spread(cluster, here, bounds), f"{few.wanted:,} {few.noun}s"
        kind = VALUE if spread else UNDESCRIBED
        for field, offered, line in _lines(asked, few.wanted, spread, bounds):
            yield Cause(kind, limit.subsystem, field, asked, offered, f"{noun_of(limit, values)} {line}")


def _lines(asked: str, wanted: int, spread: Spread | None, bounds: NodeBounds) -> Iterator[tuple[str, str, str]]:
    """Yield the bounds that do not do, or of which it cannot be told: the field, its value and the line."""
    least, most = f"{bounds.least:g}", f"{bounds.most:g}"
    allows, larger = f"allows {allowed(MAX_NODES, most)}", f"is for jobs of {least} nodes or more"
    if spread is None:
        field, offered, line = (MAX_NODES, most, allows) if bounds.most < wanted else (MIN_NODES, least, larger)
        yield field, offered, f"{line}, {not_said_how_many(1, wanted)}"
    elif spread.fewest > bounds.most:
        yield MAX_NODES, most, f"{allows}; {asked} need {spread.fewest:,} of its nodes"
    elif spread.fewest and spread.most < bounds.least:
        nodes = "1 of its nodes" if spread.most == 1 else f"{spread.most:,} of its nodes at most"
        yield MIN_NODES, least, f"{larger}; {asked} can be on {nodes}"
