"""The dearest requests of at most 64 KiB that are known, on a fleet of 40 clusters of 1,000 nodes: time of each kind.

    python benchmarks/worst_requests.py [--clusters 40] [--nodes 1000] [--unlike] [--only WORDS]

Each is read from its JSON text, matched and explained as the service does it, each on an index that has not seen the
request. Times are of the processor, the best of three; the last one is that of the longer call: to read and match, or
to read and explain. A refusal is an answer too. Clusters are alike unless `--unlike` is given: then each has nodes of
its own, so that what is found of one says little of another.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import jobspec_text
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.fleet.recent import Recent
from placewise.matching.limits.site_limits import with_limits
from placewise.matching.match import match
from placewise.matching.preferences import scores
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import EVERY, Vocabulary
from placewise.model.jobs.job import Job

MOST_BYTES = 64 << 10
_RUNS = 3
_TAGS = 96


def fleet(clusters: int = 40, nodes: int = 1000, *, unlike: bool = False) -> Fleet:
    """Return a fleet of unlike nodes: in racks, of 8 kinds and in partitions, so that each cluster has 96 classes.

    unlike : whether the nodes of each cluster differ from those of the others, in their cores and in their racks.
    """
    return Fleet(
        tuple([_cluster(number, nodes, number if unlike else 0) for number in range(clusters)]),
        Vocabulary(complete={(EVERY, "open"): False}),
    )


def _cluster(number: int, nodes: int, more: int) -> Cluster:
    vertices = [Vertex("0", "cluster")]
    places: list[int] = []

    def add(kind: str, parent: int, size: int = 1, unit: str = "") -> int:
        vertices.append(Vertex(str(len(vertices)), kind, parent, size, unit))
        return len(vertices) - 1

    for node in range(nodes):
        if node % (100 + more) == 0:
            rack = add("rack", 0)
            add("ssd", rack, 4)
        kind = node % 8
        at = add("node", rack)
        places.append(at)
        for _ in range(2):
            socket = add("socket", at)
            add("core", socket, 16 + kind + more)
            if kind % 2:
                add("gpu", socket, 2)
        add("memory", at, 256 + 32 * kind, "GB")
    on = [tuple(places[tag::_TAGS]) for tag in range(_TAGS)]
    everywhere = tuple(places)
    software = [
        SubsystemVertex((("name", f"p{at}"), ("version", f"{number % 7}.{at % 11}.{at}")), everywhere)
        for at in range(100)
    ]
    tags = [SubsystemVertex((("number", at), ("name", f"tag{at}")), on[at]) for at in range(_TAGS)]
    partitions = [
        SubsystemVertex((("name", f"q{at}"), ("time_limit", f"{at + 1}:00:00")), on[at] + on[at - 1])
        for at in range(_TAGS)
    ]
    few = (SubsystemVertex((("name", "one"),), on[0]),)
    subsystems = (
        Subsystem("package", tuple(software)),
        Subsystem("tag", tuple(tags)),
        Subsystem("partition", tuple(partitions)),
        Subsystem("open", few),
    )
    return Cluster(f"c{number}", ResourceGraph(tuple(vertices)), subsystems, (("site", f"s{number % 5}"),))


Request = dict[str, Any]


def _node(*contents: Request, count: int = 1) -> Request:
    return {"type": "node", "count": count, "with": list(contents)}


def _slot(*contents: Request, count: int = 1, kind: str = "slot") -> Request:
    return {"type": kind, "count": count, "label": "default", "with": list(contents)}


def _of(kind: str, count: int = 1, **more: Any) -> Request:
    return {"type": kind, "count": count, **more}


def _flux(*resources: Request, **more: Any) -> Request:
    return {"version": 1, "resources": list(resources), "attributes": {"system": {}}, **more}


def _groups(shapes: list[Request], requires: list[list[Request]]) -> Request:
    listed = {
        f"g{number}": {**shape, "requires": wanted}
        for number, (shape, wanted) in enumerate(zip(shapes, requires, strict=True))
    }
    return {"version": 1, "resources": listed}


def _named(at: int) -> Request:
    return {"name": "tag", "field": "number", "min": at}


def _tagged(low: int, high: int) -> list[Request]:
    return [{"name": "tag", "field": "number", "min": low, "max": high}]


def _filled(make: Callable[[int], Request]) -> Request:
    """Return the document of the largest number that is still short enough."""
    low, high = 1, 1
    while len(json.dumps(make(high))) <= MOST_BYTES and high < 1 << 16:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if len(json.dumps(make(middle))) <= MOST_BYTES:
            low = middle
        else:
            high = middle
    return make(low)


def _unlike(at: int, count: int = 1) -> Request:
    return _node(
        _of("core", 1 + at % 40), _of("memory", 1 + at), *([_of("gpu", 1 + at % 4)] if at % 3 else []), count=count
    )


def kinds() -> Iterator[tuple[str, Request]]:
    """Yield the kinds of requests, each with its document."""
    for groups in (2, 3, 5, 8, 16):
        yield (
            f"{groups} unlike groups",
            _groups(
                [_unlike(7 * at, 150 // groups) for at in range(groups)],
                [_tagged(at, 90 + at % 5) for at in range(groups)],
            ),
        )
        yield (
            f"{groups} unlike groups, of most nodes",
            _groups(
                [_unlike(7 * at, 960 // groups) for at in range(groups)], [_tagged(at, 80 + at) for at in range(groups)]
            ),
        )
        yield (
            f"{groups} groups of slots",
            _groups(
                [_slot(_of("core", 3 + at), _of("gpu", 1 + at % 2), count=500 // groups) for at in range(groups)],
                [_tagged(at, 90 + at % 5) for at in range(groups)],
            ),
        )
    for siblings in (3, 5, 8, 12):
        yield (
            f"{siblings} unlike slots",
            _flux(*[_slot(_of("core", 3 + 2 * at), _of("gpu"), count=9 + at) for at in range(siblings)]),
        )
        yield f"{siblings} unlike nodes", _flux(*[_slot(_unlike(5 * at), count=40 + at) for at in range(siblings)])
    yield "unlike nodes, as many as go in", _filled(lambda n: _flux(*[_slot(_unlike(at)) for at in range(n)]))
    yield (
        "unlike cores in slots, as many as go in",
        _filled(lambda n: _flux(*[_slot(_of("core", 1 + at)) for at in range(n)])),
    )
    yield "nodes beside nodes in one slot", _filled(lambda n: _flux(_slot(*[_unlike(at) for at in range(n)])))
    for ways in (2, 4, 8, 32):
        yield (
            f"{ways} or_slots",
            _flux(
                *[_slot(_of("core", 2 + at), _of("gpu", 1 + at % 3), kind="or_slot", count=50) for at in range(ways)]
            ),
        )
        yield (
            f"{ways} xor_slots",
            _flux(
                *[_slot(_of("core", 2 + at), _of("gpu", 1 + at % 3), kind="xor_slot", count=50) for at in range(ways)]
            ),
        )
    yield (
        "or_slots, as many as go in",
        _filled(lambda n: _flux(*[_slot(_of("core", 1 + at), kind="or_slot", count=9) for at in range(n)])),
    )
    yield "xor_slots in xor_slots", _flux(_nested_choice(6, "xor_slot"))
    yield "or_slots in or_slots", _flux(_nested_choice(5, "or_slot"))
    yield "64 levels of slots", _flux(_deep(62, "slot"))
    yield "64 levels of nodes", _flux(_deep(62, "node"))
    yield "slots of 30 levels, as many as go in", _filled(lambda n: _flux(*[_deep(30, "slot", at) for at in range(n)]))
    yield (
        "requirements inside",
        _filled(lambda n: _flux(_slot(*[_of("core", 1, requires=_tagged(at, 90)) for at in range(n)]))),
    )
    yield (
        "8 nodes with requirements inside",
        _flux(*[_slot(_node(_of("core", 4 + at, requires=_tagged(at, 90)), count=2), count=20) for at in range(8)]),
    )
    yield (
        "nodes with requirements, as many as go in",
        _filled(
            lambda n: _flux(*[_slot({**_node(_of("core", 1)), "requires": _tagged(at % 96, 95)}) for at in range(n)])
        ),
    )
    yield (
        "many requirements",
        _filled(
            lambda n: _groups(
                [_node(_of("core"))],
                [[{"package": {"name": f"p{at % 100}", "version": f"{at}:"}, "as": f"a{at}"} for at in range(n)]],
            )
        ),
    )
    yield (
        "many requirements of many names",
        _filled(
            lambda n: {
                "version": 1,
                "resources": {
                    "a": {
                        "requires": [
                            {"package": {"name": f"p{at % 100}", "version": f"{at % 7}.{at}:"}, "as": f"a{at}"}
                            for at in range(n)
                        ]
                    }
                },
            }
        ),
    )
    yield (
        "many branches",
        _filled(
            lambda n: {
                "version": 1,
                "resources": {
                    "a": {
                        "requires": [
                            {"any": [{"package": {"name": f"p{at % 100}", "version": f"9.{at}:"}} for at in range(n)]}
                        ]
                    }
                },
            }
        ),
    )
    yield (
        "many anys",
        _filled(
            lambda n: {
                "version": 1,
                "resources": {
                    "a": {
                        "requires": [
                            {"any": [{"tag": {"number": at % 96}}, {"package": {"name": f"p{at}"}}]} for at in range(n)
                        ]
                    }
                },
            }
        ),
    )
    for number in (100, 300):
        yield (
            f"{number} requirements",
            {
                "version": 1,
                "resources": {
                    "a": {
                        **_node(_of("core")),
                        "requires": [
                            {"package": {"name": f"p{at % 100}", "version": f"{at % 7}.{at % 11}:"}, "as": f"a{at}"}
                            for at in range(number)
                        ],
                    }
                },
            },
        )
    yield (
        "999 branches",
        {
            "version": 1,
            "resources": {
                "a": {
                    "requires": [
                        {"any": [{"package": {"name": f"p{at % 100}", "version": f"{at}"}} for at in range(280)]}
                    ]
                }
            },
        },
    )
    yield (
        "64 wishes of unlike slots",
        {
            "version": 1,
            "resources": {"a": _slot(_unlike(3), _unlike(4), count=9)},
            "prefer": [{"weight": at + 1, "tag": {"number": at}} for at in range(64)],
        },
    )
    yield (
        "a large not",
        _filled(
            lambda n: {
                "version": 1,
                "resources": {
                    "a": {
                        "requires": [
                            {
                                "not": {
                                    "any": [
                                        {"package": {"name": f"p{at % 100}", "version": f"{at % 7}.{at}:"}}
                                        for at in range(n)
                                    ]
                                }
                            }
                        ]
                    }
                },
            }
        ),
    )
    yield (
        "many nots",
        _filled(
            lambda n: {
                "version": 1,
                "resources": {"a": {"requires": [{"not": {"tag": {"number": f">={at % 96}"}}} for at in range(n)]}},
            }
        ),
    )
    yield (
        "many open facts",
        _filled(
            lambda n: {
                "version": 1,
                "resources": {
                    "a": {
                        **_node(_of("core")),
                        "requires": [{"open": {"name": f"n{at}"}, "as": f"a{at}"} for at in range(n)],
                    }
                },
            }
        ),
    )
    yield (
        "any of open facts",
        _filled(
            lambda n: {
                "version": 1,
                "resources": {
                    "a": {
                        **_node(_of("core")),
                        "requires": [{"any": [{"open": {"name": f"n{at}"}} for at in range(n)]}],
                    }
                },
            }
        ),
    )
    yield (
        "a long union of versions",
        {
            "version": 1,
            "resources": {
                "a": {
                    "requires": [{"package": {"version": ",".join(f"{at}.{at}:{at}.{at + 1}" for at in range(3400))}}]
                }
            },
        },
    )
    yield (
        "many wishes",
        _filled(
            lambda n: {
                "version": 1,
                "resources": {"a": _node(_of("core"))},
                "prefer": [
                    {"weight": at + 1, "package": {"name": f"p{at % 100}", "version": f"{at % 7}.{at}:"}}
                    for at in range(n)
                ],
            }
        ),
    )
    yield (
        "hosts",
        _flux(
            _slot(_node(_of("core"))),
            attributes={"system": {"constraints": {"hostlist": [f"c{at % 40}n[{at}-{at + 3}]" for at in range(3500)]}}},
        ),
    )
    yield (
        "a large host range",
        _flux(_slot(_node(_of("core"))), attributes={"system": {"constraints": {"hostlist": ["c1n[0-99999999]"]}}}),
    )
    yield (
        "ranks",
        _flux(
            _slot(_node(_of("core"))),
            attributes={"system": {"constraints": {"ranks": [",".join(str(2 * at) for at in range(9000))]}}},
        ),
    )
    yield (
        "a queue of many names",
        _flux(
            _slot(_node(_of("core")), count=9),
            attributes={"system": {"queue": ",".join(f"q{at}" for at in range(9000)), "duration": 3600}},
        ),
    )
    yield (
        "unlike slots in a queue",
        _flux(
            *[_slot(_of("core", 3 + 2 * at), _of("gpu"), count=9 + at) for at in range(5)],
            attributes={"system": {"duration": 3600}},
        ),
    )
    yield (
        "unlike nodes in a queue",
        _flux(*[_slot(_unlike(9 * at), count=3) for at in range(5)], attributes={"system": {"duration": 36}}),
    )


def _nested_choice(levels: int, kind: str) -> Request:
    if not levels:
        return _slot(_of("core", 3), kind=kind)
    return _slot(
        _of("core", levels),
        *[_slot(_of("core", levels + at), _of("gpu"), kind=kind) for at in range(2)],
        _nested_choice(levels - 1, kind),
        kind=kind,
    )


def _deep(levels: int, kind: str, at: int = 0) -> Request:
    inside = _of("core", 1 + at)
    for _ in range(levels):
        inside = {"type": kind, "count": 1, "with": [inside], **({"label": "a"} if kind == "slot" else {})}
    return inside


@dataclass(frozen=True)
class Taken:
    """CPU seconds of the parts of one request, and what came out; to match and to explain begin with nothing known."""

    reading_s: float
    matching_s: float
    explaining_s: float
    answer: str

    @property
    def longest_s(self) -> float:
        """Of the longer of two calls: read and match, read and explain."""
        return self.reading_s + max(self.matching_s, self.explaining_s)


def taken(index: FleetIndex, document: Request) -> Taken:
    """Time one request on indexes that have not seen it."""
    content = json.dumps(document)
    began = time.process_time()
    try:
        job = with_limits(jobspec_text(content, "job", None), index.vocabulary)
    except InputError as error:
        return Taken(time.process_time() - began, 0, 0, str(error))
    reading = time.process_time() - began
    matching, answer = _timed(_forgetful(index), job, _matched)
    explaining, _ = _timed(_forgetful(index), job, lambda index, job: str(why_not(index, job).total))
    return Taken(reading, matching, explaining, answer)


def _timed(index: FleetIndex, job: Job, ask: Callable[[FleetIndex, Job], str]) -> tuple[float, str]:
    began = time.process_time()
    try:
        answer = ask(index, job)
    except InputError as error:
        answer = str(error)
    return time.process_time() - began, answer


def _matched(index: FleetIndex, job: Job) -> str:
    found = match(index, job)
    if job.wishes:
        scores(index, job, sum(1 << position for position in found.positions))
    return f"{len(found.names)} match, {len(found.unknown)} unknown"


def _forgetful(index: FleetIndex) -> FleetIndex:
    return FleetIndex(replace(index._contents, rows=Recent(1 << 26), counts=Recent(64)))  # noqa: SLF001


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", type=int, default=40)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--unlike", action="store_true")
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    compiled = FleetIndex(fleet(asked.clusters, asked.nodes, unlike=asked.unlike))
    taken(compiled, _flux(_slot(_of("core", 3)), _slot(_of("core", 2))))
    print(f"{len(compiled.names)} clusters, {compiled.size} place classes")
    for name, document in kinds():
        if asked.only and not any(one in name for one in asked.only.split("|")):
            continue
        size = len(json.dumps(document))
        runs = [taken(compiled, document) for _ in range(_RUNS)]
        best = min(runs, key=lambda run: run.reading_s + run.matching_s + run.explaining_s)
        print(
            f"{name[:44]:44} {size:6} B {best.reading_s * 1e3:6.1f}, {best.matching_s * 1e3:6.1f},"
            f" {best.explaining_s * 1e3:6.1f} = {best.longest_s * 1e3:7.1f} ms  {best.answer[:70]}",
            flush=True,
        )


if __name__ == "__main__":
    main()
