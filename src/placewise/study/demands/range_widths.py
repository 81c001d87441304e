"""Version ranges that are wider or narrower than they are, by steps in the list of versions that a fleet offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.model.requirements.predicates import InVersionRange
from placewise.model.requirements.requirement import Expression, Requirement, combined
from placewise.model.scalar import Value, scalar_text
from placewise.model.versions.version import Version, parse_version


def rows_of_width(index: FleetIndex, requirements: Sequence[Expression], steps: int) -> NDArray[np.uint64]:
    """Return (requirements, words): the places at which each requirement holds when its ranges are so much wider.

    The versions that the fleet offers of the package stand in order; a range admits those from one position to
    another, and then `steps` more at both ends. An end that is open stays so. A range that admits none lies between
    two neighbours, and grows to both. Fewer than 0 narrows, and leaves a range that admits any the last of them.
    Conditions other than ranges of versions stay as they are.
    """

    def places(requirement: Requirement) -> NDArray[np.bool_]:
        return bitset.unpack(_row(index, requirement, steps), index.size)

    return np.stack([bitset.pack(combined(requirement, places)) for requirement in requirements])


def _row(index: FleetIndex, requirement: Requirement, steps: int) -> NDArray[np.uint64]:
    others = tuple(c for c in requirement.conditions if not isinstance(c.predicate, InVersionRange))
    # What is asked for must be understood, as where ranges stay as they are.
    index.meeting(requirement)
    rest = VertexTest.of(replace(requirement, conditions=others), index.vocabulary)
    offered = [(dict(properties), members) for properties, members in index.offered(requirement.subsystem)]
    met = np.array([rest.ask(values) is Answer.YES for values, _ in offered], dtype=np.bool_)
    for condition in requirement.conditions:
        if isinstance(condition.predicate, InVersionRange):
            met &= _met(condition.field, condition.predicate, [values for values, _ in offered], steps)
    row = np.zeros(index.words, dtype=np.uint64)
    for holds, (_, members) in zip(met.tolist(), offered, strict=True):
        if holds:
            row |= members
    return row


def _met(
    field: str, predicate: InVersionRange, vertices: Sequence[Mapping[str, Value]], steps: int
) -> NDArray[np.bool_]:
    """Return (vertices,) whether each passes."""
    versions = [_version(vertex.get(field)) for vertex in vertices]
    ordered = sorted({version for version in versions if version is not None})
    admitted = [position for position, version in enumerate(ordered) if version in predicate.versions]
    low, high = predicate.versions.bounds
    if admitted:
        first, last = admitted[0], admitted[-1]
    else:
        # Of an exclusive range between neighbours the minimum itself is below it too.
        first = 0 if low is None else sum(version <= parse_version(low) for version in ordered)
        last = first - 1
    lowest = first if low is None else first - steps
    highest = last if high is None else last + steps
    if admitted and steps < 0:
        lowest = min(lowest, last)
        highest = max(highest, lowest)
    if not admitted and steps < 0:
        return np.zeros(len(vertices), dtype=np.bool_)
    # Of several ranges in one, gaps stay gaps.
    gaps = {ordered[position] for position in range(first, last + 1)} - {ordered[position] for position in admitted}
    kept = set(ordered[max(0, lowest) : highest + 1]) - gaps
    return np.array([version is not None and version in kept for version in versions], dtype=np.bool_)


def _version(value: Value | None) -> Version | None:
    # A float has already lost what the author wrote, and is no version to a requirement either.
    if value is None or isinstance(value, float | bool | tuple):
        return None
    try:
        return parse_version(scalar_text(value))
    except InputError:
        return None
