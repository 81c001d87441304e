"""A run written down: the results folder, complete but for its pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placewise.formats.results.outcomes_table import OUTCOMES, write_outcomes
from placewise.formats.results.results_folder import write_results, write_scores
from placewise.formats.results.timed_files import write_timed
from placewise.model.results.results import Results
from placewise.replays.summaries.fates import columns_of
from placewise.study.description import described

if TYPE_CHECKING:
    from placewise.study.run import Run


def write_run(folder: Path, run: Run, command: str) -> Results:
    """Write scores, rows and the study record; return the results with their record."""
    results = replace(run.results, study=record_of(run, command))
    if run.prepared is None:
        assert results.timed is not None
        assert run.study.trace is not None
        write_scores(folder, results)
        write_timed(folder, results.timed, run.jobs, columns_of(run.fates, run.study.trace.processor_parts))
        return results
    demands, asked = run.prepared.demands, run.prepared.asked
    write_results(folder, results, demands.jobs, run.assignments, demands.repeats)
    added = any((table.subsystem >= 0).any() for table in run.tables)
    subsystems, clusters = asked.questions.names if added else (), run.study.fleet.names
    profiles = run.prepared.unit[asked.of_job]
    write_outcomes(
        folder / OUTCOMES, run.tables, demands.names, profiles, demands.jobs.root_packages(), subsystems, clusters
    )
    return results


def record_of(run: Run, command: str) -> dict[str, Any]:
    """Return the content of `study.json`."""
    clusters = len(run.study.fleet)
    if run.prepared is None:
        timed = run.results.timed
        assert timed is not None
        counts = {"jobs": timed.record.jobs, "clusters": clusters, "scenarios": len(timed.results)}
    else:
        demands = run.prepared.demands
        counts = {
            "jobs": len(demands.names),
            "jobs_without_requirements": demands.without,
            "repeats_dropped": demands.repeats,
            "clusters": clusters,
            "subsystems": len(run.study.expanding or run.prepared.asked.questions.names),
        }
    return described(run.study, command, counts) | {"left_out": list(run.left_out)}
