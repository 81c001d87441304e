"""Placewise decides where jobs can run, and measures what a scheduler has to know to decide it well."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placewise.api.advising import advise
    from placewise.api.checking import check
    from placewise.api.differences import diff
    from placewise.api.questions import (
        choose,
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
    from placewise.model.fleets.cluster import Cluster, Fleet
    from placewise.model.fleets.vocabulary import Vocabulary
    from placewise.model.jobs.job import Job
    from placewise.model.requirements.requirement import AllOf, AnyOf, Not, Requirement
    from placewise.model.studies.study import Level
    from placewise.model.traces.trace import Trace
    from placewise.model.versions.version import Version
    from placewise.model.versions.version_range import VersionRange
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
    "advise",
    "check",
    "choose",
    "diff",
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
    "api.advising": ("advise",),
    "api.checking": ("check",),
    "api.differences": ("diff",),
    "api.questions": (
        "choose",
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
    "model.fleets.cluster": ("Cluster", "Fleet"),
    "model.jobs.job": ("Job",),
    "model.requirements.requirement": ("AllOf", "AnyOf", "Not", "Requirement"),
    "model.studies.study": ("Level",),
    "model.traces.trace": ("Trace",),
    "model.versions.version": ("Version",),
    "model.versions.version_range": ("VersionRange",),
    "model.fleets.vocabulary": ("Vocabulary",),
    "scheduler": ("Scheduler",),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


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
