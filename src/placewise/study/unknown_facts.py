"""What is not described of a study's fleet, and how many of its jobs that leaves undecided."""

from __future__ import annotations

from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.fleet.index import FleetIndex
from placewise.model.studies.study import Study
from placewise.study.demands.demands import demands_of
from placewise.worth.unknown_facts import UnknownFact, unknown_facts


def unknown_facts_of(study: Study) -> tuple[tuple[UnknownFact, ...], int]:
    """Rank the unknown facts of a study's fleet (see `worth.unknown_facts`), and say how many jobs take part.

    Raises InputError as `near_misses_of` does.
    """
    index = FleetIndex(study.fleet)
    asked, _ = demands_of(study, NumpyKernels()).as_workloads(index)
    return unknown_facts(index, asked), len(asked)
