"""A grid of replays run: scenarios side by side, and what metadata is worth in time.

The experiment `timed` of a study is such a grid, of queue policies and levels of metadata, and so is a scenario file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from placewise.errors import InputError, one_of
from placewise.model.progress import SILENT, Progress
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import ALL, CHOSEN, NONE, SINGLE, Study
from placewise.model.traces.scenarios import Grid, Scenario, Timed, crossed
from placewise.model.traces.trace_cleaning import Cleaned
from placewise.model.traces.trace_metadata import pieces_of
from placewise.replays.replaying import cleaned_for
from placewise.replays.run import EngineName
from placewise.replays.summaries.fates import Fates
from placewise.replays.summaries.weeks import RESAMPLES
from placewise.study.timed.replays import run_scenarios
from placewise.study.timed.values import games_of, worth_in_time
from placewise.sweep.runner import HERE, Runner

NO_METADATA, ALL_METADATA, METADATA_ON = "no metadata", "all metadata", "metadata on "
"""What levels are called in the names of scenarios."""
IN_MEMORY = "a fleet in memory"

# Settings of experiments that a replay has no use for.
_IDLE = (
    "scoring",
    "unknown",
    "unique",
    "order",
    "unit",
    "hold_out",
    "sample",
    "policy",
    "slack",
    "choose",
    "priorities",
    "model",
    "minimum_builds",
    "fail_after",
    "nodes_per_job",
    "nodes_free",
)
_INSTEAD = {"policy": "policies, and place, in [timed]", "fail_after": "fail_after in [timed]"}


@dataclass(frozen=True, slots=True, eq=False)
class GridRun:
    """What came of a grid.

    jobs : names. parts : in how many parts the trace divides a processor. fates : of the jobs in each scenario.
    left_out : what could not be worked out, and why.
    """

    timed: Timed
    jobs: tuple[str, ...]
    parts: int
    fates: tuple[Fates, ...]
    left_out: tuple[str, ...] = ()


def run_grid(
    cleaned: Cleaned,
    grid: Grid,
    *,
    resamples: int = RESAMPLES,
    runner: Runner = HERE,
    progress: Progress = SILENT,
    engine: EngineName = "auto",
) -> GridRun:
    """Replay a trace in every scenario, compare them, and work out what metadata is worth if the grid asks for it.

    Raises InputError as `replay_trace` and `worth_in_time` do; the latter before anything is replayed.
    """
    games = games_of(cleaned.trace, grid.usual) if grid.values else None
    timed, fates = run_scenarios(
        cleaned, grid.scenarios, resamples=resamples, runner=runner, progress=progress, engine=engine
    )
    jobs, parts = tuple(map(str, cleaned.trace.names)), cleaned.trace.processor_parts
    if games is None:
        return GridRun(timed, jobs, parts, fates)
    values = worth_in_time(
        cleaned,
        grid.usual,
        grid.policies,
        games=games,
        resamples=resamples,
        runner=runner,
        progress=progress,
        engine=engine,
    )
    return GridRun(replace(timed, values=values), jobs, parts, fates)


def run_timed(study: Study, *, runner: Runner = HERE, progress: Progress = SILENT) -> GridRun:
    """Run the experiment `timed` of a study of a trace.

    What metadata is worth is left out, with its reason, where it cannot be worked out. Raises InputError for an empty
    fleet, settings that a replay has no use for, and as `run_grid` does.
    """
    cleaned, grid, left_out = cleaned_of(study), grid_of(study), []
    if grid.values:
        try:
            games_of(cleaned.trace, grid.usual)
        except InputError as error:
            left_out.append(f"what metadata is worth in time: {error}")
            grid = replace(grid, values=False)
    found = run_grid(cleaned, grid, resamples=study.settings.resamples, runner=runner, progress=progress)
    return replace(found, left_out=tuple(left_out))


def cleaned_of(study: Study) -> Cleaned:
    """Return the jobs of a study's trace that are replayed."""
    trace = study.trace
    assert trace is not None
    first = study.settings.first
    if first is not None and first < len(trace):
        trace = replace(trace.of(np.arange(first)), notes=(*trace.notes, f"Only the first {first:,} jobs take part."))
    return cleaned_for(trace, study.timed.clean, study.fleet)


def grid_of(study: Study) -> Grid:
    """Return the replays that the experiment `timed` consists of: each policy with each level.

    Raises InputError for an empty fleet, for levels and pieces of metadata that are not there, and for settings of
    other experiments.
    """
    if not len(study.fleet):
        raise InputError("the fleet has no clusters", expected="at least one")
    _refuse_idle(study.settings)
    timed = study.timed
    settings = replace(timed.replay, policy=timed.policies[0], seed=study.settings.seed)
    usual = Scenario("usual", settings, study.fleet, origin=timed.origin or IN_MEMORY)
    named = list(_levels(study))
    levels = dict(named)
    if len(levels) != len(named):
        names = [name for name, _ in named]
        raise InputError("two levels have one name", found=next(name for name in names if names.count(name) > 1))
    wanted = timed.values and study.settings.values
    return Grid(usual, crossed(usual, timed.policies, levels), timed.policies, wanted)


def _levels(study: Study) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Yield the levels by what they are called; None is all metadata."""
    assert study.trace is not None
    pieces, named = pieces_of(study.trace), study.metadata
    for level in study.timed.levels or _by_default(study, pieces):
        if level in named:
            unknown = next((piece for piece in named[level] if piece not in pieces), None)
            if unknown is not None:
                raise InputError(
                    "no job has metadata on this",
                    place=f"levels.{level}",
                    found=unknown,
                    expected=one_of(unknown, pieces),
                )
            called = {NONE: NO_METADATA, CHOSEN: METADATA_ON + ", ".join(named[level])}
            yield called.get(level, level), named[level]
        elif level == NONE:
            yield NO_METADATA, ()
        elif level == SINGLE:
            yield from ((METADATA_ON + piece, (piece,)) for piece in pieces)
        elif level == ALL:
            yield ALL_METADATA, None
        else:
            raise InputError(
                "no such level",
                place="timed.levels",
                found=level,
                expected=one_of(level, dict.fromkeys((NONE, SINGLE, ALL, *named))),
            )


def _by_default(study: Study, pieces: dict[str, int]) -> tuple[str, ...]:
    # Without requirements there is no metadata to leave out.
    return tuple(dict.fromkeys((NONE, *study.metadata, ALL))) if pieces or study.metadata else (ALL,)


def _refuse_idle(settings: Settings) -> None:
    usual = Settings()
    for name in _IDLE:
        found = getattr(settings, name)
        if found != getattr(usual, name):
            option = "--" + name.replace("_", "-")
            raise InputError(
                f"{option} has no effect where a trace is replayed", found=found, expected=_INSTEAD.get(name)
            )
