"""Names of subsystems, fields and types that a fleet knows, and what is said of those that it does not."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator

from placewise.errors import InputError
from placewise.matching.clusters.compiled_cluster import Properties
from placewise.model.fleets.cluster import Cluster
from placewise.model.jobs.job import SLOTS, Shape
from placewise.model.requirements.predicates import InVersionRange
from placewise.model.requirements.requirement import Expression, tests_of

USUAL_TYPES = frozenset(
    (
        *("cluster", "rack", "chassis", "switch", "node", "socket", "numanode", "cache", "core", "pu", "gpu"),
        *("memory", "storage", "ssd", "license"),
    )
)
"""Types of Flux's resource graphs and of licenses: a job may always ask for them, whether a cluster has them or not."""

# Among more names than these, to find one that is like another takes longer than the advice is worth.
_MOST_NAMES_COMPARED = 500
_SIMILAR = 0.6
_MISSPELT = 0.75
"""So like a known name is one that is taken for a slip: hfd5 for hdf5; but not fftw for fftw-api, nor zlib for zlib-ng.
The error says how to make it known if it is none."""
_FIELDS_SHOWN = 8
_CHARACTERS_A_RANGE = 32


def require_subsystem(name: str, known: Collection[str], *, incomplete: bool) -> None:
    """Raise InputError for a subsystem that no cluster has or ever had.

    incomplete : whether some cluster may have more of it than is described. Then a name is refused only if it is so
    like a known one that it may be misspelt; of any other it is unknown whether the cluster has such a thing.
    """
    near = _like(name, known, _MISSPELT if incomplete else _SIMILAR)
    if near is None and incomplete:
        return
    raise InputError(
        f"no cluster of the fleet has a subsystem {name!r}",
        place=f"requirement on {name!r}",
        expected=f"{near or f'one of {len(known)} known names'}, "
        f"or subsystems: {{{name}: {{}}}} in the fleet's vocabulary.yaml, which makes the name known",
    )


def require_types(shape: Shape, known: Collection[str]) -> None:
    """Raise InputError for a shape that asks for a type of resource that is not known."""
    for request in shape:
        if request.type not in known and request.type not in SLOTS:
            raise InputError(
                f"no cluster of the fleet has resources of type {request.type!r}",
                place="resources",
                expected=_like(request.type, known) or f"one of {len(known)} known types",
            )
        if request.contents:
            require_types(request.contents, known)


def require_field(subsystem: str, field: str, fields: Collection[str], *, incomplete: bool) -> None:
    """Raise InputError for a field that nothing of a subsystem has; of an incomplete one only if it is like another."""
    if not fields or field in fields:
        return
    near = _like(field, fields)
    if near is None and incomplete:
        return
    shown = ", ".join(sorted(fields)[:_FIELDS_SHOWN]) + (", ..." if len(fields) > _FIELDS_SHOWN else "")
    raise InputError(
        f"no {subsystem} has the field {field!r}; they have: {shown}",
        place=f"requirement on {subsystem!r}",
        expected=near or "a field that is there",
    )


def offered_by(clusters: Iterable[Cluster]) -> Iterator[tuple[str, Properties]]:
    """Yield what clusters offer, in the order of their descriptions; of a subsystem without vertices, nothing."""
    seen: set[int] = set()
    for cluster in clusters:
        for subsystem in cluster.subsystems:
            # Many clusters share one value.
            if id(subsystem) not in seen:
                seen.add(id(subsystem))
                yield subsystem.name, ()
                for vertex in subsystem.vertices:
                    yield subsystem.name, vertex.properties


def about_characters(requirement: Expression) -> int:
    """Return about how long a requirement's text is, without writing it: that would take as long as to answer it."""
    length = 0
    for test in tests_of(requirement):
        length += len(test.subsystem)
        for condition in test.conditions:
            predicate = condition.predicate
            length += len(condition.field)
            if isinstance(predicate, InVersionRange):
                length += _CHARACTERS_A_RANGE * len(predicate.versions)
            else:
                length += len(str(predicate))
    return length


def _like(name: str, known: Collection[str], similarity: float = _SIMILAR) -> str | None:
    """Return which known names one is like, in words; None for none."""
    few = len(known) <= _MOST_NAMES_COMPARED
    close = difflib.get_close_matches(name, known, n=3, cutoff=similarity) if few else []
    return f"a name such as {', '.join(close)}" if close else None
