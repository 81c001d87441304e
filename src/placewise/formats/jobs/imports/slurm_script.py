"""Scripts for ``sbatch``: the options behind ``#SBATCH``. Nothing of the script is run.

CPUs are asked for as cores, which always suffices. What is asked of each node holds of so many nodes; where no number
of nodes is said and something is asked of each node, one node is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from placewise.errors import InputError, locating
from placewise.formats.given import Given
from placewise.formats.jobs.imports.draft import ELSEWHERE, MEANINGLESS, UNKNOWN, Draft, machine_parts
from placewise.formats.jobs.imports.match_expressions import one_of
from placewise.formats.jobs.imports.script_options import is_script_of, options_in
from placewise.formats.notations.memory_sizes import memory_bytes
from placewise.formats.notations.slurm_constraint import parse_slurm_constraint
from placewise.formats.notations.slurm_values import Gres, hosts_of, parse_gres, time_limit
from placewise.formats.reading import name_of
from placewise.formats.values import text
from placewise.model.jobs.imported_job import ImportedJob
from placewise.model.jobs.job import ResourceGroup, ResourceRequest
from placewise.model.requirements.predicates import Equals, Within
from placewise.model.requirements.requirement import Condition, Expression, Requirement, negated

DIRECTIVE = "#SBATCH"
_SHORT = {
    "N": "nodes",
    "n": "ntasks",
    "c": "cpus-per-task",
    "C": "constraint",
    "p": "partition",
    "A": "account",
    "t": "time",
    "J": "job-name",
    "w": "nodelist",
    "x": "exclude",
    "G": "gpus",
    "o": "output",
    "e": "error",
    "q": "qos",
    "a": "array",
    "d": "dependency",
    "D": "chdir",
    "L": "licenses",
    "i": "input",
    "b": "begin",
    "F": "nodefile",
    "k": "no-kill",
    "O": "overcommit",
    "s": "oversubscribe",
    "H": "hold",
    "M": "clusters",
    "m": "distribution",
    "S": "core-spec",
    "B": "extra-node-info",
}
_FLAGS = frozenset(
    ("exclusive", "requeue", "no-requeue", "hold", "no-kill", "overcommit", "oversubscribe", "parsable", "wait")
)
_MEANINGLESS = frozenset(
    (
        *(
            "output",
            "error",
            "input",
            "mail-type",
            "mail-user",
            "array",
            "dependency",
            "chdir",
            "comment",
            "begin",
            "wait",
        ),
        *(
            "requeue",
            "no-requeue",
            "hold",
            "export",
            "open-mode",
            "signal",
            "nice",
            "distribution",
            "wckey",
            "parsable",
        ),
        *(
            "time-min",
            "deadline",
            "get-user-env",
            "profile",
            "verbose",
            "quiet",
            "kill-on-invalid-dep",
            "no-kill",
            "priority",
        ),
        *("hint", "cpu-bind", "mem-bind", "gpu-bind", "spread-job", "acctg-freq", "propagate", "wait-all-nodes"),
    )
)
_LIMITS = frozenset(("licenses", "switches", "network", "bb", "clusters", "cluster", "nodefile", "prefer"))


def is_slurm_script(content: str) -> bool:
    """Whether a script has options for sbatch."""
    return is_script_of(content, DIRECTIVE)


def import_slurm_script(given: Given) -> list[ImportedJob]:
    """Return the job of a script. Raises InputError naming the line of an option that cannot be read."""
    draft = Draft(name_of(given.path) or "job", str(given.path))
    said: dict[str, str] = {}
    places: dict[str, str] = {}
    for name, value, place in options_in(given.text(), DIRECTIVE, _SHORT, _FLAGS):
        # As to sbatch, the last of several counts.
        said[name], places[name] = value, place
    return [job_of_options(draft, said, places)]


def job_of_options(draft: Draft, said: Mapping[str, str], places: Mapping[str, str]) -> ImportedJob:
    """Return the job of options for sbatch by their long names; places : of each, for errors and what is left out.

    Raises InputError naming the place of an option that cannot be read.
    """
    for name, value in said.items():
        with locating(place=f"{places[name]}, --{name}"):
            _read(draft, name, value, places[name])
    with locating(place="the options"):
        _shape(draft, said)
    return draft.done()


def _read(draft: Draft, name: str, value: str, place: str) -> None:
    """Read an option that says nothing of the shape."""
    at = f"{place}, --{name}"
    if name in ("nodelist", "exclude"):
        hosts = tuple(sorted(set(hosts_of(value, name, 1 << 12))))
        if not hosts:
            raise InputError("names no hosts", expected="such as n[1-3]")
        named = Requirement("host", (Condition("name", one_of(hosts)),))
        draft.requirements.append(named if name == "nodelist" else negated(named))
    elif name == "constraint":
        draft.requirements.append(parse_slurm_constraint(value))
    elif name == "job-name":
        draft.name = text(value, name)
    elif name in _ATTRIBUTES:
        _add_attribute(draft, name, value, at)
    elif name not in _SHAPES:
        draft.leave_out(at, MEANINGLESS if name in _MEANINGLESS else ELSEWHERE if name in _LIMITS else UNKNOWN)


_ATTRIBUTES = {
    "partition": "queue",
    "account": "account",
    "qos": "qos",
    "gid": "group",
    "reservation": "reservation",
    "time": "duration",
    "exclusive": "exclusive",
}


def _add_attribute(draft: Draft, name: str, value: str, place: str) -> None:
    if name == "exclusive":
        draft.attributes["exclusive"] = True
        if value:
            draft.leave_out(place, ELSEWHERE)
        return
    said = time_limit(value, name) if name == "time" else text(value, name)
    if name != "time" or isinstance(said, int):
        draft.attributes[_ATTRIBUTES[name]] = said


_SHAPES = frozenset(
    (
        *("nodes", "ntasks", "ntasks-per-node", "cpus-per-task", "mem", "mem-per-cpu", "gres", "gpus", "gpus-per-node"),
        *("gpus-per-task", "mincpus", "mem-per-gpu", "cpus-per-gpu", "tmp"),
    )
)


def _shape(draft: Draft, said: Mapping[str, str]) -> None:
    tasks_a_node = _count(said, "ntasks-per-node")
    nodes = _nodes(said.get("nodes", ""))
    tasks = _count(said, "ntasks")
    cpus = _count(said, "cpus-per-task") or 1
    a_node = [*parse_gres(said.get("gres", ""), "--gres")[0], *_gpus(said, "gpus-per-node")]
    memory = _memory(said, "mem")
    if nodes is None and (
        tasks_a_node or a_node or "gpus" in said or "mincpus" in said or (memory and (tasks or 1) > 1)
    ):
        nodes = math.ceil((tasks or 1) / tasks_a_node) if tasks_a_node else 1
        if not tasks_a_node:
            draft.leave_out("--nodes", "is not said, and one node is asked for")
    if tasks is None:
        tasks = (nodes or 1) * (tasks_a_node or 1)
    by_gpu = _memory(said, "mem-per-gpu")
    if nodes is None:
        parts = machine_parts(
            cpus, (_memory(said, "mem-per-cpu") * cpus) or memory, _models(_gpus(said, "gpus-per-task"))
        )
        draft.groups.append(ResourceGroup((ResourceRequest("slot", tasks, parts),)))
        return
    here = tasks_a_node or math.ceil(tasks / nodes)
    if not tasks_a_node and tasks % nodes:
        draft.leave_out("--ntasks", "is no multiple of the nodes: each is asked for its share, rounded up")
    gpus = dict(_models(a_node))
    for model, count in _models(_gpus(said, "gpus-per-task")):
        gpus[model] = gpus.get(model, 0) + count * here
    for model, count in _models(_gpus(said, "gpus")):
        gpus[model] = gpus.get(model, 0) + math.ceil(count / nodes)
    cores = max(here * cpus, _count(said, "mincpus") or 0, (_count(said, "cpus-per-gpu") or 0) * sum(gpus.values()))
    size = memory or _memory(said, "mem-per-cpu") * cores or by_gpu * sum(gpus.values())
    draft.groups.append(
        ResourceGroup(
            (ResourceRequest("node", nodes, machine_parts(cores, size, gpus.items())),), tuple(_others(a_node, said))
        )
    )


def _others(gres: Iterable[Gres], said: Mapping[str, str]) -> Iterable[Expression]:
    """Yield what is asked of each node by facts: GRES other than GPUs, and temporary storage."""
    for one in gres:
        if one.name != "gpu" and one.total:
            kind = [Condition("type", Equals(one.type))] if one.type else []
            yield Requirement(
                "gres", (Condition("name", Equals(one.name)), *kind, Condition("count", Within(one.total)))
            )
    if space := _memory(said, "tmp"):
        yield Requirement("disk", (Condition("name", Equals("tmp")), Condition("value", Within(f"{space} B"))))


def _nodes(value: str) -> int | None:
    """Return the least number of nodes: 2-4 and 2,4 are at least two."""
    if not value:
        return None
    first = value.replace(",", "-").split("-")[0].split(":")[0]
    return _whole(first, "--nodes")


def _count(said: Mapping[str, str], name: str) -> int | None:
    return _whole(said[name], f"--{name}") if said.get(name) else None


def _whole(value: str, place: str) -> int:
    if not value.isascii() or not value.isdecimal() or len(value) > 12 or not int(value):
        raise InputError("is not a usable count", place=place, found=value, expected="a whole number of 1 or more")
    return int(value)


def _memory(said: Mapping[str, str], name: str) -> int:
    """Return an amount in bytes; 0 where none is said, and for all of a node."""
    return memory_bytes(said[name], f"--{name}", bare="m") if said.get(name) else 0


def _gpus(said: Mapping[str, str], name: str) -> list[Gres]:
    """Return GPUs that are asked for by a type and a number, or a number alone."""
    found = []
    for part in said.get(name, "").split(","):
        if part:
            kind, sign, count = part.rpartition(":")
            found.append(Gres("gpu", kind if sign else "", _whole(count, f"--{name}")))
    return found


def _models(gres: Iterable[Gres]) -> list[tuple[str, int]]:
    return [(one.type, one.total) for one in gres if one.name == "gpu"]
