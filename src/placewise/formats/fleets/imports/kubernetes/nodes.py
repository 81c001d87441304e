"""A node of Kubernetes: its labels, what it can allocate, its taints, conditions and software."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.kubernetes.features import add_label
from placewise.formats.fleets.imports.machines import Machine, attach
from placewise.formats.node_facts import DOWN, DRAINED, NODE_STATE, UP
from placewise.formats.notations.kubernetes_quantity import amount
from placewise.formats.values import LARGEST_BYTES, LARGEST_COUNT, mapping, sequence, text

_HOST_LABEL = "kubernetes.io/hostname"
_GPU = re.compile(r"(nvidia|amd|intel|gpu\.intel|habana|furiosa|qualcomm)\.(?:com|ai)/(gpu|i915|xe|gaudi)")
_VENDORS = {"gpu.intel": "intel"}
_SYSTEM = (
    ("os", (("name", "operatingSystem"), ("kernel", "kernelVersion"), ("image", "osImage"))),
    ("arch", (("architecture", "architecture"),)),
    ("kubelet", (("version", "kubeletVersion"),)),
)
_STATUS_READ = ("capacity", "allocatable", "conditions", "nodeInfo")
_MOMENTARY = (
    "images",
    "volumesInUse",
    "volumesAttached",
    "phase",
    "config",
    "runtimeHandlers",
    "features",
    "addresses",
)


def node_of(document: Mapping[str, Any], where: str, account: Account) -> Machine:
    """Return the machine that a node is. Raises InputError for what is none."""
    file = where.partition(": ")[0]
    metadata = mapping(document.get("metadata"), "metadata")
    machine = Machine(text(metadata.get("name"), "metadata.name"))
    with locating(place=f"node {machine.name!r}"):
        status = mapping(document.get("status") or {}, "status")
        spec = mapping(document.get("spec") or {}, "spec")
        labels = mapping(metadata.get("labels") or {}, "metadata.labels")
        for name, value in labels.items():
            # The host's name is a fact of its own, which tells each node from every other.
            if name != _HOST_LABEL or value != machine.name:
                add_label(machine, name, value, where, account)
        _add_resources(machine, status, labels, where, account)
        _add_state(machine, spec, status)
        _add_system(machine, mapping(status.get("nodeInfo") or {}, "status.nodeInfo"), where, account)
        for number, value in enumerate(sequence(spec.get("taints") or [], "spec.taints")):
            taint = mapping(value, f"spec.taints[{number}]")
            pairs = [(key, one) for key, one in taint.items() if key in ("key", "value", "effect") and one is not None]
            attach(machine, account, "taint", pairs, f"{where}, taints")
        for key in sorted(metadata.keys() - {"name", "labels"}):
            account.ignore("keys of nodes", file, f"metadata.{key}", "says nothing of where jobs can run")
        for key in sorted(spec.keys() - {"taints", "unschedulable"}):
            account.ignore("keys of nodes", file, f"spec.{key}", "says nothing of where jobs can run")
        for key in sorted(status.keys() - set(_STATUS_READ)):
            why = "changes from moment to moment" if key in _MOMENTARY else "has no meaning for matching"
            account.ignore("keys of nodes", file, f"status.{key}", why)
    return machine


def _add_resources(
    machine: Machine, status: Mapping[str, Any], labels: Mapping[str, Any], where: str, account: Account
) -> None:
    """Add what pods can have: what is allocatable, or else the capacity."""
    file, _, place = where.partition(": ")
    key = "allocatable" if status.get("allocatable") else "capacity"
    for name, value in mapping(status.get(key) or {}, f"status.{key}").items():
        at = f"status.{key}.{name}"
        found = amount(value, at)
        if found >= LARGEST_BYTES:
            raise InputError("is too much", place=at, found=value, expected=f"less than {LARGEST_BYTES:,}")
        count = int(found)
        if name == "cpu":
            machine.cores = count
            machine.add("cpu", ("cpus", float(found) if found != count else count))
        elif name == "memory":
            machine.memory_bytes = count
        elif name == "ephemeral-storage":
            machine.add("disk", ("name", "ephemeral"), ("value", count), ("unit", "B"))
        elif count > LARGEST_COUNT and not name.startswith("hugepages-"):
            raise InputError("is too many", place=at, found=value, expected=f"at most {LARGEST_COUNT:,}")
        elif (match := _GPU.fullmatch(name)) and count:
            _add_gpus(machine, match[1], count, labels, file, place, account)
        elif "/" in name:
            if count:
                attach(machine, account, "gres", [("name", name), ("count", count)], where)
        else:
            why = "limits pods, and match does not hold them against it"
            account.ignore("resources of nodes", file, name, why)


def _add_gpus(
    machine: Machine, maker: str, count: int, labels: Mapping[str, Any], file: str, place: str, account: Account
) -> None:
    """Add GPUs with what the vendor's feature discovery wrote on the node as labels."""
    vendor = _VENDORS.get(maker, maker)
    model = labels.get(f"{maker}.com/gpu.product") or labels.get(f"{maker}.com/gpu.product-name")
    memory = labels.get("nvidia.com/gpu.memory") if maker == "nvidia" else None
    size = None
    if isinstance(memory, str) and memory.isascii() and memory.isdecimal() and len(memory) < 12:
        size = int(memory) << 20
    elif memory is not None:
        account.drop("labels", file, f"{place}, nvidia.com/gpu.memory", "it is no number of MiB")
    machine.add_gpus(count, vendor=vendor, model=model if isinstance(model, str) else None, memory_bytes=size)


def _add_state(machine: Machine, spec: Mapping[str, Any], status: Mapping[str, Any]) -> None:
    ready = None
    for number, value in enumerate(sequence(status.get("conditions") or [], "status.conditions")):
        condition = mapping(value, f"status.conditions[{number}]")
        if condition.get("type") == "Ready":
            ready = condition.get("status") == "True"
    state = DRAINED if spec.get("unschedulable") is True else DOWN if ready is False else UP
    machine.add(NODE_STATE, ("state", state))


def _add_system(machine: Machine, info: Mapping[str, Any], where: str, account: Account) -> None:
    file = where.partition(": ")[0]
    read = {"containerRuntimeVersion"}
    for subsystem, fields in _SYSTEM:
        read.update(key for _, key in fields)
        pairs = [(name, info[key]) for name, key in fields if info.get(key)]
        if pairs:
            attach(machine, account, subsystem, pairs, where)
    runtime = info.get("containerRuntimeVersion")
    if isinstance(runtime, str) and runtime:
        name, _, version = runtime.partition("://")
        pairs = [("name", name), *([("version", version)] if version else [])]
        attach(machine, account, "container-runtime", pairs, where)
    for key in sorted(info.keys() - read):
        account.ignore("keys of nodes", file, f"nodeInfo.{key}", "says nothing of where jobs can run")
