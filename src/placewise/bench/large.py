"""Many jobs against many clusters in a process of its own, so that its memory can be told.

Run as ``python -m placewise.bench.large KERNELS JOBS CLUSTERS RUNS``, it prints one JSON document.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from placewise.bench.cases import drawn
from placewise.bench.timing import Timing, median_seconds
from placewise.matching.bits.kernels import load_kernels
from placewise.matching.match import count_matches
from placewise.service.guard.own_process import peak_bytes

_INCLUDES = "every job on its own; peak memory with drawing the jobs"


def time_large(kernels: str, jobs: int, clusters: int, runs: int) -> Timing:
    """Start a process that draws and matches so many jobs, and return what matching took and its peak memory.

    A process that fails, as it may where memory is short, leaves a timing that says so.
    """
    title, name = f"{jobs:,} jobs x {clusters:,} clusters", f"{kernels}, from workload to counts"
    arguments = [kernels, str(jobs), str(clusters), str(runs)]
    done = subprocess.run(  # noqa: S603, our own module
        [sys.executable, "-m", "placewise.bench.large", *arguments], capture_output=True, check=False, text=True
    )
    if done.returncode:
        return Timing(title, name, _INCLUDES, note=f"failed with exit code {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    return Timing(title, name, _INCLUDES, jobs, found["seconds"], runs, peak_bytes=found["peak_bytes"])


def _main(kernels: str, jobs: str, clusters: str, runs: str) -> None:
    case = drawn(int(jobs), int(clusters))
    loops = load_kernels(kernels)
    seconds, _ = median_seconds(
        lambda _: count_matches(case.index, case.workload, loops),
        prepare=lambda: None,
        runs=int(runs),
        budget_s=float("inf"),
    )
    json.dump({"seconds": seconds, "peak_bytes": peak_bytes()}, sys.stdout)


if __name__ == "__main__":
    _main(*sys.argv[1:])
