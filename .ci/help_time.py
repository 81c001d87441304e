"""Fail unless `placewise --help` answers in time: the median of five runs after one that warms up.

On a machine that is busy with other things the five are run again, up to four times: only one median has to be in time.

help_time.py PLACEWISE SECONDS
"""

# ruff: noqa: INP001, T201

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def seconds(program: str) -> float:
    """Return how long one answer takes."""
    start = time.perf_counter()
    subprocess.run([program, "--help"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603, the program is CI's own
    return time.perf_counter() - start


def main() -> None:
    """Measure, print, and exit with 1 when it takes longer than allowed."""
    program, allowed = sys.argv[1], float(sys.argv[2])
    seconds(program)
    for _ in range(4):
        runs = [seconds(program) for _ in range(5)]
        median = statistics.median(runs)
        print(f"median {median:.3f} s of {', '.join(f'{run:.3f}' for run in runs)}; allowed {allowed} s")
        if median <= allowed:
            return
        time.sleep(5)
    sys.exit(1)


if __name__ == "__main__":
    main()
