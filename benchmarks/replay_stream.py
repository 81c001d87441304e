"""A replay of many jobs, Parquet in and Parquet out: processor seconds and peak memory of the whole command.

    python benchmarks/replay_stream.py [JOBS ...] [--policy POLICY] [--whole] [--keep FOLDER]

For each number of jobs (by default one and ten million) a trace is drawn on 10 clusters at load 0.9 and written part by
part. Then `placewise replay TRACE --queue-policy easy --select earliest-start --out FOLDER` runs in a process of its
own, with figures and report, and the system says how much memory it had at most. With --whole nothing is streamed, for
comparison. The last column is the memory a job beyond that of the smallest trace.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from placewise.formats.traces.parquet_trace import write_parquet_trace
from placewise.synthesis.traces import synthetic_trace

PROCESSORS = (128, 256, 512, 1024, 128, 256, 512, 1024, 256, 512)
LOAD = 0.9
PART = 1 << 20
_RUN = """
import json, os, resource, sys, time
began = time.monotonic()
from placewise.cli import main
if sys.argv[1] == "whole":
    from placewise.replays import streaming
    streaming.LEAST_JOBS = 1 << 62
sys.argv[:2] = ["placewise"]
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6]), file=sys.stderr)
"""


def parts_of(jobs):
    """Yield a drawn trace of so many jobs by parts, one after the other in time."""
    first, submitted = 0, 0
    while first < jobs:
        part = synthetic_trace(min(PART, jobs - first), first // PART, processors=PROCESSORS, load=LOAD)
        yield replace(part, names=part.names + first, submit_s=part.submit_s + submitted, source="synthetic")
        first, submitted = first + len(part), submitted + int(part.submit_s[-1])


def measured(trace, folder, *, policy, whole):
    """Return seconds, processor seconds and gigabytes of one replay."""
    import subprocess  # noqa: PLC0415

    options = ["replay", str(trace), "--queue-policy", policy, "--select", "earliest-start"]
    options += ["--out", str(folder), "--force"]
    command = [sys.executable, "-c", _RUN, "whole" if whole else "parts", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr or f"ended with {done.returncode}")
    return json.loads(done.stderr.strip().splitlines()[-1])


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("jobs", type=int, nargs="*", default=[1_000_000, 10_000_000])
    asked.add_argument("--policy", default="easy")
    asked.add_argument("--whole", action="store_true")
    asked.add_argument("--keep", type=Path)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        least = None
        print(f"{'jobs':>12}{'seconds':>10}{'CPU s':>10}{'jobs / s':>12}{'peak, GB':>10}{'bytes a job':>13}")
        for jobs in given.jobs:
            trace = folder / f"{jobs}.parquet"
            if not trace.exists():
                write_parquet_trace(trace, parts_of(jobs))
            wall, seconds, peak = measured(trace, folder / f"replayed-{jobs}", policy=given.policy, whole=given.whole)
            least = least or (jobs, peak)
            more = f"{(peak - least[1]) * 1e9 / (jobs - least[0]):>13,.0f}" if jobs > least[0] else ""
            print(f"{jobs:>12,}{wall:>10.1f}{seconds:>10.1f}{jobs / seconds:>12,.0f}{peak:>10.2f}{more}", flush=True)


if __name__ == "__main__":
    main()
