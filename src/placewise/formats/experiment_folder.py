"""Experiment folders: cluster-features.json beside jobspecs/*.yaml, as the prior work lays them out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from placewise.errors import InputError
from placewise.formats import input_cache
from placewise.formats.cluster_features import RELIABUILD, features_json, features_kind, fleet_of
from placewise.formats.jobspec_lists import jobspec_files, parse_jobspecs, workload_of
from placewise.formats.jobspec_writing import jobspec_texts, refuse_others, write_files
from placewise.formats.reading import decode, parse_json, read_bytes, read_json
from placewise.formats.writing import write_bytes
from placewise.model.cluster import Fleet
from placewise.model.workload import Workload

FEATURES = "cluster-features.json"
JOBSPECS = "jobspecs"
_LAYOUT = f"{JOBSPECS}/*.yaml and {FEATURES}"


@dataclass(frozen=True, slots=True)
class Experiment:
    """A fleet and the jobs that are to run on it.

    kind : which of the prior work's experiments the documents are of.
    inputs : (file name relative to the folder, SHA-256 in hex) of every document, in the order read.
    """

    fleet: Fleet
    workload: Workload
    kind: str
    inputs: tuple[tuple[str, str], ...]


def folder_kind(folder: Path) -> str:
    """Return which kind of experiment a folder holds, by its cluster-features.json.

    Raises InputError when the folder does not hold an experiment.
    """
    features, _ = _documents(folder)
    return features_kind(read_json(features))


def read_experiment(folder: Path, *, cache: Path | None) -> Experiment:
    """Return the experiment of a folder, from the cache if the same documents were read before.

    `cache` is the folder of parsed inputs (see `input_cache.cache_folder`); None parses always. Jobs come
    in the natural order of their files. Raises InputError naming file, job or cluster, and package; among
    others for a job that requires what no cluster of the fleet has.
    """
    features, jobspecs = _documents(folder)
    contents = {path: read_bytes(path) for path in (features, *jobspecs)}
    inputs = tuple(
        (path.relative_to(folder).as_posix(), hashlib.sha256(content).hexdigest()) for path, content in contents.items()
    )
    cached = None if cache is None else input_cache.load(cache, inputs)
    if cached is not None:
        kind, fleet, workload = cached
        return Experiment(fleet, workload, kind, inputs)
    # The fleet first: it is small, and tells a kind that cannot be read.
    fleet = fleet_of(parse_json(decode(contents[features], features), features), features)
    documents = [(path, parse_jobspecs(contents[path], path)) for path in jobspecs]
    workload = workload_of(documents)
    sources = [path for path, jobs in documents for _ in jobs]
    _refuse_unknown_subsystems(fleet, workload, sources)
    if cache is not None:
        input_cache.store(cache, inputs, RELIABUILD, fleet, workload)
    return Experiment(fleet, workload, RELIABUILD, inputs)


def write_experiment(fleet: Fleet, workload: Workload, folder: Path) -> None:
    """Write a fleet and a workload as an experiment folder of the kind reliabuild.

    Raises InputError, before anything is written, for what these files cannot hold or `read_experiment`
    would refuse.
    """
    _refuse_unknown_subsystems(fleet, workload, [folder] * len(workload))
    features, texts = features_json(fleet), jobspec_texts(workload)
    refuse_others(texts, folder / JOBSPECS)
    write_files(texts, folder / JOBSPECS)
    write_bytes(folder / FEATURES, features)


def _documents(folder: Path) -> tuple[Path, list[Path]]:
    if not folder.is_dir():
        problem = "is not a folder" if folder.exists() else "does not exist"
        raise InputError(problem, file=folder, expected=f"an experiment folder with {_LAYOUT}")
    features, jobspecs = folder / FEATURES, folder / JOBSPECS
    has_features, has_jobspecs = features.exists(), jobspecs.is_dir()
    if not has_features and not has_jobspecs:
        raise InputError("holds no experiment", file=folder, expected=_LAYOUT)
    if not has_features:
        raise InputError(f"holds no {FEATURES}", file=folder, expected=_LAYOUT)
    files = jobspec_files(jobspecs) if has_jobspecs else []
    if not files:
        raise InputError("holds no jobspecs", file=folder, expected=_LAYOUT)
    return features, files


def _refuse_unknown_subsystems(fleet: Fleet, workload: Workload, sources: list[Path]) -> None:
    known = set(fleet.subsystem_names)
    unknown = {i for i, requirement in enumerate(workload.requirements) if requirement.subsystem not in known}
    for job in range(len(workload)) if unknown else ():
        for i in workload.row(job).tolist():
            if i in unknown:
                package = workload.requirements[i].subsystem
                raise InputError(
                    f"unknown subsystem {package!r}: no cluster of the fleet has it",
                    file=sources[job],
                    place=f"job {workload.names[job]!r}, package {package!r}",
                )
