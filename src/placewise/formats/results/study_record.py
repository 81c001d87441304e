"""`study.json`: every input, seed, version and hash that reproduces a run."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import placewise


def study_record(
    settings: Mapping[str, Any],
    *,
    source: str,
    command: str,
    inputs: Sequence[tuple[str, str]],
    parsed: str,
    counts: Mapping[str, int],
) -> dict[str, Any]:
    """Return the record of a run.

    settings : the design's fields. source : where fleet and workload came from. inputs : (file, SHA-256)
    pairs. parsed : a SHA-256 of what these were read as. counts : of jobs, clusters and what was left out.
    """
    return {
        "command": command,
        "source": source,
        "inputs": [{"file": name, "sha256": digest} for name, digest in inputs],
        **({"parsed": {"sha256": parsed}} if parsed else {}),
        "settings": {key: list(value) if isinstance(value, tuple) else value for key, value in settings.items()},
        "counts": dict(counts),
        "versions": {
            "placewise": placewise.__version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
        },
    }
