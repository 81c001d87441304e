"""What it is worth to know which GPU models a pod can use: Alibaba's pods on thinned nodes, with and without that.

    python docs/replay_openb.py DATA/fleets/openb [--thinnings 10] [--figure docs/img/openb-models.svg]

On all 1,523 nodes nobody waits. Nodes are taken away in random order until what the pods use in the busy part of
the trace is 0.8 of what is left of the scarcest resource, also for pods that name models on nodes with these; a node
without which some pod would fit nowhere is kept.
Pods hold cores, memory and GPUs of nodes. Without metadata on the model a pod may be sent where it cannot use the GPU:
it fails after a minute, and is submitted again, not to those nodes.
"""

# ruff: noqa: INP001, T201

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
from placewise.formats.traces.read_trace import read_trace
from placewise.model.traces.replay import QueuePolicy, ReplaySettings
from placewise.model.traces.trace import Trace
from placewise.replays.inputs.sites import site_of
from placewise.replays.replaying import in_parts, truth_of
from placewise.replays.run import replay
from placewise.replays.state.space import NodeDemand

LOAD, BUSY_FROM = 0.8, 0.1
FAIL_AFTER_S = 60
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one replay. waits_s : (jobs,) from the first submission to the last start."""

    waits_s: NDArray[np.int64]
    failed: int
    wasted_gpu_s: float
    never: int


def demands(trace: Trace) -> NDArray[np.float64]:
    """Return (jobs, 3): thousandths of processors, MiB and thousandths of GPUs."""
    size = np.where(trace.requested_processors > 0, trace.requested_processors, trace.processors)
    return np.column_stack([size, np.maximum(trace.memory_bytes, 0) / MIB, np.maximum(trace.gpus_milli, 0)]).astype(
        np.float64
    )


def thinned(trace: Trace, seed: int) -> tuple[Trace, NDArray[np.float64]]:
    """Return the trace on fewer nodes, and the load of (cores, memory, GPUs) on these."""
    wanted, begin, end = demands(trace), np.quantile(trace.submit_s, BUSY_FROM), trace.submit_s.max()
    inside = np.minimum(trace.submit_s + trace.runtime_s, end) - np.maximum(trace.submit_s, begin)
    used = wanted * np.clip(inside, 0, None)[:, None] / (end - begin)
    there = np.array(
        [
            [one.cores_per_node or 0, (one.memory_bytes_per_node or 0) / MIB, 1000 * one.gpus_per_node]
            for one in trace.machines
        ],
        dtype=np.float64,
    )
    hosts = hosts_of(trace)
    hosts = hosts[hosts.any(axis=1)]  # some pods fit nowhere even on all nodes
    truth = truth_of(trace, in_parts(fleet_of_trace(trace, ()), trace.processor_parts))
    right = np.unique(truth, axis=0)
    # What pods use that may go to these machines and to no others.
    within = np.array([used[~(truth & ~those).any(axis=1)].sum(axis=0) for those in right])
    left = np.array([one.nodes or 0 for one in trace.machines])
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(left)), left))
    for machine in order.tolist():
        left[machine] -= 1
        hosted = (hosts & (left > 0)).any(axis=1).all()
        if not hosted or (within > LOAD * (right * left) @ there).any():
            left[machine] += 1
    kept = zip(trace.machines, left.tolist(), strict=True)
    machines = tuple(
        replace(one, nodes=nodes, processors=nodes * (one.cores_per_node or 0)) for one, nodes in kept if nodes
    )
    return replace(trace, machines=machines), used.sum(axis=0) / (left @ there)


def hosts_of(trace: Trace) -> NDArray[np.bool_]:
    """Return (distinct demands, machines), whether a pod could run on a node of the machine."""
    fleet = in_parts(fleet_of_trace(trace), trace.processor_parts)
    spaces = [site_of(cluster, "nodes").space() for cluster in fleet.clusters]
    right = truth_of(trace, fleet)
    table = np.column_stack([demands(trace).astype(np.int64), trace.ask])
    rows, first = np.unique(table, axis=0, return_index=True)
    found = np.zeros((len(rows), len(spaces)), dtype=np.bool_)
    for row, (size, memory, gpus, _) in enumerate(rows.tolist()):
        demand = NodeDemand(1, size, memory * MIB, gpus, apart=True)
        found[row] = [space.room(demand) is not None for space in spaces]
    return found & right[first]


def outcome(trace: Trace, policy: QueuePolicy, *, knows: bool) -> Outcome:
    """Replay the pods with or without metadata on the models that they can use."""
    fleet = in_parts(fleet_of_trace(trace, ()), trace.processor_parts)
    truth = truth_of(trace, fleet)
    seen = trace if knows else replace(trace, asks=((),), ask=np.zeros_like(trace.ask))
    settings = ReplaySettings(
        policy=policy,
        place="least-loaded",
        hold="nodes",
        estimates="exact",
        fail_after_s=FAIL_AFTER_S,
        retries=len(fleet),
    )
    found = replay(seen, fleet, settings, truth=truth)
    done = (found.start_s >= 0) & ~found.failed
    waits = found.start_s[done] - trace.submit_s[found.job[done]]
    ran = (found.end_s - found.start_s)[found.failed]
    wasted = float((ran * demands(trace)[found.job[found.failed], 2]).sum()) / 1000
    return Outcome(waits, int(found.failed.sum()), wasted, len(trace) - int(done.sum()))


def spread(values: list[float], digits: int = 2) -> str:
    """Write the median of several thinnings, with the least and the most."""
    return f"{np.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def main() -> None:
    """Print the table, and draw the figure if asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--thinnings", type=int, default=10)
    parser.add_argument("--policies", default="fcfs,easy")
    parser.add_argument("--figure", type=Path)
    asked = parser.parse_args()
    trace = read_trace(asked.folder)
    policies = asked.policies.split(",")
    found: dict[tuple[str, bool], list[Outcome]] = {
        (policy, knows): [] for policy in policies for knows in (True, False)
    }
    nodes, loads = [], []
    for seed in range(asked.thinnings):
        fewer, load = thinned(trace, seed)
        nodes.append(sum(one.nodes or 0 for one in fewer.machines))
        loads.append(load)
        for (policy, knows), outcomes in found.items():
            outcomes.append(outcome(fewer, policy, knows=knows))  # type: ignore[arg-type]  # refuses others
    mean = np.mean(loads, axis=0)
    print(
        f"{len(trace):,} pods, {asked.thinnings} thinnings to {min(nodes)} to {max(nodes)} nodes; "
        f"load of cores {mean[0]:.2f}, memory {mean[1]:.2f}, GPUs {mean[2]:.2f}\n"
    )
    print("| policy | models | mean wait, h | p95 of the wait, h | failed attempts | wasted GPU-hours |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (policy, knows), outcomes in found.items():
        cells = (
            spread([one.waits_s.mean() / 3600 for one in outcomes]),
            spread([float(np.quantile(one.waits_s, 0.95)) / 3600 for one in outcomes]),
            spread([one.failed for one in outcomes], 0),
            spread([one.wasted_gpu_s / 3600 for one in outcomes], 1),
        )
        print(f"| `{policy}` | {'with' if knows else 'without'} | {' | '.join(cells)} |")
    for policy in policies:
        more = [
            float(without.waits_s.mean() - those.waits_s.mean()) / 3600
            for those, without in zip(found[policy, True], found[policy, False], strict=True)
        ]
        print(f"\n{policy}: {spread(more)} hours of waiting a pod more without, thinning by thinning.")
    print(f"Pods that never succeed: {sum(one.never for some in found.values() for one in some)}")
    if asked.figure is not None:
        draw(asked.figure, {key: [one.waits_s.mean() / 3600 for one in some] for key, some in found.items()})


def draw(path: Path, hours: dict[tuple[str, bool], list[float]]) -> None:
    """Draw the mean wait of each thinning, those of one thinning joined by a line."""
    import matplotlib as mpl  # noqa: PLC0415, only where a figure is asked for
    from matplotlib.figure import Figure  # noqa: PLC0415

    from placewise.report.drawn.style import BLUE, FAINT, NORMAL, ORANGE  # noqa: PLC0415

    policies = list(dict.fromkeys(policy for policy, _ in hours))
    with mpl.rc_context({"svg.hashsalt": "placewise", "svg.fonttype": "none", "font.size": NORMAL}):
        figure = Figure(figsize=(7, 3.6), layout="constrained")
        panels = figure.subplots(1, len(policies), sharey=True, squeeze=False)[0]
        for axes, policy in zip(panels, policies, strict=True):
            pairs = list(zip(hours[policy, True], hours[policy, False], strict=True))
            for pair in pairs:
                axes.plot([0, 1], pair, color=FAINT, linewidth=1.2, zorder=1)
            for at, color in ((0, BLUE), (1, ORANGE)):
                axes.scatter([at] * len(pairs), [pair[at] for pair in pairs], color=color, s=28, zorder=2)
            axes.set_xticks([0, 1], ["with metadata\non GPU models", "without"])
            axes.set_xlim(-0.4, 1.4)
            axes.set_ylim(bottom=0)
            axes.set_title(policy, loc="left")
            axes.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel("mean wait of a pod, hours")
        figure.suptitle(f"{len(pairs)} thinnings of openb's nodes, each a line", x=0.01, ha="left")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


if __name__ == "__main__":
    main()
