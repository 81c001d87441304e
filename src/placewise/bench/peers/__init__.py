"""Other ways to match, each behind one function; what it needs comes with the extra ``peers``."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload

Matching: TypeAlias = Callable[[], NDArray[np.bool_]]
"""Computes (jobs, clusters): whether each cluster matches each job."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another way to match.

    name, includes : what it is, and what its clock includes.
    distribution, needs : what provides it on PyPI, and its module.
    module : ours, whose `prepare(fleet, workload)` returns the matching to time.
    jobs : how many jobs it is given at most, so that its turn ends.
    """

    name: str
    includes: str
    distribution: str
    needs: str
    module: str
    jobs: int

    @property
    def is_installed(self) -> bool:
        """Whether what it needs is there."""
        return importlib.util.find_spec(self.needs) is not None

    def prepare(self, fleet: Fleet, workload: Workload) -> Matching:
        """Translate fleet and workload to the peer's own form, outside the clock, and return the matching.

        Every cluster is to have one vertex a subsystem, and every requirement to be one range of versions.
        """
        module = importlib.import_module(f"placewise.bench.peers.{self.module}")
        matching: Matching = module.prepare(fleet, workload)
        return matching


PEERS = (
    Peer(
        "Python loop with packaging",
        "versions parsed before; each cluster until a requirement fails",
        "packaging",
        "packaging",
        "python_loop",
        1000,
    ),
    Peer(
        "HTCondor ClassAds, matches()",
        "ads parsed before; Requirements of version_in_range",
        "htcondor",
        "classad2",
        "classads",
        50,
    ),
    Peer(
        "DuckDB, one join on one thread",
        "tables loaded before, versions as ranks in our order",
        "duckdb",
        "duckdb",
        "duckdb_join",
        1000,
    ),
)
