"""Near misses of a study: what small change would let jobs match that match nothing."""

from __future__ import annotations

from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.fleet.index import FleetIndex
from placewise.model.progress import SILENT, Progress
from placewise.model.studies.study import Study
from placewise.study.demands.demands import demands_of
from placewise.worth.near_misses.search import near_misses
from placewise.worth.near_misses.suggestions import NearMisses


def near_misses_of(study: Study, *, top: int = 20, least: int = 1, progress: Progress = SILENT) -> NearMisses:
    """Find the near misses of the jobs that take part, with all metadata.

    Raises InputError as `near_misses` does, for no job left, and for a scoring other than corrected where requirements
    decide, not rules beside them.
    """
    index = FleetIndex(study.fleet)
    asked, judging = demands_of(study, NumpyKernels()).as_workloads(index)
    # Bounds on numbers are at what is offered, so they say nothing of values that are not.
    return near_misses(index, asked, judging=judging, top=top, least=least, numbers=not study.rules, progress=progress)
