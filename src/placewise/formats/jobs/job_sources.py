"""Jobs wherever they lie: jobspecs, lists of jobs, folders of such files, experiment folders, Parquet workloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import parse_jobspec
from placewise.formats.jobs.jobspec_lists import jobspec_files, parse_jobspecs, workload_of
from placewise.formats.jobs.workload_table import SUFFIX, WorkloadTable, open_workload
from placewise.formats.reading import entries_of, found_at, name_of, read_bytes
from placewise.model.jobs.job import Job
from placewise.model.jobs.workload import Workload

_JOBSPECS = "jobspecs"


def read_jobs(path: Path, *, separate_entries: bool = False) -> Iterator[Job | Workload | WorkloadTable]:
    """Yield the jobs of a path: each jobspec as a job, all lists of jobs as one workload, Parquet as it lies on disk.

    A folder is one of jobspecs and lists of jobs, or holds such a folder as ``jobspecs``, or is a workload in Parquet.
    Raises InputError naming file, job and place, for a folder without any, and for what is none of these.
    """
    found = found_at(path)
    if found == "nothing":
        raise InputError("does not exist", file=path, expected="a jobspec, a list of jobs, or a folder of them")
    if path.suffix == SUFFIX or (found == "folder" and any(one.suffix == SUFFIX for one in entries_of(path))):
        yield open_workload(path)
        return
    folder = path / _JOBSPECS if found == "folder" and found_at(path / _JOBSPECS) == "folder" else path
    files = [path] if found == "file" else jobspec_files(folder)
    if not files:
        raise InputError("holds no jobs", file=path, expected="jobspecs, or lists of jobs, in YAML or JSON")
    yield from _of_files(files, separate_entries)


def _of_files(files: Sequence[Path], separate_entries: bool) -> Iterator[Job | Workload]:
    lists: list[tuple[object, Any]] = []
    for file in files:
        document = parse_jobspecs(read_bytes(file), file)
        if isinstance(document, list):
            lists.append((file, document))
        else:
            yield parse_jobspec(document, name_of(file), file, separate_entries=separate_entries)
    if lists:
        yield workload_of(lists)
