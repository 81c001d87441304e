"""PBS: what ``pbsnodes -a -F json`` prints. Sizes such as 384000000kb are powers of 1024; each vnode is a node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.machines import Machine, attach, cluster_of
from placewise.formats.given import Given
from placewise.formats.node_facts import DOWN, DRAINED, NODE_STATE, PROPERTY, UP
from placewise.formats.notations.memory_sizes import pbs_bytes
from placewise.formats.values import LARGEST_COUNT, mapping, refuse_control, text
from placewise.model.fleets.imported import Imported
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary
from placewise.model.scalar import scalar_text

_DOWN = ("down", "offline", "stale", "state-unknown", "unresolvable", "maintenance", "wait-provisioning", "sleep")
_DRAINED = ("offline", "maintenance")
_OPEN = ("free", "job-busy", "job-exclusive", "job-sharing", "resv-exclusive", "busy", "provisioning", "<various>")
_READ = ("state", "resources_available", "queue", "pcpus")
_MOMENTARY = (
    "resources_assigned",
    "jobs",
    "reservations",
    "resv",
    "last_state_change_time",
    "last_used_time",
    "comment",
)
_NAMING = ("host", "vnode")
_SOFTWARE = "PBS says nothing of software, targets, filesystems and networks beyond its resources"
_KINDS = Vocabulary(kinds={(PROPERTY, "value"): FieldKind("text")})


def import_pbs(files: Sequence[Given], asked: ImportSettings) -> Imported:
    """Return one cluster of all vnodes. Raises InputError naming file and place."""
    account = Account()
    machines: dict[str, Machine] = {}
    server = ""
    for given in files:
        with locating(file=given.path):
            top = mapping(given.json(), "document")
            server = server or (top["pbs_server"] if isinstance(top.get("pbs_server"), str) else "")
            for key in sorted(top.keys() - {"nodes", "pbs_server", "timestamp", "pbs_version"}):
                account.ignore("keys", given.path, key, "the key is not known")
            for name, entry in mapping(top.get("nodes"), "nodes").items():
                with locating(place=f"node {name!r}"):
                    if name in machines:
                        raise InputError("two nodes have the same name", expected="names that differ")
                    machines[name] = _machine(text(name, "name"), mapping(entry, "node"), given, account)
    name = asked.name or server or files[0].name
    refuse_control(name, "the cluster's name")
    cluster = cluster_of(name, [machines[one] for one in sorted(machines)], account)
    account.read("nodes", len(machines))
    account.unknown(name, "", _SOFTWARE)
    for subsystem in ("host", PROPERTY, NODE_STATE, "memory"):
        account.described(name, subsystem)
    vocabulary = account.vocabulary().over(_KINDS)
    return Imported(name, (cluster,), vocabulary, account.counts(), account.dropped(), account.unknowns())


def is_pbs_json(document: object) -> bool:
    """Whether a JSON document is of pbsnodes."""
    return isinstance(document, dict) and "pbs_version" in document and isinstance(document.get("nodes"), dict)


def _machine(name: str, entry: Mapping[str, Any], given: Given, account: Account) -> Machine:
    machine = Machine(name)
    where = f"{given.path}: node {name}"
    _add_resources(machine, mapping(entry.get("resources_available") or {}, "resources_available"), given, account)
    if entry.get("queue"):
        attach(machine, account, PROPERTY, [("name", "queue"), ("value", entry["queue"])], where)
    if "state" in entry:
        machine.add(NODE_STATE, ("state", _state(entry["state"], where, account)))
    for key in sorted(entry.keys() - set(_READ)):
        why = "changes from moment to moment" if key in _MOMENTARY else "says nothing of where jobs can run"
        account.ignore("keys of nodes", given.path, key, why)
    return machine


def _add_resources(machine: Machine, resources: Mapping[str, Any], given: Given, account: Account) -> None:
    where = f"{given.path}: node {machine.name}"
    for key, value in resources.items():
        at = f"resources_available.{key}"
        if key == "ncpus":
            machine.cores = _count(value, at)
            machine.add("cpu", ("cpus", machine.cores))
        elif key == "mem":
            machine.memory_bytes = pbs_bytes(value, at)
        elif key == "ngpus":
            machine.add_gpus(_count(value, at))
        elif key == "arch":
            # To PBS linux is an architecture.
            attach(machine, account, "os", [("name", value)], where)
        elif key not in _NAMING:
            said = scalar_text(value) if isinstance(value, int | float) else value
            attach(machine, account, PROPERTY, [("name", key), ("value", said)], f"{where}, {key}")
            account.read("resources")
    host = resources.get("host")
    if isinstance(host, str) and host and host != machine.name:
        attach(machine, account, PROPERTY, [("name", "host"), ("value", host)], where)
        account.ignore("vnodes", given.path, host, "a vnode is a node; the others of its host are further ones")


def _count(value: Any, place: str) -> int:
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(written, str) or not written.isascii() or not written.isdecimal() or len(written) > 12:
        raise InputError("is not a usable count", place=place, found=value, expected="a whole number")
    if int(written) > LARGEST_COUNT:
        raise InputError("is too many", place=place, found=value, expected=f"at most {LARGEST_COUNT:,}")
    return int(written)


def _state(value: Any, where: str, account: Account) -> str:
    words = [word.strip().lower() for word in text(value, "state").split(",")]
    file, _, place = where.partition(": ")
    for word in words:
        if word not in (*_OPEN, *_DOWN):
            account.drop("states of nodes", file, f"{place}, {word}", "the word is not known")
    if any(word in _DRAINED for word in words):
        return DRAINED
    return DOWN if any(word in _DOWN for word in words) else UP
