"""How a study file wants its trace to be read and replayed: the table `timed`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from placewise.errors import InputError, locating, one_of
from placewise.formats import values
from placewise.formats.codec import Codecs
from placewise.formats.studies.scenario_file import SETTINGS
from placewise.formats.studies.study_settings import names_of
from placewise.formats.traces.format_names import TraceFormat
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.scenarios import TimedSettings
from placewise.model.traces.trace_cleaning import Cleaning

_CODECS = Codecs()
REPLAYED = tuple(name for name in SETTINGS if name not in ("policy", "policies", "seed"))
"""Settings that all replays of a study share; policies are listed, and the seed is that of the run."""
READ: Mapping[str, Callable[[Any, str], Any]] = {
    "policies": names_of,
    "levels": names_of,
    "values": values.flag,
    "clean": values.text,
    "format": values.text,
    "machines": values.text,
    "zone": values.text,
}
KEYS = (*READ, *REPLAYED)
"""What may be in the table."""


@dataclass(frozen=True, slots=True)
class TimedTable:
    """How a trace is read and replayed. trace_format, machines, zone : see `read_trace`."""

    settings: TimedSettings = field(default_factory=TimedSettings)
    trace_format: TraceFormat | None = None
    machines: Path | None = None
    zone: str | None = None


def timed_of(value: Any, place: str, folder: Path) -> TimedTable:
    """Return what a table says; paths are relative to the folder. Raises InputError for what no replay takes."""
    entry = values.known_keys(value, KEYS, place)
    said = {key: read(entry[key], f"{place}.{key}") for key, read in READ.items() if key in entry}
    for key, kind in (("format", TraceFormat), ("clean", Cleaning)):
        if key in said and said[key] not in get_args(kind):
            raise InputError(
                "is not one of the choices",
                place=f"{place}.{key}",
                found=said[key],
                expected=one_of(said[key], get_args(kind)),
            )
    shared = {key: _CODECS.of(SETTINGS[key]).read(entry[key], f"{place}.{key}") for key in REPLAYED if key in entry}
    with locating(place=place):
        settings = TimedSettings(
            replay=ReplaySettings(**shared),
            **{key: said[key] for key in ("policies", "levels", "values", "clean") if key in said},
        )
    machines = folder / said["machines"] if "machines" in said else None
    return TimedTable(settings, said.get("format"), machines, said.get("zone"))
