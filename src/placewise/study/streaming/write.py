"""Experiments larger than memory: a drawn fleet with prices, and its jobs as one Parquet workload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from placewise.errors import InputError
from placewise.formats.experiment_folder import FEATURES, JOBSPECS
from placewise.formats.fleets.cluster_features import write_features
from placewise.formats.fleets.prices import write_prices
from placewise.formats.jobs.workload_table import write_workload
from placewise.formats.reading import found_at
from placewise.formats.writing import staged
from placewise.model.build_profile import BuildProfile
from placewise.model.cluster import Fleet
from placewise.model.profile import WorkloadProfile
from placewise.model.progress import Progress
from placewise.model.workload import Workload
from placewise.study.sources import RELIABUILD, SPACK_BUILD, shipped
from placewise.synthesis import draw_fleet, draw_prices, draw_workload_chunks

WORKLOAD = "workload.parquet"
PRICES = "prices.json"


def write_streamed(
    profile: WorkloadProfile | BuildProfile, clusters: int, jobs: int, seed: int, folder: Path, progress: Progress
) -> None:
    """Draw a fleet and jobs into a folder, with no more than a chunk of the jobs in memory.

    The folder holds cluster-features.json, workload.parquet, and prices.json with a price for each cluster, drawn
    from those of the shipped profile of spack-build, since a profile of versions knows none.
    Raises InputError for a profile of builds, for a fleet on which a requirement of the profile is not known, and for
    a folder that holds jobspecs.
    """
    if isinstance(profile, BuildProfile):
        raise InputError("a profile of builds cannot be drawn from in a stream", expected=f"one such as {RELIABUILD}")
    if found_at(folder / JOBSPECS) != "nothing":
        raise InputError("holds jobs of another fleet", file=folder / JOBSPECS, expected="a folder without jobspecs")
    fleet = draw_fleet(profile, clusters, seed)
    _refuse_unknown(profile, fleet)
    chunks = draw_workload_chunks(profile, jobs, seed)
    priced = shipped(SPACK_BUILD)
    assert isinstance(priced, BuildProfile)
    with staged(folder) as stage:
        write_features(fleet, stage / FEATURES)
        write_prices(stage / PRICES, fleet, draw_prices(priced, clusters, seed))
        write_workload(stage / WORKLOAD, _reported(chunks, jobs, progress))


def _reported(chunks: Iterator[Workload], jobs: int, progress: Progress) -> Iterator[Workload]:
    done = 0
    for chunk in chunks:
        progress.advanced("drawing jobs", done, jobs)
        yield chunk
        done += len(chunk)


def _refuse_unknown(profile: WorkloadProfile, fleet: Fleet) -> None:
    known = set(fleet.subsystem_names)
    for requirement in profile.requirements:
        if requirement.subsystem not in known:
            raise InputError(
                f"no cluster drawn has {requirement.subsystem!r}, which jobs may require",
                found=f"{len(fleet)} clusters",
                expected="more clusters, or another seed",
            )
