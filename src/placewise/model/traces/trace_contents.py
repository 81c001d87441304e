"""What the jobs of a trace say, and what they do not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from placewise.model.traces.trace import UNKNOWN, Trace


def said_by(trace: Trace) -> dict[str, int]:
    """Return, by what a job can say, in words, how many jobs say it."""
    there = {
        "time limits": trace.requested_s > 0,
        "the processors that jobs asked for": trace.requested_processors > 0,
        "the processors that jobs were given": trace.processors > 0,
        "runtimes": trace.runtime_s > 0,
        "memory": trace.memory_bytes > 0,
        "GPUs": trace.gpus_milli > 0,
        "users": trace.user.codes != UNKNOWN,
        "groups": trace.group.codes != UNKNOWN,
        "queues": trace.queue.codes != UNKNOWN,
        "requirements": trace.ask > 0,
        "preceding jobs": trace.after != UNKNOWN,
        "waits": np.zeros(len(trace), dtype=bool) if trace.waited_s is None else trace.waited_s != UNKNOWN,
    }
    return {what: int(one.sum()) for what, one in there.items()}


def lacking(trace: Trace) -> tuple[str, ...]:
    """Return what no job says, and the machines where none are described, in words."""
    return lacking_of(said_by(trace), trace)


def lacking_of(said: Mapping[str, int], trace: Trace) -> tuple[str, ...]:
    """Return what no job says. said : how many say it. trace : any part of the trace."""
    missing = [what for what, count in said.items() if not count]
    return (*missing, *(() if trace.machines else ("machines",)))
