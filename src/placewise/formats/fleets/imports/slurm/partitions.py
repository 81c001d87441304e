"""What partitions of Slurm allow, as the fields by which jobs are held against the limits of sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from placewise.model.scalar import Value

NOT_IN_ALL = {"root_only": "RootOnly", "reservation_only": "ReqResv", "sharing": "OverSubscribe"}
"""What some versions of Slurm's JSON do not say of a partition, and Slurm's word for it."""


@dataclass(frozen=True, slots=True)
class SlurmLimits:
    """What a partition allows; what is empty, or None, is no limit.

    time_limit : seconds, or unlimited. accounts, qos : those allowed and those denied; where some are allowed, Slurm
    does not look at those denied. sharing : OverSubscribe, of which EXCLUSIVE gives nodes whole, and FORCE never does.
    cpus_per_node, memory_per_node_bytes, memory_per_cpu_bytes : the most that jobs can have. Of what NOT_IN_ALL names,
    what is empty, or None, is not said.
    """

    time_limit: int | str = ""
    accounts: tuple[Sequence[str], Sequence[str]] = ((), ())
    qos: tuple[Sequence[str], Sequence[str]] = ((), ())
    groups: Sequence[str] = ()
    states: Sequence[str] = ()
    sharing: str = ""
    max_nodes: int | None = None
    min_nodes: int | None = None
    cpus_per_node: int | None = None
    memory_per_node_bytes: int | None = None
    memory_per_cpu_bytes: int | None = None
    root_only: bool | None = None
    reservation_only: bool | None = None

    def joined(self, other: SlurmLimits) -> SlurmLimits:
        """Return both as one; what both say the other says last."""
        nothing = SlurmLimits()
        said = {name: getattr(other, name) for name in self.__slots__}
        return replace(self, **{name: one for name, one in said.items() if one != getattr(nothing, name)})

    def unsaid(self) -> list[str]:
        """Return the names in NOT_IN_ALL of which nothing is said."""
        return [name for name in NOT_IN_ALL if getattr(self, name) in ("", None)]

    def filled(self, other: SlurmLimits) -> SlurmLimits:
        """Return these limits, with what the other says of what is not said here."""
        return replace(self, **{name: getattr(other, name) for name in self.unsaid()})

    def fields(self) -> dict[str, Value]:
        """Return the limits as the fields of a partition; CPUs depend on its nodes, see `of_cpus`."""
        fields: dict[str, Value] = {} if self.time_limit == "" else {"time_limit": self.time_limit}
        for name, (allowed, denied) in (("accounts", self.accounts), ("qos", self.qos), ("groups", (self.groups, ()))):
            if not _everybody(allowed):
                fields[name] = tuple(allowed)
            elif denied:
                fields[f"denied_{name}"] = tuple(denied)
        if self.states:
            fields["state"] = self.states[0] if len(self.states) == 1 else tuple(self.states)
        kind = self.sharing.upper().partition(":")[0]
        if kind in ("EXCLUSIVE", "FORCE"):
            fields["exclusive"] = kind == "EXCLUSIVE"
        limits = {"max_nodes": self.max_nodes, "min_nodes": self.min_nodes or None}
        limits |= {"max_memory_per_node": self.memory_per_node_bytes or None}
        limits |= {"root_only": self.root_only or None, "reservation_only": self.reservation_only or None}
        return fields | {name: value for name, value in limits.items() if value is not None}

    def of_cpus(self, threads: int, most_cpus: int | None) -> dict[str, Value]:
        """Return what limits of CPUs come to in cores.

        threads : of a core, the most that a node of the partition has. most_cpus : of its largest node, None if that
        is not known: the memory that a limit a CPU allows there is a limit of the node.
        """
        fields: dict[str, Value] = {}
        if self.cpus_per_node:
            fields["max_cores_per_node"] = self.cpus_per_node // threads
        if self.memory_per_cpu_bytes:
            fields["max_memory_per_core"] = self.memory_per_cpu_bytes
            cpus = min([one for one in (self.cpus_per_node, most_cpus) if one], default=None)
            if cpus is not None:
                whole = self.memory_per_cpu_bytes * cpus
                fields["max_memory_per_node"] = min(whole, self.memory_per_node_bytes or whole)
        return fields


def _everybody(names: Sequence[str]) -> bool:
    return not names or any(one.lower() == "all" for one in names)
