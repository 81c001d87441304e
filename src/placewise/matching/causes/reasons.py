"""Why a job matches no cluster, in one line."""

from __future__ import annotations

from collections import Counter

from placewise.matching.causes.cause import Blocked
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.model.jobs.job import Job
from placewise.model.requirements.requirement import Expression


def reason(index: FleetIndex, job: Job) -> str:
    """Return the most frequent cause for which clusters do not meet the requirement that most of them fail.

    Raises InputError as `match` does.
    """
    answer = why_not(index, job)
    if not answer.total:
        return "the fleet has no clusters"
    if answer.unknown_types:
        return f"no cluster has a resource of type {answer.unknown_types[0]!r}"
    if answer.blocked:
        line, clusters = _cause(answer.blocked[0])
        return f"{line} ({clusters} of {answer.total})"
    if answer.scattered:
        return f"not together on the nodes needed ({len(answer.scattered)} of {answer.total})"
    return f"too small for the resources asked for ({len(answer.too_small)} of {answer.total})"


def _cause(blocked: Blocked[Expression]) -> tuple[str, int]:
    """Return why most clusters do not meet a requirement, and how many these are."""
    lines: Counter[str] = Counter()
    for there in blocked.causes:
        for cause in there.causes[:1]:
            lines[cause.line] += len(there.clusters)
    return lines.most_common(1)[0] if lines else (f"not {blocked.requirement}", len(blocked.clusters))
