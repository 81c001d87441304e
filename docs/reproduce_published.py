"""Run reliabuild as the prior work ran it, and compare with what it published, figure by figure.

What the prior work did not write down can be read off its results: `subsystem-assignments.json` lists the
subsystems in the random order in which they were added, and `unmatched-at-raw.json` lists jobs in the order in which
the jobspec files were read. Its program submitted a set of requirements only the first time that it came up, drew
one cluster for it, and scored the whole job there. Only the draws themselves are lost; the exact expectation takes
their place, with the standard deviation that one draw a submission has about it.

    python docs/reproduce_published.py DATA/reliabuild

Exits with 1 when a figure that does not depend on the draws differs from the published one, or the published
success lies more than three standard deviations from the expectation.
"""

# ruff: noqa: INP001, T201

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.formats.fleets.cluster_features import read_features
from placewise.formats.jobs.jobspec_lists import jobspec_files, parse_jobspecs, workload_of
from placewise.formats.reading import read_bytes, read_json
from placewise.matching.bits import bitset
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload
from placewise.model.studies.settings import Scoring, Settings
from placewise.model.studies.study import Study
from placewise.outcomes.questions import Questions
from placewise.outcomes.truth import Truth
from placewise.study.demands.asked import Asked
from placewise.study.demands.demands import demands_of


@dataclass(frozen=True, slots=True, eq=False)
class Submitted:
    """Distinct submissions in order: the job scored, the clusters that match, and where jobs ran out of clusters."""

    job: NDArray[np.int64]
    matches: NDArray[np.uint64]
    unmatched_at: dict[str, int]


def workload_as_read(data: Path) -> Workload:
    """Return one job of each distinct set of requirements, the first in the order in which files were read."""
    documents = {path: parse_jobspecs(read_bytes(path), path) for path in jobspec_files(data / "jobspecs")}
    file_of = {job["name"]: path for path, jobs in documents.items() for job in jobs}
    ran_out = read_json(data / "published" / "unmatched-at-raw.json")
    in_order = dict.fromkeys(file_of[name] for name in ran_out)
    workload = workload_of([(path, documents[path]) for path in in_order])
    asking = workload.select(np.flatnonzero(workload.requirement_counts))
    return asking.select(asking.profiles().first)


def asked_of(fleet: Fleet, workload: Workload, scoring: Scoring) -> Asked:
    """Return what distinct jobs ask of a fleet, and where each succeeds under a scoring."""
    study = Study(fleet, workload, settings=Settings(scoring=scoring))
    return demands_of(study, NumpyKernels()).on(FleetIndex(fleet))


def submit_distinct(questions: Questions, names: tuple[str, ...], rank: NDArray[np.int64]) -> Submitted:
    """Add subsystems by rank, submit every new set of requirements, and stop a job at no match."""
    ids = questions.ranked(rank)
    seen: set[bytes] = set()
    jobs: list[int] = []
    matches: list[NDArray[np.uint64]] = []
    unmatched_at: dict[str, int] = {}
    for job, name in enumerate(names):
        start, stop = questions.offsets[job], questions.offsets[job + 1]
        clusters = np.bitwise_and.accumulate(questions.table[ids[start:stop]], axis=0)
        for level in range(1, stop - start + 1):
            key = ids[start : start + level].tobytes()
            if key in seen:
                continue
            seen.add(key)
            jobs.append(job)
            matches.append(clusters[level - 1])
            if not clusters[level - 1].any():
                unmatched_at[name] = level
                break
    return Submitted(np.array(jobs), np.array(matches), unmatched_at)


def expectation(submitted: Submitted, truth: Truth) -> tuple[float, float]:
    """Return the expected success of matched submissions, and the std of its mean under one draw each."""
    sizes = bitset.size_of(submitted.matches)
    good = truth.chances.summed(submitted.matches, submitted.job)
    success = good[sizes > 0] / sizes[sizes > 0]
    return float(success.mean()), float(np.sqrt((success * (1 - success)).sum()) / len(success))


def single_as_scored(data: Path, fleet: tuple[str, ...], workload: Workload, truth: Truth) -> tuple[float, int, int]:
    """Score the published assignments of `single`, all of which have the name of one job.

    Returns their success, and the outcome rules that hold of those there are.
    """
    held = bitset.unpack(truth.holds, len(fleet))
    job_of = {name: job for job, name in enumerate(workload.names)}
    points, possible = [], 0
    for by_cluster in read_json(data / "published" / "subsystem-assignments.json").values():
        for cluster, jobs in by_cluster.items():
            position = fleet.index(cluster.removeprefix("cluster-"))
            for name in jobs:
                rules = workload.row(job_of[name])
                points.append((int(held[rules, position].sum()), len(rules)))
                possible += len(rules)
    return sum(a == b for a, b in points) / len(points), sum(a for a, _ in points), possible


def compare(name: str, ours: float, published: float) -> bool:
    """Print one figure beside the published one; return whether they agree."""
    same = ours == published or abs(ours - published) <= 1e-12 * abs(published)
    print(f"  {name:<44} {ours:>20.10g} {published:>20.10g}  {'same' if same else 'DIFFERS'}")
    return same


def main() -> None:
    """Compare `none`, `single` and `expanding`."""
    data = Path(sys.argv[1])
    scores: dict[str, Any] = read_json(data / "published" / "scores.json")
    expanded = scores["expanded-subsystems"]
    fleet = read_features(data / "cluster-features.json")
    workload = workload_as_read(data)
    scorings: tuple[Scoring, ...] = ("published", "corrected")
    asked = {scoring: asked_of(fleet, workload, scoring) for scoring in scorings}
    truths = {scoring: one.truth for scoring, one in asked.items()}
    questions = asked["corrected"].questions
    order = list(read_json(data / "published" / "subsystem-assignments.json"))
    rank = np.array([order.index(name) for name in questions.names])
    submitted = submit_distinct(questions, workload.names, rank)
    sizes = bitset.size_of(submitted.matches)
    at = np.array(list(submitted.unmatched_at.values()))
    raw = read_json(data / "published" / "unmatched-at-raw.json")
    rules = int(workload.requirement_counts[submitted.job[sizes > 0]].sum())
    success, earned, possible = single_as_scored(data, fleet.names, workload, truths["published"])

    print(f"  {'figure':<44} {'ours':>20} {'published':>20}")
    same = [
        compare("none: jobs", len(workload), scores["none"]["total_jobs"]["value"]),
        compare(
            "none: outcome rules",
            int(workload.requirement_counts.sum()),
            scores["none"]["versions_in_range"]["total_possible"],
        ),
        compare("single: success of matched jobs", success, scores["single-subsystem"]["build_success"]["mean"]),
        compare("single: rules that hold", earned, scores["single-subsystem"]["versions_in_range"]["total_correct"]),
        compare("single: outcome rules", possible, scores["single-subsystem"]["versions_in_range"]["total_possible"]),
        compare("expanding: submissions", len(sizes), expanded["total_jobs"]["value"]),
        compare("expanding: unmatched", int((sizes == 0).sum()), expanded["unmatched"]["value"]),
        compare("expanding: matched clusters, mean", float(sizes.mean()), expanded["matched_clusters_per_job"]["mean"]),
        compare("expanding: matched clusters, std", float(sizes.std()), expanded["matched_clusters_per_job"]["std"]),
        compare("expanding: outcome rules", rules, expanded["versions_in_range"]["total_possible"]),
        compare("expanding: unmatched at, mean", float(at.mean()), scores["unmatched_at"]["mean"]),
        compare("expanding: unmatched at, std", float(at.std()), scores["unmatched_at"]["std"]),
        compare(
            "expanding: jobs unmatched at the same level",
            sum(raw.get(name) == level for name, level in submitted.unmatched_at.items()),
            len(raw),
        ),
    ]
    everywhere = np.repeat(bitset.full(len(fleet))[None, :], len(workload), axis=0)
    nothing = Submitted(np.arange(len(workload)), everywhere, {})
    print("\n  success of matched jobs: expected, and the std of a mean of single draws")
    for name, what, published in (
        ("none", nothing, scores["none"]["build_success"]["mean"]),
        ("expanding", submitted, expanded["build_success"]["mean"]),
    ):
        for scoring, truth in truths.items():
            mean, std = expectation(what, truth)
            away = (published - mean) / std
            print(f"  {name:<10} {scoring:<10} {mean:.4f} +- {std:.4f}; published {published:.4f}, {away:+.1f} std")
            if scoring == "published":
                same.append(abs(away) <= 3)
    sys.exit(not all(same))


if __name__ == "__main__":
    main()
