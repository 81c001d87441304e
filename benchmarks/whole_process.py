"""Time whole runs of ``placewise simulate``, from starting the process to its end.

    python benchmarks/whole_process.py [EXPERIMENT_FOLDER] [--runs N]

Without a folder, PLACEWISE_DATA/reliabuild is taken if that variable is set, else ../shared/data/reliabuild if
it is there, else a folder of 10,000 jobs and 100 clusters is generated. Each line is the median of N runs:
cold (the cache of parsed inputs is empty, and filled) and warm (inputs parsed before), without figures
and with figures and report. The operating system's file cache is warm in all of them.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KINDS = {
    "cold, no figures": (True, ("--no-plots",)),
    "warm, no figures": (False, ("--no-plots",)),
    "cold, figures and report": (True, ()),
    "warm, figures and report": (False, ()),
}


def placewise(*arguments):
    subprocess.run([sys.executable, "-m", "placewise", *map(str, arguments)], check=True, capture_output=True)


def experiment(scratch):
    given = Path(os.environ.get("PLACEWISE_DATA", "../shared/data")) / "reliabuild"
    if given.is_dir():
        return given
    placewise("generate", "--clusters", 100, "--jobs", 10_000, "--out", scratch / "generated")
    return scratch / "generated"


def seconds_of(run, cache, *, cold):
    """Return wall and processor seconds; where the first exceed the second by much, the machine was busy."""
    # A folder of our own, so that nobody's cache is filled or makes a cold run warm.
    if cold:
        shutil.rmtree(cache, ignore_errors=True)
    before, start = os.times(), time.perf_counter()
    placewise(*run)
    wall, after = time.perf_counter() - start, os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--kernels", default="numpy")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        source = asked.folder or experiment(scratch)
        cache = scratch / "cache"
        os.environ["PLACEWISE_CACHE"] = str(cache)
        print(f"placewise simulate {source}, median of {asked.runs} runs")
        for kind, (cold, options) in KINDS.items():
            run = ("simulate", source, "--out", scratch / "results", "--kernels", asked.kernels, *options)
            placewise(*run)
            wall, processor = zip(*(seconds_of(run, cache, cold=cold) for _ in range(asked.runs)), strict=True)
            spread = f"({min(wall):.2f} to {max(wall):.2f}), processor {statistics.median(processor):.2f} s"
            print(f"{kind:<26} {statistics.median(wall):6.2f} s   {spread}")


if __name__ == "__main__":
    main()
