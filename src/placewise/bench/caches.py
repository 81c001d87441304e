"""The processor's second-level cache: how large it is, and how fast it can be read."""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

import numpy as np

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_ASSUMED = 1 << 20
_READ = 1 << 30


def second_level_bytes(caches: Path = _CACHES) -> tuple[int, bool]:
    """Return the size of the second-level cache, and whether the system told it; else one is assumed."""
    for cache in sorted(caches.glob("index*")):
        try:
            level, text = ((cache / name).read_text(encoding="ascii").strip() for name in ("level", "size"))
            if level == "2":
                return int(text.rstrip("KMG")) * _UNITS.get(text[-1], 1), True
        except (OSError, ValueError):
            continue
    try:
        size = os.sysconf("SC_LEVEL2_CACHE_SIZE")
    except (AttributeError, OSError, ValueError):
        size = 0
    return (size, True) if size > 0 else (_ASSUMED, False)


def read_seconds(array_bytes: int, *, runs: int, total_bytes: int = _READ) -> tuple[float, int]:
    """Return the median time in which NumPy ANDs an array of this size again and again, and the bytes it read."""
    array = np.full(max(1, array_bytes // 8), ~np.uint64(0))
    # The same array in every row, so that one call reads it many times.
    again = np.broadcast_to(array, (max(1, total_bytes // array.nbytes), len(array)))
    seconds = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        np.bitwise_and.reduce(again, axis=1)
        seconds.append(time.perf_counter() - start)
    return median(seconds[1:]), again.size * again.itemsize
