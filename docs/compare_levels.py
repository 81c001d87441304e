"""Lay our levels of build records beside those that the prior work published, figure by figure.

    placewise simulate DATA/spack-build --no-plots --model knn --out corrected
    placewise simulate DATA/spack-build --no-plots --model knn --scoring published --out as-published
    python docs/compare_levels.py DATA/spack-build corrected as-published

The prior work drew one cluster for each build, in two runs: one left scores.csv, the other
reasons-for-failure.csv. Ours are expectations, so its success is given in standard deviations of such a draw.
Where it scored only the builds that the level before had left, counts are brought to all builds.

Exits with 1 when a figure that does not depend on the draws differs from the published one, or a published
success lies more than three standard deviations from the expectation.
"""

# ruff: noqa: INP001, T201

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from placewise.formats.results.results_folder import read_results
from placewise.model.results.results import LevelResult

FOUND_AGAIN = "arch-subsystem"  # which the prior work ran a second time, as `arch`
EXACT = "arch-compiler-compiler-version"
AT_LEAST = "arch-compiler-compiler-at-least"
EVERYTHING = "arch-compiler-compiler-version-memory"
CHEAPEST = "constraint-with-replacement"
CAPPED = "constraint-without-replacement"


def by_experiment(path: Path) -> dict[str, list[dict[str, str]]]:
    """Return the rows of a published CSV file by experiment."""
    rows: dict[str, list[dict[str, str]]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["experiment"], []).append(row)
    return rows


def spread_of_a_draw(outcomes: Path) -> dict[str, float]:
    """Return, for each level, the std of the success of matched jobs when one cluster a build is drawn."""
    rows = pq.read_table(outcomes, columns=["experiment", "matched", "success"])
    matched = rows.filter(np.asarray(rows["matched"]) > 0)
    success = matched["success"].to_numpy()
    names = np.array(matched["experiment"].to_pylist())
    return {
        name: float(np.sqrt((success[names == name] * (1 - success[names == name])).sum()) / (names == name).sum())
        for name in np.unique(names).tolist()
    }


def agree(name: str, what: str, ours: float, published: float) -> bool:
    """Return whether two figures agree to twelve digits; say so where they do not."""
    same = math.isclose(ours, published, rel_tol=1e-12)
    if not same:
        print(f"{name}, {what}: ours {ours!r}, published {published!r}: DIFFERS")
    return same


def millions(seconds: float) -> str:
    """Write seconds in millions."""
    return f"{seconds / 1e6:.3f}"


def table(
    corrected: Mapping[str, LevelResult],
    as_published: Mapping[str, LevelResult],
    scores: Mapping[str, list[dict[str, str]]],
) -> bool:
    """Print a row for each level, and return whether what does not depend on chance agrees."""
    same = True
    print(
        "| level | matched | unmatched | of matched | published | corrected | success | runtime | published | outside |"
    )
    print("| --- " * 10 + "|")
    for name, level in corrected.items():
        score, runtime = level.score, level.costs["best-memory"].runtime_s
        drawn, took = "", ""
        if name in scores:
            row = scores[name][0]
            drawn = f"{100 * float(row['build_success_mean']):.2f} %"
            took = millions(float(row["total_additional_runtime_seconds"]))
            before = score.total_jobs - int(row["total_jobs"])
            pairs = float(row["matched_clusters_per_job_mean"]) * int(row["total_jobs"])
            mean = score.matched_clusters.mean or 0.0
            same &= agree(name, "matches", mean * score.total_jobs, pairs)
            same &= agree(name, "unmatched", score.unmatched, before + int(row["unmatched_count"]))
        print(
            f"| {name} | {score.matched_clusters.mean:.4f} | {score.unmatched:,} "
            f"| {100 * (as_published[name].score.success_of_matched.mean or 0):.2f} % | {drawn} "
            f"| {100 * (score.success_of_matched.mean or 0):.2f} % | {100 * (score.success or 0):.2f} % "
            f"| {millions(runtime)} | {took} | {100 * (level.outside_range or 0):.1f} % |"
        )
    return same


def draws(
    as_published: Mapping[str, LevelResult],
    spread: Mapping[str, float],
    scores: Mapping[str, list[dict[str, str]]],
    reasons: Mapping[str, list[dict[str, str]]],
) -> bool:
    """Print how far each published success lies from the expectation; return whether all lie within three std."""
    print("\npublished success less the expectation, in std of a draw: scores.csv, reasons-for-failure.csv")
    near = True
    for name in scores:
        ours = FOUND_AGAIN if name == "arch" else name
        mean = as_published[ours].score.success_of_matched.mean
        if mean is None or not spread.get(ours):
            continue
        failed = sum(int(row["count"]) for row in reasons[name]) / int(reasons[name][0]["total_count"])
        away = [
            (success - mean) / spread[ours] for success in (float(scores[name][0]["build_success_mean"]), 1 - failed)
        ]
        print(f"  {name:<28} {away[0]:+.1f} {away[1]:+.1f}")
        near &= max(map(abs, away)) <= 3
    return near


def main() -> None:
    """Print the table, the draws, and what the text of the page says in words."""
    data, ours, theirs = (Path(argument) for argument in sys.argv[1:])
    corrected = {level.name: level for level in read_results(ours).levels}
    as_published = {level.name: level for level in read_results(theirs).levels}
    scores = by_experiment(data / "published" / "scores.csv")
    reasons = by_experiment(data / "published" / "reasons-for-failure.csv")

    same = table(corrected, as_published, scores)
    same &= draws(as_published, spread_of_a_draw(theirs / "outcomes.parquet"), scores, reasons)

    print("\nthe cheapest with all metadata, beside the published")
    cheapest, row = corrected[CHEAPEST], scores[CHEAPEST][0]
    cost = cheapest.costs["best-memory"]
    for what, value, key in (
        ("additional cost", cost.cost, "total_additional_cost"),
        ("additional runtime, s", cost.runtime_s, "total_additional_runtime_seconds"),
        ("builds", cost.predicted, "total_jobs"),
    ):
        print(f"  {what:<22} {value:>18.6f} {float(row[key]):>18.6f}")
        same &= agree(CHEAPEST, what, value, float(row[key]))
    print(f"  clusters used: {sum(count > 0 for count in cheapest.jobs_by_cluster.values())}")
    print(f"  additional cost of a random choice: {corrected[EVERYTHING].costs['best-memory'].cost:.0f}")
    capped = corrected[CAPPED]
    placed = sum(capped.jobs_by_cluster.values())
    print(f"  when nodes are used up: {placed:.0f} builds, {capped.no_capacity} find none free")

    refused, still = corrected[EXACT].score.unmatched, corrected[AT_LEAST].score.unmatched
    print(f"\nrefused for the exact version: {refused}, of which a newer compiler would have built {refused - still}")
    ceilings = [100 * (levels["none"].score.best_possible or 0) for levels in (corrected, as_published)]
    print("ceiling: {:.1f} % corrected, {:.1f} % published scoring".format(*ceilings))
    sys.exit(not same)


if __name__ == "__main__":
    main()
