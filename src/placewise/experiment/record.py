"""A run written down: the results folder, complete but for its pictures."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from placewise.experiment.design import Design
from placewise.experiment.inputs import Inputs
from placewise.experiment.run import Run
from placewise.formats.outcomes_table import OUTCOMES, write_outcomes
from placewise.formats.results_folder import write_results
from placewise.formats.study_record import study_record
from placewise.model.results import Results


def write_run(folder: Path, run: Run, design: Design, inputs: Inputs, command: str) -> Results:
    """Write scores, rows and the study record; return the results with their record."""
    settings = asdict(design)
    # How many processes computed it is no part of what was computed.
    del settings["workers"]
    study = study_record(
        settings,
        source=inputs.source,
        command=command,
        inputs=inputs.hashes,
        counts={
            "jobs": len(run.workload),
            "jobs_without_requirements": run.without_requirements,
            "repeats_dropped": run.repeats,
            "clusters": len(inputs.fleet),
            "subsystems": len(run.subsystems),
        },
    )
    results = replace(run.results, study=study)
    write_results(folder, results, run.workload, run.assignments, run.repeats)
    write_outcomes(folder / OUTCOMES, run.tables, run.workload.names, run.subsystems, inputs.fleet.names)
    return results
