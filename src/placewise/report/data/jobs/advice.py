"""Changes worth making, as plain values for JSON."""

from __future__ import annotations

from typing import Any

from placewise.advice.suggestions.suggestion import Advice, Applied, Change
from placewise.model.advice.changes import FactDescribed, PriceMoved
from placewise.model.advice.gains import Gains, Saved
from placewise.worth.near_misses.suggestions import Relaxation


def advice_document(found: Advice) -> dict[str, Any]:
    """Return advice as mappings and lists; what is not known is null."""
    now = found.now
    return {
        "now": {
            "jobs": now.jobs,
            "success": now.success,
            "matches": now.matches,
            "waiting_h": now.waiting_h,
            "wasted_h": now.wasted_h,
            "cost": now.cost,
        },
        "tried": found.tried,
        "matches_only": found.matches_only,
        "notes": list(found.notes),
        "suggestions": [
            {
                **_change_document(one.change),
                "settles": one.settles,
                "gains": _gains_document(one.most.gains),
                "otherwise": None if one.is_sure else _applied_document(one.least),
                "gains_matches_only": not one.gains_something,
            }
            for one in found.suggestions
        ],
    }


def _applied_document(one: Applied) -> dict[str, Any]:
    return {**_change_document(one.change), "gains": _gains_document(one.gains)}


def _change_document(change: Change) -> dict[str, Any]:
    if isinstance(change, FactDescribed):
        answer = None if change.answer is None else dict(change.answer)
        return {"kind": "describe", "cluster": change.cluster, "subsystem": change.subsystem, "answer": answer}
    if isinstance(change, PriceMoved):
        prices = {name: {"before": before, "after": after} for name, before, after in change.prices}
        return {"kind": "price", "cluster": change.cluster, "prices": prices}
    if isinstance(change, Relaxation):
        relaxed = None if change.relaxed is None else str(change.relaxed)
        return {"kind": "relax", "requirement": str(change.requirement), "to": relaxed}
    return {
        "kind": "change",
        "cluster": change.cluster,
        "subsystem": change.subsystem,
        "before": None if change.before is None else dict(change.before),
        "after": dict(change.after),
    }


def _gains_document(gains: Gains) -> dict[str, Any]:
    return {
        "success": gains.success,
        "matches": gains.matches,
        "moved": gains.moved,
        "waiting_h": _saved_document(gains.waiting_h),
        "wasted_h": _saved_document(gains.wasted_h),
        "cost": _saved_document(gains.cost),
    }


def _saved_document(saved: Saved | None) -> dict[str, Any] | None:
    if saved is None:
        return None
    interval = saved.interval
    ends = None if interval is None else {"low": interval.low, "high": interval.high, "over": interval.over}
    return {"amount": saved.amount, "interval": ends}
