"""Jobs as the texts that are sent."""

from __future__ import annotations

import json
from pathlib import Path

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import jobspec_document
from placewise.formats.reading import name_of, parse_document, parse_json, parse_yaml, read_text
from placewise.model.jobs.job import Job

# The first that can express a job is taken.
_DIALECTS = ("nextgen", "task-resources", "flux")


def text_to_send(jobspec: Job | Path | str) -> tuple[str, str]:
    """Return the text of a jobspec, and a name for the job if the jobspec itself gives none.

    jobspec : a job, the path of a file, or the text itself, in YAML or JSON.

    YAML is sent as the JSON that means the same, which a server reads many times faster. What JSON cannot say (keys
    that are no texts, infinities, tags) and what repeats its parts by aliases is sent as it stands. Raises
    InputError for a file that cannot be read, a text that is no YAML, and a job that no dialect can express.
    """
    if isinstance(jobspec, Job):
        return _written(jobspec), jobspec.name
    if isinstance(jobspec, Path):
        return _as_json(read_text(jobspec), jobspec), name_of(jobspec)
    return _as_json(jobspec, None), ""


def _written(job: Job) -> str:
    refusals = []
    for dialect in _DIALECTS:
        try:
            return json.dumps(jobspec_document(job, dialect), allow_nan=False)
        except InputError as error:
            refusals.append(error)
    raise refusals[0]


def _as_json(text: str, source: object) -> str:
    if text.lstrip()[:1] == "{" and _is_json(text):
        return text
    if "&" in text and "*" in text:
        return text
    document = parse_yaml(text, source)
    if not isinstance(document, dict):
        return text
    try:
        written = json.dumps(document, allow_nan=False)
        return written if parse_document(written, source) == document else text
    except (TypeError, ValueError, RecursionError, InputError):
        return text


def _is_json(text: str) -> bool:
    try:
        parse_json(text, None)
    except InputError:
        return False
    return True
