"""A run written down: the results folder, complete but for its pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placewise.formats.experiment_folder import write_build_experiment, write_experiment
from placewise.formats.results.outcomes_table import OUTCOMES, write_outcomes
from placewise.formats.results.results_folder import write_results, write_scores
from placewise.formats.results.study_record import study_record
from placewise.model.builds import BuildRecords
from placewise.model.results import Results
from placewise.study.builds.design import BuildDesign
from placewise.study.design import Design
from placewise.study.inputs import Inputs
from placewise.study.run import Run

if TYPE_CHECKING:
    from placewise.study.builds.run import BuildRun


def write_run(
    folder: Path, run: Run, design: Design, inputs: Inputs, command: str, left_out: tuple[str, ...] = ()
) -> Results:
    """Write scores, rows and the study record; return the results with their record.

    left_out : what was asked for and could not be, and why.
    """
    counts = {
        "jobs": len(run.workload),
        "jobs_without_requirements": run.without_requirements,
        "repeats_dropped": run.repeats,
        "clusters": len(inputs.fleet),
        "subsystems": len(run.subsystems),
    }
    results = replace(run.results, study=_study(design, inputs, command, counts) | {"left_out": list(left_out)})
    write_results(folder, results, run.workload, run.assignments, run.repeats)
    profiles = run.workload.profiles().of_job
    write_outcomes(folder / OUTCOMES, run.tables, run.workload.names, profiles, run.subsystems, inputs.fleet.names)
    return results


def write_build_run(
    folder: Path, run: BuildRun, design: BuildDesign, inputs: Inputs, command: str, left_out: tuple[str, ...] = ()
) -> Results:
    """Write scores, levels, rows and the study record of build records; return the results with their record."""
    counts = {"jobs": len(run.records), "clusters": len(inputs.fleet), "levels": len(run.results.levels)}
    study = _study(design, inputs, command, counts) | _build_study(inputs) | {"left_out": list(left_out)}
    results = replace(run.results, study=study)
    write_scores(folder, results)
    write_outcomes(folder / OUTCOMES, run.tables, run.records.names, run.profiles, (), inputs.fleet.names)
    return results


def write_inputs(inputs: Inputs, folder: Path, *, force: bool = False) -> None:
    """Write a fleet and its jobs as an experiment folder of their kind; force : replace what is there."""
    if isinstance(inputs.jobs, BuildRecords):
        write_build_experiment(inputs.fleet, inputs.jobs, folder, force=force)
    else:
        write_experiment(inputs.fleet, inputs.jobs, folder, force=force)


def sweep_key(inputs: Inputs, design: Design | BuildDesign) -> str:
    """Return the text by which a later run knows parts of this one: inputs, settings and versions as JSON."""
    # Where files lie does not matter when their content is told.
    placed = replace(inputs, source="") if inputs.hashes else inputs
    return json.dumps(_study(design, placed, "", {}) | _build_study(inputs), sort_keys=True)


def _build_study(inputs: Inputs) -> dict[str, Any]:
    return {"study": None if inputs.study is None else asdict(inputs.study)}


def _study(design: Design | BuildDesign, inputs: Inputs, command: str, counts: Mapping[str, int]) -> dict[str, Any]:
    return study_record(asdict(design), source=inputs.source, command=command, inputs=inputs.hashes, counts=counts)
