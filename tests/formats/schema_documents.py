"""Valid documents of every schema, how each kind is read, and documents made of them by chance."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from random import Random

import yaml
from changed_documents import places
from fuzzing_documents import CONTAINMENT, FEATURES, JOBSPECS, VOCABULARIES

from placewise.errors import InputError
from placewise.formats.advice.expectations_file import parse_expectations
from placewise.formats.fleets.cluster_features import fleet_of
from placewise.formats.fleets.jgf.clusters import parse_graph, parse_subsystem
from placewise.formats.fleets.prices import read_prices
from placewise.formats.fleets.rainbow_config import _configuration
from placewise.formats.fleets.resource_set import is_resource_set, parse_resource_set
from placewise.formats.fleets.vocabulary.reading import parse_vocabulary
from placewise.formats.jobs.build_lists import builds_of
from placewise.formats.jobs.jobspec import parse_jobspec
from placewise.formats.jobs.jobspec_lists import workload_of
from placewise.formats.plain_fields import UNSAID, plain_fields
from placewise.formats.profiles.profile_file import profile_from_json
from placewise.formats.studies.cost_file import read_costs
from placewise.formats.studies.order_file import read_order
from placewise.formats.studies.scenario_file import read_scenarios
from placewise.formats.studies.selection_config import _of_configuration, _of_list
from placewise.formats.values import mapping
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.scenarios import Scenario
from placewise.study.run_settings import run_settings

GRAPH = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "node", 0)))


def toml(value):
    """A value as TOML writes it; null, which it has not, as a bare word that is none."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, float):
        return repr(value).replace("e", ".0e") if "e" in repr(value) and "." not in repr(value) else repr(value)
    return json.dumps(value).replace("\x7f", "\\u007f")


def _study(document, folder):
    if not isinstance(document, dict):
        raise InputError("is not a table")
    path = folder / "study.toml"
    lines = [f"{json.dumps(key)} = {toml(value)}\n" for key, value in document.items()]
    path.write_text("# a study\n" + "".join(lines).replace("\x7f", "\\u007f"))
    run_settings(path)


def _scenarios(document, folder):
    if not isinstance(document, dict):
        raise InputError("is not a table")
    path = folder / "scenarios.toml"
    lines = [f"{json.dumps(key)} = {toml(value)}\n" for key, value in document.items()]
    path.write_text("# scenarios\n" + "".join(lines).replace("\x7f", "\\u007f"))
    read_scenarios(path, Scenario("", ReplaySettings(), Fleet((Cluster("one"),))))


def _file(read, write=json.dumps):
    def from_file(document, folder):
        path = folder / "document"
        path.write_text(write(document))
        read(path)

    return from_file


def _order(document, folder):
    if not isinstance(document, list):
        raise InputError("is an order of lines, or none")
    _file(read_order)(document, folder)


def _resource_set(document, folder):
    if not is_resource_set(document):
        raise InputError("is no R")
    parse_resource_set(document, "r", None, UNSAID)


def _priorities(document, folder):
    _of_configuration(document) if isinstance(document, dict) else _of_list(document, "the document")


def _graph(document, folder):
    read = parse_graph(document, None)
    Cluster("c", read.graph, read.subsystems())


READERS = {
    "jobspec": lambda document, _: parse_jobspec(document, "job"),
    "jobs": lambda document, _: workload_of([(None, document)]),
    "builds": lambda document, _: builds_of([(Path("jobs.json"), json.dumps(document).encode())]),
    "cluster-features": lambda document, _: fleet_of(document, None),
    "prices": _file(lambda path: read_prices(path, Fleet((Cluster("one"), Cluster("two"))))),
    "graph": _graph,
    "subsystem": lambda document, _: parse_subsystem(document, "compiler", GRAPH, None),
    "state": lambda document, _: plain_fields(mapping(document, "state").items(), "state"),
    "resource-set": _resource_set,
    "vocabulary": lambda document, _: parse_vocabulary(document, None),
    "rainbow-config": lambda document, _: _configuration(document),
    "priorities": _priorities,
    "study": _study,
    "scenarios": _scenarios,
    "expectations": lambda document, _: parse_expectations(yaml.safe_dump(document), Path("expectations.yaml")),
    "order": _order,
    "costs": _file(read_costs, yaml.safe_dump),
    "profile": lambda document, _: profile_from_json(json.dumps(document), None),
}

_SLOT = {"type": "slot", "count": 1, "label": "a", "with": [{"type": "core", "count": "2-8:2"}]}
_FLUX = [
    {
        "version": 9999,
        "name": "x",
        "resources": [
            {
                "type": "node",
                "count": {"min": 2, "max": 8, "operator": "*", "operand": 2},
                "exclusive": True,
                "with": [
                    _SLOT,
                    {"type": "gpu", "count": 0},
                    {"type": "memory", "count": "0+", "unit": "GiB"},
                    {"type": "or_slot", "count": 1, "with": {"type": "gpu", "count": "2,4", "requires": [{"gpu": {}}]}},
                ],
            }
        ],
        "tasks": [
            {"command": "app", "slot": "a", "count": {"per_resource": {"type": "core", "count": 1}}},
            {"command": ["app", 1], "slot": "a", "count": {"total": 4}, "attributes": {}, "distribution": "cyclic"},
        ],
        "attributes": {
            "system": {
                "duration": 3600.5,
                "queue": "batch",
                "cwd": "/",
                "environment": {"A": "b"},
                "dependencies": [{"scheme": "afterok", "value": 1}],
                "job": {"name": "own"},
                "account": "x",
                "odd": {"a": [1]},
                "constraints": {
                    "and": [
                        {"properties": ["a", "^b", 5]},
                        {"or": [{"hostlist": ["n[1-3,5]x,m", ""]}, {"ranks": ["0-3,7", 9]}]},
                        {"not": [{"properties": ["c"]}]},
                        {},
                    ]
                },
            },
            "user": {"any": [None], "note": "x"},
            "parameter": {"k": 1.5},
        },
    },
    {"version": 1, "resources": [{"type": "node", "count": 1}], "tasks": [], "attributes": None},
    {"version": 1, "resources": [_SLOT], "attributes": {"system": {"constraints": None, "duration": "30m"}}},
]
_TASK_RESOURCES = [
    {
        "version": 1,
        "task": {
            "command": ["app"],
            "replicas": 2,
            "transform": [],
            "resources": {
                "spack": {"range": [{"field": "version", "min": "1.2", "max": "1.10"}]},
                "io": {"match": [{"type": "shm"}, {"field": "kind", "value": ["nvme", True, 4]}, {"as": "b", "x": 1}]},
                "io.archspec": {"cpu.target": "amd64", "cores": {"min": 2}, "version": ["1:2", 3], "flag": False},
                "hardware": {"gpu": {"available": True, "count": {"min": 1, "max": 2}}},
                "transformer": {"name": "x"},
            },
        },
    },
]
_ENTRIES = [
    {"name": "compiler", "field": "version", "min": "12", "max": 14},
    {"name": "compiler", "field": "languages", "contains": ["c", "fortran"], "as": "a"},
    {"name": "os", "field": "glibc_release", "match": "2.17"},
    {"name": "mpi", "attribute": "vendor", "value": ["x", 1.5], "field": "version", "match": "4.1:"},
    {"name": "fabric", "field": "kind", "value": "ib"},
    {"name": "scratch"},
    {"gpu": {"memory": {"min": 40, "max": "64 GB"}, "vendor": "amd", "driver-version": {"match": ["1:2", "3"]}}},
    {"type": "io", "archspec": {"cpu.target": "amd64"}, "as": "b"},
    {"hardware.gpu.available": "yes"},
    {"mpi.lib_version": "4.1"},
    {"any": [{"a": {}}, {"all": [{"b": {"x": True}}, {"c": {"y": ["1", 2.5]}}]}]},
    {"not": {"d": {"kind": "x"}}},
    {"not": [{"e": {}}, {"name": "f", "field": "release", "min": 2}]},
]
_NEXTGEN = [
    {
        "version": 2,
        "name": "named",
        "resources": {
            "a": {
                "type": "node",
                "replicas": "2+",
                "schedule": True,
                "requires": _ENTRIES,
                "with": [{"type": "core", "schedule": True, "requires": [{"cpu": {}}]}, {"type": "gpu", "count": 0}],
                "prefer": [{"weight": -1.5, "gpu": {"vendor": "amd"}}, {"weight": 1, "any": [{"x": {}}, {"y": {}}]}],
                "attributes": {"duration": 60},
                "environment": {},
            },
            "b": {"requires": "shared", "schedule": False},
            "c": {"requires": {"io": {"kind": "shm"}, "os.name": "x", "a.b_version": ["1", 2]}},
        },
        "requires": {"shared": [{"scratch": {"type": "lustre"}}], "arch": {"target": "zen2"}, "os.release": "9.3"},
        "prefer": [
            {"weight": 5, "filesystem": {"type": "lustre"}, "as": "x"},
            {"weight": 2, "type": "io", "archspec": {"x": 1}},
            {"weight": 2, "name": "os", "field": "name", "match": "x"},
            {"weight": 0, "not": {"weight": {"a": 1}}},
        ],
        "tasks": [
            {"command": ["x"], "resources": "a", "replicas": 2, "requires": {"mpi": {}}, "group": "g", "local": True},
            {"resources": "a&a", "requires": None, "depends_on": [1], "name": "t"},
        ],
        "groups": [
            {
                "name": "g",
                "resources": "a",
                "tasks": [{"name": "y", "command": ["z"], "attributes": {"duration": 3}}],
                "launch": [{"group": "h", "count": 2}],
                "groups": [{"resources": "a", "depends_on": 1}],
            }
        ],
        "entrypoint": "g",
    },
    {"version": 1, "resources": {"type": "slot", "with": {"type": "core"}}, "task": {"command": "x"}},
    {
        "version": 1,
        "resources": {
            "a": {"type": "node", "count": {"min": 2, "operator": "^", "operand": 3}},
            "b": {"requires": _ENTRIES},
        },
    },
    {
        "version": 1,
        "resources": {"a": {"type": "node"}, "b": {"type": "node"}},
        "task": {"resources": "a|b"},
        "requires": _ENTRIES[:3],
    },
]
_FLUXION = {
    "graph": {
        "nodes": [
            {"id": "0", "metadata": {"type": "cluster", "size": 1, "paths": {"containment": "/c"}}},
            {
                "id": "1",
                "metadata": {
                    "type": "node",
                    "name": "n0",
                    "rank": 0,
                    "id": 0,
                    "basename": "n",
                    "status": 1,
                    "unit": "",
                    "properties": {"ssd": None, "speed": 1.5, "tags": ["a", 1]},
                },
            },
            {"id": 2, "metadata": {"type": "core", "properties": ["fast"], "status": "DOWN"}},
            {"id": "3", "metadata": {"type": "node", "id": 1, "basename": "n"}},
        ],
        "edges": [
            {"source": "0", "target": "1", "metadata": {"subsystem": "containment"}},
            {"source": "1", "target": 2, "metadata": {"name": {"containment": "contains"}}},
            {
                "source": "0",
                "target": "3",
                "relation": "contains",
                "metadata": {"relationship": "contains", "name": {}},
            },
        ],
    }
}
_POWERED = {
    "name": "p",
    "graph": {
        "directed": True,
        "nodes": {
            "0": {"metadata": {"type": "cluster"}},
            "1": {"metadata": {"type": "node", "rank": 3, "name": "a", "status": "drain", "properties": {"x": ""}}},
            "2": {"metadata": {"type": "node", "size": 2}},
            "p": {"metadata": {"type": "pdu", "watts": 5}},
        },
        "edges": [
            {"source": "0", "target": "1"},
            {"source": "2", "target": "0", "relation": "in"},
            {"source": "p", "target": "1", "metadata": {"subsystem": "power", "relationship": "supplies"}},
            {"source": "p", "target": "2", "metadata": {"name": {"power": "supplies"}}},
        ],
    },
}
_CONNECTED = copy.deepcopy(_POWERED)
_CONNECTED["graph"]["edges"] = [
    *_CONNECTED["graph"]["edges"][:2],
    {"source": "1", "target": "p", "metadata": {"name": {"containment": "contains"}}},
]
_SUBSYSTEM = {
    "name": "compiler",
    "graph": {
        "nodes": {
            "a": {
                "metadata": {
                    "type": "x",
                    "name": "gcc",
                    "version": "12.1",
                    "paths": {"a": 1},
                    "empty": {},
                    "set": [1, "b"],
                }
            },
            "b": {"metadata": {"attributes": {"x": 1.5, "y": [True]}, "properties": {"z": "w"}}},
            "c": {},
        },
        "edges": [
            {"source": "1", "target": "a", "relation": "contains"},
            {"source": "b", "target": "2", "relation": "in"},
            {"source": "a", "target": "c", "metadata": None},
        ],
    },
}
_RANKS = {
    "version": 1,
    "execution": {
        "R_lite": [
            {"rank": "0-1", "children": {"core": "0-3", "gpu": ""}},
            {"rank": 2, "node": "n9", "children": {"core": 5}},
        ],
        "nodelist": ["n[0-1]", "", "m"],
        "properties": {"ssd": "0,2", "none": ""},
        "starttime": 0,
    },
}
_STEPS = [
    {"filter": "nodes_free > 0"},
    {"calc": "cost = 2\n* 3"},
    {"sort_ascending": "cost"},
    {"sort_descending": 5},
    {"select": "first\n"},
]
_CONFIG = {
    "scheduler": {
        "name": "keebler",
        "secret": None,
        "algorithms": {
            "selection": {
                "name": "constraint",
                "options": {"priorities": [{"priority": 1, "steps": _STEPS}], "x": {"a": 1}},
            },
            "match": {"name": "match", "options": None},
        },
    },
    "cluster": {"name": "k", "secret": ""},
    "graphdatabase": {"name": "memory", "host": "h", "options": {"host": "x"}},
    "clusters": [{"name": "a", "token": "b", "c": 1}],
}
_STUDY = {
    "source": "experiment",
    "run": {
        "orders": 5,
        "experiments": ["none", "all"],
        "scoring": "published",
        "unique": True,
        "seed": 3,
        "model": "knn",
    },
    "questions": {
        "arch": {"subsystem": "arch", "fields": [{"field": "value", "equals": "arch"}]},
        "memory": {
            "subsystem": "memory",
            "fields": [
                {"field": "value", "at_least": "memory_max_bytes", "at_most": "memory_max_bytes", "at_most_factor": 2}
            ],
        },
    },
    "rules": [{"name": "wrong", "question": "arch", "published": "memory"}, {"name": "x", "form": "memory"}],
    "metadata": {"expanding": ["memory", "arch"], "everything": []},
    "levels": {"none": [], "both": ["arch", "memory"]},
}
_DRAWN = {
    "fleet": {"profile": "reliabuild", "clusters": 60, "seed": 1},
    "workload": {"profile": "x.json", "jobs": 2000},
    "levels": {"one": ["perl"], "three": ["cmake", "gdbm", 5]},
    "run": {"choose": "fastest", "tell": ["perl"], "order": "alphabetical", "nodes_free": 0, "sample": False},
}
_TABLE = {"records": "x.csv", "clusters": "fleet", "columns": {"a": "text", "b": "number", "c": "version"}}
_LEARNED = {
    "fleet": {"records": "x.csv", "clusters": 30, "seed": 1, "draw": "facts"},
    "workload": {"records": "x.csv", "jobs": 100},
    "outcome": {"model": "model.json", "facts": ["compiler", "cmake"]},
    "run": {"slack": 0.05},
}
_OBSERVED = {"source": "experiment", "outcome": {"observed": "x.csv"}}
_RULED = {"source": "experiment", "outcome": {"rules": True}}
_PROFILE = {
    "format": 1,
    "requirements": [
        ["zlib", "1.2", None],
        ["zlib", None, "2"],
        ["perl", 5, "5.30"],
        {"requires": [{"perl": {"version": "1:2"}}]},
    ],
    "pools": [
        {"packages": ["zlib", "perl"], "picks": [["1.2", None], ["1.3", "5.30"]], "description": "x"},
        {"packages": ["gcc"], "picks": [["12"]]},
    ],
    "roots": {
        "a": {"stacks": [{"weight": 2, "needs": [0, [[2, 1.5], [3, 0]]]}, {"weight": 0, "needs": []}]},
        "perl": {
            "stacks": [{"weight": 1.5, "needs": [[[0, 1], [1, 2]]]}],
            "releases": [{"own": 2, "versions": [["5.30", 1], [None, 2]]}, {"own": None, "versions": [["5", 1]]}],
        },
    },
}
_BUILT_PROFILE = {
    "format": 1,
    "kind": "builds",
    "clusters": {
        "archs": [["x86", 2], ["arm", 0]],
        "toolchains": [["gcc", "12.1", 1.5]],
        "memory": [1, 2**40],
        "prices": [0, 1.5, 2, 3],
        "descriptions": {},
    },
    "platforms": [["x86", "gcc", "12.1"], ["arm", "gcc", "11"]],
    "probabilities": [0, 0.5, 1],
    "packages": {
        "zlib": {
            "shares": [[0, 2, 0.1, 0, 0, 0.2], [1, 1.5, 0, 0, 0, -0.5]],
            "quantiles": {
                "memory_mean": [1, 2, 3],
                "memory_max": [2, 3.5, 4],
                "memory_min": [0, 1, 1],
                "duration": [0.5, 1, 10],
            },
            "correlations": [0.1, 0, 0, 0.2, 0, 0],
        },
        "perl": {
            "shares": [[0, 1, 0, 0, 0, 0]],
            "quantiles": {key: [1, 2, 3] for key in ("memory_mean", "memory_max", "memory_min", "duration")},
        },
    },
}
_JOBS = [
    {
        "name": "job-1",
        "package": "superlu",
        "package_version": "5.3.0",
        "resources": {"cmake": {"min": "3.15.4", "max": "3.22"}, "zlib": {"min": 1}},
    },
    {"name": 2, "package": None, "resources": None, "requires": _ENTRIES},
    {"name": "job-3", "resources": {}},
]
_BUILDS = [
    {
        "name": name,
        "package": "zlib",
        "attributes": {"duration": 12.5, "memory_global_best_runtime": 15.5, "memory_of_top_ten_percent_runtime": None},
        "resources": {
            "arch": {"arch": "linux"},
            "compiler": {"compiler_name": "gcc", "compiler_version": "12.3.0"},
            "memory": {"mem_max": 21.5, "mem_mean": 15.5, "mem_min": 0},
        },
    }
    for name in ("zlib-1", 2)
]
_BUILT = {
    "memory": 34359738368,
    "cost_per_node_hour": 1.2,
    "arch": "x86",
    "compiler": "gcc",
    "compiler_version": "12.3.0",
}
_TRACED = {
    "trace": "a.swf",
    "clusters": "fleet",
    "run": {"experiments": ["timed"], "resamples": 100, "seed": 3},
    "levels": {"none": [], "one": ["cl_zegox"]},
    "timed": {
        "policies": ["fcfs", "easy-sjbf"],
        "levels": ["none", "single", "one", "all"],
        "values": False,
        "clean": "none",
        "format": "alea",
        "machines": "a.machines",
        "zone": "UTC",
        "place": "first",
        "estimates": "doubled",
        "fail_after": 0.5,
        "retries": 2,
        "warm_up_s": 60,
        "late": False,
        "hold": "nodes",
    },
}


VALID = {
    "jobspec": [*JOBSPECS, *_FLUX, *_TASK_RESOURCES, *_NEXTGEN],
    "jobs": [_JOBS],
    "builds": [_BUILDS],
    "cluster-features": [
        FEATURES,
        {"a": _BUILT, "b": {**_BUILT, "cost_per_node_hour": None, "nodes_free": 4}},
        {"a": {"arch": "1.2", "memory": "3", "x": 12}},
    ],
    "prices": [{"one": 1.5, "two": 0}, {}],
    "graph": [CONTAINMENT, _FLUXION, _POWERED, _CONNECTED],
    "subsystem": [_SUBSYSTEM, {"graph": {"nodes": []}}],
    "state": [{"nodes_free": 3, "x_version": "1.2", "ok": True, "load": 0.5}],
    "resource-set": [
        _RANKS,
        {"version": 1, "execution": None, "scheduling": _FLUXION},
        {"version": 1, "execution": {"properties": {"a": "0"}}, "scheduling": _FLUXION},
    ],
    "vocabulary": [
        *VOCABULARIES,
        {
            "fields": {"": {"kind": "target"}, "v": {"kind": "version"}, "w": {"aliases": {"a": ""}}},
            "subsystems": {"x": {"fields": {"n": {"kind": "number", "inferred": True}, "open": {}}}},
            "clusters": {"one": {"subsystems": {}}},
        },
    ],
    "rainbow-config": [_CONFIG, {}, None],
    "priorities": [_CONFIG, [{"priority": 2, "steps": _STEPS}, {"priority": -1, "steps": []}]],
    "study": [_STUDY, _DRAWN, _TABLE, _LEARNED, _OBSERVED, _RULED, _TRACED, {}],
    "scenarios": [
        {
            "policies": ["fcfs", "easy-sjbf"],
            "levels": {"none": [], "one": ["cl_zegox"], "all of it": "all"},
            "values": True,
        },
        {
            "scenarios": {
                "a": {"policy": "easy", "estimates": "doubled", "fail_after": 0.5, "retries": 2, "late": False}
            }
        },
        {"scenarios": {"b": {"policies": {"one": "sjf"}, "place": "first", "fail_after_s": 60, "metadata": "all"}}},
    ],
    "expectations": [
        {
            "fleet": "our-fleet",
            "model": "model.json",
            "queue": "squeue.txt",
            "jobs": [
                {"job": "solver.yaml", "matches": ["north", 2]},
                {"job": "a.yaml", "require": "gpu", "matches": {"at_least": ["ours"], "not": ["x"]}, "unknown": "any"},
                {"require": "gpu{model=a100}", "matches": "none", "because": ["gpu", "resources"], "unknown": ["a"]},
                {"job": "train.yaml", "matches": "some", "success_at_least": 0.9, "starts_within": "2h"},
                {"job": "train.yaml", "unknown": [], "success_at_least": 1, "starts_within": 60},
            ],
        }
    ],
    "order": [["b", "a", 7]],
    "costs": [{"gcc": 2.5, "perl": 0}],
    "profile": [_PROFILE, _BUILT_PROFILE],
}

_TEXTS = [
    "",
    "a",
    "gcc",
    "12",
    "1.10",
    "1:2",
    "0",
    "2+",
    "0+",
    "4,9,16",
    "2-32:2:*",
    "2-8:1:*",
    "1+:2:^",
    "[2-4]",
    "0-3,7",
    "3-1",
    "01",
    "n[1-3,5]",
    "n[",
    "n,",
    "a b",
    "^a",
    "a&b",
    "a|b",
    "x\ny",
    "\n",
    "a\n",
    "\x7f",
    "first",
    "c=1",
    "c==1",
    "a=b=c",
    "up",
    "UP",
    "core",
    "slot",
    "gpu",
    "memory",
    "node",
    "version",
    "x_version",
    "release",
    "containment",
    "contains",
    "in",
    "MiB",
    "quantity",
    "text",
    "number",
    "semver",
    "none",
    "all",
    "constraint",
    "arch",
    "shared",
    "constraint s",
    "builds",
    "zz\u2028",
    "\u00e4",
    "1" * 20,
    "^",
]
_NUMBERS = [
    0,
    1,
    2,
    3,
    -1,
    9999,
    10000,
    2**63 - 1,
    2**63,
    2**70,
    0.5,
    1.5,
    -0.5,
    1.0,
    0.0,
    2.0,
    1e20,
    1e200,
    10**9,
    10**9 + 1,
]
_OTHERS = [
    None,
    True,
    False,
    [],
    {},
    [None],
    [""],
    ["a"],
    [1],
    [[]],
    [{}],
    {"": 1},
    {"a": 1},
    {"a": {}},
    {"min": 1},
    {"match": "x"},
]
_MORE = [
    {"contains": []},
    {"min": 0, "operator": "*", "operand": 1},
    {"min": 1, "operator": "^", "operand": 2},
    {"any": [{"a": {}}]},
    {"type": "x"},
    {"a.b": 1},
    {"type": "gpu", "count": 0},
    [{"type": "gpu", "count": 0}],
    {"name": "x"},
    {"weight": 1},
]
_WORDS = (
    "name field match min max contains as any all not value attribute type count weight with requires "
    "zz a.b x.y_version version b_release .x label replicas schedule metadata relation subsystem "
    "edges status properties rank kind unit scheme inferred aliases complete task tasks resources "
    "transformer range form told forms description scheduling execution equals at_least "
)
_KEYS = [*_WORDS.split(), "", "a\nb"]


def at(document, path):
    """The value at a path."""
    for key in path:
        document = document[key]
    return document


def mutated(random: Random, name: str):
    """A valid document of a kind with a few changes: values, keys and parts of others."""
    document = copy.deepcopy(random.choice(VALID[name]))
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        document = _changed(random, name, document)
    return document


def _changed(random, name, document):
    path = random.choice(list(places(document)))
    inner = at(document, path)
    what = random.random()
    if what < 0.25 and isinstance(inner, dict):
        inner[random.choice(_KEYS) if random.random() < 0.7 else _other_key(random, name)] = _value(random, name)
        return document
    if what < 0.35 and isinstance(inner, list):
        inner.insert(random.randrange(len(inner) + 1), _value(random, name))
        return document
    if not path:
        return _value(random, name) if what > 0.95 else document
    *above, key = path
    outer = at(document, above)
    if what < 0.55:
        del outer[key]
    elif what < 0.65 and isinstance(outer, dict):
        del outer[key]
        outer[random.choice(_KEYS)] = inner
    else:
        outer[key] = _value(random, name)
    return document


def _value(random, name):
    what = random.random()
    if what < 0.3:
        return random.choice(_TEXTS)
    if what < 0.5:
        return random.choice(_NUMBERS)
    if what < 0.7:
        return copy.deepcopy(random.choice(_OTHERS + _MORE))
    source = random.choice(VALID[name])
    return copy.deepcopy(at(source, random.choice(list(places(source)))))


def _other_key(random, name):
    path = random.choice(list(places(random.choice(VALID[name]))))
    return next((key for key in reversed(path) if isinstance(key, str)), "x")


def soup(random: Random, name: str, depth: int = 4):
    """A document of the keys and values that such documents have, put together anyhow."""
    what = random.random()
    if depth == 0 or what < 0.15:
        return _value(random, name)
    if what < 0.35:
        return [soup(random, name, depth - 1) for _ in range(random.randrange(3))]
    keys = {
        _other_key(random, name) if random.random() < 0.8 else random.choice(_KEYS) for _ in range(random.randrange(4))
    }
    return {key: soup(random, name, depth - 1) for key in sorted(keys)}


def in_documentation():
    """(schema, document) of every example of a jobspec or another document in the documentation."""
    kinds = {"flux": "jobspec", "nextgen": "jobspec", "task-resources": "jobspec", "nodes": "graph", "fluxion": "graph"}
    kinds |= {"features": "cluster-features"}
    for path in sorted((Path(__file__).parents[2] / "docs").rglob("*.md")):
        for kind, text in re.findall(
            r"^```(?:yaml|json) ([\w-]+)\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL
        ):
            name = kinds.get(kind, kind)
            if name in VALID:
                yield name, yaml.safe_load(text)
