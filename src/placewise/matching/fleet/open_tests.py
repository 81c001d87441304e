"""Which tests of a requirement are undecided on a cluster: what they ask about is not described, or not comparably."""

from __future__ import annotations

from collections.abc import Iterator

from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.model.requirements.requirement import Expression, Requirement, tests_of


def open_tests(index: FleetIndex, requirement: Expression) -> Iterator[tuple[Requirement, int]]:
    """Yield the tests of a requirement that are undecided somewhere, each with those clusters as a number."""
    if not index.meeting(requirement).certain:
        for test in tests_of(requirement):
            met = index.meeting(test)
            if not met.certain:
                yield test, bitset.to_number(index.clusters_of(met.possible & ~met.yes))
