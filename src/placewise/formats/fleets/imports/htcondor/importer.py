"""HTCondor: what ``condor_status -long`` and ``-json`` print of slots. The slots of one machine are one node."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.htcondor.classads import MOST_ADS, Ad, Expression, ads_in
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.machines import Machine, attach, cluster_of
from placewise.formats.given import Given
from placewise.formats.node_facts import DOWN, DRAINED, NODE_STATE, UP
from placewise.formats.values import LARGEST_BYTES, LARGEST_COUNT, number, refuse_control
from placewise.model.fleets.imported import Imported

MACHINE = "machine"
_SOFTWARE = "HTCondor says nothing of compilers, packages and filesystems beyond its attributes"
_EXPRESSION = "an expression depends on more than the ad; its text is kept"
_AMOUNTS = (
    *("Cpus", "Memory", "Disk", "GPUs", "TotalSlotCpus", "TotalSlotMemory", "TotalSlotDisk", "TotalSlotGPUs"),
    *("GPUs_GlobalMemoryMb", "CUDAGlobalMemoryMb"),
)
_READ = frozenset(("machine", "state", *(name.lower() for name in _AMOUNTS[:8])))
_SPELLED = {
    name.lower(): name
    for name in (
        *(
            "Machine",
            "State",
            "Offline",
            "SlotType",
            "Arch",
            "UtsnameMachine",
            "Microarch",
            "OpSysName",
            "OpSysMajorVer",
        ),
        *("UtsnameRelease", "GPUs_DeviceName", "CUDADeviceName", *_AMOUNTS),
    )
}
"""Attributes that are looked at by name: whoever writes an ad may spell them as he likes."""
_SELDOM = "changes from moment to moment, or names the slot"
_MOMENTARY = re.compile(
    r"(?:.*(?:load(?:avg)?|idle|time|age|addr(?:ess)?(?:v1)?|updates.*|dutycycle|entered.*|lastheard.*|jobstarts|preemptions?"
    r"|badput|sequence.*|isbusy|cpubusy.*|clock.*|numpids|rank|draining|fetch.*)|monitorself.*|recent.*|name|slotid|slotweight"
    r"|daemon.*|expected.*|activity|state|my.*|startd.*|.*host_string|authenticat.*|hardwareaddress|utsnamenodename|child.*"
    r"|remote.*|client.*|job.*|total(?:slots?.*|load.*|condor.*|jobs.*|claim.*|time.*)|virtualmemory|targettype|subnetmask"
    r"|current.*|condorloadavg|lastbenchmark|lastfetch.*|lastupdate|publicnetworkipaddr|privatenetwork.*|uptime|nextfetch.*)",
    re.IGNORECASE,
)
_MICROARCH = re.compile(r"x86_64-(v[1-4])")
_SYSTEM = (("name", "OpSysName"), ("version", "OpSysMajorVer"), ("kernel", "UtsnameRelease"))


def import_condor(files: Sequence[Given], asked: ImportSettings) -> Imported:
    """Return one cluster of all machines. Raises InputError naming file and place."""
    account = Account()
    slots: dict[str, list[tuple[str, Ad]]] = {}
    count = 0
    for given in files:
        with locating(file=given.path):
            for place, said in ads_in(given):
                ad = {_SPELLED.get(one.lower(), one): value for one, value in said.items()}
                count += 1
                if count > MOST_ADS:
                    raise InputError("holds too many ads", expected=f"at most {MOST_ADS:,}")
                name = _value(ad, "Machine")
                if not isinstance(name, str) or not name:
                    account.drop("ads", given.path, place, "it is of no machine")
                    continue
                with locating(place=place):
                    refuse_control(name, "Machine")
                slots.setdefault(name, []).append((f"{given.path}: {place}", ad))
    machines = []
    for name in sorted(slots):
        with locating(place=f"machine {name!r}"):
            machines.append(_machine(name, slots[name], account))
    name = asked.name or files[0].name
    refuse_control(name, "the cluster's name")
    if not machines:
        raise InputError("describes no machines", file=files[0].path, expected="condor_status -long or -json")
    cluster = cluster_of(name, machines, account)
    account.read("slots", count)
    account.read("machines", len(machines))
    account.unknown(name, "", _SOFTWARE)
    for subsystem in ("host", NODE_STATE, "memory"):
        account.described(name, subsystem)
    return Imported(name, (cluster,), account.vocabulary(), account.counts(), account.dropped(), account.unknowns())


def is_condor_text(text: str) -> bool:
    """Whether a text is of ads of machines."""
    start = text[: 1 << 16]
    return bool(re.search(r"^MyType\s*=\s*\"Machine\"|^Machine\s*=\s*\"", start, re.MULTILINE))


def is_condor_json(document: object) -> bool:
    """Whether a JSON document is a list of ads of machines."""
    first = document[0] if isinstance(document, list) and document else document
    return isinstance(first, dict) and isinstance(first.get("Machine"), str) and ("MyType" in first or "Cpus" in first)


def _machine(name: str, ads: Sequence[tuple[str, Ad]], account: Account) -> Machine:
    """Return the machine of slots. Dynamic slots are parts of a partitionable one, and add nothing."""
    machine = Machine(name)
    own = [(where, ad) for where, ad in ads if str(_value(ad, "SlotType")).lower() != "dynamic"]
    if not own:
        account.drop(
            "slots", ads[0][0].partition(": ")[0], name, "all are dynamic; the slot they are parts of is missing"
        )
        own = list(ads)
    cores = [_number(ad, "TotalSlotCpus", "Cpus") for _, ad in own]
    memory = [_number(ad, "TotalSlotMemory", "Memory") for _, ad in own]
    disk = [_number(ad, "TotalSlotDisk", "Disk") for _, ad in own]
    machine.cores = _sum(cores, LARGEST_COUNT)
    total = _sum(memory, LARGEST_BYTES >> 20)
    machine.memory_bytes = None if total is None else total << 20
    space = _sum(disk, LARGEST_BYTES >> 10)
    if space:
        machine.add("disk", ("name", "execute"), ("value", space << 10), ("unit", "B"))
    if machine.cores is not None:
        machine.add("cpu", ("cpus", machine.cores), ("slots", len(own)))
    if len(own) > 1:
        file, _, place = own[0][0].partition(": ")
        account.drop(
            "bounds between slots", file, f"{place}, {name}", "a job of HTCondor's gets one slot, not the machine"
        )
    first = own[0][1]
    _add_gpus(machine, [ad for _, ad in own])
    _say_unusable(own, account)
    _add_system(machine, first, own[0][0], account)
    machine.add(NODE_STATE, ("state", _state([ad for _, ad in own])))
    _add_attributes(machine, own, account)
    return machine


def _add_gpus(machine: Machine, ads: Sequence[Ad]) -> None:
    """Add the GPUs of all slots, by model and memory."""
    counts: dict[tuple[str, int], list[float | None]] = {}
    for ad in ads:
        model = _value(ad, "GPUs_DeviceName", "CUDADeviceName")
        size = _number(ad, "GPUs_GlobalMemoryMb", "CUDAGlobalMemoryMb")
        kind = model if isinstance(model, str) else "", int(size or 0) << 20
        counts.setdefault(kind, []).append(_number(ad, "TotalSlotGPUs", "GPUs"))
    for (model, memory_bytes), found in counts.items():
        machine.add_gpus(_sum(found, LARGEST_COUNT) or 0, model=model, memory_bytes=memory_bytes)


def _say_unusable(ads: Sequence[tuple[str, Ad]], account: Account) -> None:
    """Say which amounts are no numbers, so that nothing is known of them."""
    for where, ad in ads:
        for name in _AMOUNTS:
            if name in ad and _number(ad, name) is None:
                account.ignore("amounts", where.partition(": ")[0], name, "it is no number, or below zero, in some ads")


def _add_system(machine: Machine, ad: Ad, where: str, account: Account) -> None:
    pairs = [(field, value) for field, name in _SYSTEM if isinstance(value := _value(ad, name), str | int)]
    attach(machine, account, "os", [(field, str(value)) for field, value in pairs], where)
    arch = _value(ad, "UtsnameMachine", "Arch")
    if isinstance(arch, str) and arch:
        attach(machine, account, "arch", [("architecture", arch.lower())], where)
    level = _value(ad, "Microarch")
    if isinstance(level, str) and (match := _MICROARCH.fullmatch(level)):
        attach(machine, account, "arch", [("target", f"x86_64_{match[1]}")], where)


def _add_attributes(machine: Machine, ads: Sequence[tuple[str, Ad]], account: Account) -> None:
    """Keep the attributes that all slots of the machine have alike, as fields of one vertex."""
    where, first = ads[0]
    file = where.partition(": ")[0]
    kept: list[tuple[str, object]] = []
    for name, value in first.items():
        if name.lower() in _READ:
            continue
        if isinstance(value, Expression):
            account.ignore("expressions", file, name, _EXPRESSION)
            kept.append((name, value.text))
        elif _MOMENTARY.fullmatch(name):
            account.ignore("attributes", file, name, _SELDOM)
        elif any(ad.get(name) != value for _, ad in ads[1:]):
            account.ignore("attributes", file, name, "the slots of a machine differ")
        else:
            kept.append((name, value))
    for _, ad in ads[1:]:
        for name in ad.keys() - first.keys():
            account.ignore("attributes", file, name, "the slots of a machine differ")
    attach(machine, account, MACHINE, kept, where)


def _state(ads: Sequence[Mapping[str, object]]) -> str:
    states = {str(_value(ad, "State")).lower() for ad in ads}
    if states <= {"drained"}:
        return DRAINED
    return DOWN if all(_value(ad, "Offline") is True for ad in ads) else UP


def _value(ad: Mapping[str, object], *names: str) -> object:
    """Return the first attribute that is there and plain."""
    for name in names:
        found = ad.get(name)
        if found is not None and not isinstance(found, Expression):
            return found
    return None


def _number(ad: Ad, *names: str) -> float | None:
    found = _value(ad, *names)
    if not isinstance(found, int | float) or isinstance(found, bool) or found < 0:
        return None
    return float(number(found, " or ".join(names)))


def _sum(parts: Sequence[float | None], most: int) -> int | None:
    """Return the sum of what is said, in whole numbers; None where nothing is."""
    said = [part for part in parts if part is not None]
    total = sum(said)
    if not total <= most:
        raise InputError("is too much", found=total, expected=f"at most {most}")
    return int(total) if said else None
