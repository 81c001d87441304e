"""Scenarios replayed in one sweep, on any executor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.model.progress import SILENT, Progress
from placewise.model.traces.replay_summary import ReplaySummary, Work
from placewise.model.traces.replayed import TraceRecord
from placewise.model.traces.scenarios import Scenario, ScenarioResult, Timed
from placewise.model.traces.trace import Trace
from placewise.model.traces.trace_cleaning import Cleaned
from placewise.replays.replaying import replay_trace
from placewise.replays.run import EngineName
from placewise.replays.summaries.fates import Fates, fates_of
from placewise.replays.summaries.numbers import counted_jobs
from placewise.replays.summaries.spreads import means_of, waits_of
from placewise.replays.summaries.weeks import RESAMPLES
from placewise.study.timed.keys import scenario_keys
from placewise.study.timed.paired import paired
from placewise.sweep.runner import HERE, Runner

# What of a row is not by job, and then by job.
_WHOLE = ("attempts", "used", "wasted", "cost", "makespan_s", "utilisation", "resubmissions")
_BY_JOB = ("submit_s", "end_s", "wait_s", "started", "succeeded", "cluster", "attempts", "used_s", "wasted_s")


@dataclass(frozen=True, slots=True, eq=False)
class Replays:
    """Numbered replays of one trace, each a row of what became of its jobs; a sweep's task."""

    cleaned: Cleaned
    scenarios: tuple[Scenario, ...]
    engine: EngineName = "auto"

    @property
    def width(self) -> int:
        """How many numbers a row has; each is exact in 64 bits."""
        return len(_WHOLE) + len(_BY_JOB) * len(self.cleaned.trace)

    def __call__(self, number: int) -> Sequence[float]:
        """Return what became of the jobs in one scenario."""
        scenario = self.scenarios[number]
        found = replay_trace(
            self.cleaned,
            scenario.fleet,
            scenario.settings,
            metadata=scenario.metadata,
            resamples=0,
            engine=self.engine,
        )
        fates = fates_of(found.trace, found.schedule)
        columns = [np.asarray(getattr(fates, name), dtype=np.float64) for name in _BY_JOB]
        row: NDArray[np.float64] = np.concatenate([_whole(found.summary), *columns])
        return row  # type: ignore[return-value]  # a row of floats


def _whole(summary: ReplaySummary) -> list[float]:
    work = summary.work
    cost = np.nan if work.cost is None else work.cost
    use = np.nan if summary.utilisation is None else summary.utilisation
    used = (float(work.attempts), work.used_processor_s, work.wasted_processor_s, cost)
    return [*used, float(summary.makespan_s), use, float(summary.resubmissions)]


def fates_in(row: NDArray[np.float64], trace: Trace) -> Fates:
    """Return what became of the jobs, out of a row of `Replays`."""
    columns = dict(zip(_BY_JOB, row[len(_WHOLE) :].reshape(len(_BY_JOB), len(trace)), strict=True))
    whole = {name: column.astype(np.int64) for name, column in columns.items()}
    return Fates(
        job=np.arange(len(trace), dtype=np.int64),
        submit_s=whole["submit_s"],
        end_s=whole["end_s"],
        wait_s=whole["wait_s"],
        runtime_s=trace.runtime_s,
        started=columns["started"] > 0,
        succeeded=columns["succeeded"] > 0,
        cluster=whole["cluster"],
        attempts=whole["attempts"],
        processors=np.where(trace.requested_processors > 0, trace.requested_processors, trace.processors),
        used_s=whole["used_s"],
        wasted_s=whole["wasted_s"],
    )


def run_scenarios(
    cleaned: Cleaned,
    scenarios: Sequence[Scenario],
    *,
    resamples: int = RESAMPLES,
    runner: Runner = HERE,
    progress: Progress = SILENT,
    engine: EngineName = "auto",
) -> tuple[Timed, tuple[Fates, ...]]:
    """Replay a trace in every scenario, and compare each with the first or the one it names, job by job.

    Also return what became of the jobs in each. Raises InputError as `replay_trace` does.
    """
    task = Replays(cleaned, tuple(scenarios), engine)
    keys = () if runner.parts is None else scenario_keys(cleaned.trace, scenarios)
    rows = runner.rows("scenarios", task, len(scenarios), keys=keys, progress=progress, block=1)
    fates = tuple(fates_in(row, cleaned.trace) for row in rows)
    results = [
        _result(scenario, row, one, resamples) for scenario, row, one in zip(scenarios, rows, fates, strict=True)
    ]
    places = {scenario.name: place for place, scenario in enumerate(scenarios)}
    compared = []
    for other, one in zip(scenarios[1:], fates[1:], strict=True):
        base = places.get(other.against, 0)
        names = other.name, scenarios[base].name
        seed, parts = other.settings.seed, cleaned.trace.processor_parts
        compared.append(paired(names, one, fates[base], parts=(parts, parts), resamples=resamples, seed=seed))
    return Timed(TraceRecord.of(cleaned), tuple(results), tuple(compared)), fates


def _result(scenario: Scenario, row: NDArray[np.float64], everything: Fates, resamples: int) -> ScenarioResult:
    whole = dict(zip(_WHOLE, row[: len(_WHOLE)].tolist(), strict=True))
    fates = everything.of(counted_jobs(everything, scenario.settings))
    started = fates.of(fates.started)
    waits = waits_of(started)
    cost, use = whole["cost"], whole["utilisation"]
    return ScenarioResult(
        name=scenario.name,
        settings=scenario.settings,
        metadata=scenario.metadata,
        origin=scenario.origin,
        jobs=len(fates),
        succeeded=int(fates.succeeded.sum()),
        failed=int((fates.started & ~fates.succeeded).sum()),
        never_started=int((~fates.started).sum()),
        resubmissions=int(whole["resubmissions"]),
        waits=waits,
        means=means_of(started, waits, scenario.settings.seed, resamples),
        work=Work(int(whole["attempts"]), whole["used"], whole["wasted"], None if np.isnan(cost) else cost),
        makespan_s=int(whole["makespan_s"]),
        utilisation=None if np.isnan(use) else use,
        level=scenario.level,
    )
