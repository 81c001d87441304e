"""Synthetic fleets and jobs: fitted to an experiment, drawn from its profile and a seed."""

from __future__ import annotations

from functools import singledispatch

from placewise.model.build_profile import BuildProfile
from placewise.model.cluster import Fleet
from placewise.model.profile import WorkloadProfile
from placewise.model.records import Records
from placewise.model.study import Profile
from placewise.model.workload import Workload
from placewise.synthesis.builds import draw_build_fleet, draw_builds, draw_prices
from placewise.synthesis.fit import fit_profile
from placewise.synthesis.fit_builds import fit_build_profile
from placewise.synthesis.fleets import draw_fleet
from placewise.synthesis.workloads import draw_workload, draw_workload_chunks

__all__ = [
    "draw_build_fleet",
    "draw_builds",
    "draw_fleet",
    "draw_fleet_of",
    "draw_jobs",
    "draw_prices",
    "draw_workload",
    "draw_workload_chunks",
    "fit",
    "fit_build_profile",
    "fit_profile",
]


@singledispatch
def draw_fleet_of(profile: Profile, clusters: int, seed: int) -> Fleet:
    """Return a fleet of so many clusters drawn from a profile; the same for the same seed."""
    raise TypeError(profile, clusters, seed)


@singledispatch
def draw_jobs(profile: Profile, jobs: int, seed: int) -> Workload | Records:
    """Return so many jobs drawn from a profile; the same for the same seed."""
    raise TypeError(profile, jobs, seed)


@singledispatch
def fit(jobs: Workload | Records, fleet: Fleet) -> Profile:
    """Return the profile of jobs and their fleet."""
    raise TypeError(jobs, fleet)


draw_fleet_of.register(WorkloadProfile, draw_fleet)
draw_fleet_of.register(BuildProfile, draw_build_fleet)
draw_jobs.register(WorkloadProfile, draw_workload)
draw_jobs.register(BuildProfile, draw_builds)
fit.register(Workload, lambda jobs, fleet: fit_profile(fleet, jobs))
fit.register(Records, lambda jobs, fleet: fit_build_profile(fleet, jobs))
