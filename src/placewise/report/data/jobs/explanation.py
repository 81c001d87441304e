"""Why a job fits where it fits, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from placewise.matching.causes.why_not import WhyNot

if TYPE_CHECKING:
    from placewise.matching.causes.cause import Cause, CausesThere
    from placewise.matching.causes.relaxing import Relaxations
    from placewise.service.client.messages.values import Explanation


def explanation_document(answer: WhyNot | Explanation, relaxations: Relaxations | None = None) -> dict[str, Any]:
    """Return an explanation, made here or by a scheduler elsewhere, as mappings and lists; every cluster is named."""
    return {
        "job": answer.job,
        "total_clusters": answer.total,
        "matched": list(answer.matched),
        "failing_requirements": [
            {
                "requirement": str(blocked.requirement),
                "subsystem": blocked.requirement.subsystem,
                "clusters": list(blocked.clusters),
                "without_subsystem": blocked.lacking,
                # A scheduler elsewhere may be older, and give none.
                "causes": _causes_document(getattr(blocked, "causes", ())),
            }
            for blocked in answer.blocked
        ],
        "fail_by_one": [
            {"cluster": near.cluster, "requirement": str(near.requirement), "offered": near.offered}
            for near in answer.near_misses
        ],
        "met_on_different_nodes": list(answer.scattered),
        "too_small": list(answer.too_small),
        "unknown_types": list(answer.unknown_types),
        "unknown": [
            {"cluster": one.cluster, "facts": [_cause_document(fact) for fact in one.facts]}
            for one in getattr(answer, "unknown", ())
        ],
        "incomparable": [
            {"cluster": one.cluster, "requirement": str(one.requirement), "problem": one.problem}
            for one in getattr(answer, "incomparable", ())
        ],
        "not_together": _causes_document(getattr(answer, "apart", ())),
        **({} if relaxations is None else _relaxations_document(relaxations)),
    }


def _causes_document(causes: Iterable[CausesThere]) -> list[dict[str, Any]]:
    return [
        {"causes": [_cause_document(cause) for cause in there.causes], "clusters": list(there.clusters)}
        for there in causes
    ]


def _cause_document(cause: Cause) -> dict[str, str]:
    return {
        "kind": cause.kind,
        "subsystem": cause.subsystem,
        "field": cause.field,
        "asked": cause.asked,
        "offered": cause.offered,
        "line": cause.line,
    }


def _relaxations_document(found: Relaxations) -> dict[str, Any]:
    return {
        "causes": [
            {
                "requirements": [str(requirement) for requirement in causes.requirements],
                "met_on_different_nodes": causes.scattered,
                "too_small": causes.too_small,
                "clusters": list(causes.clusters),
            }
            for causes in found.causes
        ],
        "relaxations": {
            "fewest_requirements": found.fewest,
            "complete": found.complete,
            "sets": [
                {
                    "requirements": [str(requirement) for requirement in one.requirements],
                    "clusters_gained": list(one.clusters),
                    "widened": [
                        {
                            "requirement": str(way.requirement),
                            "steps": [
                                {
                                    "to": None if step.relaxed is None else str(step.relaxed),
                                    "clusters_gained": list(step.clusters),
                                }
                                for step in way.steps
                            ],
                        }
                        for way in one.ways
                    ],
                }
                for one in found.sets
            ],
        },
    }
