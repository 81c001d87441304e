"""The main job: run what the inputs call for, and write it down."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from placewise.errors import InputError
from placewise.experiment.builds.design import BuildDesign
from placewise.experiment.design import Design
from placewise.experiment.inputs import Inputs
from placewise.experiment.record import write_build_run, write_run
from placewise.experiment.run import run
from placewise.experiment.summing_up import Progress
from placewise.matching.kernels import Kernels
from placewise.model.builds import BuildRecords
from placewise.model.results import Results


def simulate(
    inputs: Inputs,
    design: Design,
    build_design: BuildDesign,
    kernels: Kernels,
    folder: Path,
    *,
    command: str,
    progress: Progress,
) -> Results:
    """Run the experiments of the inputs' kind and write the results folder, complete but for its pictures.

    Raises InputError for an option that was set and means nothing for the kind.
    """
    if isinstance(inputs.jobs, BuildRecords):
        # Only build records need models and expressions, which take a while to load.
        from placewise.experiment.builds.run import run_builds  # noqa: PLC0415

        _refuse_others(design, Design(), "build records, whose levels a study file names", BuildDesign)
        assert inputs.study is not None
        found = run_builds(inputs.fleet, inputs.jobs, inputs.study, build_design, kernels, progress)
        progress("writing", 0, 1)
        return write_build_run(folder, found, build_design, inputs, command)
    _refuse_others(build_design, BuildDesign(), "jobs that ask for versions", Design)
    told = run(inputs.fleet, inputs.jobs, design, kernels, progress)
    progress("writing", 0, 1)
    return write_run(folder, told, design, inputs, command)


def _refuse_others(
    given: Design | BuildDesign, default: Design | BuildDesign, what: str, kind: type[Design | BuildDesign]
) -> None:
    """Raise InputError when a setting that only the other kind has is not at its default."""
    shared = {field.name for field in fields(kind)}
    for field in fields(given):
        value = getattr(given, field.name)
        if field.name not in shared and value != getattr(default, field.name):
            option = "--" + field.name.replace("_", "-")
            raise InputError(f"{option} means nothing for {what}", found=value)
