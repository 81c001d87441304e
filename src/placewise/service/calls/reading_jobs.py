"""Reads the jobspecs of calls: at once where that is quick, else by a process beside the event loop."""

from __future__ import annotations

from functools import partial

from placewise.errors import InputError, Words
from placewise.formats.jobs.jobspec import parse_jobspec
from placewise.formats.reading import json_document
from placewise.matching.limits.site_limits import with_limits
from placewise.model.jobs.job import Job
from placewise.service.beside.documents import read_jobspec
from placewise.service.beside.turns import Caller
from placewise.service.calls.matchers import check_matcher, refuse_what_is_not_judged
from placewise.service.guard.given import check_name
from placewise.service.live.state import State

# Characters of a jobspec that is read at once, in one or two milliseconds. What is YAML takes longer.
_SHORT_YAML, _SHORT_JSON = 1024, 3072


async def read_job(state: State, caller: Caller, text: str, name: str, matcher: str) -> Job:
    """Return the job of a jobspec's text, judged by a match algorithm, as it has to meet the limits of sites.

    Raises InputError for a text that is too long or not understood, and for conditions that the algorithm
    does not judge.
    """
    most = state.settings.jobspec_bytes
    if len(text) > most or (4 * len(text) > most and len(text.encode(errors="replace")) > most):
        raise InputError(
            "the jobspec is too long", found=Words(f"{len(text)} characters"), expected=f"at most {most} bytes"
        )
    if name:
        check_name(name, "the job's name")
    algorithm = check_matcher(matcher or state.settings.match_algorithm)
    separate, named = state.settings.separate_entries, name or "job"
    document = json_document(text) if len(text) <= _SHORT_JSON else None
    if document is not None:
        job = parse_jobspec(document, named, separate_entries=separate)
    elif len(text) <= _SHORT_YAML:
        job = read_jobspec(text, named, separate)
    else:
        read = partial(read_jobspec, text, named, separate)
        job = await state.heavy.beside(caller, lambda stop: state.reading.ask(stop, read))
    check_name(job.name, "the job's name")
    refuse_what_is_not_judged(job, algorithm)
    return with_limits(job, state.fleet.scheduler.index.vocabulary)
