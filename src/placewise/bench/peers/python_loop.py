"""What one writes first: a loop over jobs and clusters with the versions of ``packaging``, each parsed once."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from packaging.version import InvalidVersion, Version

from placewise.bench.peers import Matching
from placewise.bench.peers.texts import offered, wanted
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload

_Range: TypeAlias = tuple[str, Version | None, Version | None]


def prepare(fleet: Fleet, workload: Workload) -> Matching:
    """Return the loop; to it a version that ``packaging`` cannot parse is not there, and such a bound fits nothing."""
    parse = cache(_parse)
    clusters = [
        {name: version for name, text in offers.items() if (version := parse(text)) is not None}
        for offers in offered(fleet)
    ]
    ranges = [
        (name, low and parse(low), high and parse(high))
        if all(text is None or parse(text) for text in (low, high))
        else None
        for name, low, high in wanted(workload)
    ]
    jobs = [[ranges[i] for i in workload.row(job).tolist()] for job in range(len(workload))]

    def matching() -> NDArray[np.bool_]:
        return np.array([[_fits(job, offers) for offers in clusters] for job in jobs])

    return matching


def _fits(job: list[_Range | None], offers: dict[str, Version]) -> bool:
    for needed in job:
        if needed is None:
            return False
        name, low, high = needed
        version = offers.get(name)
        if version is None or (low is not None and version < low) or (high is not None and version > high):
            return False
    return True


def _parse(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
