"""What a replay costs where jobs hold nodes: Alibaba's pods, and drawn jobs on four clusters of 200 nodes.

python benchmarks/node_replays.py [DATA/fleets/openb] [--jobs 100000] [--policy easy ...]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
from placewise.formats.traces.read_trace import read_trace
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.trace import Trace
from placewise.replays.replaying import in_parts
from placewise.replays.run import replay
from placewise.synthesis.traces import synthetic_trace

CLUSTERS, NODES, CORES = 4, 200, 32
LOAD, LARGEST_SHARE = 0.9, 0.1


def drawn_fleet() -> Fleet:
    """Return the clusters of the drawn jobs."""
    return Fleet(tuple(Cluster(f"c{number}", _graph(), (), ()) for number in range(CLUSTERS)))


def _graph() -> ResourceGraph:
    vertices = [Vertex("cluster", "cluster")]
    for node in range(NODES):
        vertices += [Vertex(f"n{node}", "node", 0), Vertex(f"n{node}c", "core", len(vertices), CORES)]
    return ResourceGraph(tuple(vertices))


def measured(name: str, trace: Trace, fleet: Fleet, settings: ReplaySettings) -> None:
    """Replay once, and print how many jobs a second of processor time."""
    there = in_parts(fleet, trace.processor_parts)
    start = time.process_time()
    found = replay(trace, there, settings)
    seconds = time.process_time() - start
    started = found.start_s >= 0
    waits = (found.start_s - found.submit_s)[started]
    print(
        f"{name}, {settings.policy}, {settings.place}: {len(trace):,} jobs in {seconds:.1f} s, "
        f"{len(trace) / seconds:,.0f} jobs a second; {started.sum():,} started, mean wait {waits.mean() / 3600:.3f} h",
        flush=True,
    )


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("openb", nargs="?", type=Path)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--policy", nargs="+", default=["easy"])
    asked = parser.parse_args()
    for policy in asked.policy:
        settings = ReplaySettings(policy=policy, hold="nodes")
        if asked.openb is not None:
            pods = read_trace(asked.openb)
            for place in ("least-loaded", "earliest-start"):
                measured("openb", pods, fleet_of_trace(pods, ()), replace(settings, estimates="exact", place=place))
        if asked.jobs:
            drawn = synthetic_trace(
                asked.jobs, 0, processors=(NODES * CORES,) * CLUSTERS, load=LOAD, largest_share=LARGEST_SHARE
            )
            measured("drawn", drawn, drawn_fleet(), settings)


if __name__ == "__main__":
    main()
