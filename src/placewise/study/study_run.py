"""How a study file wants to be run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from placewise import plugins
from placewise.formats.locating import locating
from placewise.formats.studies.study_file import Study, read_study
from placewise.formats.studies.study_settings import Setting, is_file_name
from placewise.study.builds.design import BuildDesign
from placewise.study.design import Design

_OF_BUILDS = ("model", "minimum_builds", "nodes_per_job", "nodes_free")


def run_settings(path: Path) -> Mapping[str, Setting]:
    """Return the settings of a study file by the names of the options of `simulate`, each of them checked.

    Raises InputError naming file and key for a setting that no run takes.
    """
    study = read_study(path)
    if "experiments" in study.run:
        with locating(file=path, place="levels"):
            Design(levels=study.levels)
    for key, value in study.run.items():
        with locating(file=path, place=f"run.{key}"):
            _check(key, value, study)
    return study.run


def _check(key: str, value: Setting, study: Study) -> None:
    asked: dict[str, Any] = {"first" if key == "jobs" else key: value}
    if key in ("policy", "choose"):
        if not is_file_name(str(value)):
            plugins.load("policies", str(value))
    elif key in _OF_BUILDS:
        BuildDesign(**asked)
    elif key == "experiments":
        Design(**asked, tell=study.run.get("tell", ()), levels=study.levels)  # type: ignore[arg-type]  # names, as read
    elif key != "order":
        Design(**asked)
