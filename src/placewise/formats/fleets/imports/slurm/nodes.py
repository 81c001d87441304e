"""Nodes and partitions of Slurm, as they are read from any of its outputs, and the machines that they become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from placewise.errors import InputError, Words, in_words
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.machines import GPU, Machine, attach
from placewise.formats.fleets.imports.slurm.partitions import SlurmLimits
from placewise.formats.fleets.imports.slurm.values import node_state
from placewise.formats.node_facts import NODE_STATE, PROPERTY
from placewise.formats.notations.slurm_values import Gres
from placewise.model.scalar import Value

GRES, PARTITION, CPU, ARCH, OS, DISK = "gres", "partition", "cpu", "arch", "os", "disk"
DESCRIBED = (GRES, PROPERTY, NODE_STATE, "host", "memory")
"""The subsystems of which Slurm says all that there is."""


@dataclass(slots=True)
class SlurmNode:
    """A node; None for what is not said. `cores` are those of a socket, `sockets` those of the whole node.

    effective : the CPUs that jobs can have; core_spec, memory_spec_bytes : what they cannot.
    """

    name: str
    where: str
    cpus: int | None = None
    effective: int | None = None
    sockets: int | None = None
    cores: int | None = None
    threads: int | None = None
    core_spec: int | None = None
    memory_bytes: int | None = None
    memory_spec_bytes: int | None = None
    disk_bytes: int | None = None
    gres: tuple[Gres, ...] | None = None
    features: tuple[str, ...] | None = None
    states: tuple[str, ...] | None = None
    partitions: tuple[str, ...] | None = None
    arch: str | None = None
    os: str | None = None

    def join(self, other: SlurmNode) -> None:
        """Take over what another description of this node says. Raises InputError where the two differ."""
        for one in fields(self):
            mine, its = getattr(self, one.name), getattr(other, one.name)
            if one.name == "partitions" and mine is not None and its is not None:
                self.partitions = tuple(sorted({*mine, *its}))
            elif mine is None:
                setattr(self, one.name, its)
            elif its is not None and its != mine and one.name not in ("where", "states", "arch", "os"):
                raise InputError(
                    f"node {self.name!r} is described twice, with different {one.name}",
                    place=f"{other.where}, and {self.where}",
                    found=Words(f"{in_words(mine)} and {in_words(its)}"),
                    expected="one of them",
                )

    def usable_cores(self) -> int | None:
        """Return how many cores jobs can have; CPUs are counted as cores where nothing is said of cores."""
        if self.cores is None or not self.cores:
            return self.effective if self.effective is not None else self.cpus
        total, a_core = self._all_cores(), self.cpus_a_core()
        usable = min([total, *(one // a_core for one in (self.cpus, self.effective) if one is not None)])
        return max(0, min(usable, total - (self.core_spec or 0)))

    def cpus_a_core(self) -> int:
        """Return how many CPUs a core is: its threads, or one where Slurm counts the cores themselves."""
        if not self.cores:
            return 1
        threads = self.threads or 1
        return threads if self.cpus is None or self.cpus >= self._all_cores() * threads else 1

    def _all_cores(self) -> int:
        each = (self.cores or 0) * (self.threads or 1)
        return (self.cores or 0) * (self.sockets or max(1, (self.cpus or each) // max(1, each)))


@dataclass(slots=True)
class SlurmPartition:
    """A partition.

    nodes : their names, None where only the nodes say it. limits : what it allows; whole : all of that is said.
    fields : those of its vertices, which need its nodes too.
    """

    name: str
    where: str
    nodes: tuple[str, ...] | None = None
    limits: SlurmLimits = field(default_factory=SlurmLimits)
    whole: bool = False
    fields: dict[str, Value] = field(default_factory=dict)

    def settle(self, members: Iterable[SlurmNode]) -> None:
        """Work out the fields of its vertices, now that its nodes are known."""
        threads, cpus = 1, 0
        for node in members:
            threads = max(threads, node.cpus_a_core())
            cpus = max(cpus, node.effective or node.cpus or 0)
        self.fields = {**self.limits.fields(), **self.limits.of_cpus(threads, cpus)}


def machine_of(node: SlurmNode, partitions: Mapping[str, SlurmPartition], account: Account) -> Machine:
    """Return the machine that a node is, in the partitions that it or they say it is in."""
    machine = Machine(node.name, node.usable_cores())
    if node.memory_bytes is not None:
        machine.memory_bytes = max(0, node.memory_bytes - (node.memory_spec_bytes or 0))
    _add_gres(machine, node.gres or ())
    for feature in node.features or ():
        machine.add(PROPERTY, ("name", feature))
    for name in node.partitions or ():
        machine.add(PARTITION, ("name", name), *partitions[name].fields.items())
    _add_state(machine, node, account)
    _add_system(machine, node, account)
    return machine


def _add_gres(machine: Machine, found: Iterable[Gres]) -> None:
    for gres in found:
        if gres.total and gres.name == GPU:
            machine.add_gpus(gres.total, model=gres.type)
        if gres.total:
            kind = [("type", gres.type)] if gres.type else []
            machine.add(GRES, ("name", gres.name), ("count", gres.total), *kind)


def _add_state(machine: Machine, node: SlurmNode, account: Account) -> None:
    if node.states is not None:
        state, unknown = node_state(node.states)
        file, _, place = node.where.partition(": ")
        for word in unknown:
            account.drop("states of nodes", file, f"{place}, {word}", "the word is not known")
        machine.add(NODE_STATE, ("state", state))


def _add_system(machine: Machine, node: SlurmNode, account: Account) -> None:
    sizes = (("cpus", node.cpus), ("sockets", node.sockets), ("cores_per_socket", node.cores))
    known = [(name, size) for name, size in (*sizes, ("threads_per_core", node.threads)) if size]
    if known:
        machine.add(CPU, *known)
    if node.arch:
        attach(machine, account, ARCH, [("architecture", node.arch)], node.where)
    if node.os:
        name, _, kernel = node.os.partition(" ")
        release = kernel.partition(" ")[0]
        attach(machine, account, OS, [("name", name), *([("kernel", release)] if release else [])], node.where)
    if node.disk_bytes:
        machine.add(DISK, ("name", "tmp"), ("value", node.disk_bytes), ("unit", "B"))
