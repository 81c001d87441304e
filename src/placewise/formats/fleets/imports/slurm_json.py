"""Nodes and partitions in Slurm's JSON: of scontrol and of sinfo, from 21.08 to data_parser v0.0.44.

Before data_parser, sinfo had the nodes as scontrol has them. Since then its entries are groups of equal nodes with the
least and the most of each number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.given import Given
from placewise.formats.fleets.imports.slurm_fields import drop_keys
from placewise.formats.fleets.imports.slurm_nodes import SlurmNode, SlurmPartition
from placewise.formats.fleets.imports.slurm_partitions import SlurmLimits
from placewise.formats.fleets.imports.slurm_values import (
    NOTHING,
    amount,
    count,
    hosts_of,
    mebibytes,
    names_of,
    parse_gres,
    words_of_state,
)
from placewise.formats.values import mapping, sequence, text

MOST_NODES = 1 << 20
_NODE_KEYS = (
    *("name", "cpus", "effective_cpus", "sockets", "cores", "threads", "specialized_cores", "real_memory", "gres"),
    *("specialized_memory", "temporary_disk", "features", "available_features", "state", "state_flags", "partitions"),
    *("architecture", "operating_system"),
)
_GROUP_PARTS = ("sockets", "cores", "threads", "memory", "disk")
_GROUP_KEYS = (
    *("node", "nodes.nodes", "cpus.minimum", "cpus.maximum", "features.total", "gres.total", "partition", "node.state"),
    *(f"{part}.{end}" for part in _GROUP_PARTS for end in ("minimum", "maximum")),
)
TOPS = ("nodes", "sinfo", "partitions")
_ASIDE = ("meta", "errors", "warnings", "last_update", "last_backfill")


class SlurmRead:
    """What is gathered from all files: nodes and partitions by name."""

    def __init__(self) -> None:
        self.nodes: dict[str, SlurmNode] = {}
        self.partitions: dict[str, SlurmPartition] = {}
        self.cluster = ""

    def add_node(self, node: SlurmNode) -> None:
        """Add what is said of a node to what is known of it. Raises InputError where the two differ."""
        known = self.nodes.get(node.name)
        if known is None:
            if len(self.nodes) >= MOST_NODES:
                raise InputError("holds too many nodes", expected=f"at most {MOST_NODES:,}")
            self.nodes[node.name] = node
        else:
            known.join(node)

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
        if partition.whole or not known.whole:
            known.limits = partition.limits if partition.whole else known.limits.joined(partition.limits)
            known.whole = known.whole or partition.whole


def read_slurm_json(document: Any, given: Given, read: SlurmRead, account: Account) -> None:
    """Read all nodes and partitions of a document. Raises InputError naming the place of what cannot be read."""
    top = mapping(document, "document")
    drop_keys(account, given.path, "keys", [key for key in top if key not in (*TOPS, *_ASIDE)])
    read.cluster = read.cluster or _cluster_of(top)
    if isinstance(top.get("errors"), list) and top["errors"]:
        account.drop("errors of Slurm", given.path, "errors", "Slurm could not say everything")
    seen: dict[str, set[str]] = {"keys of nodes": set(), "keys of partitions": set()}
    for number, entry in enumerate(sequence(top.get("nodes", []), "nodes")):
        with locating(place=f"nodes[{number}]"):
            read.add_node(_node(mapping(entry, "node"), f"{given.path}: nodes[{number}]", seen["keys of nodes"]))
    for number, entry in enumerate(sequence(top.get("sinfo", []), "sinfo")):
        with locating(place=f"sinfo[{number}]"):
            _group(mapping(entry, "group"), f"{given.path}: sinfo[{number}]", read, account, seen)
    for number, entry in enumerate(sequence(top.get("partitions", []), "partitions")):
        with locating(place=f"partitions[{number}]"):
            where = f"{given.path}: partitions[{number}]"
            read.add_partition(_partition(mapping(entry, "partition"), where, seen["keys of partitions"]))
    for what, keys in seen.items():
        drop_keys(account, given.path, what, keys)


def _cluster_of(top: Mapping[str, Any]) -> str:
    """Return the name of the cluster that Slurm wrote beside its answer; empty where there is none."""
    found: Any = top
    for key in ("meta", "slurm", "cluster"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def _node(entry: Mapping[str, Any], where: str, seen: set[str]) -> SlurmNode:
    seen.update(entry.keys() - frozenset(_NODE_KEYS))
    name = text(entry.get("name"), "name")
    with locating(place=f"node {name!r}"):
        return SlurmNode(
            name=name,
            where=where,
            cpus=count(entry.get("cpus"), "cpus"),
            effective=count(entry.get("effective_cpus"), "effective_cpus"),
            sockets=count(entry.get("sockets"), "sockets"),
            cores=count(entry.get("cores"), "cores"),
            threads=count(entry.get("threads"), "threads"),
            core_spec=count(entry.get("specialized_cores"), "specialized_cores"),
            memory_bytes=mebibytes(entry.get("real_memory"), "real_memory"),
            memory_spec_bytes=mebibytes(entry.get("specialized_memory"), "specialized_memory"),
            disk_bytes=mebibytes(entry.get("temporary_disk"), "temporary_disk"),
            gres=parse_gres(entry.get("gres"), "gres")[0] if "gres" in entry else None,
            features=_features(entry),
            states=words_of_state(entry["state"], entry.get("state_flags"), "state") if "state" in entry else None,
            partitions=names_of(entry["partitions"], "partitions") if "partitions" in entry else None,
            arch=_text(entry.get("architecture"), "architecture"),
            os=_text(entry.get("operating_system"), "operating_system"),
        )


def _features(entry: Mapping[str, Any]) -> tuple[str, ...] | None:
    for key in ("features", "available_features"):
        if key in entry:
            return names_of(entry[key], key)
    return None


def _text(value: Any, place: str) -> str | None:
    return None if value is None or (isinstance(value, str) and value in NOTHING) else text(value, place)


def _group(
    entry: Mapping[str, Any], where: str, read: SlurmRead, account: Account, seen: Mapping[str, set[str]]
) -> None:
    """Read the nodes of an entry of sinfo; where they differ in a number, each has the least of them."""
    file, _, place = where.partition(": ")
    flat = _flattened(entry)
    seen["keys of nodes"].update(flat.keys() - frozenset(_GROUP_KEYS))
    names = [
        name
        for value in sequence(flat.get("nodes.nodes"), "nodes.nodes")
        for name in hosts_of(text(value, "nodes.nodes"), "nodes.nodes", MOST_NODES)
    ]
    sizes: dict[str, int | None] = {}
    for part in ("cpus", *_GROUP_PARTS):
        wide = part in ("memory", "disk")
        low, high = (count(flat.get(f"{part}.{end}"), f"{part}.{end}", wide=wide) for end in ("minimum", "maximum"))
        sizes[part] = low
        if low != high:
            account.drop("numbers of nodes", file, f"{place}, {part}", "the nodes of a group differ; the least counts")
    gres, _ = parse_gres(flat.get("gres.total"), "gres.total")
    features = names_of(flat.get("features.total"), "features.total")
    states = words_of_state(flat.get("node.state"), None, "node.state")
    said = flat.get("partition")
    partition = None if said is None else _partition(mapping(said, "partition"), where, seen["keys of partitions"])
    if partition is not None:
        # Which of its nodes are up differs from group to group.
        partition.nodes = None
        read.add_partition(partition)
    mebi = {part: None if sizes[part] is None else mebibytes(sizes[part], part) for part in ("memory", "disk")}
    for name in names:
        node = SlurmNode(name, where, sizes["cpus"], None, sizes["sockets"], sizes["cores"], sizes["threads"])
        node.memory_bytes, node.disk_bytes = mebi["memory"], mebi["disk"]
        node.gres, node.features, node.states = gres, features, states
        node.partitions = () if partition is None else (partition.name,)
        read.add_node(node)


def _flattened(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of mappings right inside under ``outer.inner``; numbers and partitions stay."""
    flat: dict[str, Any] = {}
    for key, value in entry.items():
        if isinstance(value, dict) and key != "partition" and "number" not in value:
            flat |= {f"{key}.{inner}": one for inner, one in value.items()}
        else:
            flat[key] = value
    return flat


_PARTITION_KEYS = (
    *("name", "nodes.configured", "accounts.allowed", "accounts.deny", "partition.state", "maximums.time", "state"),
    *("maximums.oversubscribe", "max_time_limit", "allowed_accounts", "denied_accounts", "qos.allowed", "qos.deny"),
    *("groups.allowed", "maximums.nodes", "minimums.nodes", "maximums.cpus_per_node", "maximums.memory_per_cpu"),
    *("maximums.partition_memory_per_cpu", "maximums.partition_memory_per_node"),
    # Of 21.08 to 22.05, as slurmrestd's v0.0.37 and v0.0.38 have them.
    *("allowed_qos", "denied_qos", "allowed_groups", "maximum_nodes_per_job", "min nodes per job"),
    *("maximum_cpus_per_node", "maximum_memory_per_node"),
)
_PER_CPU = 1 << 63
"""Slurm's MEM_PER_CPU: a limit of memory with this bit is a CPU's, else a node's."""


def _partition(entry: Mapping[str, Any], where: str, seen: set[str]) -> SlurmPartition:
    flat = _flattened(entry)
    flat |= {f"partition.{key}": one for key, one in mapping(entry.get("partition") or {}, "partition").items()}
    seen.update(flat.keys() - frozenset((*_PARTITION_KEYS, "partition")))
    name = text(flat.get("name"), "name")
    with locating(place=f"partition {name!r}"):
        nodes = flat.get("nodes.configured", flat.get("nodes"))
        listed = "" if nodes is None or nodes in NOTHING else text(nodes, "nodes")
        time = amount(flat.get("maximums.time", flat.get("max_time_limit")), "maximums.time")
        sharing = flat.get("maximums.oversubscribe")
        per_node, per_cpu = _memory(flat)
        limits = SlurmLimits(
            time_limit="" if time is None else "unlimited" if math.isinf(time) else int(time) * 60,
            accounts=(
                _names(flat, "accounts.allowed", "allowed_accounts"),
                _names(flat, "accounts.deny", "denied_accounts"),
            ),
            qos=(_names(flat, "qos.allowed", "allowed_qos"), _names(flat, "qos.deny", "denied_qos")),
            groups=_names(flat, "groups.allowed", "allowed_groups"),
            states=words_of_state(flat.get("partition.state", flat.get("state")), None, "partition.state"),
            sharing=_sharing(sharing),
            max_nodes=_count(flat, "maximums.nodes", "maximum_nodes_per_job"),
            min_nodes=_count(flat, "minimums.nodes", "min nodes per job"),
            cpus_per_node=_count(flat, "maximums.cpus_per_node", "maximum_cpus_per_node"),
            memory_per_node_bytes=per_node,
            memory_per_cpu_bytes=per_cpu,
        )
        return SlurmPartition(
            name, where, tuple(sorted(set(hosts_of(listed, "nodes.configured", MOST_NODES)))), limits, whole=True
        )


def _names(flat: Mapping[str, Any], key: str, before: str) -> tuple[str, ...]:
    """Return the names under a key, or under what it was called before."""
    return names_of(flat.get(key, flat.get(before)), key)


def _count(flat: Mapping[str, Any], key: str, before: str) -> int | None:
    return count(flat.get(key, flat.get(before)), key)


def _memory(flat: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return the most memory of a node and of a CPU, in bytes, None for no limit: in keys of their own, or in one."""
    apart = [f"maximums.partition_memory_per_{one}" for one in ("node", "cpu")]
    if any(key in flat for key in apart):
        node, cpu = (mebibytes(flat.get(key), key) for key in apart)
        return node or None, cpu or None
    key = "maximums.memory_per_cpu"
    found = amount(flat.get(key, flat.get("maximum_memory_per_node")), key)
    # It is 64 bits, which some versions write with a sign.
    bits = int(found) & ((1 << 64) - 1) if found is not None and math.isfinite(found) else 0
    size = mebibytes(bits & ~_PER_CPU, key) or None
    return (None, size) if bits & _PER_CPU else (size, None)


def _sharing(value: Any) -> str:
    """Return how nodes are shared: jobs a resource, 0 for nodes that are given whole, and whether that is forced."""
    if not isinstance(value, dict):
        return ""
    jobs, flags = count(value.get("jobs"), "oversubscribe.jobs"), value.get("flags")
    forced = isinstance(flags, list) and any(isinstance(one, str) and one.lower() == "force" for one in flags)
    return "FORCE" if forced else "EXCLUSIVE" if jobs == 0 else ""
