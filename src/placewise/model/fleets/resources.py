"""A cluster's containment tree and the subsystems whose vertices attach to it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from operator import ge
from typing import NamedTuple

from placewise.errors import InputError
from placewise.model.scalar import Value

NAMES_OF_NODES = frozenset(("host", "rank"))
"""The subsystems whose vertices tell each node from all others."""


class Vertex(NamedTuple):
    """One resource of the containment tree; a tuple, since a graph has hundreds of thousands of them.

    `parent` is the position of its container in the graph's tuple of vertices, None for the root.
    `size` counts how many units the vertex stands for; `unit` names them (empty for a plain count).
    """

    id: str
    type: str
    parent: int | None = None
    size: int = 1
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ResourceGraph:
    """A containment tree, container before contained: position 0 is the root.

    vertices : by position. children : by position, the positions of what each vertex contains.

    Raises InputError when ids repeat, a vertex precedes its container, there is not exactly one root,
    or a size is negative.
    """

    vertices: tuple[Vertex, ...]
    children: tuple[tuple[int, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.vertices:
            raise InputError("a resource graph has no vertices", expected="at least a root")
        ids, _, parents, sizes, _ = zip(*self.vertices, strict=True)
        containers = parents[1:]
        if (
            len(set(ids)) < len(ids)
            or min(sizes) < 0
            or parents[0] is not None
            or None in containers
            or (containers and min(containers) < 0)
            or any(map(ge, containers, count(1)))
        ):
            self._refuse()
        below: defaultdict[int, list[int]] = defaultdict(list)
        for position, container in enumerate(containers, 1):
            below[container].append(position)
        children: list[tuple[int, ...]] = [()] * len(ids)
        for container, contained in below.items():
            children[container] = tuple(contained)
        object.__setattr__(self, "children", tuple(children))

    def _refuse(self) -> None:
        ids: set[str] = set()
        for position, vertex in enumerate(self.vertices):
            if vertex.id in ids:
                raise InputError("two vertices share an id", found=vertex.id, expected="ids that differ")
            ids.add(vertex.id)
            if vertex.size < 0:
                raise InputError(f"vertex {vertex.id!r} has a negative size", found=vertex.size)
            if (vertex.parent is None) != (position == 0):
                raise InputError("a containment tree has one root, at position 0", found=vertex.id)
            if vertex.parent is not None and not 0 <= vertex.parent < position:
                raise InputError(f"vertex {vertex.id!r} precedes its container", found=vertex.parent)


@dataclass(frozen=True, slots=True)
class SubsystemVertex:
    """One vertex of a subsystem: its (field, value) pairs, sorted, and the positions it attaches to."""

    properties: tuple[tuple[str, Value], ...]
    attached_to: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "properties", tuple(sorted(self.properties, key=lambda pair: pair[0])))
        object.__setattr__(self, "attached_to", tuple(sorted(set(self.attached_to))))


@dataclass(frozen=True, slots=True)
class Subsystem:
    """All vertices of one kind of thing that a cluster offers: a compiler, an arch, a package.

    name : of the kind, such as ``gpu``. vertices : its things, each with its fields.
    """

    name: str
    vertices: tuple[SubsystemVertex, ...]


def package_subsystem(package: str, version: str) -> Subsystem:
    """Return the subsystem of a package that a whole cluster has in one version, as the prior work's JGF has it."""
    return Subsystem(package, (SubsystemVertex((("type", "package"), ("version", version))),))


@lru_cache(maxsize=1)
def unshaped() -> ResourceGraph:
    """Return the graph of a cluster that says nothing of its resources: a root and nothing within."""
    return ResourceGraph((Vertex("0", "cluster"),))
