"""The game of telling subsystems, of either kind of jobs: from inputs, or from the stage of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from placewise.errors import InputError
from placewise.matching.kernels import Kernels
from placewise.model.builds import BuildRecords
from placewise.model.study import BuildStudy, Form
from placewise.outcomes.telling import Needs
from placewise.outcomes.truth import Scoring
from placewise.study.design import Design, listed, refuse_outside
from placewise.study.figures import profiles_that_decide
from placewise.study.inputs import Inputs
from placewise.study.run import take_part
from placewise.study.stage import Stage
from placewise.worth.game import Game

if TYPE_CHECKING:
    from placewise.study.builds.stage import BuildStage


def game_of(
    inputs: Inputs, kernels: Kernels, *, scoring: Scoring = "corrected", first: int | None = None, forms: str = ""
) -> Game:
    """Return the game of telling subsystems, over all jobs that ask for anything, or over builds.

    first : only so many jobs. forms : of build records, whose players are the forms that the study tells one after
    the other, or all that some level tells (``all``), or those named with commas between.
    Raises InputError for no jobs or clusters, and for forms that the study does not have.
    """
    if not len(inputs.fleet):
        raise InputError("the fleet has no clusters", expected="at least one")
    refuse_outside(jobs=(first, 1, 2**62))
    if isinstance(inputs.jobs, BuildRecords):
        assert inputs.study is not None
        chosen_forms(inputs.study, forms)  # refused before the work begins
        return game_of_builds(_prepared_builds(inputs, inputs.jobs, kernels, scoring, first), forms)
    if forms not in ("", "all"):
        raise InputError("--forms means nothing for jobs that ask for versions", found=forms)
    design = Design(scoring=scoring, first=first)
    chosen, _, _ = take_part(inputs.jobs, design)
    return game_of_stage(Stage.prepare(inputs.fleet, chosen, design, kernels))


def game_of_stage(stage: Stage) -> Game:
    """Return the game of a run that is prepared."""
    return _game(stage, stage.needs)


def game_of_builds(stage: BuildStage, forms: str) -> Game:
    """Return the game of a prepared run over build records; forms as in `game_of`."""
    return _game(stage, stage.needs(chosen_forms(stage.study, forms)))


def _game(stage: Stage | BuildStage, needs: Needs) -> Game:
    truth = stage.scene.truth
    profiles = profiles_that_decide(truth, stage.scheduler.kernels)
    return Game(stage.scheduler.index, needs, truth.succeeds, stage.weights, profiles)


def _prepared_builds(
    inputs: Inputs, records: BuildRecords, kernels: Kernels, scoring: Scoring, first: int | None
) -> BuildStage:
    # Models and expressions take a while to load.
    from placewise.study.builds.design import BuildDesign  # noqa: PLC0415
    from placewise.study.builds.stage import BuildStage  # noqa: PLC0415

    assert inputs.study is not None
    if not len(records):
        raise InputError("there are no builds", expected="at least one")
    if first is not None and first < len(records):
        records = records.select(np.arange(first))
    return BuildStage.prepare(inputs.fleet, records, inputs.study, BuildDesign(scoring=scoring), kernels)


def chosen_forms(study: BuildStudy, names: str) -> tuple[Form, ...]:
    """Return the forms of a study by name, with commas between; see `game_of`."""
    if not names:
        return study.expanding
    return study.chosen(list(study.forms) if names == "all" else listed(names))
