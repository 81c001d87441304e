"""The study of a trace: its recorded jobs, on a fleet or on the machines that it describes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.reading import found_at, read_bytes
from placewise.formats.studies.study_file import StudyFile
from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
from placewise.formats.traces.read_trace import read_trace
from placewise.model.jobs.workload import Workload
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import Study

OWN_MACHINES = "the machines of the trace"
_NO_JOBS = Workload.from_rows((), ())


def study_of_trace(file: StudyFile, path: Path, settings: Settings) -> Study:
    """Return the study of a trace that a study file names. Raises InputError as the readers of traces and fleets do."""
    table = file.timed
    fleet = None if file.clusters is None else read_fleet(file.clusters)
    trace = read_trace(path, table.trace_format, machines=table.machines, zone=table.zone)
    return Study(
        fleet_of_trace(trace) if fleet is None else fleet,
        _NO_JOBS,
        settings=settings,
        source=str(path),
        hashes=tuple(_hashes(one for one in (path, table.machines, file.clusters) if one is not None)),
        trace=trace,
        timed=replace(table.settings, origin=OWN_MACHINES if file.clusters is None else str(file.clusters)),
    )


def _hashes(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield name and SHA-256 of every document, those of folders too."""
    for path in paths:
        folder = found_at(path) == "folder"
        for one in sorted(path.rglob("*")) if folder else [path]:
            if found_at(one) == "file":
                name = one.relative_to(path.parent).as_posix()
                yield name, hashlib.sha256(read_bytes(one)).hexdigest()
