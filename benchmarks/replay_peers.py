"""Replays beside other simulators, in one run: processor seconds on a recorded trace, parsing apart.

    python benchmarks/replay_peers.py DATA/traces/KTH-SP2-1996-2.swf.gz [RUNS]
    python benchmarks/replay_peers.py --million

Ours with and without numba (EASY and first come, first served), first come, first served as a SimPy model, and EASY of
accasim, which is another EASY: figures of its schedule are not ours. What is not installed is skipped, and the row says
so. With --million it is a million drawn jobs on 10 clusters at load 0.9, placed by earliest-start, with numba: time and
peak memory. Once under EASY, and once first come, first served on clusters so small that they cannot keep up.

accasim wants an environment of its own, whose Python is named by ACCASIM_PYTHON:

    python -m venv /tmp/accasim && /tmp/accasim/bin/pip install accasim
    ACCASIM_PYTHON=/tmp/accasim/bin/python python benchmarks/replay_peers.py ...
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "replay"))

from random_replays import fleet_of_pools, trace_of
from swf_columns import strictly_cleaned

from placewise.model.traces.replay import ReplaySettings
from placewise.replays.run import replay

PROCESSORS = 100

# Python 3.10 took the names out of `collections` that accasim looks for there.
ACCASIM = """
import collections, collections.abc, json, sys, time
for name in ("Mapping", "MutableMapping", "Sequence", "Iterable", "Callable"):
    setattr(collections, name, getattr(collections.abc, name))
from accasim.base.simulator_class import Simulator
from accasim.base.scheduler_class import EASYBackfilling
from accasim.base.allocator_class import FirstFit
trace, system, folder = sys.argv[1:]
simulator = Simulator(trace, system, EASYBackfilling(FirstFit()), RESULTS_FOLDER_PATH=folder, RESULTS_FOLDER_NAME="r",
                      timeout=1e9)
began = time.process_time()
simulator.start_simulation(system_status=False, show_statistics=False, visualization=False, debug=False)
print(json.dumps(time.process_time() - began))
"""


def median_seconds(work, runs):
    """Processor seconds, the median of some runs after one that does not count."""
    work()
    found = []
    for _ in range(runs):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return statistics.median(found)


def row(name, seconds, jobs):
    print(f"{name:<44}{seconds:>9.4f} s{jobs / seconds:>14,.0f} jobs/s", flush=True)


def ours(trace, runs):
    fleet = fleet_of_pools([PROCESSORS])
    for policy in ("easy", "fcfs"):
        settings = ReplaySettings(policy=policy)
        for engine in ("plain", "python", "numba"):
            if engine == "numba" and importlib.util.find_spec("numba") is None:
                print("placewise with numba: not installed")
                continue
            seconds = median_seconds(
                lambda engine=engine, settings=settings: replay(trace, fleet, settings, engine=engine), runs
            )
            row(f"placewise, {policy}, {engine}", seconds, len(trace))


def simpy_model(trace, runs):
    if importlib.util.find_spec("simpy") is None:
        print("SimPy: not installed (pip install simpy)")
        return
    from test_queueing import simulated  # noqa: PLC0415, needs SimPy

    columns = [column.tolist() for column in (trace.submit_s, trace.runtime_s, trace.processors)]
    row("SimPy, fcfs", median_seconds(lambda: simulated(*columns, PROCESSORS), runs), len(trace))


def accasim(trace):
    python = os.environ.get("ACCASIM_PYTHON")
    if not python:
        print("accasim: not asked for (see the head of this script)")
        return
    with tempfile.TemporaryDirectory() as folder:
        swf, system = Path(folder) / "trace.swf", Path(folder) / "system.json"
        columns = (trace.submit_s, trace.runtime_s, trace.processors, trace.requested_s)
        with swf.open("w") as file:
            file.write("; UnixStartTime: 0\n")
            for number, (submit, runtime, processors, limit) in enumerate(
                zip(*map(np.ndarray.tolist, columns), strict=True), 1
            ):
                file.write(
                    f"{number} {submit} -1 {runtime} {processors} -1 -1 {processors} {limit} -1 1 1 1 1 -1 -1 -1 -1\n"
                )
        system.write_text(
            json.dumps({"groups": {"node": {"core": 1}}, "resources": {"node": PROCESSORS}, "start_time": 0})
        )
        done = subprocess.run(
            [python, "-c", ACCASIM, str(swf), str(system), folder], capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"accasim: failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no word'}")
            return
        row("accasim, easy (one run, its parsing included)", float(done.stdout.strip().splitlines()[-1]), len(trace))


def million(policy, powers, jobs=1_000_000, clusters=10, load=0.9):
    """Replay drawn jobs: sizes are powers of two, runtimes lognormal, limits up to four times those."""
    draw = np.random.default_rng(0)
    capacity = 2 ** draw.choice(powers, clusters)
    processors = 2 ** draw.integers(0, 7, jobs)
    runtime = np.clip(draw.lognormal(7, 1.5, jobs), 1, 5 * 86_400).astype(np.int64)
    limit = (runtime * draw.uniform(1, 4, jobs)).astype(np.int64) + 1
    span = (processors * runtime).sum() / capacity.sum() / load
    submit = np.sort(draw.uniform(0, span, jobs)).astype(np.int64)
    trace, settings = trace_of(submit, runtime, limit, processors), ReplaySettings(policy=policy)
    few = trace_of(submit[:10], runtime[:10], limit[:10], processors[:10])
    fleet = fleet_of_pools(capacity)
    replay(few, fleet, settings, engine="numba")  # loads the kernel, or compiles it
    began = time.process_time()
    found = replay(trace, fleet, settings, engine="numba")
    seconds = time.process_time() - began
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    row(f"placewise, {policy}, numba, {clusters} clusters", seconds, jobs)
    print(f"  at most {gigabytes:.2f} GB; mean wait {(found.start_s - found.submit_s).mean():,.0f} s", flush=True)


def main():
    if sys.argv[1:2] == ["--million"]:
        million("easy", (7, 8, 9, 10))
        million("fcfs", (6, 7))
        return
    path, runs = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    trace = strictly_cleaned(path, PROCESSORS)
    print(f"{len(trace):,} jobs on {PROCESSORS} processors")
    ours(trace, runs)
    simpy_model(trace, runs)
    accasim(trace)


if __name__ == "__main__":
    main()
