"""Studies that are read, changed and run from Python."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from placewise.api.results import Results
from placewise.formats.cache.input_cache import cache_folder
from placewise.matching.bits.kernels import load_kernels
from placewise.model.progress import SILENT, Progress
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import Level
from placewise.model.studies.study import Study as StudyValue
from placewise.study.run import run_study
from placewise.study.sources import read_study as read_study_value
from placewise.sweep.executors import runner


class Study(StudyValue):
    """Fleet, jobs, questions, rules, levels and settings: all that a run needs.

    >>> study = Study.from_folder("demo", levels=[Level("abi", ["mpich", "gdbm"])])
    >>> study.run(seed=0, orders=0, fleets=0, resamples=0)["abi"].success <= study.run().ceiling
    True
    """

    __slots__ = ()

    @classmethod
    def from_folder(cls, folder: str | Path, *, levels: Iterable[Level] = (), **settings: Any) -> Study:
        """Read an experiment folder, with further levels, and settings as in `placewise.model.studies.settings`.

        Raises InputError naming file and place for a folder that holds none, and for settings that no run takes.
        """
        return read_study(folder, levels=levels, **settings)

    def with_settings(self, **settings: Any) -> Study:
        """Return the study with some settings changed. Raises InputError for values that no run takes."""
        return replace(self, settings=replace(self.settings, **settings))

    def run(self, *, workers: int = 1, kernels: str = "numpy", progress: Progress = SILENT, **settings: Any) -> Results:
        """Run the experiments, with intervals and values, and write nothing.

        workers : processes for what is drawn often; results do not change. settings : changed for this run, such as
        seed. Raises InputError for an empty fleet, no jobs, and names that no question has.
        """
        study = self.with_settings(**settings)
        with runner(workers) as where:
            return Results.of_run(run_study(study, load_kernels(kernels), progress=progress, runner=where))


def read_study(source: str | Path, *, levels: Iterable[Level] = (), **settings: Any) -> Study:
    """Read an experiment folder or a study file (.toml).

    levels : further ones, after those of the file. settings : see `placewise.model.studies.settings.Settings`.
    Raises InputError naming file and place.

    >>> read_study("demo", seed=1).settings.seed
    1
    """
    path = Path(source)
    if path.suffix == ".toml":
        from placewise.study.run_settings import settings_of  # noqa: PLC0415, of study files alone

        settings = settings_of(path) | settings
    found = read_study_value(path, settings=Settings(**settings), cache=cache_folder())
    values = {field.name: getattr(found, field.name) for field in fields(found)}
    return Study(**values | {"levels": (*found.levels, *levels)})
