"""Clusters of experiments over build records: an arch, a compiler in a version, memory and a price."""

from __future__ import annotations

import math

from placewise.errors import InputError, locating
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.scalar import Scalar
from placewise.model.versions.version import parse_version


def build_cluster(
    name: str,
    *,
    arch: str,
    compiler: str,
    compiler_version: str,
    memory_bytes: int,
    cost_per_node_hour: float | None,
    nodes_free: int | None = None,
) -> Cluster:
    """Return an unshaped cluster with the subsystems arch, compiler and memory, one vertex each at the root.

    The compiler's name and version stand on one vertex, so that a requirement on both is met by one
    compiler. The state repeats what is offered, beside `cost_per_node_hour` and `nodes_free` where they
    are known. This is the layout of the prior work's JGF (spack-build).

    Raises InputError for empty text, a text that is no version, memory that is no whole number of 1 or
    more, a price that is negative or not finite, or a negative number of nodes.
    """
    place = f"cluster {name!r}"
    for field, text in (("arch", arch), ("compiler", compiler), ("compiler_version", compiler_version)):
        if not isinstance(text, str) or not text:
            raise InputError(f"the {field} is not text", place=place, found=text, expected="text")
    with locating(place=place):
        parse_version(compiler_version)
    _refuse_uncounted(memory_bytes, "memory", "a whole number of bytes, 1 or more", place, least=1)
    state: list[tuple[str, Scalar]] = [
        ("arch", arch),
        ("compiler", compiler),
        ("compiler_version", compiler_version),
        ("memory", memory_bytes),
    ]
    if cost_per_node_hour is not None:
        state.append(("cost_per_node_hour", _price(cost_per_node_hour, place)))
    if nodes_free is not None:
        _refuse_uncounted(nodes_free, "number of free nodes", "a whole number of 0 or more", place)
        state.append(("nodes_free", nodes_free))
    return Cluster(
        name,
        subsystems=(
            _one_vertex("arch", value=arch),
            _one_vertex("compiler", name=compiler, version=compiler_version),
            _one_vertex("memory", value=memory_bytes),
        ),
        state=tuple(state),
    )


def _one_vertex(kind: str, **properties: Scalar) -> Subsystem:
    return Subsystem(kind, (SubsystemVertex((("type", kind), *properties.items())),))


def _refuse_uncounted(value: object, what: str, expected: str, place: str, *, least: int = 0) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"the {what} is not usable", place=place, found=value, expected=expected)


def _price(value: object, place: str) -> float:
    try:
        price = math.nan if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
    except OverflowError:
        price = math.inf
    if not 0 <= price < math.inf:
        raise InputError("the cost_per_node_hour is not usable", place=place, found=value, expected="0 or more")
    return price
