"""What strangers may write in documents: each is read or refused in time, and never asks for less than it says."""

from __future__ import annotations

import copy
import json
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import yaml

from placewise.errors import InputError
from placewise.formats.fleets.cluster_features import fleet_of
from placewise.formats.fleets.jgf.clusters import parse_containment, parse_subsystem
from placewise.formats.fleets.vocabulary.reading import parse_vocabulary, vocabulary_document
from placewise.formats.jobs.jobspec import dialects, jobspec_document, jobspec_text, parse_jobspec
from placewise.formats.reading import parse_json, parse_yaml
from placewise.matching.causes.relaxing import relaxations
from placewise.matching.causes.why_not import why_not
from placewise.matching.deciding import required_job
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem
from placewise.model.jobs.job import Job
from placewise.model.requirements.requirement import Requirement

MOST_S = 5.0
# So long a document is mutated on, so that a chain of changes stays of a size that strangers send.
LONGEST = 20_000

NODE = {"type": "node", "count": 1, "with": [{"type": "core", "count": 2}]}
SLOT = {"type": "slot", "count": 1, "label": "default", "with": [NODE]}
JOBSPECS: list[Any] = [
    {"version": 1, "resources": [SLOT], "tasks": [{"command": ["app"], "slot": "default", "count": {"per_slot": 1}}]},
    {"version": 1, "resources": [NODE], "attributes": {"system": {"duration": 60, "environment": {"A": "b"}}}},
    {
        "version": 1,
        "resources": [SLOT],
        "task": {
            "command": ["app"],
            "slot": "default",
            "resources": {
                "compiler": {
                    "match": [{"field": "name", "match": "gcc"}],
                    "range": [{"field": "version", "min": "12"}],
                },
                "gpu": {"range": [{"field": "memory", "min": 40}]},
            },
        },
    },
    {
        "version": 1,
        "name": "plain",
        "resources": {
            "default": {
                "type": "node",
                "count": 1,
                "requires": [
                    {"name": "compiler", "field": "name", "match": "gcc"},
                    {"name": "compiler", "field": "version", "min": "12", "max": "14"},
                    {"name": "memory", "field": "value", "min": "1Gi"},
                ],
            }
        },
        "task": {"command": ["app"], "resources": "default"},
        "attributes": {"parameter": {"walltime": 60}, "user": {"note": "text"}},
    },
    {
        "version": 1,
        "resources": {
            "default": {
                "requires": [
                    {"compiler": {"name": "gcc", "version": "12:14"}},
                    {"any": [{"mpi": {"name": "openmpi", "version": "4.1:"}}, {"mpi": {"name": "mpich"}}]},
                    {"not": {"gpu": {"vendor": "amd"}}},
                    {"arch": {"target": ">=x86_64_v3"}},
                    {"cpu": {"features": {"contains": ["avx2", "fma"]}}},
                    {"compiler": {"name": "clang"}, "as": "second"},
                    {"all": [{"memory": {"value": {"min": "1 GB", "max": "1 TB"}}}, {"scratch": {}}]},
                ]
            }
        },
    },
]
VOCABULARIES: list[Any] = [
    {"complete": False},
    {
        "complete": True,
        "subsystems": {
            "gpu": {
                "complete": False,
                "fields": {
                    "memory": {"kind": "quantity", "unit": "MiB"},
                    "vendor": {"kind": "text", "aliases": {"nvidia-corp": "nvidia"}},
                },
            },
            "fpga": {},
        },
        "fields": {"release": {"kind": "version", "scheme": "semver"}},
        "clusters": {"one": {"complete": False, "subsystems": {"python": {"complete": True}}}},
    },
]
LINES = [
    "compiler{name=gcc, version=12:14} and (mpi{name=openmpi} or mpi{name=mpich})",
    "compiler@12: and not gpu",
    "gpu{vendor=amd, memory>=40} or not compiler@=12.1",
    'cpu{features contains (avx2, fma)} and memory{value>="1 GB", value<="64 Gi"}',
    'mpi{name in (openmpi, mpich)} and arch{target=">=x86_64_v3"}',
    "compiler{version!=12, version>=9.4,name==gcc}",
]
CONTAINMENT = {
    "name": "one",
    "graph": {
        "nodes": {
            "0": {"metadata": {"type": "cluster"}},
            "1": {"metadata": {"type": "node", "size": 1}},
            "2": {"metadata": {"type": "core"}},
            "3": {"metadata": {"type": "core"}},
        },
        "edges": [{"source": a, "target": b, "relation": "contains"} for a, b in ("01", "12", "13")],
    },
}
OFFERED: dict[str, list[dict[str, Any]]] = {
    "compiler": [{"name": "gcc", "version": "12.1"}, {"name": "clang", "version": "15.0.4"}],
    "mpi": [{"name": "openmpi", "version": "4.1.6"}],
    "gpu": [{"vendor": "nvidia", "memory": 80, "capability": 8.6}],
    "memory": [{"value": "64Gi"}],
    "arch": [{"target": "zen2"}],
    "cpu": [{"features": ["avx2", "fma"]}],
    "scratch": [{"type": "lustre"}],
}
FEATURES = {"one": {"gcc": "12.1", "python": "3.9"}, "two": {"gcc": "9.4"}}

_WORDS = ["gcc", "12", "1.10", "1:2", ":", ">=", ">=1,<0", "1:2:3", "~", "1e999", "nan", "zen2", ">=zen2"]
_TEXTS = [*_WORDS, "\u0661", "", " ", "64 GB", "\x00", "\ud800", "a\nb", "9" * 5000, "x" * 3000]
_NUMBERS = [0, 1, -1, 2**64, 10**400, 1.5, float("inf"), float("nan")]
_NESTED: list[Any] = [
    [],
    {},
    [[]],
    [None],
    {"": 1},
    {"match": "gcc"},
    {"min": 1, "max": 0},
    {"contains": []},
    ["a"] * 50,
]
_VALUES: list[Any] = [None, True, False, *_NUMBERS, *_TEXTS, *_NESTED]
_JOBSPEC_KEYS = "name field match min max contains as any all not requires resources version with count type slot label"
_OTHER_KEYS = "kind unit scheme aliases complete inferred subsystems fields clusters metadata graph nodes edges source"
_KEYS = [*_JOBSPEC_KEYS.split(), *_OTHER_KEYS.split(), "target", "x", "<<", "", "\u00e4"]
_SIGNS = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ":",
    "@",
    "=",
    ">=",
    "!=",
    '"',
    "\\",
    "#",
    "~",
    "%",
    "'",
    "<<:",
    "0x",
    "1_0",
    "::",
    "'''",
    "!!",
    "\x1b",
    "\u202e",
    "\ud7ff",
]
_BLANKED = ["&a ", "*a", "- ", "? ", "!!int ", "|\n", "\t", "\n", "not ", " and ", " or ", " in (", " contains "]
_TOKENS = [*_SIGNS, *_BLANKED, "---\n", "...\n", "9" * 400, "(" * 300, "[" * 300, "not " * 300]
# What no fleet has and no dialect knows.
_UNKNOWN_KEY, _UNKNOWN_VALUE = "zzunknown", "zz-unknown"
# Values of these say nothing of where a job may run.
_NO_DEMANDS = ("attributes", "command", "name", "label", "as", "slot", "unit", "exclusive")


class _TooLong(BaseException):
    """Raised where a reader takes too long; nothing may catch it."""


@dataclass(slots=True)
class Found:
    """What a fuzz tried, and what was wrong."""

    tried: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {self.tried[kind]} ({self.read[kind]} read)" for kind in sorted(self.tried))
        return f"{kinds}; slowest {self.slowest:.2f} s; {len(self.failures)} failures"


def fuzz(seconds: float, seed: int = 0, most: int | None = None) -> Found:
    """Read mutated documents for a while, or so many."""
    return _Fuzz(Random(seed)).run(seconds, most)


class _Fuzz:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._found = Found()
        self._index = FleetIndex(small_fleet())
        self._kinds: dict[str, Callable[[], None]] = {
            "jobspec": self._jobspec,
            "jobspec text": self._jobspec_text,
            "vocabulary": self._vocabulary,
            "containment": self._containment,
            "subsystem": self._subsystem,
            "features": self._features,
            "line": self._line,
            "unknown key": self._unknown_key,
            "unknown value": self._unknown_value,
        }

    def run(self, seconds: float, most: int | None) -> Found:
        end = time.monotonic() + seconds
        while time.monotonic() < end and (most is None or self._found.tried.total() < most):
            kind = self._random.choice(list(self._kinds))
            self._found.tried[kind] += 1
            start = time.monotonic()
            try:
                with _bounded():
                    self._kinds[kind]()
                self._found.read[kind] += 1
            except InputError as error:
                self._refused(kind, error)
            except (Exception, _TooLong):  # noqa: BLE001, whatever it is, it is what is looked for
                self._fail(kind, traceback.format_exc(limit=-4))
            self._found.slowest = max(self._found.slowest, time.monotonic() - start)
        return self._found

    def _refused(self, kind: str, error: InputError) -> None:
        said = str(error)
        if not error.problem or any(control in said for control in "\x00\x1b\n"):
            self._fail(kind, f"an error that is not one line of text: {said!r}")

    def _fail(self, kind: str, problem: str) -> None:
        self._found.failures.append(f"{kind}: {problem}\n{self._last!r}"[:4000])

    # What is read.

    def _jobspec(self) -> None:
        document = self._mutated(self._random.choice(JOBSPECS))
        self._ask(parse_jobspec(document, "job", "f", separate_entries=self._random.random() < 0.2))

    def _jobspec_text(self) -> None:
        self._ask(jobspec_text(self._mutated_text(self._dumped(self._random.choice(JOBSPECS))), "job", "f"))

    def _vocabulary(self) -> None:
        document = self._random.choice(VOCABULARIES)
        if self._random.random() < 0.3:
            document = parse_yaml(self._mutated_text(self._dumped(document)), "f")
        else:
            document = self._mutated(document)
        vocabulary = parse_vocabulary(document, "f")
        if parse_vocabulary(vocabulary_document(vocabulary), "f") != vocabulary:
            raise AssertionError("a vocabulary is written as another one")
        match(FleetIndex(Fleet(small_fleet().clusters, vocabulary)), JOBS[-1])

    def _containment(self) -> None:
        document = self._random.choice([CONTAINMENT, CONTAINMENT["graph"]])
        if self._random.random() < 0.3:
            document = parse_json(self._mutated_text(json.dumps(document)), "f")
        else:
            document = self._mutated(document)
        _, graph = parse_containment(document, "f")
        match(FleetIndex(Fleet((Cluster("one", graph),))), parse_jobspec(JOBSPECS[1], "job"))

    def _subsystem(self) -> None:
        name = self._random.choice(list(OFFERED))
        read = parse_subsystem(self._mutated(subsystem_document(OFFERED[name])), name, GRAPH, "f")
        index = FleetIndex(Fleet((Cluster("one", GRAPH, (read,)), *small_fleet().clusters)))
        self._ask(self._random.choice(JOBS), index)

    def _features(self) -> None:
        index = FleetIndex(fleet_of(self._mutated(FEATURES), "f"))
        self._ask(required_job([Requirement.parse("gcc@12: and not python@:3.8")]), index)

    def _line(self) -> None:
        line = self._mutated_text(self._random.choice(LINES))
        expression = Requirement.parse(line)
        again = Requirement.parse(str(expression))
        if again != expression:
            raise AssertionError(f"{expression} reads back as {again}")
        self._ask(required_job([expression]))

    # What must never ask for less.

    def _unknown_key(self) -> None:
        document = copy.deepcopy(self._random.choice(JOBSPECS))
        value = self._random.choice([_UNKNOWN_VALUE, 1, True, None, [], {}, {"min": 1}, [{"name": "gpu"}]])
        self._last = document
        before = self._clusters(parse_jobspec(document, "job"))
        mappings = [inner for _, inner in _places(document) if isinstance(inner, dict)]
        inside = self._random.choice(mappings)
        inside[_UNKNOWN_KEY] = value
        self._expect_no_more(before, document)

    def _unknown_value(self) -> None:
        document = copy.deepcopy(self._random.choice(JOBSPECS))
        self._last = document
        before = self._clusters(parse_jobspec(document, "job"))
        paths = [path for path, inner in _places(document) if path and _demanding(path) and not isinstance(inner, dict)]
        # An empty list in the place of another asks for nothing, and says so.
        value = self._random.choice([_UNKNOWN_VALUE, "latest", f">={_UNKNOWN_VALUE}", f"{_UNKNOWN_VALUE}:", None, {}])
        _replace(document, self._random.choice(paths), value)
        self._expect_no_more(before, document)

    def _expect_no_more(self, before: tuple[set[str], set[str]], document: Any) -> None:
        self._last = document
        certain, possible = self._clusters(parse_jobspec(document, "job"))
        if not (certain <= before[0] and possible <= before[1]):
            raise AssertionError(f"matches {sorted(certain)}, {sorted(possible)}, and without it {before}")

    def _clusters(self, job: Job) -> tuple[set[str], set[str]]:
        found = match(self._index, job)
        return set(found.names), {*found.names, *found.unknown}

    def _ask(self, job: Job, index: FleetIndex | None = None) -> None:
        index = index or self._index
        match(index, job)
        if self._random.random() < 0.1:
            why_not(index, job)
            relaxations(index, job)
        for name in dialects() if self._random.random() < 0.3 else ():
            try:
                jobspec_document(job, name)
            except InputError:
                continue

    # How documents are changed.

    def _mutated(self, document: Any) -> Any:
        document = copy.deepcopy(document)
        self._last = document
        for _ in range(self._random.choice([1, 1, 2, 4])):
            document = self._last = self._changed(document)
        return document

    def _changed(self, document: Any) -> Any:
        random = self._random
        path, inner = random.choice(list(_places(document)))
        value = copy.deepcopy(random.choice(_VALUES))
        match random.randrange(8):
            case 0 | 1 if path:
                _replace(document, path, value)
            case 2 if isinstance(inner, dict):
                inner[random.choice(_KEYS)] = value
            case 3 if isinstance(inner, dict) and inner:
                del inner[random.choice(list(inner))]
            case 4 if isinstance(inner, dict) and inner:
                inner[random.choice(_KEYS)] = inner.pop(random.choice(list(inner)))
            case 5 if isinstance(inner, list):
                inner.insert(random.randint(0, len(inner)), copy.deepcopy(random.choice(inner)) if inner else value)
            case 6 if path:
                other = copy.deepcopy(random.choice(list(_places(document)))[1])
                _replace(document, path, other)
            case 7 if path:
                word = random.choice(["any", "all", "not", "x", "with"])
                _replace(document, path, {word: [inner] if random.random() < 0.7 else inner})
            case _:
                return value if random.random() < 0.02 else document
        return document if len(repr(document)) < LONGEST else value

    def _dumped(self, document: Any) -> str:
        style = self._random.choice([None, True, False])
        return json.dumps(document) if style is None else yaml.safe_dump(document, default_flow_style=style)

    def _mutated_text(self, text: str) -> str:
        random = self._random
        for _ in range(random.choice([1, 1, 2, 5])):
            at, to = sorted(random.choices(range(len(text) + 1), k=2))
            to = min(to, at + random.choice([1, 3, 20]))
            match random.randrange(4):
                case 0:
                    text = text[:at] + text[to:]
                case 1:
                    text = text[:at] + random.choice(_TOKENS) + text[at:]
                case 2:
                    text = text[:at] + text[at:to] * random.choice([2, 40]) + text[to:]
                case _:
                    text = text[:at] + random.choice([*_KEYS, *map(str, _VALUES)]) + text[to:]
        self._last = text
        return text


GRAPH: ResourceGraph = parse_containment(CONTAINMENT, "nodes")[1]


def subsystem_document(vertices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the JGF of vertices of one subsystem, on the node."""
    nodes = {f"v{number}": {"metadata": one} for number, one in enumerate(vertices)}
    return {
        "graph": {"nodes": nodes, "edges": [{"source": "1", "target": one, "relation": "contains"} for one in nodes]}
    }


def _described(name: str, offered: dict[str, list[dict[str, Any]]]) -> Cluster:
    read: list[Subsystem] = [
        parse_subsystem(subsystem_document(them), one, GRAPH, "f") for one, them in offered.items()
    ]
    return Cluster(name, GRAPH, tuple(read))


def small_fleet() -> Fleet:
    """Return clusters of which some meet what the jobs ask, and some do not."""
    older = {**OFFERED, "compiler": [{"name": "gcc", "version": "9.4"}], "arch": [{"target": "nehalem"}]}
    other = {**OFFERED, "gpu": [{"vendor": "amd", "memory": 16}], "mpi": [{"name": "mpich", "version": "3.4"}]}
    few = {"compiler": [{"name": "gcc", "version": "13.2"}]}
    clusters = {"full": OFFERED, "older": older, "other": other, "few": few}
    return Fleet(tuple(_described(name, offered) for name, offered in clusters.items()))


JOBS = [parse_jobspec(document, "job") for document in JOBSPECS]


@contextmanager
def _bounded() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _TooLong(f"longer than {MOST_S} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _places(child, (*path, key))


def _replace(document: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


def _demanding(path: tuple[Any, ...]) -> bool:
    """Whether a value there is a demand that another value only makes harder: not one of an alternative or a `not`."""
    return not any(key in ("any", "not", *_NO_DEMANDS) for key in path if isinstance(key, str))
