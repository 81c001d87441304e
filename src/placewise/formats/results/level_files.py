"""`levels.json`: levels of build records with their costs and reasons; and the prior work's two CSV files of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from placewise.errors import InputError
from placewise.formats import values
from placewise.formats.locating import locating
from placewise.formats.reading import read_json
from placewise.formats.writing import write_bytes, write_json
from placewise.model.results import CostScore, LevelResult, Reasons, Score

LEVELS = "levels.json"
SCORES_CSV = "scores.csv"
REASONS_CSV = "reasons-for-failure.csv"

# The prior work measured against the model at the memory of the fastest build.
_PUBLISHED_REFERENCE = "best-memory"
_DESCRIPTIONS = {
    "metadata": "the forms of metadata that the scheduler was told",
    "no_capacity": "builds that matched, but only clusters that were full",
    "refused": "builds that matched, and for which the policy chose none of the clusters that were not full",
    "costs": "by reference: additional runtime (s) and cost, expected, over assigned builds and over those that "
    "succeed; how many builds the sums are over; by package",
    "outside_range": "share of assigned builds whose runtime is predicted at a memory outside the range seen",
    "reasons": "expected builds that fail: for each reason, alone or with others (every); as the first in the order of "
    "the rules (first); for just these reasons (together)",
    "jobs_by_cluster": "expected builds on each cluster",
    "per_build": "percentiles 0 to 100, over assigned builds, of the additional runtime (s) and cost that each "
    "expects, against best-memory",
}


def write_levels(folder: Path, levels: tuple[LevelResult, ...]) -> None:
    """Write `levels.json`, `scores.csv` and `reasons-for-failure.csv`."""
    document = {"descriptions": _DESCRIPTIONS, "levels": [_level_document(level) for level in levels]}
    write_json(folder / LEVELS, document)
    write_bytes(folder / SCORES_CSV, _csv(_score_rows(levels)))
    write_bytes(folder / REASONS_CSV, _csv(_reason_rows(levels)))


def read_levels(path: Path, scores: Mapping[str, Score]) -> tuple[LevelResult, ...]:
    """Read `levels.json`; the scores of the levels are those of `scores.json`. Raises InputError for another shape."""
    with locating(file=path):
        document = values.mapping(read_json(path), "the document")
        listed = values.sequence(document.get("levels"), "levels")
        levels = []
        for number, entry in enumerate(listed):
            place = f"levels[{number}]"
            try:
                levels.append(_level(values.mapping(entry, place), scores))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise InputError(f"does not have the expected shape: {error!r}", place=place) from error
        return tuple(levels)


def _level_document(level: LevelResult) -> dict[str, Any]:
    return {
        "name": level.name,
        "metadata": list(level.metadata),
        "no_capacity": level.no_capacity,
        "refused": level.refused,
        "costs": {
            reference: asdict(cost) | {"by_package": {name: list(pair) for name, pair in cost.by_package.items()}}
            for reference, cost in level.costs.items()
        },
        "outside_range": level.outside_range,
        "reasons": {
            "every": dict(level.reasons.every),
            "first": dict(level.reasons.first),
            "together": [{"reasons": list(names), "builds": n} for names, n in level.reasons.together.items()],
        },
        "jobs_by_cluster": dict(level.jobs_by_cluster),
        "per_build": {name: list(values) for name, values in level.per_build.items()},
    }


def _level(entry: Mapping[str, Any], scores: Mapping[str, Score]) -> LevelResult:
    reasons, place = entry["reasons"], "reasons.together"
    return LevelResult(
        name=entry["name"],
        metadata=tuple(values.text(name, "metadata") for name in values.sequence(entry["metadata"], "metadata")),
        score=scores[entry["name"]],
        no_capacity=values.whole(entry["no_capacity"], "no_capacity"),
        costs={reference: _cost(cost) for reference, cost in entry["costs"].items()},
        outside_range=None if entry["outside_range"] is None else _number(entry["outside_range"], "outside_range"),
        reasons=Reasons(
            _numbers(reasons["every"], "reasons.every"),
            _numbers(reasons["first"], "reasons.first"),
            {
                tuple(values.text(name, place) for name in values.sequence(one["reasons"], place)): _number(
                    one["builds"], place
                )
                for one in reasons["together"]
            },
        ),
        jobs_by_cluster=_numbers(entry["jobs_by_cluster"], "jobs_by_cluster"),
        refused=values.whole(entry["refused"], "refused"),
        per_build={
            name: tuple(_number(value, "per_build") for value in values.sequence(found, "per_build"))
            for name, found in entry["per_build"].items()
        },
    )


def _cost(entry: Mapping[str, Any]) -> CostScore:
    numbers = {key: _number(value, f"costs, {key}") for key, value in entry.items() if key != "by_package"}
    packages = {
        name: (_number(runtime, "costs, by_package"), _number(cost, "costs, by_package"))
        for name, (runtime, cost) in entry["by_package"].items()
    }
    return CostScore(**numbers, by_package=packages)


def _numbers(entry: Mapping[str, Any], place: str) -> dict[str, float]:
    return {name: _number(value, place) for name, value in entry.items()}


def _number(value: Any, place: str) -> float:
    return float(values.number(value, place))


def _score_rows(levels: tuple[LevelResult, ...]) -> list[dict[str, Any]]:
    rows = []
    for level in levels:
        score, cost = level.score, level.costs.get(_PUBLISHED_REFERENCE)
        mean = score.matched_clusters.mean
        assigned = score.total_jobs - score.unmatched - level.no_capacity - level.refused
        earned = assigned * (score.success_of_matched.mean or 0.0)
        rows.append(
            {
                "experiment": level.name,
                "total_additional_runtime_seconds": None if cost is None else cost.runtime_s,
                "total_additional_cost": None if cost is None else cost.cost,
                "unmatched_percent": score.unmatched / score.total_jobs if score.total_jobs else None,
                "unmatched_count": score.unmatched,
                "build_success_mean": score.success_of_matched.mean,
                "build_success_std": score.success_of_matched.std,
                "points_scored_correct": earned,
                "points_scored_incorrect": assigned - earned,
                "points_scored_possible": assigned,
                "matched_clusters_per_job_mean": mean,
                "matched_clusters_per_job_std": score.matched_clusters.std,
                "mismatched_clusters_per_job_mean": None if mean is None else score.clusters - mean,
                "mismatched_clusters_per_job_std": score.matched_clusters.std,
                "total_jobs": score.total_jobs,
                "total_clusters": score.clusters,
                "success": score.success,
                "no_capacity": level.no_capacity,
            }
        )
    return rows


def _reason_rows(levels: tuple[LevelResult, ...]) -> list[dict[str, Any]]:
    return [
        {
            "experiment": level.name,
            "reason_for_failure": reason,
            "count": level.reasons.first[reason],
            "total_count": level.score.total_jobs,
            "percentage": level.reasons.first[reason] / level.score.total_jobs if level.score.total_jobs else None,
            "count_alone_or_with_others": count,
        }
        for level in levels
        for reason, count in level.reasons.every.items()
    ]


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    columns = ["", *(rows[0] if rows else ())]
    # All text is quoted: a level may have any name, a line break in it too.
    writer = csv.DictWriter(text, columns, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writeheader()
    writer.writerows({"": number, **row} for number, row in enumerate(rows))
    return text.getvalue().encode()
