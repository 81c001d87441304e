"""AWS: what ``describe-instance-types`` gives, a cluster of one node a type, with prices from a table.

The document is the API's answer, ``{"InstanceTypes": [...]}``, a list of them, or a mapping of them by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.clouds.price_table import read_price_table
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.machines import Machine, attach, cluster_of
from placewise.formats.fleets.prices import PRICE
from placewise.formats.given import Given
from placewise.formats.values import amount, count, mapping, sequence, text
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.imported import Imported

_NAME = "aws"
MOST_TYPES = 1 << 16
_MEBI = 1 << 20
_SOFTWARE = "an instance has the software of its image"
_NUMBER = "how many instances can be had is not said; each type is a cluster of one"
_READ = frozenset(
    (
        *("InstanceType", "VCpuInfo", "MemoryInfo", "GpuInfo", "ProcessorInfo", "NetworkInfo", "InstanceStorageInfo"),
        *("BareMetal", "BurstablePerformanceSupported", "CurrentGeneration", "Hypervisor", "SupportedUsageClasses"),
        *("FpgaInfo", "InferenceAcceleratorInfo", "MediaAcceleratorInfo", "NeuronInfo", "InstanceStorageSupported"),
        *("SupportedVirtualizationTypes", "PlacementGroupInfo", "NitroEnclavesSupport", "EbsInfo"),
    )
)
_ACCELERATORS = (
    ("fpga", "FpgaInfo", "Fpgas"),
    ("inference-accelerator", "InferenceAcceleratorInfo", "Accelerators"),
    ("media-accelerator", "MediaAcceleratorInfo", "Accelerators"),
    ("neuron", "NeuronInfo", "NeuronDevices"),
)
_NETWORK = (
    ("performance", "NetworkPerformance"),
    ("efa", "EfaSupported"),
    ("ena", "EnaSupport"),
    ("cards", "MaximumNetworkCards"),
    ("interfaces", "MaximumNetworkInterfaces"),
    ("ipv6", "Ipv6Supported"),
    ("encryption", "EncryptionInTransitSupported"),
)
_INSTANCE = (
    ("type", "InstanceType"),
    ("bare_metal", "BareMetal"),
    ("burstable", "BurstablePerformanceSupported"),
    ("current_generation", "CurrentGeneration"),
    ("hypervisor", "Hypervisor"),
    ("usage", "SupportedUsageClasses"),
    ("virtualization", "SupportedVirtualizationTypes"),
    ("enclaves", "NitroEnclavesSupport"),
)


def import_aws(files: Sequence[Given], asked: ImportSettings) -> Imported:
    """Return a cluster a type. Raises InputError naming file and place."""
    account = Account()
    prices = {} if asked.prices is None else read_price_table(asked.prices, account)
    clusters: dict[str, Cluster] = {}
    for given in files:
        with locating(file=given.path):
            for name, place, entry in _types(given.json()):
                with locating(place=place):
                    if name in clusters:
                        raise InputError(
                            "two instance types have the same name", found=name, expected="names that differ"
                        )
                    if len(clusters) >= MOST_TYPES:
                        raise InputError("holds too many types", expected=f"at most {MOST_TYPES:,}")
                    clusters[name] = _cluster(name, entry, f"{given.path}: {place}", prices, account)
    for name in sorted(prices.keys() - clusters.keys()):
        account.drop("prices", asked.prices.path if asked.prices else "", name, "no such type is described")
    if not clusters:
        raise InputError("holds no instance types", file=files[0].path, expected="describe-instance-types")
    account.read("instance types", len(clusters))
    return Imported(
        asked.name or _NAME,
        tuple(clusters.values()),
        account.vocabulary(),
        account.counts(),
        account.dropped(),
        account.unknowns(),
    )


def is_aws_json(document: object) -> bool:
    """Whether a JSON document is of instance types."""
    if not isinstance(document, dict | list) or not document:
        return False
    if isinstance(document, dict) and isinstance(document.get("InstanceTypes"), list):
        return True
    first = document[0] if isinstance(document, list) else next(iter(document.values()))
    return isinstance(first, dict) and "InstanceType" in first


def _types(document: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if isinstance(document, dict) and "InstanceTypes" in document:
        document = document["InstanceTypes"]
    if isinstance(document, dict):
        entries = [(f"type {name!r}", value) for name, value in document.items()]
    else:
        entries = [(f"InstanceTypes[{number}]", value) for number, value in enumerate(sequence(document, "document"))]
    for place, value in entries:
        entry = mapping(value, place)
        yield text(entry.get("InstanceType"), f"{place}.InstanceType"), place, entry


def _cluster(name: str, entry: Mapping[str, Any], where: str, prices: Mapping[str, float], account: Account) -> Cluster:
    file = where.partition(": ")[0]
    machine = Machine(f"{name}-0")
    cpus = _part(entry, "VCpuInfo")
    cores, vcpus = cpus.get("DefaultCores"), cpus.get("DefaultVCpus")
    if vcpus is not None:
        vcpus = count(vcpus, "VCpuInfo.DefaultVCpus")
    machine.cores = vcpus if cores is None else count(cores, "VCpuInfo.DefaultCores")
    threads = cpus.get("DefaultThreadsPerCore")
    said = [("cpus", vcpus), ("threads_per_core", None if threads is None else count(threads, "DefaultThreadsPerCore"))]
    processor = _part(entry, "ProcessorInfo")
    said += [("vendor", processor.get("Manufacturer")), ("clock_ghz", processor.get("SustainedClockSpeedInGhz"))]
    said += [("features", processor.get("SupportedFeatures"))]
    attach(machine, account, "cpu", _there(said), where)
    memory = _part(entry, "MemoryInfo").get("SizeInMiB")
    machine.memory_bytes = None if memory is None else count(memory, "MemoryInfo.SizeInMiB") * _MEBI
    for architecture in sequence(processor.get("SupportedArchitectures", []), "ProcessorInfo.SupportedArchitectures"):
        attach(machine, account, "arch", [("architecture", architecture)], where)
    _add_gpus(machine, entry, file, account)
    _add_accelerators(machine, entry, where, account)
    network = _part(entry, "NetworkInfo")
    attach(machine, account, "network", _there([(field, network.get(key)) for field, key in _NETWORK]), where)
    storage = _part(entry, "InstanceStorageInfo").get("TotalSizeInGB")
    if storage is not None:
        size = count(storage, "InstanceStorageInfo.TotalSizeInGB") * 1000**3
        machine.add("disk", ("name", "instance"), ("value", size), ("unit", "B"))
    attach(machine, account, "instance", _there([(field, entry.get(key)) for field, key in _INSTANCE]), where)
    strategies = _part(entry, "PlacementGroupInfo").get("SupportedStrategies")
    if strategies is not None:
        attach(machine, account, "placement-group", [("strategies", strategies)], where)
    for key in sorted(entry.keys() - _READ):
        account.ignore("keys of types", file, key, "says nothing of where jobs can run")
    _ignore_inside(entry, file, account)
    cluster = cluster_of(name, [machine], account)
    account.unknown(name, "", _SOFTWARE)
    account.unknown(name, "node", _NUMBER)
    # That the memory of one instance is described is all there is to say of it.
    account.described(name, "memory")
    for subsystem, key, _ in _ACCELERATORS:
        if key not in entry:
            account.described(name, subsystem)
    if storage is None and entry.get("InstanceStorageSupported") is False:
        account.described(name, "disk")
    return cluster if name not in prices else replace(cluster, state=((PRICE, prices[name]),))


def _add_gpus(machine: Machine, entry: Mapping[str, Any], file: str, account: Account) -> None:
    for number, value in enumerate(sequence(_part(entry, "GpuInfo").get("Gpus", []), "GpuInfo.Gpus")):
        place = f"GpuInfo.Gpus[{number}]"
        gpu = mapping(value, place)
        known = ("Count", "LogicalGpuCount", "Manufacturer", "Name", "MemoryInfo")
        _ignore_others(gpu, known, "GpuInfo.Gpus", file, account)
        # A part of a GPU is what an instance sees as one.
        seen = gpu.get("LogicalGpuCount", gpu.get("Count"))
        maker, model = gpu.get("Manufacturer"), gpu.get("Name")
        size = _part(gpu, "MemoryInfo").get("SizeInMiB")
        machine.add_gpus(
            count(seen, f"{place}.Count"),
            vendor=text(maker, f"{place}.Manufacturer").lower() if maker else None,
            model=text(model, f"{place}.Name") if model else None,
            memory_bytes=None if size is None else count(size, f"{place}.MemoryInfo") * _MEBI,
        )


def _add_accelerators(machine: Machine, entry: Mapping[str, Any], where: str, account: Account) -> None:
    for subsystem, key, inside in _ACCELERATORS:
        for number, value in enumerate(sequence(_part(entry, key).get(inside, []), f"{key}.{inside}")):
            device = mapping(value, f"{key}.{inside}[{number}]")
            known = ("Name", "Manufacturer", "Count", "MemoryInfo")
            _ignore_others(device, known, f"{key}.{inside}", where.partition(": ")[0], account)
            size = _part(device, "MemoryInfo").get("SizeInMiB")
            pairs = [
                ("model", device.get("Name")),
                ("vendor", device.get("Manufacturer")),
                ("count", device.get("Count")),
            ]
            if size is not None:
                bytes_of = int(amount(size, f"{key}.{inside}[{number}].MemoryInfo", zero=True)) * _MEBI
                pairs += [("memory", bytes_of), ("memory_unit", "B")]
            attach(machine, account, subsystem, _there(pairs), where)


def _ignore_inside(entry: Mapping[str, Any], file: str, account: Account) -> None:
    """Note the keys inside of what is read that say more than is kept."""
    kept = {
        "VCpuInfo": {"DefaultCores", "DefaultVCpus", "DefaultThreadsPerCore"},
        "ProcessorInfo": {"Manufacturer", "SustainedClockSpeedInGhz", "SupportedFeatures", "SupportedArchitectures"},
        "NetworkInfo": {key for _, key in _NETWORK},
        "InstanceStorageInfo": {"TotalSizeInGB"},
        "EbsInfo": set(),
        "PlacementGroupInfo": {"SupportedStrategies"},
        "GpuInfo": {"Gpus"},
        **{key: {inside} for _, key, inside in _ACCELERATORS},
    }
    for key, known in kept.items():
        _ignore_others(_part(entry, key), known, key, file, account)


def _ignore_others(entry: Mapping[str, Any], known: Collection[str], place: str, file: str, account: Account) -> None:
    for key in sorted(entry.keys() - set(known)):
        account.ignore("keys of types", file, f"{place}.{key}", "has no meaning for matching yet")


def _part(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    return mapping(entry.get(key) or {}, key)


def _there(pairs: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in pairs if value is not None]
