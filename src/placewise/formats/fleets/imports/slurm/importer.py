"""Slurm: ``sinfo --json``, ``scontrol show node`` and ``show partition`` as JSON and text, ``sinfo -N -o``.

Several files describe one cluster. Cores are those of all sockets that jobs can have, sizes in MB are of 1024 * 1024
bytes, GRES called gpu are GPUs, and features are properties, as in Flux.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.machines import Machine, cluster_of
from placewise.formats.fleets.imports.slurm.columns import is_columns, read_slurm_columns
from placewise.formats.fleets.imports.slurm.gathered import SlurmSite
from placewise.formats.fleets.imports.slurm.json_output import TOPS, read_slurm_json
from placewise.formats.fleets.imports.slurm.nodes import (
    ARCH,
    CPU,
    DESCRIBED,
    OS,
    PARTITION,
    SlurmNode,
    SlurmPartition,
    machine_of,
)
from placewise.formats.fleets.imports.slurm.partitions import NOT_IN_ALL, SlurmLimits
from placewise.formats.fleets.imports.slurm.text_output import is_scontrol_text, read_slurm_text
from placewise.formats.given import Given
from placewise.formats.values import refuse_control
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.imported import Imported

# What each node has one vertex of, with some of its fields, where Slurm says anything of it.
_OF_EACH_NODE: dict[str, Callable[[SlurmNode], object]] = {
    ARCH: lambda node: node.arch,
    OS: lambda node: node.os,
    CPU: lambda node: node.cores,
}
SOFTWARE = "Slurm says nothing of software, targets, filesystems and networks"
_FILES = "sinfo --json, scontrol show node or show partition (with --json or not), or sinfo -N -o with headings"


def import_slurm(files: Sequence[Given], asked: ImportSettings) -> Imported:
    """Return one cluster, or one a partition. Raises InputError naming file and place."""
    site, account = SlurmSite(), Account()
    for given in files:
        with locating(file=given.path):
            _read(given, site, account)
    if not site.nodes:
        raise InputError("describes no nodes", file=files[0].path, expected="the output of scontrol show node as well")
    name = asked.name or site.cluster or files[0].name
    refuse_control(name, "the cluster's name")
    nodes = [site.nodes[one] for one in sorted(site.nodes)]
    partitions = _partitions(site, account)
    machines = [machine_of(node, partitions, account) for node in nodes]
    account.read("nodes", len(nodes))
    account.read("partitions", len(partitions))
    account.read("GPUs", sum(count for machine in machines for _, count in machine.gpus))
    account.read("features", len({one for node in nodes for one in node.features or ()}))
    if asked.by_partition:
        clusters = _by_partition(name, nodes, machines, partitions, account)
    else:
        clusters = [cluster_of(name, machines, account)]
    for cluster in clusters:
        _say_unknown(cluster.name, nodes, partitions, account)
    return Imported(
        name, tuple(clusters), account.vocabulary(), account.counts(), account.dropped(), account.unknowns()
    )


def is_slurm_json(document: object) -> bool:
    """Whether a JSON document is Slurm's: lists of nodes, partitions or groups of sinfo."""
    return (
        isinstance(document, dict) and any(isinstance(document.get(top), list) for top in TOPS) and "meta" in document
    )


def is_slurm_text(text: str) -> bool:
    """Whether a text is of scontrol or sinfo."""
    return is_scontrol_text(text) or is_columns(text)


def _read(given: Given, site: SlurmSite, account: Account) -> None:
    text = given.text()
    if text.lstrip().startswith("{"):
        document = given.json()
        if not any(top in document for top in TOPS):
            raise InputError("is not JSON from Slurm", found=document, expected=" or ".join(TOPS))
        read_slurm_json(document, given, site, account)
    elif is_scontrol_text(text):
        read_slurm_text(text, given, site, account)
    elif is_columns(text):
        read_slurm_columns(text, given, site, account)
    else:
        raise InputError("is not a Slurm output that Placewise reads", found=text[:80], expected=_FILES)


def _partitions(site: SlurmSite, account: Account) -> dict[str, SlurmPartition]:
    """Return all partitions, with nodes that know them, and nodes with the partitions that list them."""
    partitions = dict(site.partitions)
    listed: dict[str, set[str]] = {}
    for partition in site.partitions.values():
        file, _, place = partition.where.partition(": ")
        for name in partition.nodes or ():
            if name in site.nodes:
                listed.setdefault(name, set()).add(partition.name)
            else:
                account.drop("nodes of partitions", file, f"{place}, {name}", "no file describes the node")
        if partition.nodes == ():
            account.drop("partitions", file, place, "it has no nodes, so that no job can run there")
    for node in site.nodes.values():
        of_node = {*(node.partitions or ()), *listed.get(node.name, ())}
        if of_node or node.partitions is not None:
            node.partitions = tuple(sorted(of_node))
        for name in of_node - partitions.keys():
            # Slurm lists nodes of partitions that take jobs; nothing else is said of this one.
            partitions[name] = SlurmPartition(name, node.where, None, SlurmLimits(states=("up",)))
    members: dict[str, list[SlurmNode]] = defaultdict(list)
    pairs = [(node, name) for node in site.nodes.values() for name in node.partitions or ()]
    for member, name in pairs:
        members[name].append(member)
    for name, partition in partitions.items():
        partition.settle(members[name])
    _say_unsaid(partitions.values(), account)
    return partitions


def _say_unsaid(partitions: Iterable[SlurmPartition], account: Account) -> None:
    """Note the limits, each once a file, that a file does not say of a partition though it says the others."""
    files = [(one, one.where.partition(": ")[0]) for one in partitions if one.whole]
    for file, name in dict.fromkeys((file, name) for one, file in files for name in one.limits.unsaid()):
        why = "no file says it; scontrol show partition without --json does"
        account.drop("limits of partitions", file, NOT_IN_ALL[name], why)


def _say_unknown(
    cluster: str, nodes: Sequence[SlurmNode], partitions: Mapping[str, SlurmPartition], account: Account
) -> None:
    account.unknown(cluster, "", SOFTWARE)
    said = {
        "gres": all(node.gres is not None for node in nodes),
        "property": all(node.features is not None for node in nodes),
        "node": all(node.states is not None for node in nodes),
        "memory": all(node.memory_bytes is not None for node in nodes),
    }
    for subsystem in DESCRIBED:
        if said.get(subsystem, True):
            account.described(cluster, subsystem)
    if not said["gres"]:
        account.unknown(cluster, "gpu", "no file says which GRES all nodes have")
    if any(node.cores is None for node in nodes):
        account.unknown(cluster, "cpu", "cores are not said of all nodes, and each CPU of those is counted as a core")
    for subsystem, of_one in _OF_EACH_NODE.items():
        if all(of_one(node) for node in nodes):
            account.described_in_part(cluster, subsystem, "Slurm says no more of it")
    limited = [partition for partition in partitions.values() if not partition.whole]
    if limited:
        why = "not all limits are said; give scontrol show partition, too"
        named = all(node.partitions is not None for node in nodes)
        (account.described_in_part if named else account.unknown)(cluster, PARTITION, why)
    elif partitions:
        account.described(cluster, PARTITION)


def _by_partition(
    name: str,
    nodes: Sequence[SlurmNode],
    machines: Sequence[Machine],
    partitions: Mapping[str, SlurmPartition],
    account: Account,
) -> list[Cluster]:
    """Return a cluster of the nodes of each partition that has some; what each knows of other partitions goes."""
    clusters = []
    for partition in sorted(partitions):
        members = []
        for node, machine in zip(nodes, machines, strict=True):
            if partition in (node.partitions or ()):
                own = [one for one in machine.facts.get(PARTITION, ()) if ("name", partition) in one]
                facts = {**machine.facts, PARTITION: own}
                members.append(Machine(machine.name, machine.cores, machine.memory_bytes, machine.gpus, facts))
        if members:
            clusters.append(cluster_of(f"{name}-{partition}", members, account))
    for node in nodes:
        if not node.partitions:
            file, _, place = node.where.partition(": ")
            account.drop("nodes", file, f"{place}, {node.name}", "it is in no partition")
    if not clusters:
        raise InputError("no node is in a partition", place="--by-partition", expected="outputs that name partitions")
    return clusters
