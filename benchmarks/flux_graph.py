"""Write a large resource graph as Fluxion does, or time how such a file is read.

    python benchmarks/flux_graph.py write FILE [--racks 70] [--nodes 70] [--by-id]
    python benchmarks/flux_graph.py time FILE [--runs 5]

The graph is one cluster > racks > nodes > 2 sockets > 32 cores, a gpu and a memory each: 347,971 vertices by default.
`--by-id` writes the vertices as JSON Graph Format v2 does, which is what a folder's nodes.json holds. `time` prints
medians: processor time of `json.loads` alone, of reading the fleet and of the index, and of `placewise match` in a
process of its own, wall time too. No garbage is collected while the former run, as none is while a fleet is read.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.parsing import garbage_collector_off
from placewise.matching.fleet.index import FleetIndex

SOCKET = (*(("core", 1, ""),) * 32, ("gpu", 1, ""), ("memory", 128, "GiB"))
JOB = '{"version": 1, "resources": [{"type": "node", "count": 2, "with": [{"type": "slot", "label": "a", "count": 1, \
"with": [{"type": "core", "count": 8}]}]}], "tasks": [], "attributes": {"system": {"duration": 60}}}'


def vertices(racks: int, nodes: int) -> Iterator[tuple[int | None, dict[str, Any]]]:
    """Yield each vertex as the number of its container and its metadata, containers first."""
    count = -1

    def numbered(parent: int | None, **metadata: Any) -> tuple[int | None, dict[str, Any]]:
        nonlocal count
        count += 1
        return parent, metadata

    yield numbered(None, type="cluster", name="large0")
    for rack in range(racks):
        yield numbered(0, type="rack", id=rack)
        at_rack = count
        for node in range(nodes):
            rank = rack * nodes + node
            yield numbered(at_rack, type="node", id=rank, name=f"large{rank}", rank=rank)
            at_node = count
            for socket in range(2):
                yield numbered(at_node, type="socket", id=socket)
                at_socket = count
                for number, (kind, size, unit) in enumerate(SOCKET):
                    more = {"size": size, "unit": unit} if unit else {}
                    yield numbered(at_socket, type=kind, id=number, **more)


def document(racks: int, nodes: int, *, by_id: bool) -> dict[str, Any]:
    """Return the whole graph."""
    listed = []
    edges = []
    for number, (parent, metadata) in enumerate(vertices(racks, nodes)):
        listed.append({"id": str(number), "metadata": metadata})
        if parent is not None:
            edge = {"source": str(parent), "target": str(number)}
            edges.append(
                {**edge, "relation": "contains"} if by_id else {**edge, "metadata": {"subsystem": "containment"}}
            )
    held: Any = {vertex.pop("id"): vertex for vertex in listed} if by_id else listed
    return {"graph": {"directed": by_id, "nodes": held, "edges": edges}}


def used(ask: Callable[[], object], runs: int) -> float:
    """Return the median processor time of a call, in seconds."""
    times = []
    for _ in range(runs):
        with garbage_collector_off():
            start = time.process_time()
            ask()
            times.append(time.process_time() - start)
    return statistics.median(times)


def timed(path: Path, runs: int) -> None:
    """Print what reading, indexing and a whole `placewise match` take."""
    where = path.parent if path.name == "nodes.json" else path
    content = path.read_text()
    loads = used(lambda: json.loads(content), runs)
    fleet = read_fleet(where)
    reading = used(lambda: read_fleet(where), runs)
    index = used(lambda: FleetIndex(fleet), runs)
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder) / "job.json"
        job.write_text(JOB)

        def match() -> None:
            command = [sys.executable, "-m", "placewise", "match", str(job), "--fleet", str(where)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

        walls = []
        processors = []
        for _ in range(runs):
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            match()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            walls.append(time.perf_counter() - start)
            processors.append(after.ru_utime - before.ru_utime)
    vertices_read = sum(len(cluster.graph.vertices) for cluster in fleet.clusters)
    print(f"{vertices_read:,} vertices, {path.stat().st_size / 1e6:.1f} MB")
    print(f"json.loads       {loads:6.2f} s")
    print(f"read the fleet   {reading:6.2f} s ({reading / loads:.1f} x json.loads)")
    print(f"index            {index:6.2f} s")
    print(f"placewise match  {statistics.median(processors):6.2f} s user, {statistics.median(walls):.2f} s wall")


def main() -> None:
    """Write a graph, or time it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("write", "time"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--racks", type=int, default=70)
    parser.add_argument("--nodes", type=int, default=70, help="in each rack")
    parser.add_argument("--by-id", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    if given.what == "time":
        timed(given.file, given.runs)
    else:
        given.file.write_text(json.dumps(document(given.racks, given.nodes, by_id=given.by_id), separators=(",", ":")))


if __name__ == "__main__":
    main()
