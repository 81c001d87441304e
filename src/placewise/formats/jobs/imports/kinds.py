"""The kinds of documents that jobs are made of, each with how it is recognised and what reads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from placewise.errors import InputError, locating
from placewise.formats.given import Given, read_given, refuse_repeated
from placewise.formats.jobs.imports.compspec_artifact import import_compspec_artifact, is_compspec_artifact
from placewise.formats.jobs.imports.image_compatibility import import_image_compatibility, is_image_compatibility
from placewise.formats.jobs.imports.pbs_script import import_pbs_script, is_pbs_script
from placewise.formats.jobs.imports.pods import import_pods, is_pods
from placewise.formats.jobs.imports.slurm_script import import_slurm_script, is_slurm_script
from placewise.formats.notations.documents import objects_in
from placewise.model.jobs.imported_job import ImportedJob

JOBS = "jobs"
_SCRIPTS: tuple[tuple[Callable[[str], bool], Callable[[Given], list[ImportedJob]]], ...] = (
    (is_slurm_script, import_slurm_script),
    (is_pbs_script, import_pbs_script),
)
_DOCUMENTS: tuple[tuple[Callable[[object], bool], Callable[[Given], list[ImportedJob]]], ...] = (
    (is_pods, import_pods),
    (is_image_compatibility, import_image_compatibility),
    (is_compspec_artifact, import_compspec_artifact),
)
EXPECTED = "a script with #SBATCH or #PBS, pods, an image compatibility of NFD, or an artifact of compspec"


def import_jobs(paths: Sequence[Path]) -> list[ImportedJob]:
    """Return the jobs of files, each of a kind that its content shows, with names that differ.

    Raises InputError naming file and place, and for a file given twice.
    """
    refuse_repeated(paths)
    found: list[ImportedJob] = []
    for path in paths:
        found += import_job(read_given(path))
    names = [one.job.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise InputError("two jobs have the same name", found=name, expected="names that differ")
    return found


def import_job(given: Given) -> list[ImportedJob]:
    """Return the jobs of one file. Raises InputError as `import_jobs` does."""
    with locating(file=given.path):
        content = given.text()
        for detects, reads in _SCRIPTS:
            if detects(content):
                return reads(given)
        if content.startswith("#!"):
            raise InputError("is a script without options for a scheduler", expected=EXPECTED)
        first = next((document for _, document in objects_in(given)), None)
        for is_one, reads in _DOCUMENTS:
            if is_one(first):
                return reads(given)
        raise InputError("holds nothing to make jobs from", expected=EXPECTED)
