"""Placewise decides where jobs can run, and measures what a scheduler has to know to decide it well."""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placewise.api.questions import (
        estimate_start,
        explain,
        match,
        near_misses,
        read_fleet,
        read_job,
        scores,
        smallest_set,
        value,
    )
    from placewise.api.replay import Replay, replay
    from placewise.api.results import Results, read_results
    from placewise.api.study import Study, read_study
    from placewise.errors import InputError, PlacewiseError
    from placewise.formats.traces.read_trace import read_trace
    from placewise.model.cluster import Cluster, Fleet
    from placewise.model.job import Job
    from placewise.model.requirement import AllOf, AnyOf, Not, Requirement
    from placewise.model.study import Level
    from placewise.model.trace import Trace
    from placewise.model.version import Version
    from placewise.model.version_range import VersionRange
    from placewise.model.vocabulary import Vocabulary
    from placewise.scheduler import Scheduler

__version__ = "0.1.0"

__all__ = [
    "AllOf",
    "AnyOf",
    "Cluster",
    "Fleet",
    "InputError",
    "Job",
    "Level",
    "Not",
    "PlacewiseError",
    "Replay",
    "Requirement",
    "Results",
    "Scheduler",
    "Study",
    "Trace",
    "Version",
    "VersionRange",
    "Vocabulary",
    "estimate_start",
    "explain",
    "match",
    "near_misses",
    "read_fleet",
    "read_job",
    "read_results",
    "read_study",
    "read_trace",
    "replay",
    "scores",
    "smallest_set",
    "value",
]

_ROOMS = {
    "api.questions": (
        "estimate_start",
        "explain",
        "match",
        "near_misses",
        "read_fleet",
        "read_job",
        "scores",
        "smallest_set",
        "value",
    ),
    "api.replay": ("Replay", "replay"),
    "api.results": ("Results", "read_results"),
    "api.study": ("Study", "read_study"),
    "errors": ("InputError", "PlacewiseError"),
    "formats.traces.read_trace": ("read_trace",),
    "model.cluster": ("Cluster", "Fleet"),
    "model.job": ("Job",),
    "model.requirement": ("AllOf", "AnyOf", "Not", "Requirement"),
    "model.study": ("Level",),
    "model.trace": ("Trace",),
    "model.version": ("Version",),
    "model.version_range": ("VersionRange",),
    "model.vocabulary": ("Vocabulary",),
    "scheduler": ("Scheduler",),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


class _Package(types.ModuleType):
    """The package, in which `replay` is the function, though a room has that name too."""

    def __setattr__(self, name: str, value: object) -> None:
        # Importing a room makes it an attribute of its package.
        if not (name in _ROOM_OF and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for (PEP 562), so that importing the package is quick."""
    room = _ROOM_OF.get(name)
    if room is None:
        raise AttributeError(f"module 'placewise' has no attribute {name!r}")
    found = getattr(importlib.import_module(f"placewise.{room}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
