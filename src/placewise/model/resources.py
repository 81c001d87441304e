"""A cluster's containment tree and the subsystems whose vertices attach to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from placewise.errors import InputError
from placewise.model.scalar import Value


@dataclass(frozen=True, slots=True)
class Vertex:
    """One resource of the containment tree.

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

    Raises InputError when ids repeat, a vertex precedes its container, there is not exactly one root,
    or a size is negative.
    """

    vertices: tuple[Vertex, ...]
    children: tuple[tuple[int, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.vertices:
            raise InputError("a resource graph has no vertices", expected="at least a root")
        children: list[list[int]] = [[] for _ in self.vertices]
        ids: set[str] = set()
        for position, vertex in enumerate(self.vertices):
            if vertex.id in ids:
                raise InputError("two vertices share an id", found=vertex.id, expected="ids that differ")
            ids.add(vertex.id)
            if vertex.size < 0:
                raise InputError(f"vertex {vertex.id!r} has a negative size", found=vertex.size)
            if (vertex.parent is None) != (position == 0):
                raise InputError("a containment tree has one root, at position 0", found=vertex.id)
            if vertex.parent is not None:
                if not 0 <= vertex.parent < position:
                    raise InputError(f"vertex {vertex.id!r} precedes its container", found=vertex.parent)
                children[vertex.parent].append(position)
        object.__setattr__(self, "children", tuple(tuple(below) for below in children))


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
    """All vertices of one kind of thing that a cluster offers: a compiler, an arch, a package."""

    name: str
    vertices: tuple[SubsystemVertex, ...]


def package_subsystem(package: str, version: str) -> Subsystem:
    """Return the subsystem of a package that a whole cluster has in one version, as the prior work's JGF has it."""
    return Subsystem(package, (SubsystemVertex((("type", "package"), ("version", version))),))


@lru_cache(maxsize=1)
def unshaped() -> ResourceGraph:
    """Return the graph of a cluster that says nothing of its resources: a root and nothing within."""
    return ResourceGraph((Vertex("0", "cluster"),))
