"""Expectations held against a fleet, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from placewise.model.advice.check import Broken, Check, CheckedJob, Difference


def checks_document(checks: Sequence[Check]) -> dict[str, Any]:
    """Return checks as mappings and lists: whether all hold, and by file each entry, what is true, what is not."""
    return {
        "holds": all(one.holds for one in checks),
        "files": [
            {"file": one.file, "fleet": one.fleet, "holds": one.holds, "jobs": [_job(job) for job in one.jobs]}
            for one in checks
        ],
    }


def _job(checked: CheckedJob) -> dict[str, Any]:
    expected, now = checked.expected, checked.now
    return {
        "job": expected.name,
        "line": expected.line(),
        "holds": not checked.broken,
        "clusters": list(now.matched),
        "unknown": list(now.undecided),
        "total_clusters": len(now.names),
        "success": now.success,
        "start": None if now.start is None else {"cluster": now.start.cluster, "wait_s": now.start.wait_s},
        "broken": [_broken(checked, one) for one in checked.broken],
    }


def _broken(checked: CheckedJob, broken: Broken) -> dict[str, Any]:
    return {
        "key": broken.key,
        "line": checked.expected.line(broken.key),
        "differences": [_difference(one) for one in broken.differences],
        "no_cause": list(broken.stale),
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {"cluster": one.cluster, "answer": one.answer, "why": list(one.why)}
