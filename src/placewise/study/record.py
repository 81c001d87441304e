"""A run written down: the results folder, complete but for its pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placewise.formats.results.outcomes_table import OUTCOMES, write_outcomes
from placewise.formats.results.results_folder import write_results
from placewise.model.results.results import Results
from placewise.study.description import described

if TYPE_CHECKING:
    from placewise.study.run import Run


def write_run(folder: Path, run: Run, command: str) -> Results:
    """Write scores, rows and the study record; return the results with their record."""
    results = replace(run.results, study=record_of(run, command))
    demands, asked = run.prepared.demands, run.prepared.asked
    write_results(folder, results, demands.jobs, run.assignments, demands.repeats)
    added = any((table.subsystem >= 0).any() for table in run.tables)
    subsystems, clusters = asked.questions.names if added else (), run.prepared.study.fleet.names
    profiles = run.prepared.unit[asked.of_job]
    write_outcomes(
        folder / OUTCOMES, run.tables, demands.names, profiles, demands.jobs.root_packages(), subsystems, clusters
    )
    return results


def record_of(run: Run, command: str) -> dict[str, Any]:
    """Return the content of `study.json`."""
    demands = run.prepared.demands
    counts = {
        "jobs": len(demands.names),
        "jobs_without_requirements": demands.without,
        "repeats_dropped": demands.repeats,
        "clusters": len(run.prepared.study.fleet),
        "subsystems": len(run.prepared.study.expanding or run.prepared.asked.questions.names),
    }
    return described(run.prepared.study, command, counts) | {"left_out": list(run.left_out)}
