"""A run written down: the results folder, complete but for its pictures."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placewise.formats.results.outcomes_table import OUTCOMES, write_outcomes
from placewise.formats.results.results_folder import write_results
from placewise.formats.results.study_record import study_record
from placewise.model.results import Results
from placewise.model.study import Study

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
    write_outcomes(folder / OUTCOMES, run.tables, demands.names, profiles, subsystems, clusters)
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
    return _record(run.prepared.study, command, counts) | {"left_out": list(run.left_out)}


def study_key(study: Study) -> str:
    """Return the text by which a later run knows parts of this one: inputs, settings and versions as JSON."""
    # Where files lie does not matter when their content is known.
    placed = replace(study, source="") if study.hashes else study
    return json.dumps(_record(placed, "", {}), sort_keys=True)


def _record(study: Study, command: str, counts: dict[str, int]) -> dict[str, Any]:
    found = study_record(
        asdict(study.settings), source=study.source, command=command, inputs=study.hashes, counts=counts
    )
    declared = {
        "levels": {level.name: list(level.metadata) for level in study.levels},
        "questions": [asdict(question) for question in study.questions],
        "rules": [asdict(rule) for rule in study.rules],
        "expanding": list(study.expanding),
        "everything": list(study.everything),
    }
    return found | {"study": declared}
