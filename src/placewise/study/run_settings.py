"""How a study file wants to be run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from placewise.errors import InputError, locating, one_of
from placewise.formats.studies.order_file import read_order
from placewise.formats.studies.selection_config import read_priorities
from placewise.formats.studies.study_file import StudyFile, read_study_file
from placewise.formats.studies.study_settings import Setting, is_file_name
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import A_TRACE, CHOSEN, EXPERIMENTS, NO_TIMES, TIMED
from placewise.selection.composing import policy_named
from placewise.selection.offered import IN_A_STUDY, WITH_COSTS


def run_settings(path: Path) -> Mapping[str, Setting]:
    """Return the settings of a study file by the names of the options of `simulate`, each of them checked.

    Raises InputError naming file and key for a setting that no run takes.
    """
    file = read_study_file(path)
    for key, value in file.run.items():
        with locating(file=path, place=f"run.{key}"):
            if key in ("policy", "choose"):
                if not is_file_name(str(value)):
                    policy_named(str(value), known=IN_A_STUDY if key == "policy" else WITH_COSTS)
            elif key == "experiments":
                _check_experiments(value, file)
            elif key != "order":
                asked: dict[str, Any] = {"first" if key == "jobs" else key: value}
                Settings(**asked)
    return file.run


def _check_experiments(names: Setting, file: StudyFile) -> None:
    known = (TIMED,) if file.trace is not None else (*EXPERIMENTS, *(level.name for level in file.levels))
    for name in names if isinstance(names, tuple) else ():
        if name == TIMED and file.trace is None:
            raise InputError(NO_TIMES, found=name, expected=A_TRACE)
        if name not in known:
            raise InputError("no such experiment", found=name, expected=one_of(name, known))
        if name == CHOSEN and not file.run.get("metadata"):
            raise InputError("the experiment chosen has no metadata", expected="metadata with names")


def settings_of(path: Path) -> dict[str, Any]:
    """Return the settings of a study file by the names of the fields of `Settings`. Raises InputError as above."""
    found: dict[str, Any] = dict(run_settings(path))
    if "jobs" in found:
        found["first"] = found.pop("jobs")
    order = found.pop("order", "alphabetical")
    if order != "alphabetical":
        found["order"] = read_order(Path(order))
    if is_file_name(str(found.get("choose", ""))):
        found["priorities"] = read_priorities(Path(found["choose"]))
        found["choose"] = "constraint"
    return found
