"""Scores as the prior work's results have them: entries with a value, or a mean and a std, beside a description."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from placewise.errors import InputError
from placewise.formats import values
from placewise.formats.locating import locating
from placewise.formats.reading import read_json
from placewise.model.results import Moments, Score

UNMATCHED_AT = "unmatched_at"
"""What `scores.json` holds beside the experiments."""


def score_document(score: Score) -> dict[str, Any]:
    """Return what `scores.json` holds of one experiment."""
    total, clusters = score.total_jobs, score.clusters
    matched = score.matched_clusters
    mismatched = None if matched.mean is None else clusters - matched.mean
    return {
        "total_jobs": {"value": total, "description": "submissions: jobs, each once for every level told"},
        "unmatched_percent": {
            "value": score.unmatched / total if total else None,
            "description": "share of submissions that no cluster matched",
        },
        "unmatched": {"value": score.unmatched, "description": "submissions that no cluster matched"},
        "build_success": _moments(
            score.success_of_matched,
            "share of matched submissions whose every outcome rule holds; std: of one submission's outcome, 0 or 1, "
            "which is sqrt(p(1-p))",
        ),
        "success": {
            "value": score.success,
            "description": "share of all submissions whose every outcome rule holds; unmatched count as failed",
        },
        "ceiling": {
            "value": score.ceiling,
            "description": "share of all submissions for which some cluster of the fleet would succeed",
        },
        "marginal_score": _moments(
            score.marginal_score,
            "share of the outcome rules that hold, a submission; over matched submissions; std: of one submission",
        ),
        "versions_in_range": {
            "total_correct": score.versions_correct,
            "total_possible": score.versions_possible,
            "description": "outcome rules that hold and outcome rules, summed over matched submissions",
        },
        "matched_clusters_per_job": _moments(matched, "clusters that match, a submission; over all submissions"),
        "mismatched_clusters_per_job": _moments(
            Moments(mismatched, matched.std), "clusters that do not match, a submission; over all submissions"
        ),
        "total_clusters": {"value": clusters, "description": "clusters of the fleet"},
        "precision": {
            "value": score.precision,
            "description": "of the (submission, cluster) pairs that match, the share that would succeed",
        },
        "recall": {
            "value": score.recall,
            "description": "of the (submission, cluster) pairs that would succeed, the share that match",
        },
        "clusters_used": {
            "value": score.clusters_used,
            "description": "expected number of clusters that are given at least one submission",
        },
        "failures": {
            "by_subsystem": dict(score.failures),
            "description": "expected submissions whose rule on the subsystem fails where they are assigned; one "
            "submission may count under several",
        },
    }


def subsystem_document(score: Score) -> dict[str, Any]:
    """Return what `subsystem-scores.json` holds of one subsystem."""
    document = score_document(score)
    if not score.failures:  # not worked out by subsystem told, which is not the same as none
        del document["failures"]
    return document


def _moments(moments: Moments, description: str) -> dict[str, Any]:
    return {"mean": moments.mean, "std": moments.std, "description": description}


def read_scores(path: Path) -> dict[str, Score]:
    """Read the scores of a file of either kind by name. Raises InputError for another shape."""
    with locating(file=path):
        document = values.mapping(read_json(path), "the document")
    scores = {}
    for name, entry in document.items():
        if name == UNMATCHED_AT:
            continue
        try:
            with locating(file=path, place=name):
                values.refuse_control(name, "the name")
                scores[name] = _read_score(entry)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"does not have the expected shape: {error!r}", file=path, place=name) from error
    return scores


def _read_score(entry: Mapping[str, Any]) -> Score:
    def value(key: str) -> float | None:
        return maybe_number(entry.get(key, {}).get("value"), key)

    def moments(key: str) -> Moments:
        return Moments(maybe_number(entry[key]["mean"], f"{key}.mean"), maybe_number(entry[key]["std"], f"{key}.std"))

    def count(key: str, inner: str = "value") -> int:
        return values.whole(entry[key][inner], key)

    matched, mismatched = moments("matched_clusters_per_job"), moments("mismatched_clusters_per_job")
    found = entry["total_clusters"]["value"] if "total_clusters" in entry else None
    clusters = round((matched.mean or 0) + (mismatched.mean or 0)) if found is None else found
    failures = entry.get("failures", {}).get("by_subsystem", {})
    return Score(
        total_jobs=count("total_jobs"),
        unmatched=count("unmatched"),
        success_of_matched=moments("build_success"),
        success=value("success"),
        ceiling=value("ceiling"),
        marginal_score=moments("marginal_score"),
        versions_correct=float(values.number(entry["versions_in_range"]["total_correct"], "versions_in_range")),
        versions_possible=count("versions_in_range", "total_possible"),
        matched_clusters=matched,
        clusters=values.whole(clusters, "total_clusters"),
        precision=value("precision"),
        recall=value("recall"),
        clusters_used=value("clusters_used"),
        failures={name: float(values.number(builds, "failures")) for name, builds in failures.items()},
    )


def maybe_number(value: Any, place: str) -> float | None:
    """Return a number, None for null. Raises InputError for anything else."""
    return None if value is None else values.number(value, place)
