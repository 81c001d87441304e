"""Nodes and partitions in Slurm's JSON: of scontrol and of sinfo, from 21.08 to data_parser v0.0.44.

Before data_parser, sinfo had the nodes as scontrol has them. Since then its entries are groups of equal nodes with the
least and the most of each number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from placewise.errors import locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.slurm.gathered import MOST_NODES, SlurmSite
from placewise.formats.fleets.imports.slurm.nodes import SlurmNode, SlurmPartition
from placewise.formats.fleets.imports.slurm.records import Record, node_of, partition_of
from placewise.formats.fleets.imports.slurm.unread_fields import drop_keys
from placewise.formats.fleets.imports.slurm.values import names_of
from placewise.formats.given import Given
from placewise.formats.notations.slurm_values import amount, hosts_of
from placewise.formats.values import mapping, sequence, text

_NODE_KEYS = {
    **{name: (name,) for name in ("name", "cpus", "sockets", "cores", "threads", "gres", "partitions")},
    "effective": ("effective_cpus",),
    "core_spec": ("specialized_cores",),
    "memory": ("real_memory",),
    "memory_spec": ("specialized_memory",),
    "disk": ("temporary_disk",),
    "features": ("features", "available_features"),
    "states": ("state",),
    "flags": ("state_flags",),
    "arch": ("architecture",),
    "os": ("operating_system",),
}
_GROUP_NUMBERS = ("cpus", "sockets", "cores", "threads", "memory", "disk")
_GROUP_KEYS = {
    **{name: (f"{name}.minimum",) for name in _GROUP_NUMBERS},
    **{f"most {name}": (f"{name}.maximum",) for name in _GROUP_NUMBERS},
    "names": ("nodes.nodes",),
    "features": ("features.total",),
    "gres": ("gres.total",),
    "states": ("node.state",),
    "partitions": ("partition",),
}
# The last keys of lines that have several are of 21.08 to 22.05: of slurmrestd's v0.0.37 and v0.0.38.
_PARTITION_KEYS = {
    "name": ("name",),
    "nodes": ("nodes.configured", "nodes"),
    "time_limit": ("maximums.time", "max_time_limit"),
    "accounts": ("accounts.allowed", "allowed_accounts"),
    "denied_accounts": ("accounts.deny", "denied_accounts"),
    "qos": ("qos.allowed", "allowed_qos"),
    "denied_qos": ("qos.deny", "denied_qos"),
    "groups": ("groups.allowed", "allowed_groups"),
    "states": ("partition.state", "state"),
    "sharing": ("maximums.oversubscribe", "maximums.shares"),
    "max_nodes": ("maximums.nodes", "maximum_nodes_per_job"),
    "min_nodes": ("minimums.nodes", "min nodes per job"),
    "cpus_per_node": ("maximums.cpus_per_node", "maximum_cpus_per_node"),
    "memory_per_node": ("maximums.partition_memory_per_node",),
    "memory_per_cpu": ("maximums.partition_memory_per_cpu",),
    "memory": ("maximums.memory_per_cpu", "maximum_memory_per_node"),
    "said by others": ("flags",),
}
_FLAG_KEYS = {"root_only": ("flags.root_only",), "reservation_only": ("flags.reservation_required",)}
"""Of what the flags of v0.0.37 and v0.0.38 say; no later version says it."""
_ENDLESS_AS_MINUS_ONE = ("max_time_limit", "maximum_nodes_per_job", "maximum_cpus_per_node")
_PER_CPU = 1 << 63
"""Slurm's MEM_PER_CPU: a limit of memory with this bit is a CPU's, else a node's."""
TOPS = ("nodes", "sinfo", "partitions")
_ASIDE = ("meta", "errors", "warnings", "last_update", "last_backfill")


def read_slurm_json(document: Any, given: Given, site: SlurmSite, account: Account) -> None:
    """Read all nodes and partitions of a document. Raises InputError naming the place of what cannot be read."""
    top = mapping(document, "document")
    drop_keys(account, given.path, "keys", [key for key in top if key not in (*TOPS, *_ASIDE)])
    site.cluster = site.cluster or _cluster_of(top)
    if isinstance(top.get("errors"), list) and top["errors"]:
        account.drop("errors of Slurm", given.path, "errors", "Slurm could not say everything")
    seen: dict[str, set[str]] = {"keys of nodes": set(), "keys of partitions": set()}
    for number, entry in enumerate(sequence(top.get("nodes", []), "nodes")):
        with locating(place=f"nodes[{number}]"):
            site.add_node(_node(mapping(entry, "node"), f"{given.path}: nodes[{number}]", seen["keys of nodes"]))
    for number, entry in enumerate(sequence(top.get("sinfo", []), "sinfo")):
        with locating(place=f"sinfo[{number}]"):
            _group(mapping(entry, "group"), f"{given.path}: sinfo[{number}]", site, account, seen)
    for number, entry in enumerate(sequence(top.get("partitions", []), "partitions")):
        with locating(place=f"partitions[{number}]"):
            where = f"{given.path}: partitions[{number}]"
            site.add_partition(_partition(mapping(entry, "partition"), where, seen["keys of partitions"]))
    for what, keys in seen.items():
        drop_keys(account, given.path, what, keys)


def _cluster_of(top: Mapping[str, Any]) -> str:
    """Return the name of the cluster that Slurm wrote beside its answer; empty where there is none."""
    found: Any = top
    for key in ("meta", "slurm", "cluster"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def _node(entry: Mapping[str, Any], where: str, seen: set[str]) -> SlurmNode:
    record = Record(entry, _NODE_KEYS)
    seen.update(record.unread())
    return node_of(text(entry.get("name"), "name"), where, record)


def _group(
    entry: Mapping[str, Any], where: str, site: SlurmSite, account: Account, seen: Mapping[str, set[str]]
) -> None:
    """Read the nodes of an entry of sinfo; where they differ in a number, each has the least of them."""
    file, _, place = where.partition(": ")
    flat = _flattened(entry)
    if flat.get("partition") is not None:
        partition = _partition(mapping(flat["partition"], "partition"), where, seen["keys of partitions"])
        # Which of its nodes are up differs from group to group.
        partition.nodes = None
        site.add_partition(partition)
        flat["partition"] = partition.name
    record = Record(flat, _GROUP_KEYS)
    seen["keys of nodes"].update(record.unread())
    for name in _GROUP_NUMBERS:
        number = record.size_bytes if name in ("memory", "disk") else record.count
        if number(name) != number(f"most {name}"):
            account.drop("numbers of nodes", file, f"{place}, {name}", "the nodes of a group differ; the least counts")
    listed = [text(one, "nodes.nodes") for one in sequence(flat.get("nodes.nodes"), "nodes.nodes")]
    node = node_of(", ".join(listed), where, record)
    for one in listed:
        site.add_nodes(hosts_of(one, "nodes.nodes", MOST_NODES), node)


def _flattened(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of mappings right inside under ``outer.inner``; numbers and partitions stay."""
    flat: dict[str, Any] = {}
    for key, value in entry.items():
        if isinstance(value, dict) and key != "partition" and "number" not in value:
            flat |= {f"{key}.{inner}": one for inner, one in value.items()}
        else:
            flat[key] = value
    return flat


def _partition(entry: Mapping[str, Any], where: str, seen: set[str]) -> SlurmPartition:
    flat = _flattened(entry)
    inner = mapping(flat.pop("partition", None) or {}, "partition")
    flat |= {f"partition.{key}": one for key, one in inner.items()}
    seen.update(Record(flat, _PARTITION_KEYS).unread())
    name = text(flat.get("name"), "name")
    with locating(place=f"partition {name!r}"):
        flat = {**_memory_apart(flat), **flat}
        flat |= {key: "UNLIMITED" for key in _ENDLESS_AS_MINUS_ONE if flat.get(key) == -1}
        keys = dict(_PARTITION_KEYS)
        if "flags" in flat:
            flags = names_of(flat["flags"], "flags")
            keys |= _FLAG_KEYS
            flat |= {key: "YES" if key.partition(".")[2] in flags else "NO" for (key,) in _FLAG_KEYS.values()}
    return partition_of(name, where, Record(flat, keys), whole=True)


def _memory_apart(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return the most memory of a node or of a CPU in its own key, where one key says which of them it is."""
    value, key = Record(flat, _PARTITION_KEYS).value("memory")
    found = amount(value, key, wide=True)
    # It is 64 bits, which some versions write with a sign.
    bits = int(found) & ((1 << 64) - 1) if found is not None and math.isfinite(found) else 0
    return {_PARTITION_KEYS["memory_per_cpu" if bits & _PER_CPU else "memory_per_node"][0]: bits & ~_PER_CPU}
