"""Which jobs of a trace are replayed, and what is changed in them first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.model.traces.trace import Trace

Cleaning: TypeAlias = Literal["none", "strict"]

NEGATIVE_SUBMIT = "the submission time is negative"
NO_PROCESSORS = "no processors were asked for or given"
TOO_LARGE = "more processors were asked for or given than the largest cluster has"
NO_RUNTIME = "the runtime is not positive"
NO_LIMIT = "the limit is not positive"
REASONS = (NEGATIVE_SUBMIT, NO_PROCESSORS, TOO_LARGE, NO_RUNTIME, NO_LIMIT)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A trace after cleaning, and what was done to it.

    trace : what is left. cleaning : the name of the filter. jobs : how many there were.
    dropped : reasons and how many jobs were dropped for each; a job counts for the first reason that holds.
    given_instead : jobs whose asked processors are those that they were given.
    cut : jobs whose runtime was cut at their limit. left : (jobs,) which of them are left; None for all.
    """

    trace: Trace
    cleaning: Cleaning
    jobs: int
    dropped: tuple[tuple[str, int], ...] = ()
    given_instead: int = 0
    cut: int = 0
    left: NDArray[np.bool_] | None = field(default=None, compare=False, repr=False)


def clean(
    trace: Trace, cleaning: Cleaning = "strict", *, largest: int | None = None, limits: bool | None = None
) -> Cleaned:
    """Return what a filter leaves of a trace.

    `none` changes nothing. `strict` drops jobs with a negative submission time, jobs that neither asked for nor were
    given processors, jobs that asked for or were given more than the largest cluster has (`largest`, else the largest
    that the trace describes, else no job is too large), and jobs whose runtime or limit is not positive; a trace
    without any limit keeps its jobs. A job that asked for no processors asks for those that it was given. A runtime
    past the limit is cut there, since the job would have been killed. limits : whether any job has one, where this is
    only a part of the trace.

    Raises InputError for another name of a filter.
    """
    if cleaning == "none":
        return Cleaned(trace, cleaning, len(trace))
    if cleaning != "strict":
        raise InputError("no such cleaning", found=cleaning, expected=one_of(cleaning, ("none", "strict")))
    most = trace.largest_machine if largest is None else largest
    given_instead = (trace.requested_processors <= 0) & (trace.processors > 0)
    asked = np.where(given_instead, trace.processors, trace.requested_processors)
    no_limits = not ((trace.requested_s > 0).any() if limits is None else limits)
    left = np.ones(len(trace), dtype=bool)
    dropped = []
    for reason, faulty in (
        (NEGATIVE_SUBMIT, trace.submit_s < 0),
        (NO_PROCESSORS, asked <= 0),
        (TOO_LARGE, np.full(len(trace), False) if most is None else np.maximum(asked, trace.processors) > most),
        (NO_RUNTIME, trace.runtime_s <= 0),
        (NO_LIMIT, (trace.requested_s <= 0) & (not no_limits)),
    ):
        if count := int((left & faulty).sum()):
            dropped.append((reason, count))
        left &= ~faulty
    cut = left & (trace.runtime_s > trace.requested_s) & (not no_limits)
    changed = replace(
        trace, requested_processors=asked, runtime_s=np.where(cut, trace.requested_s, trace.runtime_s)
    ).of(left)
    return Cleaned(
        changed, cleaning, len(trace), tuple(dropped), int((left & given_instead).sum()), int(cut.sum()), left
    )
