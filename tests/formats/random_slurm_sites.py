"""Small random sites of Slurm, as scontrol prints them, and random rules of Snakemake that ask for their nodes."""

import random

from placewise.formats.fleets.imports.given import Asked, Given
from placewise.formats.fleets.imports.slurm import import_slurm

FEATURES = ("ib", "skl", "icx", "ssd")
MODELS = ("a100", "v100")
ACCOUNTS = ("ai", "physics")


def site(draw: random.Random, *, uniform: bool = False):
    """Nodes and partitions. uniform : the nodes of a partition are alike, and each is in one partition."""
    partitions = {
        name: {
            "time": draw.choice(("UNLIMITED", "00:30:00", "08:00:00", "2-00:00:00")),
            "accounts": draw.choice(("ALL", "ALL", "ai", "ai,physics")),
            "state": draw.choice(("UP", "UP", "UP", "UP", "DOWN")),
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
        f"PartitionName={name}\n   AllowAccounts={one['accounts']} MaxTime={one['time']}\n"
        f"   Nodes={','.join(members[name])}\n   OverSubscribe=NO State={one['state']}\n\n"
        for name, one in partitions.items()
        if members[name]
    )
    return [shown, said]


def fleet(found, *, by_partition: bool, folder):
    """The fleet that an import makes of such texts."""
    given = [Given(folder / f"{number}.txt", text.encode()) for number, text in enumerate(found)]
    return import_slurm(given, Asked("s", by_partition)).fleet()


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
