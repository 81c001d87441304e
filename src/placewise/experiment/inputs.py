"""Where fleet and jobs come from: an experiment folder, a study file, or a draw of a shipped profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from placewise.errors import InputError
from placewise.formats.experiment_folder import BuildExperiment, read_experiment
from placewise.formats.profile_file import shipped_profile
from placewise.formats.reading import found_at
from placewise.formats.study_file import read_study, shipped_study
from placewise.model.build_profile import BuildProfile
from placewise.model.builds import BuildRecords
from placewise.model.cluster import Fleet
from placewise.model.profile import WorkloadProfile
from placewise.model.study import BuildStudy
from placewise.model.workload import Workload
from placewise.synthesis import (
    draw_build_fleet,
    draw_builds,
    draw_fleet,
    draw_workload,
    fit_build_profile,
    fit_profile,
)

RELIABUILD = "reliabuild"
SPACK_BUILD = "spack-build"
DATASETS = (RELIABUILD, SPACK_BUILD)
DEFAULT_CLUSTERS = 100
DEFAULT_JOBS = 10_000
DEFAULT_BUILDS = 30_000


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """A fleet and its jobs with their provenance: a sentence, and (file, SHA-256) of every document.

    jobs : what asks for versions, or records of builds. study : what to tell of build records.
    profile : what fleet and jobs were drawn from, if they were.
    """

    fleet: Fleet
    jobs: Workload | BuildRecords
    source: str
    hashes: tuple[tuple[str, str], ...] = ()
    study: BuildStudy | None = None
    profile: WorkloadProfile | BuildProfile | None = None


def gather(source: Path | None, dataset: str | None, seed: int, cache: Path | None) -> Inputs:
    """Return the inputs of a run; without a source, a draw of the shipped profile of the data set, or of reliabuild.

    A source is an experiment folder of either kind, or a study file (.toml) that names one. Raises
    InputError for anything else, and for a source and a data set.
    """
    if source is None:
        return _drawn(RELIABUILD if dataset is None else dataset, seed)
    if dataset is not None:
        raise InputError("a data set is given beside the source", file=source, found=dataset, expected="one of them")
    found = found_at(source)
    if found == "nothing":
        raise InputError("does not exist", file=source, expected="an experiment folder or a study file")
    study = None
    folder = source
    if found == "file":
        if source.suffix != ".toml":
            raise InputError("is a file", file=source, expected="an experiment folder, or a study file (.toml)")
        study, named = read_study(source)
        if named is None:
            drawn = _drawn(SPACK_BUILD, seed)
            return replace(drawn, study=study)
        folder = named
    experiment = read_experiment(folder, cache=cache)
    if isinstance(experiment, BuildExperiment):
        return Inputs(
            experiment.fleet, experiment.records, str(folder), experiment.inputs, study=study or shipped_study()
        )
    if study is not None:
        raise InputError(
            "the study is about build records, its source is not", file=source, found=str(folder), expected=SPACK_BUILD
        )
    return Inputs(experiment.fleet, experiment.workload, str(folder), experiment.inputs)


def shipped(dataset: str) -> WorkloadProfile | BuildProfile:
    """Return the profile that comes with the package for a data set. Raises InputError for another name."""
    if dataset not in DATASETS:
        raise InputError("no such data set", found=dataset, expected=" or ".join(DATASETS))
    if dataset == RELIABUILD:
        return shipped_profile()
    from placewise.formats.build_profile_file import shipped_build_profile  # noqa: PLC0415, as little as is needed

    return shipped_build_profile()


def draw(profile: WorkloadProfile | BuildProfile, clusters: int, jobs: int, seed: int) -> Inputs:
    """Draw a fleet and jobs from a profile of either kind; the same seed gives the same inputs."""
    said = f"a profile, {clusters} clusters and {jobs} jobs drawn with seed {seed}"
    if isinstance(profile, BuildProfile):
        fleet = draw_build_fleet(profile, clusters, seed)
        return Inputs(fleet, draw_builds(profile, jobs, seed), said, study=shipped_study(), profile=profile)
    return Inputs(draw_fleet(profile, clusters, seed), draw_workload(profile, jobs, seed), said, profile=profile)


def fit_to(inputs: Inputs) -> WorkloadProfile | BuildProfile:
    """Fit a profile to inputs of either kind."""
    if isinstance(inputs.jobs, BuildRecords):
        return fit_build_profile(inputs.fleet, inputs.jobs)
    return fit_profile(inputs.fleet, inputs.jobs)


def _drawn(dataset: str, seed: int) -> Inputs:
    jobs = DEFAULT_JOBS if dataset == RELIABUILD else DEFAULT_BUILDS
    drawn = draw(shipped(dataset), DEFAULT_CLUSTERS, jobs, seed)
    return replace(drawn, source=f"the shipped profile of {dataset}: {drawn.source}")
