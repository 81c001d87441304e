"""Where fleet and jobs come from: an experiment folder, a study file, or a draw of a shipped profile."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from placewise.errors import InputError
from placewise.formats.experiment_folder import BuildExperiment, read_experiment
from placewise.formats.locating import locating
from placewise.formats.profiles.profile_file import read_profile, shipped_profile
from placewise.formats.reading import found_at, read_bytes
from placewise.formats.studies.study_file import Study, read_study, shipped_study
from placewise.formats.studies.study_settings import Draw
from placewise.model.build_profile import BUILDS
from placewise.model.builds import BuildRecords
from placewise.model.cluster import Fleet
from placewise.model.profile import Profile
from placewise.model.study import BuildStudy
from placewise.model.workload import Workload
from placewise.study.design import Design
from placewise.synthesis import draw_fleet, draw_jobs

RELIABUILD = "reliabuild"
SPACK_BUILD = "spack-build"
DEFAULT_CLUSTERS = 100
DEFAULT_JOBS = 10_000
DEFAULT_BUILDS = 30_000


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """A fleet and its jobs with their provenance: a sentence, and (file, SHA-256) of every document.

    jobs : what asks for versions, or records of builds. study : what to tell of build records.
    profile : what the fleet was drawn from, if it was.
    levels : of jobs that ask for versions, further experiments by name, with the subsystems that each tells.
    """

    fleet: Fleet
    jobs: Workload | BuildRecords
    source: str
    hashes: tuple[tuple[str, str], ...] = ()
    study: BuildStudy | None = None
    profile: Profile | None = None
    levels: tuple[tuple[str, tuple[str, ...]], ...] = ()


def gather(source: Path | None, dataset: str | None, seed: int, cache: Path | None) -> Inputs:
    """Return the inputs of a run; without a source, a draw of the shipped profile of the data set, or of reliabuild.

    A source is an experiment folder of either kind, or a study file (.toml), which names one or says what to draw.
    seed : of draws whose seed is not given otherwise. Raises InputError for anything else, and for a source and a
    data set.
    """
    if source is None:
        return _drawn(RELIABUILD if dataset is None else dataset, seed)
    if dataset is not None:
        raise InputError("a data set is given beside the source", file=source, found=dataset, expected="one of them")
    found = found_at(source)
    if found == "nothing":
        raise InputError("does not exist", file=source, expected="an experiment folder or a study file")
    if found == "file":
        if source.suffix != ".toml":
            raise InputError("is a file", file=source, expected="an experiment folder, or a study file (.toml)")
        return _of_study(read_study(source), seed, cache)
    return _of_folder(source, cache)


def _of_folder(folder: Path, cache: Path | None) -> Inputs:
    experiment = read_experiment(folder, cache=cache)
    if isinstance(experiment, BuildExperiment):
        return Inputs(experiment.fleet, experiment.records, str(folder), experiment.inputs, study=shipped_study())
    return Inputs(experiment.fleet, experiment.workload, str(folder), experiment.inputs)


def _of_study(study: Study, seed: int, cache: Path | None) -> Inputs:
    inputs = _of_folder(study.source, cache) if study.source is not None else _drawn_by(study, seed)
    inputs = replace(inputs, hashes=((study.path.name, study.sha256), *inputs.hashes))
    if isinstance(inputs.jobs, BuildRecords):
        return replace(inputs, study=study.of_builds())
    if study.builds is not None:
        raise InputError(
            "the study is about build records, its source is not",
            file=study.path,
            found=inputs.source,
            expected=SPACK_BUILD,
        )
    with locating(file=study.path, place="levels"):
        Design(levels=study.levels)
    return replace(inputs, levels=study.levels)


def _drawn_by(study: Study, seed: int) -> Inputs:
    """Draw what a study says; what it leaves open is as without it."""
    fleet, workload = study.fleet or Draw(), study.workload or Draw()
    default = RELIABUILD if study.builds is None else SPACK_BUILD
    hashes: dict[Path, str] = {}
    profiles = []
    for key, one, other in (("fleet", fleet, workload), ("workload", workload, fleet)):
        with locating(file=study.path, place=f"{key}.profile"):
            profiles.append(_profile(one.profile or other.profile or default, hashes))
    some = _default_jobs(profiles[1])
    counts = fleet.count or DEFAULT_CLUSTERS, workload.count or some
    seeds = tuple(seed if one.seed is None else one.seed for one in (fleet, workload))
    said = f"{counts[0]} clusters drawn with seed {seeds[0]}, {counts[1]} jobs drawn with seed {seeds[1]}"
    with locating(file=study.path):
        drawn = _draw_both(profiles[0], profiles[1], counts, (seeds[0], seeds[1]), f"{study.path.name}: {said}")
    return replace(drawn, hashes=tuple((path.name, digest) for path, digest in hashes.items()))


def _profile(name: str | Path, hashes: dict[Path, str]) -> Profile:
    """Return a profile, shipped or of a file, whose digest is noted."""
    if isinstance(name, str):
        return shipped_profile(name)
    hashes[name] = hashlib.sha256(read_bytes(name)).hexdigest()
    return read_profile(name)


def draw(profile: Profile, clusters: int, jobs: int, seed: int) -> Inputs:
    """Draw a fleet and jobs from a profile of either kind; the same seed gives the same inputs."""
    said = f"a profile, {clusters} clusters and {jobs} jobs drawn with seed {seed}"
    return _draw_both(profile, profile, (clusters, jobs), (seed, seed), said)


def _draw_both(fleet: Profile, jobs: Profile, counts: tuple[int, int], seeds: tuple[int, int], said: str) -> Inputs:
    if fleet.kind != jobs.kind:
        raise InputError("the profiles are of two kinds", place="workload.profile", expected="the kind of the fleet's")
    clusters, drawn = draw_fleet(fleet, counts[0], seeds[0]), draw_jobs(jobs, counts[1], seeds[1])
    study = shipped_study() if isinstance(drawn, BuildRecords) else None
    return Inputs(clusters, drawn, said, study=study, profile=fleet)


def _default_jobs(profile: Profile) -> int:
    return DEFAULT_BUILDS if profile.kind == BUILDS else DEFAULT_JOBS


def _drawn(dataset: str, seed: int) -> Inputs:
    profile = shipped_profile(dataset)
    drawn = draw(profile, DEFAULT_CLUSTERS, _default_jobs(profile), seed)
    return replace(drawn, source=f"the shipped profile of {dataset}: {drawn.source}")
