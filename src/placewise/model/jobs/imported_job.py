"""A job that was made of another scheduler's document, and what of the document is not in it."""

from __future__ import annotations

from dataclasses import dataclass

from placewise.model.jobs.job import Job


@dataclass(frozen=True, slots=True)
class ImportedJob:
    """A job, its file, and the places of what was not understood or is not in the job, each with the reason."""

    job: Job
    file: str
    left_out: tuple[tuple[str, str], ...] = ()
