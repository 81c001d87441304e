"""Nodes and partitions as text: ``scontrol show node`` and ``scontrol show partition``, on one line each or several."""

from __future__ import annotations

import re
from collections.abc import Iterator

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.slurm.gathered import MOST_NODES, SlurmSite
from placewise.formats.fleets.imports.slurm.records import Record, node_of, partition_of
from placewise.formats.fleets.imports.slurm.unread_fields import drop_keys
from placewise.formats.given import Given
from placewise.formats.notations.slurm_values import hosts_of
from placewise.formats.values import refuse_control

_RECORD = re.compile(r"^(?=(?:NodeName|PartitionName)=)", re.MULTILINE)
# A key begins with a capital, as FreeMem and MCS_label do; values such as OS and Reason hold blanks and signs.
_KEY = re.compile(r"(?:^|(?<=\s))([A-Z][A-Za-z_]*)=")
_NODE_KEYS = {
    "name": ("NodeName",),
    "cpus": ("CPUTot", "CPUs"),
    "effective": ("CPUEfctv",),
    "sockets": ("Sockets",),
    "cores": ("CoresPerSocket",),
    "threads": ("ThreadsPerCore",),
    "core_spec": ("CoreSpecCount",),
    "memory": ("RealMemory",),
    "memory_spec": ("MemSpecLimit",),
    "disk": ("TmpDisk",),
    "gres": ("Gres",),
    "features": ("AvailableFeatures", "Features"),
    "states": ("State",),
    "partitions": ("Partitions",),
    "arch": ("Arch",),
    "os": ("OS",),
    "said by others": ("SocketsPerBoard",),
}
_PARTITION_KEYS = {
    "name": ("PartitionName",),
    "nodes": ("Nodes",),
    "time_limit": ("MaxTime",),
    "accounts": ("AllowAccounts",),
    "denied_accounts": ("DenyAccounts",),
    "qos": ("AllowQos", "AllowQOS"),
    "denied_qos": ("DenyQos", "DenyQOS"),
    "groups": ("AllowGroups",),
    "states": ("State",),
    "sharing": ("OverSubscribe", "Shared"),
    "max_nodes": ("MaxNodes",),
    "min_nodes": ("MinNodes",),
    "cpus_per_node": ("MaxCPUsPerNode",),
    "memory_per_node": ("MaxMemPerNode",),
    "memory_per_cpu": ("MaxMemPerCPU",),
    "root_only": ("RootOnly",),
    "reservation_only": ("ReqResv",),
    "said by others": ("TotalNodes",),
}
# Said of every partition, in words that a shortened text may lack.
_UNLESS_SAID = {"RootOnly": "NO", "ReqResv": "NO", "Shared": "NO"}
_FREE_TEXT = ("Reason", "Comment", "Extra", "OS")


def is_scontrol_text(text: str) -> bool:
    """Whether a text is of scontrol."""
    return text.lstrip().startswith(("NodeName=", "PartitionName="))


def read_slurm_text(text: str, given: Given, site: SlurmSite, account: Account) -> None:
    """Read all nodes and partitions of a text. Raises InputError naming the record of what cannot be read."""
    seen: dict[str, set[str]] = {"keys of nodes": set(), "keys of partitions": set()}
    for entry in _records(text):
        if "NodeName" in entry:
            name = entry["NodeName"]
            refuse_control(name, "NodeName")
            record = Record(entry, _NODE_KEYS)
            seen["keys of nodes"].update(record.unread())
            node = node_of(name, f"{given.path}: node {name}", record)
            with locating(place=f"node {name!r}"):
                site.add_nodes(hosts_of(name, "NodeName", MOST_NODES), node)
        else:
            name = entry["PartitionName"]
            refuse_control(name, "PartitionName")
            record = Record(_UNLESS_SAID | entry, _PARTITION_KEYS)
            seen["keys of partitions"].update(record.unread())
            site.add_partition(partition_of(name, f"{given.path}: partition {name}", record, whole=True))
    for what, keys in seen.items():
        drop_keys(account, given.path, what, keys)


def _records(text: str) -> Iterator[dict[str, str]]:
    """Yield the keys and values of each record. Raises InputError for a key that occurs twice."""
    for part in _RECORD.split(text):
        if not part.strip():
            continue
        found: dict[str, str] = {}
        keys = list(_KEY.finditer(part))
        for match, following in zip(keys, [*(one.start() for one in keys[1:]), len(part)], strict=True):
            value = part[match.end() : following].strip()
            if match[1] in found and match[1] not in _FREE_TEXT and found[match[1]] != value:
                name = found.get("NodeName") or found.get("PartitionName") or ""
                raise InputError(
                    "a key occurs twice", place=f"{name!r}, {match[1]}", found=value, expected="each key once"
                )
            found.setdefault(match[1], value)
        if "NodeName" in found or "PartitionName" in found:
            yield found
        else:
            raise InputError("is not a record of scontrol", found=part, expected="NodeName=... or PartitionName=...")
