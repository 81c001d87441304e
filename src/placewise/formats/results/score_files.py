"""Scores as the prior work's results have them: entries with a value, or a mean and a std, beside a description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.codec import Codecs
from placewise.formats.reading import read_json
from placewise.model.results.results import Moments, Score

UNMATCHED_AT = "unmatched_at"
"""What `scores.json` holds beside the experiments."""

DESCRIPTIONS = {
    "total_jobs": "submissions: jobs, each once for every level of metadata",
    "unmatched_percent": "share of submissions that no cluster matched",
    "unmatched": "submissions that no cluster matched",
    "build_success": "success of matched jobs: share of matched submissions whose every outcome rule holds; std: of "
    "one submission's outcome, 0 or 1, which is sqrt(p(1-p))",
    "success": "share of all submissions whose every outcome rule holds; unmatched count as failed",
    "best_possible": "share of all submissions for which some cluster of the fleet would succeed",
    "marginal_score": "share of the outcome rules that hold, a submission; over matched submissions; std: of one "
    "submission",
    "versions_in_range": "outcome rules that hold and outcome rules, summed over matched submissions",
    "matched_clusters_per_job": "clusters that match, a submission; over all submissions",
    "mismatched_clusters_per_job": "clusters that do not match, a submission; over all submissions",
    "total_clusters": "clusters of the fleet",
    "precision": "of the (submission, cluster) pairs that match, the share that would succeed",
    "recall": "of the (submission, cluster) pairs that would succeed, the share that match",
    "clusters_used": "expected number of clusters that are given at least one submission",
    "failures": "expected submissions whose rule on the subsystem fails where they are assigned; one submission may "
    "count under several",
}
_MISMATCHED = "mismatched_clusters_per_job"
# Where a field of a score is: the key of its entry, and what the value has for a name there; a field that is not named
# here has its own name. Moments are an entry as a whole.
_AT = {
    "success_of_matched": ("build_success", ""),
    "marginal_score": ("marginal_score", ""),
    "versions_correct": ("versions_in_range", "total_correct"),
    "versions_possible": ("versions_in_range", "total_possible"),
    "matched_clusters": ("matched_clusters_per_job", ""),
    "clusters": ("total_clusters", "value"),
    "failures": ("failures", "by_subsystem"),
}
_FIELDS = tuple((field.name, *_AT.get(field.name, (field.name, "value"))) for field in fields(Score))
_HINTS = get_type_hints(Score)
_CODECS = Codecs()


def score_document(score: Score) -> dict[str, Any]:
    """Return what `scores.json` holds of one experiment."""
    total, matched = score.total_jobs, score.matched_clusters
    mismatched = None if matched.mean is None else score.clusters - matched.mean
    document: dict[str, dict[str, Any]] = {key: {} for key in DESCRIPTIONS}
    document["unmatched_percent"] = {"value": score.unmatched / total if total else None}
    document[_MISMATCHED] = _CODECS.write(Moments(mismatched, matched.std))
    for field, key, inner in _FIELDS:
        found = _CODECS.of(_HINTS[field]).write(getattr(score, field))
        document[key] |= {inner: found} if inner else found
    return {key: entry | {"description": DESCRIPTIONS[key]} for key, entry in document.items()}


def subsystem_document(score: Score) -> dict[str, Any]:
    """Return what `subsystem-scores.json` holds of one subsystem."""
    document = score_document(score)
    if not score.failures:  # not worked out for each subsystem, which is not the same as none
        del document["failures"]
    return document


def read_scores(path: Path) -> dict[str, Score]:
    """Read the scores of a file of either kind by name. Raises InputError for another shape."""
    scores = {}
    with locating(file=path):
        for name, entry in values.mapping(read_json(path), "the document").items():
            if name != UNMATCHED_AT:
                values.refuse_control(name, "the name")
                scores[name] = _read_score(values.mapping(entry, name), name)
    return scores


def _read_score(document: Mapping[str, Any], place: str) -> Score:
    found: dict[str, Any] = dict.fromkeys(_UNKNOWN)
    if "ceiling" in document:  # the former name
        document = {"best_possible": document["ceiling"], **document}
    for field, key, inner in _FIELDS:
        where, codec = f"{place}.{key}", _CODECS.of(_HINTS[field])
        if key in document:
            entry = values.mapping(document[key], where)
            if inner and inner not in entry:
                raise InputError("a field is missing", place=where, expected=inner)
            found[field] = codec.read(entry[inner], f"{where}.{inner}") if inner else codec.read(entry, where)
    missing = _REQUIRED - found.keys()
    if missing:
        raise InputError("a field is missing", place=place, expected=_AT.get(min(missing), (min(missing),))[0])
    mismatched = _CODECS.read(Moments, document.get(_MISMATCHED), f"{place}.{_MISMATCHED}")
    if "clusters" not in found:  # the prior work says only how many match, and how many do not
        found["clusters"] = round((found["matched_clusters"].mean or 0) + (mismatched.mean or 0))
    return Score(**found)


# What only our files say, and what all files of this shape do.
_UNKNOWN = ("success", "best_possible", "precision", "recall", "clusters_used")
_REQUIRED = _HINTS.keys() - {*_UNKNOWN, "clusters", "failures"}
