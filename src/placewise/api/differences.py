"""What is different between two fleets, and what that does to jobs, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import TypeAlias

from placewise.advice.asked_jobs import asked_jobs
from placewise.advice.fleet_diff import fleet_diff
from placewise.api.tables import table_html
from placewise.formats.jobs.job_sources import read_jobs
from placewise.formats.jobs.workload_table import WorkloadTable
from placewise.model.advice.fleet_diff import FleetDiff
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.job import Job
from placewise.model.jobs.workload import Workload
from placewise.report.data.fleets.fleet_diff import by_cause
from placewise.report.words.fleets.fleet_changes import change_rows
from placewise.report.words.fleets.fleet_diff import CAUSES, diff_lines

Jobs: TypeAlias = str | Path | Job | Workload

_MOST_LINES = 20


class Diff(FleetDiff):
    """What is different between two fleets; `lost` and `gained` say which jobs lose and gain clusters, by the cause."""

    __slots__ = ()

    @property
    def lost(self) -> dict[str, tuple[str, ...]]:
        """The jobs that lose clusters by each cause, those of most jobs first; one name of jobs that are equal."""
        return {} if self.jobs is None else {one.cause: one.names for one in by_cause(self.jobs, "lost")}

    @property
    def gained(self) -> dict[str, tuple[str, ...]]:
        """The jobs that gain clusters by each cause that was in the way; one name of jobs that are equal."""
        return {} if self.jobs is None else {one.cause: one.names for one in by_cause(self.jobs, "gained")}

    def __str__(self) -> str:
        return "\n".join(diff_lines(self))

    def _repr_html_(self) -> str:
        rows = [(name, what, "; ".join(lines)) for name, what, lines in change_rows(self.fleet, ", ".join)]
        shown = rows[:_MOST_LINES]
        if rest := len(rows) - len(shown):
            shown.append(("", "", f"and {rest:,} more"))
        tables = table_html(("cluster", "what", "how"), shown) if shown else ""
        for title, causes in ((CAUSES["lost"], self.lost), (CAUSES["gained"], self.gained)):
            some = [(cause, ", ".join(names[:3])) for cause, names in list(causes.items())[:_MOST_LINES]]
            tables += table_html((title, "such as"), some) if some else ""
        return f"<p>{escape(' '.join(diff_lines(self)))}</p>{tables}"


def diff(
    before: Fleet,
    after: Fleet,
    jobs: Jobs | Iterable[Jobs] | None = None,
    *,
    ignore_limits: bool = False,
) -> Diff:
    """Say what is different between two fleets, and which jobs gain and lose clusters by it, with the cause.

    jobs : a job, a workload, a path as `placewise diff --jobs` takes it, or several of these. ignore_limits : leave out
    what the sites' partitions and nodes allow. A `Diff` is true where anything is different. Raises InputError for what
    cannot be read, and for a job that can be asked of neither fleet.

    >>> fleet = read_fleet("demo")
    >>> bool(diff(fleet, fleet, read_job("solver.yaml")))
    False
    """
    for fleet in (before, after):
        if not isinstance(fleet, Fleet):
            kind = type(fleet).__name__
            raise TypeError(f"a Fleet is expected, as read_fleet(path) gives it, and not a value of type {kind}")
    asked = None
    if jobs is not None:
        asked = asked_jobs(sources([jobs] if isinstance(jobs, Job | Workload | str | Path) else jobs))
    found = fleet_diff(before, after, asked, ignore_limits=ignore_limits)
    return Diff(found.fleet, found.jobs)


def sources(jobs: Iterable[Jobs]) -> Iterator[Job | Workload | WorkloadTable]:
    """Yield jobs as they are, and what is read from paths. TypeError for anything else."""
    for one in jobs:
        if isinstance(one, str | Path):
            yield from read_jobs(Path(one))
        elif isinstance(one, Job | Workload):
            yield one
        else:
            kind = type(one).__name__
            raise TypeError(f"a Job is expected, as read_job(path) gives it, and not a value of type {kind}")
