"""Experiments larger than memory: a drawn fleet with prices, and its jobs as one Parquet workload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from placewise.errors import InputError, Words
from placewise.formats.experiment_folder import JOBSPECS
from placewise.formats.fleets.cluster_features import FEATURES, write_features
from placewise.formats.fleets.prices import write_prices
from placewise.formats.jobs.workload_table import write_workload
from placewise.formats.reading import found_at
from placewise.formats.writing import staged
from placewise.model.fleets.cluster import Fleet
from placewise.model.fleets.fleet_model import INDEPENDENT, FleetModel
from placewise.model.jobs.workload import Workload
from placewise.model.progress import Progress
from placewise.model.studies.profile import Profile
from placewise.synthesis import draw_fleet, draw_job_chunks, draw_prices

WORKLOAD = "workload.parquet"
PRICES = "prices.json"


def write_streamed(
    profile: Profile,
    clusters: int,
    jobs: int,
    seed: int,
    folder: Path,
    progress: Progress,
    *,
    model: FleetModel = INDEPENDENT,
    force: bool = False,
) -> None:
    """Draw a fleet and jobs into a folder, with no more than a chunk of the jobs in memory.

    The folder holds cluster-features.json, workload.parquet, and prices.json with a price for each cluster, one of
    the prior work's, since a profile of versions knows none. Raises InputError for a profile of builds, for a fleet on
    which a requirement of the profile is not known, and for a folder that holds jobspecs or, without `force`, any of
    these files.
    """
    chunks = draw_job_chunks(profile, jobs, seed)
    if found_at(folder / JOBSPECS) != "nothing":
        raise InputError("holds jobs of another fleet", file=folder / JOBSPECS, expected="a folder without jobspecs")
    fleet = draw_fleet(profile, clusters, seed, model)
    with staged(folder, owned=(FEATURES, PRICES, WORKLOAD), force=force) as stage:
        write_features(fleet, stage / FEATURES)
        write_prices(stage / PRICES, fleet, draw_prices(clusters, seed))
        write_workload(stage / WORKLOAD, _reported(chunks, fleet, jobs, progress))


def _reported(chunks: Iterator[Workload], fleet: Fleet, jobs: int, progress: Progress) -> Iterator[Workload]:
    """Yield the chunks, each with all requirements of the profile; refuse those that the fleet knows nothing of."""
    known, done = set(fleet.subsystem_names), 0
    for chunk in chunks:
        for requirement in chunk.requirements if not done else ():
            if requirement.subsystem not in known:
                raise InputError(
                    f"no cluster drawn has {requirement.subsystem!r}, which jobs may require",
                    found=Words(f"{len(fleet)} clusters"),
                    expected="more clusters, or another seed",
                )
        progress.advanced("drawing jobs", done, jobs)
        yield chunk
        done += len(chunk)
