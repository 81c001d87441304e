"""Jobs that are drawn and matched chunk by chunk, in a process of its own, so that its memory can be told.

Run as ``python -m placewise.bench.streamed KERNELS JOBS CLUSTERS RUNS``, it prints one JSON document.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from statistics import median
from typing import Any

import numpy as np

from placewise.bench.caches import read_seconds, second_level_bytes
from placewise.bench.cases import SEED
from placewise.bench.timing import Timing
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.matching.bits.kernels import load_kernels
from placewise.matching.bits.rows import Rows
from placewise.matching.placing import Placing
from placewise.service.guard.own_process import peak_bytes
from placewise.synthesis import draw_fleet, draw_job_chunks, draw_prices


def time_streamed(kernels: str, jobs: int, clusters: int, runs: int) -> list[Timing]:
    """Start a process that draws so many jobs and chooses the cheapest match of each, and return what that took.

    A process that fails, as it may where memory is short, leaves a timing that says so.
    """
    title, name = streamed_title(jobs, clusters), f"{kernels}, counts and cheapest"
    arguments = [kernels, str(jobs), str(clusters), str(runs)]
    done = subprocess.run(  # noqa: S603, our own module
        [sys.executable, "-m", "placewise.bench.streamed", *arguments], capture_output=True, check=False, text=True
    )
    if done.returncode:
        return [Timing(title, name, "", note=f"failed with exit code {done.returncode}")]
    found: dict[str, Any] = json.loads(done.stdout)
    peak, cache = found["peak_bytes"], found["cache"]
    told = "" if cache["told"] else ", assumed"
    return [
        Timing(title, "drawing the jobs", "from the profile, by a seed; no matching", jobs, found["drawing_s"], runs),
        Timing(
            title,
            name,
            "every job on its own; table compiled; without drawing",
            jobs,
            found["each_s"],
            runs,
            peak_bytes=peak,
            moved_bytes=found["moved_bytes"],
        ),
        Timing(
            title,
            f"{kernels}, equal jobs once a chunk",
            "the same; finding equal jobs included",
            jobs,
            found["once_s"],
            runs,
            peak_bytes=peak,
            note=f"in chunks of {found['chunk']:,} jobs, {found['distinct']:,} jobs are computed",
        ),
        Timing(
            title,
            "reading the L2 cache",
            f"NumPy ANDs an array of half its {cache['bytes'] / 2**20:.3g} MiB{told}, again and again",
            None,
            cache["seconds"],
            found["cache"]["runs"],
            moved_bytes=cache["moved_bytes"],
        ),
    ]


def streamed_title(jobs: int, clusters: int) -> str:
    """Return what the rows of such a case are headed."""
    return f"{jobs:,} jobs x {clusters:,} clusters, chunk by chunk"


def _main(name: str, jobs: int, clusters: int, runs: int) -> None:
    profile, kernels = shipped_profile("reliabuild"), load_kernels(name)
    fleet = draw_fleet(profile, clusters, SEED)
    order = np.argsort(draw_prices(clusters, SEED), kind="stable")
    placing = Placing.of(fleet, next(draw_job_chunks(profile, 1, SEED)).requirements, order)
    drawing_s, each_s, once_s = np.zeros((3, runs))
    moved = distinct = chunk_size = 0
    for run in range(-1, runs):
        moved = distinct = 0
        chunks = draw_job_chunks(profile, jobs, SEED)
        while True:
            start = time.perf_counter()
            chunk = next(chunks, None)
            drawn = time.perf_counter()
            if chunk is None:
                break
            rows = Rows.of(chunk.offsets, chunk.ids)
            started = time.perf_counter()
            counts, first = kernels.count_and_first(placing.table, rows, placing.everything)
            counted = time.perf_counter()
            once = placing.first(rows, kernels)
            ended = time.perf_counter()
            if run < 0:
                break  # one chunk that does not count, in which numba may compile
            np.testing.assert_array_equal(once, (counts, np.where(first < 0, -1, order[first])))
            drawing_s[run] += drawn - start
            each_s[run] += counted - started
            once_s[run] += ended - counted
            moved += len(rows.ids) * placing.table.shape[1] * placing.table.itemsize
            distinct += len(kernels.equal_rows(rows).first)
            chunk_size = max(chunk_size, len(rows))
    size, told = second_level_bytes()
    seconds, read = read_seconds(size // 2, runs=5)
    document = {
        "drawing_s": median(drawing_s.tolist()),
        "each_s": median(each_s.tolist()),
        "once_s": median(once_s.tolist()),
        "moved_bytes": moved,
        "distinct": distinct,
        "chunk": chunk_size,
        "cache": {"bytes": size, "told": told, "seconds": seconds, "moved_bytes": read, "runs": 5},
        "peak_bytes": peak_bytes(),
    }
    json.dump(document, sys.stdout)


if __name__ == "__main__":
    _main(sys.argv[1], *map(int, sys.argv[2:]))
