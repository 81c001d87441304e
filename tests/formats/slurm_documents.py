"""One made-up site of Slurm's, written as each of its tools and versions does.

The shapes are those of the documented schemas: of slurmrestd's v0.0.37 (21.08), and of data_parser v0.0.40 to v0.0.44,
where numbers may be `{set, infinite, number}`, states and features are lists, and entries of sinfo are groups.
"""

import json

from hypothesis import strategies as st

VERSIONS = ("v0.0.40", "v0.0.41", "v0.0.42", "v0.0.43", "v0.0.44")

names = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
gres = st.sampled_from(
    (
        "",
        "gpu:a100:4(S:0-3)",
        "gpu:4",
        "gpu:a100:2(S:0,2-3),gpu:v100:2",
        "nic:1,gpu:h100:8(S:0-1)",
        "lustre:no_consume:4G",
    )
)
states = st.sampled_from(
    (
        ("IDLE",),
        ("ALLOCATED",),
        ("MIXED",),
        ("DOWN",),
        ("IDLE", "DRAIN"),
        ("DOWN", "NOT_RESPONDING"),
        ("IDLE", "POWERED_DOWN"),
    )
)


@st.composite
def nodes(draw, least=1):
    found = []
    for name in draw(st.lists(names, min_size=least, max_size=5, unique=True)):
        sockets, cores, threads = draw(st.tuples(st.integers(1, 4), st.integers(1, 32), st.integers(1, 2)))
        found.append(
            {
                "name": name,
                "sockets": sockets,
                "cores": cores,
                "threads": threads,
                "cpus": sockets * cores * threads,
                "memory": draw(st.integers(1, 1_000_000)),
                "disk": draw(st.sampled_from((0, 0, 1000, 500_000))),
                "gres": draw(gres),
                "features": sorted(draw(st.sets(st.sampled_from(("ib", "skl", "1", "1-c01", "gpu")), max_size=3))),
                "state": draw(states),
                "partitions": sorted(
                    draw(st.sets(st.sampled_from(("batch", "debug", "long")), min_size=1, max_size=3))
                ),
            }
        )
    return sorted(found, key=lambda one: one["name"])


def partitions(site):
    members = {}
    for node in site:
        for name in node["partitions"]:
            members.setdefault(name, []).append(node["name"])
    return members


def old_json(site):
    """As `scontrol` and `sinfo --json` of 21.08: one state and flags beside it, features as text."""
    return {
        "meta": {"Slurm": {"release": "21.08.5"}},
        "errors": [],
        "nodes": [
            {
                "name": one["name"],
                "architecture": "x86_64",
                "cpus": one["cpus"],
                "sockets": one["sockets"],
                "cores": one["cores"],
                "threads": one["threads"],
                "real_memory": one["memory"],
                "temporary_disk": one["disk"],
                "gres": one["gres"],
                "features": ",".join(one["features"]),
                "state": one["state"][0].lower(),
                "state_flags": list(one["state"][1:]),
                "partitions": one["partitions"],
                "operating_system": "Linux 5.14.0 #1 SMP",
                "boot_time": 1671873827,
                "owner": None,
            }
            for one in site
        ],
    }


def new_json(site, version, wrap):
    """As `scontrol show node --json` of a data_parser; wrap : writes a number, plain or with `set`."""
    extra = {"v0.0.42": {"gpu_spec": ""}, "v0.0.43": {"cert_flags": []}, "v0.0.44": {"topology": "default:leaf"}}
    return {
        "meta": {"plugin": {"data_parser": f"data_parser/{version}"}, "slurm": {"cluster": ""}},
        "errors": [],
        "warnings": [],
        "last_update": wrap(1720820315),
        "nodes": [
            {
                "name": one["name"],
                "architecture": "x86_64",
                "boards": 1,
                "boot_time": wrap(1671873827),
                "cpus": wrap(one["cpus"]),
                "effective_cpus": one["cpus"],
                "sockets": one["sockets"],
                "cores": wrap(one["cores"]),
                "threads": one["threads"],
                "specialized_cores": 0,
                "specialized_memory": 0,
                "real_memory": wrap(one["memory"]),
                "temporary_disk": wrap(one["disk"]),
                "free_mem": {"set": False, "infinite": False, "number": 0},
                "gres": one["gres"],
                "features": list(one["features"]),
                "active_features": list(one["features"]),
                "state": list(one["state"]),
                "partitions": one["partitions"],
                "operating_system": "Linux 5.14.0 #1 SMP",
                **extra.get(version, {}),
            }
            for one in site
        ],
    }


def text(site, *, lines=True):
    """As `scontrol show node` prints it: several lines a node, or one with -o."""
    between = "\n   " if lines else " "
    records = []
    for one in site:
        state = "+".join(one["state"])
        parts = (
            f"NodeName={one['name']} Arch=x86_64 CoresPerSocket={one['cores']} ",
            f"CPUAlloc=0 CPUEfctv={one['cpus']} CPUTot={one['cpus']} CPULoad=0.01",
            f"AvailableFeatures={','.join(one['features']) or '(null)'}",
            f"ActiveFeatures={','.join(one['features']) or '(null)'}",
            f"Gres={one['gres'] or '(null)'}",
            f"NodeAddr={one['name']} NodeHostName={one['name']} Version=23.11.7",
            "OS=Linux 5.14.0 #1 SMP ",
            f"RealMemory={one['memory']} AllocMem=0 FreeMem=N/A Sockets={one['sockets']} Boards=1",
            f"State={state} ThreadsPerCore={one['threads']} TmpDisk={one['disk']} Weight=1 Owner=N/A MCS_label=N/A",
            f"Partitions={','.join(one['partitions'])} ",
            "BootTime=2025-06-13T12:51:10 SlurmdStartTime=2025-06-13T12:51:56",
            f"CfgTRES=cpu={one['cpus']},mem={one['memory']}M,billing=1",
            "AllocTRES=",
            "Reason=a disk=full State of the art [root@2026-03-11T11:05:51]",
        )
        records.append(between.join(parts))
    return "\n\n".join(records) + "\n"


def columns(site, separator="|"):
    """As `sinfo -N -o '%N|%c|%m|%d|%z|%G|%f|%T|%P'`: a row a node and partition."""
    rows = ["NODELIST|CPUS|MEMORY|TMP_DISK|S:C:T|GRES|AVAIL_FEATURES|STATE|PARTITION"]
    for one in site:
        state = {
            ("IDLE", "DRAIN"): "drained",
            ("DOWN", "NOT_RESPONDING"): "down*",
            ("IDLE", "POWERED_DOWN"): "idle~",
        }.get(one["state"], one["state"][0].lower())
        sizes = f"{one['cpus']}|{one['memory']}|{one['disk']}|{one['sockets']}:{one['cores']}:{one['threads']}"
        facts = f"{one['gres'] or '(null)'}|{','.join(one['features']) or '(null)'}|{state}"
        rows += [f"{one['name']}|{sizes}|{facts}|{part}{'*' * (part == 'batch')}" for part in one["partitions"]]
    return "\n".join(rows).replace("|", separator) + "\n"


def grouped(site, wrap):
    """As `sinfo --json` of a data_parser: the nodes of a partition that are alike are a group."""
    groups = {}
    for one in site:
        for part in one["partitions"]:
            alike = json.dumps({key: one[key] for key in one if key not in ("name", "partitions")}, sort_keys=True)
            groups.setdefault((part, alike), []).append(one)
    members = partitions(site)

    def ends(value):
        return {"minimum": wrap(value), "maximum": wrap(value)}

    return {
        "meta": {"slurm": {"cluster": ""}},
        "sinfo": [
            {
                "port": 0,
                "node": {"state": list(one["state"])},
                "nodes": {"allocated": 0, "idle": 1, "other": 0, "total": 1, "nodes": [each["name"] for each in alike]},
                "cpus": {"allocated": 0, "idle": 0, "other": 0, "total": 9, **ends(one["cpus"]), "load": ends(1)},
                "sockets": ends(one["sockets"]),
                "cores": ends(one["cores"]),
                "threads": ends(one["threads"]),
                "disk": ends(one["disk"]),
                "memory": {**ends(one["memory"]), "free": ends(1), "allocated": 0},
                "weight": ends(1),
                "features": {"total": ",".join(one["features"]), "active": ""},
                "gres": {"total": one["gres"], "used": ""},
                "partition": partition_json(part, members[part], wrap),
                "cluster": "",
                "reason": {"description": ""},
            }
            for (part, _), (one, *rest) in groups.items()
            for alike in [[one, *rest]]
        ],
    }


LIMITS = {
    "batch": {"AllowGroups": "staff", "MaxMemPerNode": "5000"},
    "debug": {"AllowQos": "high,low", "MaxNodes": "2", "MaxCPUsPerNode": "8"},
    "long": {"DenyQos": "low", "MinNodes": "2", "MaxMemPerCPU": "1000"},
}


def partition_json(name, members, wrap):
    limits = LIMITS[name]
    endless = {"set": False, "infinite": True, "number": 0}

    def most(key):
        return wrap(int(limits[key])) if key in limits else endless

    return {
        "name": name,
        "nodes": {"allowed_allocation": "", "configured": ",".join(members), "total": len(members)},
        "accounts": {"allowed": "", "deny": "out" if name == "debug" else ""},
        "groups": {"allowed": limits.get("AllowGroups", "")},
        "qos": {"allowed": limits.get("AllowQos", ""), "deny": limits.get("DenyQos", ""), "assigned": ""},
        "partition": {"state": ["UP"]},
        "maximums": {
            "time": endless if name == "long" else wrap(60),
            "nodes": most("MaxNodes"),
            "cpus_per_node": most("MaxCPUsPerNode"),
            "memory_per_cpu": 0,
            "partition_memory_per_node": most("MaxMemPerNode"),
            "partition_memory_per_cpu": most("MaxMemPerCPU"),
            "oversubscribe": {"jobs": 0 if name == "batch" else 1, "flags": []},
        },
        "minimums": {"nodes": int(limits.get("MinNodes", 0))},
    }


def partitions_json(site, wrap):
    """As `scontrol show partition --json`."""
    members = partitions(site)
    return {"meta": {}, "partitions": [partition_json(name, members[name], wrap) for name in sorted(members)]}


def partitions_text(site):
    """As `scontrol show partition`, and one partition without nodes."""
    records = ["PartitionName=empty AllowAccounts=ALL MaxTime=UNLIMITED\n   Nodes=(null) OverSubscribe=NO State=UP\n"]
    for name, members in sorted(partitions(site).items()):
        limit = "UNLIMITED" if name == "long" else "01:00:00"
        sharing = "EXCLUSIVE" if name == "batch" else "NO"
        defaults = {"AllowGroups": "ALL", "MaxNodes": "UNLIMITED", "MinNodes": "0", "MaxCPUsPerNode": "UNLIMITED"}
        deny = "DenyAccounts=out" if name == "debug" else "AllowAccounts=ALL"
        records.append(
            f"PartitionName={name}\n   {deny} MaxTime={limit} RootOnly=NO ReqResv=NO\n"
            f"   {' '.join(f'{key}={value}' for key, value in (defaults | LIMITS[name]).items())}\n"
            f"   Nodes={','.join(members)}\n   OverSubscribe={sharing} State=UP TotalNodes={len(members)}\n"
        )
    return "\n".join(records)


def plain(number):
    return number


def wrapped(number):
    return {"set": True, "infinite": False, "number": number}
