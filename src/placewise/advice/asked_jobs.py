"""Jobs, workloads and workloads on disk as jobs to ask fleets about: equal ones are asked about once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from placewise.formats.jobs.workload_table import ROW_GROUP, WorkloadTable
from placewise.matching.limits.site_limits import ATTRIBUTES
from placewise.model.advice.asked_jobs import AskedJobs
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.jobs.workload import Workload


def asked_jobs(sources: Iterable[Job | Workload | WorkloadTable]) -> AskedJobs:
    """Return the jobs of several sources, in the order in which each is first asked for.

    Equal jobs of one source are one, and so are equal ones among the sources that are a job. Raises InputError as
    `WorkloadTable.chunk` does.
    """
    alone: dict[Hashable, int] = {}
    jobs: list[Job] = []
    names: list[list[str]] = []
    for source in sources:
        if isinstance(source, Job):
            number = alone.setdefault((source.groups, *_said(source)), len(jobs))
            if number == len(jobs):
                jobs.append(source)
                names.append([])
            names[number].append(source.name)
            continue
        for job, found in _of_workload(source) if isinstance(source, Workload) else _of_table(source):
            jobs.append(job)
            names.append(found)
    return AskedJobs(tuple(jobs), tuple(map(tuple, names)))


def _said(job: Job) -> Iterator[Hashable]:
    return (pair for pair in job.attributes if pair[0] in ATTRIBUTES)


def _of_workload(workload: Workload) -> Iterator[tuple[Job, list[str]]]:
    columns = [workload.columns[name] for name in ATTRIBUTES if name in workload.columns]
    found: dict[Hashable, tuple[int, list[str]]] = {}
    for number, (row, name) in enumerate(zip(_rows(workload.offsets, workload.ids), workload.names, strict=True)):
        key = (row, *(column[number] for column in columns)) if columns else row
        found.setdefault(key, (number, []))[1].append(name)
    return ((workload.job(number), names) for number, names in found.values())


def _of_table(table: WorkloadTable) -> Iterator[tuple[Job, list[str]]]:
    found: dict[bytes, tuple[Sequence[int], list[str]]] = {}
    for chunk in table.chunks(ROW_GROUP):
        ends = chunk.offsets.tolist()
        rows = zip(_rows(chunk.offsets, chunk.ids), chunk.names.to_pylist(), strict=True)
        for number, (row, name) in enumerate(rows):
            if row not in found:
                found[row] = chunk.ids[ends[number] : ends[number + 1]].tolist(), []
            found[row][1].append(name)
    return (
        (Job(names[0], (ResourceGroup((), tuple(table.requirements[one] for one in row)),)), names)
        for row, names in found.values()
    )


def _rows(offsets: NDArray[np.int64], ids: NDArray[np.int32]) -> Iterator[bytes]:
    """Yield each row of ids as something to compare."""
    data, width = ids.tobytes(), ids.itemsize
    return (data[first * width : end * width] for first, end in pairwise(offsets.tolist()))
