"""Jobspecs: jobs as documents, in dialects that are distinguished by the document's shape."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from placewise import plugins
from placewise.errors import InputError, locating
from placewise.formats.jobs.jobspec.document import Dialect
from placewise.formats.reading import name_of, parse_document, parse_json, read_text
from placewise.formats.requirements.notes import Notes as Notes
from placewise.formats.requirements.reading import Reading
from placewise.formats.values import mapping, refuse_control
from placewise.model.jobs.job import Job


@cache
def _dialect(name: str) -> Dialect:
    found: Dialect = plugins.load("formats", name)
    return found


def dialects() -> dict[str, Dialect]:
    """Return the dialects by name: the plugins of the group ``formats``. A document is of the one that detects it."""
    return {name: _dialect(name) for name in plugins.names("formats")}


def read_jobspec(path: Path, *, separate_entries: bool = False, notes: Notes | None = None) -> Job:
    """Return the job of a YAML or JSON file, named as the document says or else as the file is.

    With `separate_entries` every entry is a requirement of its own, as rainbow takes them. `notes`
    collects what is kept without a meaning for matching. Raises InputError naming file, job and place.
    """
    content = read_text(path)
    if path.suffix == ".json":
        document = parse_json(content, path)
        return parse_jobspec(document, name_of(path), path, separate_entries=separate_entries, notes=notes)
    return jobspec_text(content, name_of(path), path, separate_entries=separate_entries, notes=notes)


def jobspec_text(
    text: str, name: str, source: object, *, separate_entries: bool = False, notes: Notes | None = None
) -> Job:
    """Return the job of a YAML (or JSON) text, as `parse_jobspec` does."""
    document = parse_document(text, source)
    return parse_jobspec(document, name, source, separate_entries=separate_entries, notes=notes)


def parse_jobspec(
    document: Any, name: str, source: object = None, *, separate_entries: bool = False, notes: Notes | None = None
) -> Job:
    """Return the job of a document in any dialect; `name` is the job's if the document gives none.

    Entries of one list that name the same subsystem describe one vertex, unless `separate_entries` is set. `notes`
    collects what is kept without a meaning for matching.
    Raises InputError naming source, job and place: for values that are not usable, and for every key that
    is not understood, since it may be a demand.
    """
    with locating(file=source, place=f"job {name!r}"):
        checked = mapping(document, "jobspec")
        for dialect in dialects().values():
            if dialect.detect(checked):
                job = dialect.parse(checked, name, Reading(separate_entries, Notes() if notes is None else notes))
                refuse_control(job.name, "name")
                return job
        expected = "a list of resources (Flux), or named ones (nextgen)"
        found = checked["resources"] if "resources" in checked else list(checked)
        raise InputError("the document asks for no resources", place="resources", found=found, expected=expected)


def jobspec_document(job: Job, dialect: str) -> dict[str, Any]:
    """Return a job's document in one dialect, from which `parse_jobspec` makes an equal job.

    Raises InputError naming what the dialect cannot express.
    """
    written = _dialect(dialect)
    with locating(place=f"job {job.name!r} as {dialect}"):
        document = written.write(job)
        if parse_jobspec(document, job.name) != job:
            raise InputError("the dialect cannot express this job", expected="another dialect")
        return document
