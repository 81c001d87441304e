"""Which changes are worth making, in one call."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from placewise.advice.suggestions import suggestion
from placewise.advice.suggestions.advise import TOP
from placewise.advice.suggestions.advise import advise as advised
from placewise.advice.suggestions.cases import case_of_jobs, case_of_study, case_of_trace
from placewise.advice.suggestions.over_time import Timed
from placewise.advice.suggestions.placed import Placed
from placewise.api.differences import Jobs, sources
from placewise.api.tables import table_html
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.job import Job
from placewise.model.jobs.workload import Workload
from placewise.model.studies.study import Study
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.trace import Trace
from placewise.report.words.jobs.advice import advice_columns, now_lines


class Advice(suggestion.Advice):
    """The changes worth making, the best first, each alone; `suggestions` has each with what it gains."""

    __slots__ = ()

    def __str__(self) -> str:
        rows = zip(*advice_columns(self.suggestions).values(), strict=True)
        return "\n".join([*now_lines(self), *(" ".join(filter(None, row)) for row in rows)])

    def _repr_html_(self) -> str:
        columns = advice_columns(self.suggestions)
        return table_html(list(columns), zip(*columns.values(), strict=True))


def advise(
    jobs: Study | Trace | Jobs | Iterable[Jobs],
    fleet: Fleet | None = None,
    *,
    top: int = TOP,
    ignore_limits: bool = False,
    **settings: Any,
) -> Advice:
    """Say which changes are worth making: describe a fact, move a price, relax a requirement, change a cluster.

    Each is made, and the jobs are asked again. jobs : a study, which has a fleet of its own; a trace, on the fleet or
    on the machines that it describes; a job, a workload, a path as `placewise diff --jobs` takes it, or several of
    these, on the fleet. top : how many changes at most. ignore_limits : leave out what the sites' partitions and nodes
    allow. settings : of the replay of a trace, the fields of `ReplaySettings`, such as `policy` and `place`.

    Raises InputError for jobs that cannot be asked of the fleet, no jobs, and a trace that cannot be replayed there.

    >>> advise(read_study("demo"), top=3).suggestions[0].most.gains.success > 0
    True
    """
    found = advised(_case(jobs, fleet, ignore_limits, settings), top=top)
    return Advice(found.now, found.suggestions, found.tried, found.matches_only, found.notes)


def _case(
    jobs: Study | Trace | Jobs | Iterable[Jobs], fleet: Fleet | None, ignore_limits: bool, settings: dict[str, Any]
) -> Placed | Timed:
    if isinstance(jobs, Trace):
        return case_of_trace(jobs, fleet, ReplaySettings(**settings))
    if settings:
        raise TypeError(f"a trace alone is replayed, and takes {', '.join(settings)}")
    if isinstance(jobs, Study):
        if fleet is not None:
            raise TypeError("a study has a fleet of its own, and takes no other")
        return case_of_study(jobs)
    if not isinstance(fleet, Fleet):
        kind = type(fleet).__name__
        raise TypeError(f"a Fleet is expected, as read_fleet(path) gives it, and not a value of type {kind}")
    several = [jobs] if isinstance(jobs, Job | Workload | str | Path) else jobs
    return case_of_jobs(fleet, sources(several), ignore_limits=ignore_limits)
