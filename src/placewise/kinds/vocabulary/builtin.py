"""The built-in vocabulary: kinds of fields, and other names of values, that hold in every fleet."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from placewise.kinds.conditions.quantities import SECONDS
from placewise.model.fleets.vocabulary import EVERY, FieldKind, FieldName, Vocabulary

_VERSION = FieldKind("version")
_TARGET = FieldKind("target")
_QUANTITY = FieldKind("quantity")
_NUMBER = FieldKind("number")
_TEXT = FieldKind("text")

_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "amd64": "x86_64",  # Debian, Go, Kubernetes
        "x64": "x86_64",  # Windows
        "x86-64": "x86_64",  # as AMD wrote it
        "arm64": "aarch64",  # Debian, Go, Apple
        "ppc64el": "ppc64le",  # Debian
    }
)

_EVERYWHERE = {
    _VERSION: ("version", "release"),
    # The names of archspec's order; cpu.target is compspec's field.
    _TARGET: ("target", "microarchitecture", "cpu.target"),
    # Sizes, however they are written.
    _QUANTITY: ("memory", "ram", "storage", "disk"),
    # CUDA's compute capability.
    _NUMBER: ("capability", "compute_capability"),
    # Names, though some look like numbers or versions: host 12, model 1.5.
    _TEXT: (
        *("name", "host", "hostname", "vendor", "brand", "model", "type", "id", "uuid", "arch", "architecture"),
        *("machine", "platform", "os", "partition", "queue", "site", "serial", "label", "description"),
    ),
}

# Rainbow and JGF say how large a thing is in fields of the thing.
_SIZED = ("memory", "ram", "storage", "disk")
_SIZES = ("value", "size", "capacity", "total", "free", "available")

_ALIASED_FIELDS = ("target", "cpu.target", "arch", "architecture", "machine", "platform")
_ALIASED_SUBSYSTEMS = ("arch", "cpu")
_NONE: Mapping[str, str] = MappingProxyType({})

_KINDS: dict[FieldName, FieldKind] = {
    **{(EVERY, field): kind for kind, fields in _EVERYWHERE.items() for field in fields},
    **{(subsystem, field): _QUANTITY for subsystem in _SIZED for field in _SIZES},
    # What sites allow: limits of time in seconds, or as batch systems write them.
    ("partition", "time_limit"): FieldKind("quantity", unit=SECONDS),
    ("partition", "max_memory_per_node"): FieldKind("quantity", unit="B"),
    ("partition", "state"): _TEXT,
    ("node", "state"): _TEXT,
}

BUILT_IN = Vocabulary(
    kinds=MappingProxyType(_KINDS),
    aliases=MappingProxyType({(EVERY, field): _ALIASES for field in _ALIASED_FIELDS}),
)
"""What holds in every fleet that says nothing else; besides, fields named ``*_version`` hold versions."""


def kind_of(vocabulary: Vocabulary, subsystem: str, field: str) -> FieldKind | None:
    """Return the kind of a field: as the fleet's vocabulary says, else the built-in one, else the field's name.

    None where none of them says one.
    """
    found = vocabulary.kind_of(subsystem, field) or BUILT_IN.kind_of(subsystem, field)
    if found is None and field.endswith(("_version", "-version")):
        return _VERSION
    return found


def aliases_of(vocabulary: Vocabulary, subsystem: str, field: str, kind: FieldKind | None) -> Mapping[str, str]:
    """Return the text that each other text of a field stands for; the fleet's vocabulary counts before the built-in."""
    found = BUILT_IN.aliases_of(subsystem, field)
    if subsystem in _ALIASED_SUBSYSTEMS and (kind is None or kind.name in ("text", "target")):
        found = _ALIASES
    said = vocabulary.aliases_of(subsystem, field)
    return {**found, **said} if said else found or _NONE
