"""Small random sites of Slurm, as scontrol prints them, and random rules of Snakemake that ask for their nodes."""

import random
from dataclasses import replace

from placewise.formats.fleets.exports.partition_limits import Submitter
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.slurm.importer import import_slurm
from placewise.formats.given import Given
from placewise.model.fleets.cluster import Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex

FEATURES = ("ib", "skl", "icx", "ssd")
MODELS = ("a100", "v100")
ACCOUNTS = ("ai", "physics")
QOS = ("normal", "high")
GROUPS = ("staff", "guests")
EFFECTS = ("NoSchedule", "NoExecute", "PreferNoSchedule", "Odd")
LIMITS = {
    "AllowAccounts": ("ai", "ai,physics", "ALL"),
    "DenyAccounts": ("physics",),
    "AllowQos": ("normal", "normal,high", "ALL"),
    "DenyQos": ("high",),
    "AllowGroups": ("staff", "ALL"),
    "MaxNodes": ("0", "1", "2", "UNLIMITED"),
    "MinNodes": ("0", "1", "2"),
    "MaxCPUsPerNode": ("2", "5", "UNLIMITED"),
    "MaxMemPerNode": ("900", "2500", "UNLIMITED"),
    "MaxMemPerCPU": ("300", "800", "UNLIMITED"),
    "RootOnly": ("YES", "NO"),
    "ReqResv": ("YES", "NO"),
}
"""What partitions may say, and with what in it."""


def site(draw: random.Random, *, uniform: bool = False):
    """Nodes and partitions. uniform : the nodes of a partition are alike, and each is in one partition."""
    partitions = {
        name: {
            "time": draw.choice(("UNLIMITED", "00:30:00", "08:00:00", "2-00:00:00")),
            "state": draw.choice(("UP", "UP", "UP", "UP", "DOWN")),
            "limits": {key: draw.choice(some) for key, some in LIMITS.items() if draw.random() < 0.15},
        }
        for name in draw.sample(("batch", "gpu", "long", "debug"), draw.randint(1, 3))
    }
    kinds = {name: _kind(draw) for name in partitions}
    nodes = []
    for number in range(draw.randint(1, 6)):
        member = (
            [draw.choice(list(partitions))]
            if uniform
            else draw.sample(list(partitions), draw.randint(1, len(partitions)))
        )
        kind = kinds[member[0]] if uniform else _kind(draw)
        state = draw.choice(("IDLE", "ALLOCATED", "MIXED", "IDLE", "IDLE+DRAIN", "DOWN"))
        nodes.append({"name": f"n{number}", "partitions": member, "state": state, **kind})
    return nodes, partitions


def _kind(draw):
    gres = ["gpu:a100:2", "gpu:v100:4", "gpu:1", "gpu:a100:1,gpu:v100:2", *[""] * 4]
    return {
        "sockets": draw.choice((1, 2)),
        "cores": draw.choice((2, 4)),
        "memory": draw.choice((1000, 2000, 3000)),
        "features": draw.sample(FEATURES, draw.randint(0, 3)),
        "gres": draw.choice(gres),
    }


def texts(nodes, partitions, *, limits: bool = True):
    """What `scontrol show node` prints, and `show partition` too if limits are to be known."""
    shown = "".join(
        f"NodeName={one['name']} Arch=x86_64 CoresPerSocket={one['cores']}\n"
        f"   CPUTot={one['cores'] * one['sockets']} AvailableFeatures={','.join(one['features']) or '(null)'}\n"
        f"   Gres={one['gres'] or '(null)'}\n"
        f"   RealMemory={one['memory']} Sockets={one['sockets']} Boards=1\n"
        f"   State={one['state']} ThreadsPerCore=1\n"
        f"   Partitions={','.join(one['partitions'])}\n\n"
        for one in nodes
    )
    if not limits:
        return [shown]
    members = {name: [one["name"] for one in nodes if name in one["partitions"]] for name in partitions}
    said = "".join(
        f"PartitionName={name}\n   MaxTime={one['time']}\n"
        f"   {' '.join(f'{key}={value}' for key, value in one['limits'].items())}\n"
        f"   Nodes={','.join(members[name])}\n   OverSubscribe=NO State={one['state']}\n\n"
        for name, one in partitions.items()
        if members[name]
    )
    return [shown, said]


def fleet(found, *, by_partition: bool, folder, taints=()):
    """The fleet that an import makes of such texts; taints : names of nodes, each with the effect of its taint."""
    given = [Given(folder / f"{number}.txt", text.encode()) for number, text in enumerate(found)]
    imported = import_slurm(given, ImportSettings("s", by_partition)).fleet()
    return Fleet(tuple(_tainted(one, dict(taints)) for one in imported.clusters), imported.vocabulary)


def _tainted(cluster, taints):
    vertices = [
        SubsystemVertex((("key", "own"), ("effect", taints[vertex.id])), (at,))
        for at, vertex in enumerate(cluster.graph.vertices)
        if vertex.id in taints
    ]
    return (
        replace(cluster, subsystems=(*cluster.subsystems, Subsystem("taint", tuple(vertices)))) if vertices else cluster
    )


def tainted(draw: random.Random, nodes):
    """Some nodes with the effect of a taint; none on most sites."""
    return [(one["name"], draw.choice(EFFECTS)) for one in nodes if draw.random() < 0.3] if draw.random() < 0.3 else []


def submitter(draw: random.Random):
    """Under which names a user submits, some of them not said."""
    return Submitter(*(draw.choice(("", *names)) for names in (ACCOUNTS, QOS, GROUPS)))


def rule(draw: random.Random, *, several_nodes: bool = True):
    """The threads and resources of a rule; products of resources are left to tests of their own."""
    resources = {"mem_mb": draw.choice((0, 500, 1000, 1500, 3000, 4000))}
    if draw.random() < 0.5:
        resources["runtime"] = draw.choice((10, 30, 31, 480, 2880, 5000))
    if draw.random() < 0.4:
        resources["constraint"] = ",".join(draw.sample(FEATURES, draw.randint(1, 2)))
    if draw.random() < 0.4:
        resources["gpu"] = draw.randint(1, 4)
        if draw.random() < 0.6:
            resources["gpu_model"] = draw.choice(MODELS)
    elif draw.random() < 0.2:
        resources["gres"] = draw.choice(("gpu:1", "gpu:a100:2", "gpu:v100:1"))
    if several_nodes and draw.random() < 0.3:
        resources["nodes"] = draw.randint(1, 3)
        resources.pop("gpu", None), resources.pop("gpu_model", None)
    return draw.choice((1, 1, 2, 4, 8, 9)), {name: value for name, value in resources.items() if value}
