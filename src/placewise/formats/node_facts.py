"""What Flux knows of nodes, as subsystems that requirements can name.

| subsystem | field | of |
| --- | --- | --- |
| ``host`` | ``name``: the node's hostname | every node that has a name |
| ``rank`` | ``id``: the rank of the broker there | every node that has one |
| ``property`` | ``name``, and ``value`` where there is one | every property, a vertex each, attached to its nodes |
| ``node`` | ``state``: up, down or drained | every node, where the state of one is given |

Vertices of equal fields are one, attached to all the places of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from placewise.errors import InputError
from placewise.formats.plain_fields import vertex_fields
from placewise.formats.values import mapping, refuse_control, text
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.scalar import Value

HOST, RANK, PROPERTY, NODE_STATE = "host", "rank", "property", "node"
HOST_NAME, RANK_ID, PROPERTY_NAME = (HOST, "name"), (RANK, "id"), (PROPERTY, "name")
"""Subsystem and field by which requirements name a node or a property."""
NAMES = "names"
"""The field of a feature with the names of all its attributes, by which a job asks whether there is one."""
NUMBER = "number"
"""The field of a label with the number that its value writes."""
UP, DOWN, DRAINED = "up", "down", "drained"
# As Fluxion numbers them. What it has lost is down.
NUMBERED = (UP, DOWN, DOWN)
STATES = {UP: UP, DOWN: DOWN, DRAINED: DRAINED, "drain": DRAINED, "draining": DRAINED, "lost": DOWN}
LARGEST_RANK = 2**63 - 1

Fields = tuple[tuple[str, Value], ...]


@dataclass(slots=True)
class Facts:
    """Facts while they are gathered, each with the positions that it is attached to."""

    vocabulary: Vocabulary
    _found: dict[str, dict[tuple[Fields, tuple[type, ...]], list[int]]] = field(default_factory=dict)

    def add(self, subsystem: str, pairs: Iterable[tuple[str, Any]], position: int, place: str) -> None:
        """Attach a vertex of these fields to a position. Raises InputError for what a field cannot hold."""
        fields = tuple(vertex_fields(subsystem, pairs, place, self.vocabulary).items())
        self.attach(subsystem, fields, (position,))

    def attach(self, subsystem: str, fields: Fields, positions: Iterable[int]) -> None:
        """Attach a vertex of fields that were checked to positions."""
        # True, 1 and 1.0 are equal to Python, but not to a requirement.
        key = fields, tuple([type(value) for _, value in fields])
        self._found.setdefault(subsystem, {}).setdefault(key, []).extend(positions)

    def positions(self, subsystem: str, name: str, value: Value) -> set[int]:
        """Return where vertices of a subsystem are attached of which a field has this value."""
        found = self._found.get(subsystem, {}).items()
        return {place for (fields, _), places in found if (name, value) in fields for place in places}

    def subsystems(self) -> tuple[Subsystem, ...]:
        """Return all that was gathered."""
        return tuple(
            Subsystem(name, tuple(SubsystemVertex(fields, tuple(places)) for (fields, _), places in vertices.items()))
            for name, vertices in self._found.items()
        )


def node_state(status: Any, place: str) -> str:
    """Return the state that a status stands for. Raises InputError for one that is not understood."""
    if isinstance(status, str) and status.lower() in STATES:
        return STATES[status.lower()]
    if type(status) is int and 0 <= status < len(NUMBERED):
        return NUMBERED[status]
    raise InputError("is not a status", place=place, found=status, expected="up, down, drained, 0, 1 or 2")


def rank_of(value: Any, place: str) -> int | None:
    """Return a rank, None for -1, which is none. Raises InputError for what is no rank."""
    if type(value) is not int or not -1 <= value <= LARGEST_RANK:
        raise InputError("is not a rank", place=place, found=value, expected="a whole number of -1 or more, in 64 bits")
    return None if value < 0 else value


def host_name(value: Any, place: str) -> str:
    """Return the name of a host. Raises InputError for what is none."""
    if not isinstance(value, str) or not value:
        raise InputError("is not a name", place=place, found=value, expected="text")
    refuse_control(value, place)
    return value


def properties_of(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Yield names and values of properties, which are a list of names or a mapping; empty text for no value."""
    if value is None:
        return
    if isinstance(value, list):
        for number, name in enumerate(value):
            yield text(name, f"{place}[{number}]"), ""
        return
    for name, said in mapping(value, place).items():
        yield text(name, place), "" if said is None else said


def property_fields(name: str, value: Any) -> list[tuple[str, Any]]:
    """Return the fields of a property's vertex."""
    return [("name", name)] if value == "" else [("name", name), ("value", value)]


def vertex_pairs(metadata: Mapping[str, Any], place: str) -> list[tuple[str, Any]]:
    """Return what Flux says of a vertex that is no node: its properties as fields, and its state if it is not up."""
    said = metadata.get("properties")
    place_of_properties = f"{place}.properties"
    pairs: list[tuple[str, Any]] = []
    if isinstance(said, list):
        names = [name for name, _ in properties_of(said, place_of_properties)]
        pairs += [("properties", names)] if names else []
    else:
        pairs += properties_of(said, place_of_properties)
    status = metadata.get("status")
    if status is not None and (state := node_state(status, f"{place}.status")) != UP:
        pairs.append(("state", state))
    return pairs
