"""Partitions as the Slurm executor plugin of Snakemake reads them, from `--slurm-partition-config FILE`.

The format is that of snakemake-executor-plugin-slurm 2, and so is the rule by which the plugin chooses: of the
partitions none of whose limits a rule exceeds, the one whose limits the rule comes closest to (its `partitions.py`).
Limits of time are minutes, sizes are megabytes of 1024 * 1024 bytes, as sbatch takes them.

The plugin looks at each limit by itself, while nodes of a partition may differ. So limits here are those of one kind of
node: what exceeds none of them fits on such a node. An empty list would allow all names; so a list of no names holds a
sentence that no rule can ask for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from placewise.formats.fleets.exports.partition_limits import PartitionLimits
from placewise.formats.fleets.exports.partitions import FleetPartition, LeftOut, PartitionNode
from placewise.formats.values import refuse_control

_MEGABYTE = 1 << 20
_MOST_COMPARED = 100
"""So many kinds of nodes, the most frequent of a partition, are weighed against each other."""

NO_FEATURES = "none, since no feature is described"
NO_MODELS = "none, since no model is described"


@dataclass(frozen=True, slots=True)
class WrittenPartition:
    """A partition of the file: its limits by the plugin's names, and of how many nodes they are those.

    nodes : those that keep all of the limits. total : all that are in use. whole : whether nothing that some node of
    the partition could do exceeds the limits.
    """

    partition: FleetPartition
    limits: dict[str, Any]
    nodes: int
    total: int
    whole: bool


@dataclass(frozen=True, slots=True)
class _Kind:
    """What one node offers together, with GPUs of one model at most."""

    cores: int
    memory_mb: int
    gpus: int
    model: str
    features: frozenset[str]

    def covers(self, other: _Kind) -> bool:
        """Whether it offers all that another does."""
        return (
            self.cores >= other.cores
            and self.memory_mb >= other.memory_mb
            and self.features >= other.features
            and (not other.gpus or (self.model == other.model and self.gpus >= other.gpus))
        )


def snakemake_partitions(
    partitions: Sequence[FleetPartition],
) -> tuple[list[WrittenPartition], list[LeftOut]]:
    """Return the partitions of the file, and those that cannot be in it, since nothing says how large their nodes are.

    Raises InputError for a name that cannot be written.
    """
    written, left_out = [], []
    for partition in partitions:
        refuse_control(partition.name, "a partition's name")
        if not any(node.cores for node in partition.nodes):
            why = "nothing says how many cores its nodes have"
            left_out.append(LeftOut(partition.cluster, partition.name, why))
        else:
            written.append(_written(partition))
    return written, left_out


def snakemake_text(partitions: Sequence[WrittenPartition]) -> str:
    """Return the text of the file."""
    document = {"partitions": {one.partition.name: one.limits for one in partitions}}
    text = yaml.safe_dump(document, sort_keys=False, default_flow_style=False, allow_unicode=True, width=1 << 16)
    written = "# Written by placewise export snakemake."
    return f"{written}\n# Limits: what fits on one kind of a partition's nodes.\n{text}"


def _written(partition: FleetPartition) -> WrittenPartition:
    # Most nodes are alike, and what they offer is compared once.
    alike = Counter(tuple(_kinds(node)) for node in partition.nodes)
    common = sorted(alike, key=lambda found: (-alike[found], *map(_size, found)))[:_MOST_COMPARED]
    best = max(
        dict.fromkeys(kind for found in common for kind in found),
        key=lambda kind: (
            sum(count for found, count in alike.items() if all(kind.covers(one) for one in found)),
            sum(count for found, count in alike.items() if any(one.covers(kind) for one in found)),
            _size(kind),
        ),
    )
    nodes = sum(count for found, count in alike.items() if any(one.covers(best) for one in found))
    whole = all(len(found) == 1 and best.covers(found[0]) for found in alike)
    return WrittenPartition(partition, _limits(best, nodes, partition.limits), nodes, len(partition.nodes), whole)


def _size(kind: _Kind) -> tuple[int, int, int, str, list[str]]:
    return kind.cores, kind.memory_mb, kind.gpus, kind.model, sorted(kind.features)


def _kinds(node: PartitionNode) -> Iterator[_Kind]:
    """Yield what a node offers together: once with its GPUs whatever they are, and once for each model of several."""
    size = node.memory_bytes // _MEGABYTE
    if len(node.gpus) != 1:
        yield _Kind(node.cores, size, sum(count for _, count in node.gpus), "", node.features)
    for model, count in node.gpus:
        yield _Kind(node.cores, size, count, model, node.features)


def _limits(kind: _Kind, nodes: int, allowed: PartitionLimits) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if allowed.time_limit_s is not None:
        found["max_runtime"] = math.floor(allowed.time_limit_s / 60)
    most_nodes = nodes if allowed.nodes is None else min(nodes, allowed.nodes)
    # What a rule asks of each CPU is multiplied by Slurm, and by nobody here.
    a_core = kind.memory_mb // kind.cores if kind.cores else 0
    if allowed.memory_per_core_bytes is not None:
        a_core = min(a_core, allowed.memory_per_core_bytes // _MEGABYTE)
    found |= {
        "max_mem_mb": kind.memory_mb,
        "max_mem_mb_per_cpu": a_core,
        "max_cpus_per_task": kind.cores,
        "max_threads": kind.cores,
        "max_nodes": most_nodes,
        "max_tasks": kind.cores * most_nodes,
        "max_tasks_per_node": kind.cores,
        "max_gpu": kind.gpus,
    }
    if kind.gpus:
        found["max_cpus_per_gpu"] = kind.cores // kind.gpus
        found["available_gpu_models"] = [kind.model or NO_MODELS]
    found["available_constraints"] = sorted(kind.features) or [NO_FEATURES]
    return found
