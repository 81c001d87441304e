"""Imported jobs written as jobspecs, a file each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import jobspec_document
from placewise.formats.writing import json_bytes, refuse_existing, write_bytes
from placewise.model.jobs.imported_job import ImportedJob

_DIALECT = "nextgen"
_LONGEST_NAME = 200


def write_jobs(jobs: Sequence[ImportedJob], folder: Path, *, force: bool = False) -> list[Path]:
    """Write each job as NAME.json, and return the files.

    Raises InputError, before anything is written, for a job that no jobspec can say, and for a file that is there
    already unless `force` says to replace it.
    """
    texts: dict[Path, bytes] = {}
    for one in jobs:
        name = quote(one.job.name, safe=" +@=,~()")
        if len(name) > _LONGEST_NAME:
            raise InputError(
                "the job's name is too long",
                file=one.file,
                found=one.job.name,
                expected=f"at most {_LONGEST_NAME} characters",
            )
        path = folder / f"{'%2E' + name[1:] if name.startswith('.') else name}.json"
        texts[path] = json_bytes(jobspec_document(one.job, _DIALECT))
        refuse_existing(path, force=force)
    for path, content in texts.items():
        write_bytes(path, content)
    return list(texts)
