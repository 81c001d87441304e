"""Profiles of either kind fitted to a fleet and its jobs, and fleets and jobs drawn from them.

The kinds differ in their statistics, so each has modules of its own; nobody else needs to know of which a profile is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from placewise.errors import InputError
from placewise.model.fleets.cluster import Fleet
from placewise.model.fleets.fleet_model import INDEPENDENT, PERIODIC, FleetModel, refuse_fleet_model
from placewise.model.jobs.records import Records
from placewise.model.jobs.workload import Workload
from placewise.model.studies.build_profile import BuildFleet, BuildJobs
from placewise.model.studies.profile import Profile
from placewise.model.studies.version_profile import VERSIONS, VersionFleet, VersionJobs
from placewise.synthesis.builds import draw_build_fleet, draw_builds
from placewise.synthesis.fit_builds import fit_build_fleet, fit_build_jobs
from placewise.synthesis.fit_versions import fit_version_fleet, fit_version_jobs
from placewise.synthesis.fleets import draw_version_fleet
from placewise.synthesis.workloads import draw_workload, draw_workload_chunks

# How a fleet and its jobs are fitted, by the kind of the jobs.
_FITTED: dict[
    type, tuple[Callable[[Fleet, Any], VersionFleet | BuildFleet], Callable[[Any], VersionJobs | BuildJobs]]
] = {
    Workload: (fit_version_fleet, fit_version_jobs),
    Records: (fit_build_fleet, fit_build_jobs),
}


def fit(fleet: Fleet, jobs: Workload | Records) -> Profile:
    """Return the statistics of an experiment, as the modules of its kind count them.

    Raises InputError for an empty fleet or no jobs, and for what has no place in a profile.
    """
    if not len(fleet) or not len(jobs):
        raise InputError("nothing to fit a profile to", expected="at least one cluster and one job")
    fit_fleet, fit_jobs = _FITTED[type(jobs)]
    of_jobs = fit_jobs(jobs)
    return Profile(fit_fleet(fleet, jobs), of_jobs)


def draw_fleet(profile: Profile, clusters: int, seed: int, model: FleetModel = INDEPENDENT) -> Fleet:
    """Return a fleet like that of a profile; the same profile, number, seed and model give the same fleet.

    model : see `draw_version_fleet`. Raises InputError for fewer than one cluster, more than the memory holds, a
    negative seed, or a model that the profile does not know.
    """
    return draw_clusters(profile.fleet, clusters, seed, model)


def draw_clusters(
    profile: VersionFleet | BuildFleet, clusters: int, seed: int, model: FleetModel = INDEPENDENT
) -> Fleet:
    """Return what `draw_fleet` does, from the profile of the fleet alone."""
    refuse_fleet_model(model)
    if isinstance(profile, BuildFleet):
        if model == PERIODIC:
            raise InputError("a profile of builds knows no periodic fleets", found=model, expected=INDEPENDENT)
        return draw_build_fleet(profile, clusters, seed)
    return draw_version_fleet(profile, clusters, seed, model)


def draw_jobs(profile: Profile, jobs: int, seed: int) -> Workload | Records:
    """Return jobs like those of a profile; the same profile, number and seed give the same jobs.

    The first jobs of a larger draw are others. Raises InputError for fewer than one job, more than the memory holds,
    or a negative seed.
    """
    if isinstance(profile.jobs, BuildJobs):
        assert isinstance(profile.fleet, BuildFleet)
        return draw_builds(profile.jobs, jobs, seed, profile.fleet.memory_bytes[1])
    return draw_workload(profile.jobs, jobs, seed)


def draw_job_chunks(profile: Profile, jobs: int, seed: int) -> Iterator[Workload]:
    """Yield jobs of versions 65,536 at a time, as `draw_workload_chunks` draws them.

    Raises InputError for a profile of builds, fewer than one job or a negative seed.
    """
    if not isinstance(profile.jobs, VersionJobs):
        raise InputError(
            f"a profile of {profile.kind} cannot be drawn from in a stream", expected=f"a profile of {VERSIONS}"
        )
    return draw_workload_chunks(profile.jobs, jobs, seed)
