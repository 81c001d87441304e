"""The main job: run what the inputs call for, and write it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from placewise.errors import InputError
from placewise.matching.kernels import Kernels
from placewise.model.builds import BuildRecords
from placewise.model.results import Results
from placewise.model.workload import Workload
from placewise.study.builds.design import BuildDesign
from placewise.study.design import Design
from placewise.study.figures import Figure
from placewise.study.games import game_of_builds, game_of_stage
from placewise.study.inputs import Inputs
from placewise.study.record import sweep_key, write_build_run, write_run
from placewise.study.run import Run, run
from placewise.study.summing_up import Progress
from placewise.study.valuing import valued
from placewise.study.varying.fleets import FleetTask
from placewise.study.varying.redrawing import fleets_like
from placewise.study.varying.uncertainty import Asked, compared_experiments, compared_levels, with_uncertainty
from placewise.sweep.runner import HERE, Runner

if TYPE_CHECKING:
    from placewise.study.builds.run import BuildRun


def simulate(
    inputs: Inputs,
    design: Design,
    build_design: BuildDesign,
    kernels: Kernels,
    folder: Path,
    *,
    command: str,
    progress: Progress,
    runner: Runner = HERE,
) -> Results:
    """Run the experiments of the inputs' kind and write the results folder, complete but for its pictures.

    runner : for random orders, resamples and fleets.

    Raises InputError for an option that was set and means nothing for the kind.
    """
    if isinstance(inputs.jobs, BuildRecords):
        # Only build records need models and expressions, which take a while to load.
        from placewise.study.builds.run import run_builds  # noqa: PLC0415

        _refuse_others(design, Design(tell=design.tell), "build records, whose levels a study file names", BuildDesign)
        assert inputs.study is not None
        key = sweep_key(inputs, build_design)
        found = run_builds(inputs.fleet, inputs.jobs, inputs.study, build_design, kernels, progress, runner, key)
        pairs = compared_levels(inputs.study, list(found.results.scores))
        results, left_out = _unsure(found, found.records, pairs, inputs, build_design, kernels, runner, key, progress)
        if not build_design.sample:
            progress("values", 0, 1)
            games = game_of_builds(found.stage, ""), game_of_builds(found.stage, "all")
            results = valued(results, *games, design=build_design, runner=runner, key=key)
        progress("writing", 0, 1)
        return write_build_run(folder, replace(found, results=results), build_design, inputs, command, left_out)
    _refuse_others(build_design, BuildDesign(), "jobs that ask for versions", Design)
    design = replace(design, levels=inputs.levels)
    key = sweep_key(inputs, design)
    told = run(inputs.fleet, inputs.jobs, design, kernels, progress, runner, key)
    pairs = compared_experiments(tuple(design.told))
    results, left_out = _unsure(told, told.workload, pairs, inputs, design, kernels, runner, key, progress)
    if design.exact:
        progress("values", 0, 1)
        game = game_of_stage(told.stage)
        results = valued(results, game, game, design=design, runner=runner, key=key)
    progress("writing", 0, 1)
    return write_run(folder, replace(told, results=results), design, inputs, command, left_out)


def _unsure(
    found: Run | BuildRun,
    jobs: Workload | BuildRecords,
    compared: Sequence[tuple[Figure, Figure]],
    inputs: Inputs,
    design: Design | BuildDesign,
    kernels: Kernels,
    runner: Runner,
    key: str,
    progress: Progress,
) -> tuple[Results, tuple[str, ...]]:
    """Return the results with intervals, and what was left out of them, and why; jobs : those that took part."""
    fleets, left_out = None, []
    if design.fleets:
        progress("fitting a profile", 0, 1)
        try:
            fleets = FleetTask.of(fleets_like(inputs, jobs, design, kernels), len(inputs.fleet), design.seed)
        except InputError as error:
            left_out.append(f"fleets drawn anew: {error}")
    asked = Asked(design.resamples, design.fleets, design.seed)
    results = with_uncertainty(
        found.results, found.observed, compared, fleets, asked, runner=runner, key=key, progress=progress
    )
    return results, tuple(left_out)


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
