"""Where fleet and jobs come from: an experiment folder, a study file, or a draw of a shipped profile."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from placewise.errors import InputError, locating
from placewise.formats.experiment_folder import read_experiment, read_jobs_of
from placewise.formats.fleets.fleet_source import fleet_files, read_fleet
from placewise.formats.profiles.profile_file import read_profile, shipped_profile
from placewise.formats.reading import found_at, read_bytes
from placewise.formats.studies.study_file import StudyFile, declared_for, read_study_file
from placewise.formats.studies.study_settings import Draw
from placewise.model.studies.build_profile import BUILDS
from placewise.model.studies.profile import Profile
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import Study
from placewise.study.outcome_sources import of_outcomes
from placewise.synthesis import draw_fleet, draw_jobs

DEFAULT = Settings()
RELIABUILD = "reliabuild"
SPACK_BUILD = "spack-build"
DEFAULT_CLUSTERS = 100
DEFAULT_JOBS = 10_000
DEFAULT_BUILDS = 30_000


def read_study(
    source: Path | None, dataset: str | None = None, *, settings: Settings = DEFAULT, cache: Path | None = None
) -> Study:
    """Return the study of a source; without one, a draw of the shipped profile of the data set, or of reliabuild.

    A source is an experiment folder of either kind, or a study file (.toml), which names one or says what to draw.
    settings : how to run it; their seed is that of draws whose seed is not given otherwise.
    cache : the folder of parsed inputs, None for none.
    Raises InputError for anything else, and for a source and a data set.
    """
    if source is None:
        return _drawn(RELIABUILD if dataset is None else dataset, settings)
    if dataset is not None:
        raise InputError("a data set is given beside the source", file=source, found=dataset, expected="one of them")
    found = found_at(source)
    if found == "nothing":
        raise InputError("does not exist", file=source, expected="an experiment folder or a study file")
    if found == "file":
        if source.suffix != ".toml":
            raise InputError("is a file", file=source, expected="an experiment folder, or a study file (.toml)")
        return _of_file(read_study_file(source), settings, cache)
    return _of_folder(source, settings, cache)


def _of_folder(folder: Path, settings: Settings, cache: Path | None) -> Study:
    experiment = read_experiment(folder, cache=cache)
    declared = declared_for(experiment.jobs)
    return Study(
        experiment.fleet,
        experiment.jobs,
        settings=settings,
        source=str(folder),
        hashes=experiment.inputs,
        parsed=experiment.parsed,
        **declared,
    )


def _of_file(file: StudyFile, settings: Settings, cache: Path | None) -> Study:
    if file.outcome.source != "rules":
        return of_outcomes(file, settings, lambda: _given(file, settings, cache))
    study = _given(file, settings, cache)
    hashes = ((file.path.name, file.sha256), *study.hashes)
    if file.rules and file.records is None and not study.rules:
        problem = "the study is about build records, its source is not"
        raise InputError(problem, file=file.path, found=study.source, expected=SPACK_BUILD)
    with locating(file=file.path):
        return replace(study, hashes=hashes, **file.declared(study))


def _given(file: StudyFile, settings: Settings, cache: Path | None) -> Study:
    """Return fleet and jobs as a study file gives them, or says what to draw."""
    if file.trace is not None:
        from placewise.study.timed.source import study_of_trace  # noqa: PLC0415, the readers of traces, likewise

        return study_of_trace(file, file.trace, settings)
    if file.records is not None:
        return _of_records(file, settings)
    if file.jobspecs is not None:
        return _of_jobspecs(file, settings)
    if file.source is not None:
        return _of_folder(file.source, settings, cache)
    return _drawn_by(file, settings)


def _of_records(file: StudyFile, settings: Settings) -> Study:
    """Return the study of a table of records, whose fleet is a file of its own; `file.declared` brings the rest."""
    assert file.records is not None
    if file.clusters is None:
        raise InputError("there are records but no fleet to run them on", file=file.path, expected="clusters = a path")
    from placewise.formats.table_files.records import read_records  # noqa: PLC0415, the reader of tables, which few studies have

    records = read_records(file.records, file.columns)
    fleet = read_fleet(file.clusters)
    hashes = ((file.records.name, _digest(file.records)), *_fleet_hashes(file.clusters))
    return Study(fleet, records, settings=settings, source=str(file.records), hashes=hashes)


def _of_jobspecs(file: StudyFile, settings: Settings) -> Study:
    """Return the study of a folder of jobspecs and a fleet of its own, such as one that was imported."""
    assert file.jobspecs is not None
    if file.clusters is None:
        raise InputError("there are jobspecs but no fleet to run them on", file=file.path, expected="clusters = a path")
    fleet = read_fleet(file.clusters)
    jobs, hashes = read_jobs_of(file.jobspecs, fleet)
    hashes = (*hashes, *_fleet_hashes(file.clusters))
    return Study(fleet, jobs, settings=settings, source=str(file.jobspecs), hashes=hashes)


def _fleet_hashes(path: Path) -> tuple[tuple[str, str], ...]:
    """Return the name and SHA-256 in hex of each file of a fleet; names begin with that of its folder."""
    above = path.parent
    return tuple((file.relative_to(above).as_posix(), _digest(file)) for file in fleet_files(path))


def _digest(path: Path) -> str:
    return hashlib.sha256(read_bytes(path)).hexdigest()


def _drawn_by(file: StudyFile, settings: Settings) -> Study:
    """Draw what a study says; what it leaves open is as without it."""
    fleet, workload = file.fleet or Draw(), file.workload or Draw()
    default = SPACK_BUILD if file.rules else RELIABUILD
    hashes: dict[Path, str] = {}
    profiles = []
    for key, one, other in (("fleet", fleet, workload), ("workload", workload, fleet)):
        with locating(file=file.path, place=f"{key}.profile"):
            profiles.append(_profile(one.profile or other.profile or default, hashes))
    some = _default_jobs(profiles[1])
    counts = fleet.count or DEFAULT_CLUSTERS, workload.count or some
    seeds = tuple(settings.seed if one.seed is None else one.seed for one in (fleet, workload))
    said = f"{counts[0]} clusters drawn with seed {seeds[0]}, {counts[1]} jobs drawn with seed {seeds[1]}"
    with locating(file=file.path):
        drawn = _draw_both(
            profiles[0], profiles[1], counts, (seeds[0], seeds[1]), f"{file.path.name}: {said}", settings
        )
    return replace(drawn, hashes=tuple((path.name, digest) for path, digest in hashes.items()))


def _profile(name: str | Path, hashes: dict[Path, str]) -> Profile:
    """Return a profile, shipped or of a file, whose digest is noted."""
    if isinstance(name, str):
        return shipped_profile(name)
    hashes[name] = _digest(name)
    return read_profile(name)


def _default_jobs(profile: Profile) -> int:
    return DEFAULT_BUILDS if profile.kind == BUILDS else DEFAULT_JOBS


def draw(profile: Profile, clusters: int, jobs: int, seed: int, settings: Settings = DEFAULT) -> Study:
    """Draw a fleet and jobs from a profile of either kind; the same seed gives the same study."""
    said = f"a profile, {clusters} clusters and {jobs} jobs drawn with seed {seed}"
    return _draw_both(profile, profile, (clusters, jobs), (seed, seed), said, settings)


def _draw_both(
    fleet: Profile, jobs: Profile, counts: tuple[int, int], seeds: tuple[int, int], said: str, settings: Settings
) -> Study:
    if fleet.kind != jobs.kind:
        raise InputError("the profiles are of two kinds", place="workload.profile", expected="the kind of the fleet's")
    drawn, of_fleet = draw_jobs(jobs, counts[1], seeds[1]), draw_fleet(fleet, counts[0], seeds[0], settings.fleet_model)
    return Study(of_fleet, drawn, settings=settings, source=said, profile=fleet, **declared_for(drawn))


def _drawn(dataset: str, settings: Settings) -> Study:
    profile = shipped_profile(dataset)
    drawn = draw(profile, DEFAULT_CLUSTERS, _default_jobs(profile), settings.seed, settings)
    return replace(drawn, source=f"the shipped profile of {dataset}: {drawn.source}")
