"""A node and a partition from a record of any of Slurm's outputs: each output has its own keys for the same values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placewise.errors import locating
from placewise.formats.fleets.imports.slurm.gathered import MOST_NODES
from placewise.formats.fleets.imports.slurm.nodes import SlurmNode, SlurmPartition
from placewise.formats.fleets.imports.slurm.partitions import SlurmLimits
from placewise.formats.fleets.imports.slurm.values import names_of, sharing_of, words_of_state
from placewise.formats.notations.slurm_values import NOTHING, count, hosts_of, mebibytes, parse_gres, time_limit
from placewise.formats.values import text

Keys = Mapping[str, Sequence[str]]
"""The keys of an output under the name of the value that they say; the first one that a record has counts."""


@dataclass(frozen=True, slots=True)
class Record:
    """The values of a record by their names, in the keys of its output; errors name the key."""

    entry: Mapping[str, Any]
    keys: Keys

    def unread(self) -> set[str]:
        """Return the keys of the record that no name has."""
        return self.entry.keys() - {key for keys in self.keys.values() for key in keys}

    def has(self, name: str) -> bool:
        """Whether the record says anything of a name."""
        return any(key in self.entry for key in self.keys.get(name, ()))

    def value(self, name: str) -> tuple[Any, str]:
        """Return what the record says, None for nothing, and the key that says it."""
        keys = self.keys.get(name, ())
        key = next((one for one in keys if one in self.entry), None)
        return (None, keys[0] if keys else name) if key is None else (self.entry[key], key)

    def count(self, name: str) -> int | None:
        """Return how many; None for nothing said, and for no limit."""
        return count(*self.value(name))

    def size_bytes(self, name: str) -> int | None:
        """Return a size, which Slurm says in MB; None for nothing said, and for no limit."""
        return mebibytes(*self.value(name))

    def names(self, name: str) -> tuple[str, ...]:
        """Return names, none for nothing said."""
        return names_of(*self.value(name))

    def text(self, name: str) -> str | None:
        """Return a text; None for nothing said."""
        value, key = self.value(name)
        return None if value is None or (isinstance(value, str) and value in NOTHING) else text(value, key)

    def states(self) -> tuple[str, ...]:
        """Return the words of the state, none for nothing said."""
        value, key = self.value("states")
        return words_of_state(value, self.value("flags")[0], key)

    def yes(self, name: str) -> bool | None:
        """Whether the record says yes; None for nothing said."""
        return str(self.value(name)[0]).upper() == "YES" if self.has(name) else None


def node_of(name: str, where: str, record: Record) -> SlurmNode:
    """Return a node. Raises InputError naming node and key of what cannot be read."""
    with locating(place=f"node {name!r}"):
        return SlurmNode(
            name=name,
            where=where,
            cpus=record.count("cpus"),
            effective=record.count("effective"),
            sockets=record.count("sockets"),
            cores=record.count("cores"),
            threads=record.count("threads"),
            core_spec=record.count("core_spec"),
            memory_bytes=record.size_bytes("memory"),
            memory_spec_bytes=record.size_bytes("memory_spec"),
            disk_bytes=record.size_bytes("disk"),
            gres=parse_gres(*record.value("gres"))[0] if record.has("gres") else None,
            features=record.names("features") if record.has("features") else None,
            states=record.states() or None,
            partitions=record.names("partitions") if record.has("partitions") else None,
            arch=record.text("arch"),
            os=record.text("os"),
        )


def partition_of(name: str, where: str, record: Record, *, whole: bool) -> SlurmPartition:
    """Return a partition; whole : all limits are said. Raises InputError naming partition and key."""
    with locating(place=f"partition {name!r}"):
        limits = SlurmLimits(
            time_limit=time_limit(*record.value("time_limit")),
            accounts=(record.names("accounts"), record.names("denied_accounts")),
            qos=(record.names("qos"), record.names("denied_qos")),
            groups=record.names("groups"),
            states=record.states(),
            sharing=sharing_of(record.value("sharing")[0]),
            max_nodes=record.count("max_nodes"),
            min_nodes=record.count("min_nodes"),
            cpus_per_node=record.count("cpus_per_node"),
            memory_per_node_bytes=record.size_bytes("memory_per_node"),
            memory_per_cpu_bytes=record.size_bytes("memory_per_cpu"),
            root_only=record.yes("root_only"),
            reservation_only=record.yes("reservation_only"),
        )
        listed = record.text("nodes") or ""
        nodes = tuple(sorted(set(hosts_of(listed, record.value("nodes")[1], MOST_NODES)))) if whole else None
        return SlurmPartition(name, where, nodes, limits, whole)
