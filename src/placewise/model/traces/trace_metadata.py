"""Metadata of the jobs of a trace: all that they require, or only some pieces of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import numpy as np

from placewise.errors import InputError, one_of
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import AllOf, AnyOf, Expression, Not, Requirement
from placewise.model.traces.trace import Trace

_PROPERTY = "property"


def piece_name(requirement: Expression) -> str:
    """Return what a requirement is called as a piece of metadata: a property's name, else its subsystem.

    Of an expression it is the names of its parts. What is refused is the same piece as what is asked for.

    >>> piece_name(Requirement.parse("property{name=nfs4}")), piece_name(Requirement.parse("not host{name=a}"))
    ('nfs4', 'host')
    """
    return " or ".join(sorted(set(_names(requirement))))


def _names(requirement: Expression) -> Iterator[str]:
    match requirement:
        case Requirement(subsystem, conditions):
            said = [one.predicate.text for one in conditions if isinstance(one.predicate, Equals)]
            yield said[0] if subsystem == _PROPERTY and len(conditions) == len(said) == 1 else subsystem
        case Not(part):
            yield from _names(part)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _names(part)


def pieces_of(trace: Trace) -> dict[str, int]:
    """Return the pieces of metadata that the jobs of a trace have, by name, and how many jobs have each; most first."""
    jobs = np.bincount(trace.ask, minlength=len(trace.asks)).tolist()
    counts: dict[str, int] = {}
    for requirements, count in zip(trace.asks, jobs, strict=True):
        for name in {piece_name(one) for one in requirements}:
            counts[name] = counts.get(name, 0) + count
    return dict(sorted(((name, n) for name, n in counts.items() if n), key=lambda one: (-one[1], one[0])))


def with_metadata(trace: Trace, pieces: Iterable[str]) -> Trace:
    """Return the trace as a scheduler sees it that has metadata on these pieces alone.

    Raises InputError for a piece that no job has.
    """
    wanted = set(pieces)
    unknown = sorted(wanted - set(pieces_of(trace)))
    if unknown:
        raise InputError("no job has metadata on this", found=unknown[0], expected=one_of(unknown[0], pieces_of(trace)))
    return _keeping(trace, wanted)


def _keeping(trace: Trace, wanted: Collection[str]) -> Trace:
    kept = [tuple(one for one in requirements if piece_name(one) in wanted) for requirements in trace.asks]
    distinct = list(dict.fromkeys([(), *kept]))
    place = {requirements: position for position, requirements in enumerate(distinct)}
    moved = np.array([place[requirements] for requirements in kept], dtype=np.int32)
    return replace(trace, asks=tuple(distinct), ask=moved[trace.ask])
