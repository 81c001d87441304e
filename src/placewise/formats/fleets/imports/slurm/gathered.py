"""What is gathered from all files of Slurm's outputs: nodes and partitions by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from placewise.errors import InputError
from placewise.formats.fleets.imports.slurm.nodes import SlurmNode, SlurmPartition

MOST_NODES = 1 << 20


@dataclass(slots=True)
class SlurmSite:
    """The nodes and partitions of a cluster by name, and its own name, empty where no file says it."""

    nodes: dict[str, SlurmNode] = field(default_factory=dict)
    partitions: dict[str, SlurmPartition] = field(default_factory=dict)
    cluster: str = ""

    def add_node(self, node: SlurmNode) -> None:
        """Add what is said of a node to what is known of it. Raises InputError where the two differ."""
        known = self.nodes.get(node.name)
        if known is None:
            if len(self.nodes) >= MOST_NODES:
                raise InputError("holds too many nodes", expected=f"at most {MOST_NODES:,}")
            self.nodes[node.name] = node
        else:
            known.join(node)

    def add_nodes(self, names: Iterable[str], node: SlurmNode) -> None:
        """Add nodes that are alike. Raises InputError where one differs from what is known of it."""
        for name in names:
            self.add_node(replace(node, name=name))

    def add_partition(self, partition: SlurmPartition) -> None:
        """Add a partition; one of which all limits are said counts before one of which some are."""
        known = self.partitions.get(partition.name)
        if known is None:
            self.partitions[partition.name] = partition
            return
        if known.nodes is not None and partition.nodes is not None:
            known.nodes = tuple(sorted({*known.nodes, *partition.nodes}))
        elif known.nodes is None:
            known.nodes = partition.nodes
        if partition.whole:
            known.limits, known.whole = partition.limits.filled(known.limits), True
        else:
            known.limits = (known.limits.filled if known.whole else known.limits.joined)(partition.limits)
