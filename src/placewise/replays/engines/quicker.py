"""Which engine is quicker: compiling a kernel takes longer than most replays of one pool."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from placewise.model.traces.replay import EARLIEST_START, ReplaySettings

COMPILING_S, LOADING_S = 20.0, 1.5
"""Processor seconds until the kernel can run: compiled for the first time, and loaded with numba from its cache."""

# Processor seconds a job in Python, as measured on KTH and on drawn fleets; where a queue is deep it takes more.
_ONE_POOL_S, _PLAIN_S, _ESTIMATE_S, _COMPRESSING = 4e-6, 3e-5, 1e-3, 20
_KERNEL = "kernel_numba"


def is_quicker_in_python(jobs: int, clusters: int, settings: ReplaySettings, *, one_pool: bool) -> bool:
    """Whether Python is expected to be done before a compiled kernel, which has to be loaded, or compiled first.

    one_pool : whether `one_pool` applies; else the definition runs.
    """
    each = _ONE_POOL_S if one_pool else _PLAIN_S
    if "conservative" in (settings.policy, *settings.policies.values()):
        each *= _COMPRESSING
    if clusters > 1 and settings.place == EARLIEST_START and not settings.late:
        each += clusters * _ESTIMATE_S
    return jobs * each <= ready_in_s()


def ready_in_s() -> float:
    """Return after how many processor seconds the kernel could run; a wrong guess costs time alone."""
    loaded = sys.modules.get(f"{__package__}.{_KERNEL}")
    if loaded is not None and getattr(loaded.run, "signatures", True):  # a plain function if NUMBA_DISABLE_JIT
        return 0.0
    source = Path(__file__).with_name(f"{_KERNEL}.py")
    try:
        written = source.stat().st_mtime
        cached = any(index.stat().st_mtime >= written for index in _indexes(source))
    except OSError:
        cached = False
    return LOADING_S if cached else COMPILING_S


def _indexes(source: Path) -> Iterator[Path]:
    """Find what numba writes for a compiled function: beside its module, or else in the user's cache."""
    name = f"{source.stem}.run-*.nbi"
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        yield from Path(given).glob(f"*/{name}")
        return
    yield from (source.parent / "__pycache__").glob(name)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    yield from (caches / "numba").glob(f"*/{name}")
