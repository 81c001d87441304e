"""Short ways to studies and their runs, for the tests."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from placewise.formats.cache.input_cache import cache_folder
from placewise.formats.studies.study_file import declared_for, shipped_declarations
from placewise.matching.bits.kernels import load_kernels
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import Study
from placewise.study.run import run_experiments
from placewise.study.sources import read_study
from placewise.study.values import game_of

KERNELS = load_kernels("numpy")
SHIPPED = SimpleNamespace(**shipped_declarations())


def study_of(fleet, jobs, settings=None, **declared):
    """Return a study; records have the questions and rules that come with the package, unless others are given."""
    return Study(fleet, jobs, settings=settings or Settings(), **(declared or declared_for(jobs)))


def run(fleet, jobs, settings=None, kernels=KERNELS, *, runner=None, **declared):
    """Run the experiments of a study."""
    more = {} if runner is None else {"runner": runner}
    return run_experiments(study_of(fleet, jobs, settings, **declared), kernels, **more)


def game(study, *, scoring="corrected", first=None, among=""):
    """Return the game of a study under a scoring, of its first so many jobs."""
    settings = replace(study.settings, scoring=scoring, first=first)
    return game_of(replace(study, settings=settings), KERNELS, among=among)


def gathered(folder, seed=0):
    """Read an experiment folder or study file, from the cache if it was read before."""
    return read_study(folder, settings=Settings(seed=seed), cache=cache_folder())
