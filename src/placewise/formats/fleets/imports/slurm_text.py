"""Nodes and partitions as text: ``scontrol show node`` and ``scontrol show partition``, on one line each or several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.given import Given
from placewise.formats.fleets.imports.slurm_fields import drop_keys
from placewise.formats.fleets.imports.slurm_json import MOST_NODES, SlurmRead
from placewise.formats.fleets.imports.slurm_nodes import SlurmNode, SlurmPartition
from placewise.formats.fleets.imports.slurm_partitions import SlurmLimits
from placewise.formats.fleets.imports.slurm_values import (
    ENDLESS,
    NOTHING,
    count,
    hosts_of,
    mebibytes,
    names_of,
    parse_gres,
    words_of_state,
)
from placewise.formats.values import refuse_control
from placewise.model.durations import seconds_of

_RECORD = re.compile(r"^(?=(?:NodeName|PartitionName)=)", re.MULTILINE)
# A key begins with a capital, as FreeMem and MCS_label do; values such as OS and Reason hold blanks and signs.
_KEY = re.compile(r"(?:^|(?<=\s))([A-Z][A-Za-z_]*)=")
_NODE_KEYS = (
    *("NodeName", "CPUTot", "CPUEfctv", "Sockets", "SocketsPerBoard", "CoresPerSocket", "ThreadsPerCore", "RealMemory"),
    *("CoreSpecCount", "MemSpecLimit", "TmpDisk", "Gres", "AvailableFeatures", "Features", "State", "Partitions"),
    *("Arch", "OS", "CPUs"),
)
_PARTITION_KEYS = (
    *("PartitionName", "Nodes", "MaxTime", "AllowAccounts", "DenyAccounts", "State", "OverSubscribe", "Shared"),
    *("TotalNodes", "AllowQos", "AllowQOS", "DenyQos", "DenyQOS", "AllowGroups", "MaxNodes", "MinNodes"),
    *("MaxCPUsPerNode", "MaxMemPerNode", "MaxMemPerCPU", "RootOnly", "ReqResv"),
)
_FREE_TEXT = ("Reason", "Comment", "Extra", "OS")


def is_scontrol_text(text: str) -> bool:
    """Whether a text is of scontrol."""
    return text.lstrip().startswith(("NodeName=", "PartitionName="))


def read_slurm_text(text: str, given: Given, read: SlurmRead, account: Account) -> None:
    """Read all nodes and partitions of a text. Raises InputError naming the record of what cannot be read."""
    seen: dict[str, set[str]] = {"keys of nodes": set(), "keys of partitions": set()}
    for entry in _records(text):
        if "NodeName" in entry:
            for node in _nodes(entry, given, seen["keys of nodes"]):
                read.add_node(node)
        else:
            read.add_partition(_partition(entry, given, seen["keys of partitions"]))
    for what, keys in seen.items():
        drop_keys(account, given.path, what, keys)


def _records(text: str) -> Iterator[dict[str, str]]:
    """Yield the keys and values of each record. Raises InputError for a key that stands twice."""
    for part in _RECORD.split(text):
        if not part.strip():
            continue
        found: dict[str, str] = {}
        keys = list(_KEY.finditer(part))
        for match, following in zip(keys, [*(one.start() for one in keys[1:]), len(part)], strict=True):
            value = part[match.end() : following].strip()
            if match[1] in found and match[1] not in _FREE_TEXT and found[match[1]] != value:
                name = found.get("NodeName") or found.get("PartitionName") or ""
                raise InputError("a key stands twice", place=f"{name!r}, {match[1]}", found=value)
            found.setdefault(match[1], value)
        if "NodeName" in found or "PartitionName" in found:
            yield found
        else:
            raise InputError("is no record of scontrol", found=part, expected="NodeName=... or PartitionName=...")


def _nodes(entry: Mapping[str, str], given: Given, seen: set[str]) -> Iterator[SlurmNode]:
    seen.update(entry.keys() - frozenset(_NODE_KEYS))
    name = entry["NodeName"]
    refuse_control(name, "NodeName")
    with locating(place=f"node {name!r}"):
        names = hosts_of(name, "NodeName", MOST_NODES)
        for one in names:
            yield SlurmNode(
                name=one,
                where=f"{given.path}: node {one}",
                cpus=count(entry.get("CPUTot", entry.get("CPUs")), "CPUTot"),
                effective=count(entry.get("CPUEfctv"), "CPUEfctv"),
                sockets=count(entry.get("Sockets"), "Sockets"),
                cores=count(entry.get("CoresPerSocket"), "CoresPerSocket"),
                threads=count(entry.get("ThreadsPerCore"), "ThreadsPerCore"),
                core_spec=count(entry.get("CoreSpecCount"), "CoreSpecCount"),
                memory_bytes=mebibytes(entry.get("RealMemory"), "RealMemory"),
                memory_spec_bytes=mebibytes(entry.get("MemSpecLimit"), "MemSpecLimit"),
                disk_bytes=mebibytes(entry.get("TmpDisk"), "TmpDisk"),
                gres=parse_gres(entry.get("Gres"), "Gres")[0],
                features=names_of(entry.get("AvailableFeatures", entry.get("Features")), "AvailableFeatures"),
                states=words_of_state(entry["State"], None, "State") if "State" in entry else None,
                partitions=names_of(entry["Partitions"], "Partitions") if "Partitions" in entry else None,
                arch=_said(entry, "Arch"),
                os=_said(entry, "OS"),
            )


def _partition(entry: Mapping[str, str], given: Given, seen: set[str]) -> SlurmPartition:
    seen.update(entry.keys() - frozenset(_PARTITION_KEYS))
    name = entry["PartitionName"]
    refuse_control(name, "PartitionName")
    with locating(place=f"partition {name!r}"):
        listed = _said(entry, "Nodes") or ""
        limits = SlurmLimits(
            time_limit=time_limit(entry.get("MaxTime", "")),
            accounts=(_names(entry, "AllowAccounts"), _names(entry, "DenyAccounts")),
            qos=(_names(entry, "AllowQos", "AllowQOS"), _names(entry, "DenyQos", "DenyQOS")),
            groups=_names(entry, "AllowGroups"),
            states=words_of_state(entry.get("State"), None, "State"),
            sharing=entry.get("OverSubscribe", entry.get("Shared", "")),
            max_nodes=count(entry.get("MaxNodes"), "MaxNodes"),
            min_nodes=count(entry.get("MinNodes"), "MinNodes"),
            cpus_per_node=count(entry.get("MaxCPUsPerNode"), "MaxCPUsPerNode"),
            memory_per_node_bytes=mebibytes(entry.get("MaxMemPerNode"), "MaxMemPerNode"),
            memory_per_cpu_bytes=mebibytes(entry.get("MaxMemPerCPU"), "MaxMemPerCPU"),
            root_only=entry.get("RootOnly", "").upper() == "YES",
            reservation_only=entry.get("ReqResv", "").upper() == "YES",
        )
        nodes = tuple(sorted(set(hosts_of(listed, "Nodes", MOST_NODES))))
        return SlurmPartition(name, f"{given.path}: partition {name}", nodes, limits, whole=True)


def _names(entry: Mapping[str, str], *keys: str) -> tuple[str, ...]:
    return next((names_of(entry[key], key) for key in keys if key in entry), ())


def time_limit(value: str) -> int | str:
    """Return a limit of time in seconds, or unlimited; empty for none said. A bare number is minutes to Slurm."""
    if value in NOTHING:
        return ""
    if value in ENDLESS:
        return "unlimited"
    if value.isascii() and value.isdecimal() and len(value) < 15:
        return int(value) * 60
    with locating(place="the limit of time"):
        seconds = seconds_of(value)
    if not seconds < 1e15:
        raise InputError("is not a usable limit of time", found=value, expected="such as 7-00:00:00")
    return int(seconds)


def _said(entry: Mapping[str, str], key: str) -> str | None:
    value = entry.get(key, "")
    return None if value in NOTHING else value
