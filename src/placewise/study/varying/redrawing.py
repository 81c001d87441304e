"""Fleets like that of the inputs: the profile to draw them from, shipped or fitted, with the jobs to try on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from placewise.errors import InputError
from placewise.matching.kernels import Kernels
from placewise.model.build_profile import BuildFleet
from placewise.model.builds import BuildRecords
from placewise.model.study import Level
from placewise.model.version_profile import VersionFleet
from placewise.model.workload import Workload
from placewise.study.builds.design import BuildDesign
from placewise.study.design import TOLD, Design
from placewise.study.inputs import Inputs
from placewise.study.varying.fleets import FleetSource, VersionFleets, pools_of
from placewise.study.varying.observing import Requested
from placewise.synthesis.fit_builds import fit_build_fleet

if TYPE_CHECKING:
    from placewise.study.builds.observing import BuildFleets


def fleets_like(
    inputs: Inputs, jobs: Workload | BuildRecords, design: Design | BuildDesign, kernels: Kernels
) -> FleetSource:
    """Return fleets drawn from the profile of the inputs' fleet: the one it was drawn from, or one fitted to it.

    jobs : those that take part; every experiment or level is tried. Raises InputError for a fleet that has no place in
    a profile, jobs that ask for what a profile does not hold, or a design that is not of expectations.
    """
    if not (design.exact if isinstance(design, Design) else not design.sample):
        raise InputError("what they give is an expectation of a random choice, and this run draws or chooses otherwise")
    if isinstance(jobs, BuildRecords):
        assert isinstance(design, BuildDesign)
        return _build_fleets(inputs, jobs, design, kernels)
    assert isinstance(design, Design)
    requested = Requested.of(jobs, design, kernels)
    known = None if inputs.profile is None else inputs.profile.fleet
    pools = known.pools if isinstance(known, VersionFleet) else pools_of(inputs.fleet, requested)
    return VersionFleets.of(requested, pools, design.experiments)


def build_clusters(inputs: Inputs, records: BuildRecords) -> BuildFleet:
    """Return the profile of the clusters that build records are tried on. Raises InputError as `fleets_like` does."""
    known = None if inputs.profile is None else inputs.profile.fleet
    return known if isinstance(known, BuildFleet) else fit_build_fleet(inputs.fleet, records)


def _build_fleets(inputs: Inputs, records: BuildRecords, design: BuildDesign, kernels: Kernels) -> BuildFleets:
    from placewise.study.builds.observing import build_fleets  # noqa: PLC0415, only build records need it

    assert inputs.study is not None
    study = inputs.study
    if design.tell:
        study = replace(study, levels=(*study.levels, Level(TOLD, study.chosen(design.tell))))
    return build_fleets(records, build_clusters(inputs, records), study, design.scoring, kernels)
