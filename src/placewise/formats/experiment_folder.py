"""Experiment folders: cluster-features.json beside jobspecs/*.yaml, as the prior work lays them out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from placewise.errors import InputError, locating
from placewise.formats.cache import input_cache
from placewise.formats.cache.input_cache import Inputs
from placewise.formats.fleets.build_features import build_features_json
from placewise.formats.fleets.cluster_features import FEATURES, SPACK_BUILD, features_json, features_kind, fleet_of
from placewise.formats.fleets.vocabulary.of_fleet import refuse_other_clusters
from placewise.formats.fleets.vocabulary.reading import VOCABULARY, read_vocabulary
from placewise.formats.jobs.build_lists import builds_of
from placewise.formats.jobs.build_writing import build_texts
from placewise.formats.jobs.jobspec_lists import SUFFIXES, jobspec_files, parse_jobspecs, workload_of
from placewise.formats.jobs.jobspec_writing import jobspec_texts, write_files
from placewise.formats.plain_fields import UNSAID
from placewise.formats.reading import decode, found_at, parse_json, read_bytes
from placewise.formats.writing import staged, write_bytes
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.records import Records
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import tests_of

JOBSPECS = "jobspecs"
_LAYOUT = f"{JOBSPECS}/*.yaml and {FEATURES}"


@dataclass(frozen=True, slots=True)
class Experiment:
    """A fleet and its jobs, which ask for versions (reliabuild) or are builds with what they took (spack-build).

    inputs : (file name relative to the folder, SHA-256 in hex) of every document, in the order read.
    parsed : a SHA-256 in hex of fleet and jobs themselves, which shows a cache that holds something else.
    """

    fleet: Fleet
    jobs: Workload | Records
    inputs: Inputs
    parsed: str = ""


def read_experiment(folder: Path, *, cache: Path | None) -> Experiment:
    """Return the experiment of a folder, from the cache if the same documents were read before.

    A vocabulary.yaml beside cluster-features.json is that of the fleet.

    `cache` is the folder of parsed inputs (see `input_cache.cache_folder`); None parses always. Jobs come
    in the natural order of their files. The kind is that of cluster-features.json. Raises InputError naming
    file, job or cluster, and package or field; among others for a job that requires what no cluster of the
    fleet has.
    """
    features, jobspecs = _documents(folder)
    words = [folder / VOCABULARY] if found_at(folder / VOCABULARY) != "nothing" else []
    contents = {path: read_bytes(path) for path in (features, *words, *jobspecs)}
    inputs = tuple(
        (path.relative_to(folder).as_posix(), hashlib.sha256(content).hexdigest()) for path, content in contents.items()
    )
    vocabulary = read_vocabulary(words[0], contents[words[0]]) if words else UNSAID
    cached = None if cache is None else input_cache.load(cache, inputs)
    if cached is not None:
        _, fleet, jobs, parsed = cached
        return Experiment(replace(fleet, vocabulary=vocabulary), jobs, inputs, parsed)
    # The fleet first: it is small, and shows the kind.
    document = parse_json(decode(contents[features], features), features)
    fleet = fleet_of(document, features, vocabulary)
    for path in words:
        with locating(file=path):
            refuse_other_clusters(vocabulary, fleet.names)
    documents = [(path, contents[path]) for path in jobspecs]
    kind = features_kind(document)
    jobs = builds_of(documents) if kind == SPACK_BUILD else _workload_of(documents, fleet)
    digest = input_cache.digest if cache is None else partial(input_cache.store, cache, inputs)
    return Experiment(fleet, jobs, inputs, digest(kind, fleet, jobs))


def read_jobs_of(folder: Path, fleet: Fleet) -> tuple[Workload, Inputs]:
    """Return the jobs of a folder of jobspecs, and the name and SHA-256 in hex of each document.

    Raises InputError as `read_experiment` does, and for a folder without jobspecs.
    """
    contents = {path: read_bytes(path) for path in jobspec_files(folder)}
    if not contents:
        raise InputError("holds no jobspecs", file=folder, expected="lists of jobs in *.yaml")
    digests = tuple((path.name, hashlib.sha256(content).hexdigest()) for path, content in contents.items())
    return _workload_of(list(contents.items()), fleet), digests


def write_experiment(fleet: Fleet, jobs: Workload | Records, folder: Path, *, force: bool = False) -> None:
    """Write a fleet and its jobs as an experiment folder of their kind.

    Raises InputError, before anything is written, for what these files cannot hold or `read_experiment`
    would refuse, and for a folder that holds one already, unless `force` says to replace it.
    """
    if isinstance(jobs, Records):
        _write(build_features_json(fleet), build_texts(jobs), folder, force)
        return
    _refuse_unknown_subsystems(fleet, jobs, [folder] * len(jobs))
    _write(features_json(fleet), jobspec_texts(jobs), folder, force)


def _write(features: bytes, texts: dict[str, bytes], folder: Path, force: bool) -> None:
    with staged(folder, owned=(FEATURES, *(f"{JOBSPECS}/*{suffix}" for suffix in SUFFIXES)), force=force) as stage:
        write_files(texts, stage / JOBSPECS)
        write_bytes(stage / FEATURES, features)


def _workload_of(documents: Sequence[tuple[Path, bytes]], fleet: Fleet) -> Workload:
    parsed = [(path, parse_jobspecs(content, path)) for path, content in documents]
    workload = workload_of(parsed)
    _refuse_unknown_subsystems(fleet, workload, [path for path, jobs in parsed for _ in jobs])
    return workload


def _documents(folder: Path) -> tuple[Path, list[Path]]:
    found = found_at(folder)
    if found != "folder":
        problem = "is not a folder" if found == "file" else "does not exist"
        raise InputError(problem, file=folder, expected=f"an experiment folder with {_LAYOUT}")
    features, jobspecs = folder / FEATURES, folder / JOBSPECS
    has_features, has_jobspecs = found_at(features) != "nothing", found_at(jobspecs) == "folder"
    if not has_features and not has_jobspecs:
        raise InputError("holds no experiment", file=folder, expected=_LAYOUT)
    if not has_features:
        raise InputError(f"holds no {FEATURES}", file=folder, expected=_LAYOUT)
    files = jobspec_files(jobspecs) if has_jobspecs else []
    if not files:
        raise InputError("holds no jobspecs", file=folder, expected=_LAYOUT)
    return features, files


def _refuse_unknown_subsystems(fleet: Fleet, workload: Workload, sources: list[Path]) -> None:
    words = fleet.vocabulary
    known = {*fleet.subsystem_names, *words.known}
    asked = {test.subsystem for requirement in workload.requirements for test in tests_of(requirement)}
    # What some cluster may have without saying so is asked of it as any other fact.
    known |= {name for name in asked - known if words.may_have_more(name)}
    unknown = {
        i: next((test.subsystem for test in tests_of(requirement) if test.subsystem not in known), None)
        for i, requirement in enumerate(workload.requirements)
    }
    unknown = {i: name for i, name in unknown.items() if name is not None}
    for job in range(len(workload)) if unknown else ():
        for i in workload.row(job).tolist():
            if i in unknown:
                package = unknown[i]
                raise InputError(
                    f"no cluster of the fleet has the subsystem {package!r}",
                    file=sources[job],
                    place=f"job {workload.names[job]!r}, package {package!r}",
                )
