"""Why the numbers of nodes that partitions allow do not do for slots that are all alike, or why that cannot be told."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from placewise.errors import InputError
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.matching.bits import bitset
from placewise.matching.causes.cause import UNDESCRIBED, VALUE, Cause
from placewise.matching.causes.limit_causes import allowed, not_said_how_many, noun_of
from placewise.matching.clusters.compiled_cluster import Properties, vertex_key
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.few_nodes import MAX_NODES, MIN_NODES, FewNodes, NodeBounds, Spread
from placewise.matching.limits.one_partition import limit_among
from placewise.matching.shapes.work import Work
from placewise.model.fleets.site_limit import SiteLimit
from placewise.model.jobs.job import Job
from placewise.model.scalar import Value

_MOST = 8


class NodeCauses:
    """Holds a job against the numbers of nodes that partitions allow, cluster by cluster."""

    def __init__(self, index: FleetIndex, job: Job, work: Work) -> None:
        self._index, self._limit = index, limit_among(job.requirements)
        self._few = FewNodes.of(index, [group.shape for group in job.groups], self._limit, work)
        self._rows: dict[Properties, int] = {}
        if self._few is not None and self._limit is not None:
            usable = index.all_places
            for requirement in job.groups[0].requirements:
                usable &= index.meeting(requirement).yes_number
            offered = index.offered(self._limit.subsystem)
            self._rows = {properties: bitset.to_number(row) & usable for properties, row in offered}

    def failing(self, cluster: int) -> tuple[Cause, ...]:
        """Return why partitions of a cluster that allow the rest do not do: the job needs more nodes, or has fewer."""
        return tuple(one for one in self._of(cluster) if one.kind == VALUE)

    def untold(self, cluster: int) -> tuple[Cause, ...]:
        """Return why it cannot be told whether they do."""
        return tuple(one for one in self._of(cluster) if one.kind == UNDESCRIBED)

    def _of(self, cluster: int) -> list[Cause]:
        found: list[Cause] = []
        if self._few is not None and self._limit is not None:
            # What takes too much work is not said.
            with contextlib.suppress(InputError):
                found += self._held_against(cluster, self._limit, self._few)
        return found[:_MOST]

    def _held_against(self, cluster: int, limit: SiteLimit, few: FewNodes) -> Iterator[Cause]:
        subsystem = self._index.subsystem(cluster, limit.subsystem)
        test = VertexTest.of(limit, self._index.vocabulary)
        for properties in dict.fromkeys(vertex_key(one)[0] for one in (subsystem.vertices if subsystem else ())):
            values: Mapping[str, Value] = dict(properties)
            here, bounds = self._index.layout.here(cluster, self._rows.get(properties, 0)), few.bounds(values)
            if not here or bounds is None or test.ask(values) not in (Answer.YES, Answer.UNSAID):
                continue
            spread, asked = few.spread(cluster, here, bounds), f"{few.wanted:,} {few.noun}s"
            kind = UNDESCRIBED if spread is None else VALUE
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
