"""Every score equals the one that plain loops over submissions and clusters give."""

from __future__ import annotations

import math

import numpy as np
import plain_experiments as plain
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import KERNELS, run

from placewise.model.studies.settings import Settings

scorings = st.sampled_from(["corrected", "published"])


def close(found, expected):
    if expected is None or found is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-12)


def check(score, submissions, fleet, workload, *, exclusive):
    matched = [s for s in submissions if s.matched]
    feasible = {
        job: sum(
            all(plain.met(fleet, c, r, exclusive=exclusive) for r in workload.job(job).requirements)
            for c in range(len(fleet))
        )
        for job in range(len(workload))
    }
    success = plain.mean(s.success for s in matched)
    assert score.total_jobs == len(submissions)
    assert score.unmatched == len(submissions) - len(matched)
    assert close(score.success_of_matched.mean, success)
    assert close(score.success_of_matched.std, None if success is None else math.sqrt(max(0, success * (1 - success))))
    assert close(score.success, plain.mean(s.success for s in submissions))
    assert close(score.best_possible, plain.mean(feasible[s.job] > 0 for s in submissions))
    share = plain.mean(s.share for s in matched)
    assert close(score.marginal_score.mean, share)
    if share is not None:
        variance = plain.mean(s.share_squared for s in matched) - share**2
        assert math.isclose(score.marginal_score.std, math.sqrt(max(0, variance)), abs_tol=1e-7)
    assert close(score.versions_correct, math.fsum(s.points for s in matched))
    assert score.versions_possible == sum(workload.requirement_counts[s.job] for s in matched)
    counts = [len(s.matched) for s in submissions]
    assert close(score.matched_clusters.mean, np.mean(counts))
    assert math.isclose(score.matched_clusters.std, np.std(counts), abs_tol=1e-7)
    pairs = sum(counts)
    hits = sum(round(s.success * len(s.matched)) for s in submissions)
    good = sum(feasible[s.job] for s in submissions)
    assert close(score.precision, hits / pairs if pairs else None)
    assert close(score.recall, hits / good if good else None)
    used = sum(1 - math.prod(1 - (c in s.matched) / len(s.matched) for s in matched) for c in range(len(fleet)))
    assert close(score.clusters_used, used)
    failures = dict.fromkeys(plain.PACKAGES, 0.0)
    for s in matched:
        for requirement in workload.job(s.job).requirements:
            missed = sum(not plain.met(fleet, c, requirement, exclusive=exclusive) for c in s.matched)
            failures[requirement.subsystem] += missed / len(s.matched)
    for name, expected in failures.items():
        assert math.isclose(score.failures.get(name, 0.0), expected, abs_tol=1e-9)


@given(plain.fleets(), plain.workloads(), scorings, st.permutations(plain.PACKAGES))
def test_scores(fleet, workload, scoring, order):
    exclusive = scoring == "published"
    found = run(fleet, workload, Settings(scoring=scoring, order=tuple(order), orders=0), KERNELS).results
    rank = {name: i for i, name in enumerate(order)}
    expanding = plain.expanding(fleet, workload, rank, exclusive=exclusive)
    for name, submissions in (
        ("none", plain.none(fleet, workload, exclusive=exclusive)),
        ("single-subsystem", plain.single(fleet, workload, exclusive=exclusive)),
        ("expanded-subsystems", expanding),
        ("all", plain.everything(fleet, workload, exclusive=exclusive)),
    ):
        check(found.scores[name], submissions, fleet, workload, exclusive=exclusive)
    last = {}
    for s in expanding:
        if s.matched:
            last[s.job] = s.success
    assert close(found.last_level, math.fsum(last.values()) / len(workload))
    ran_out = [(f"j{s.job}", s.level) for s in expanding if not s.matched]
    assert [(job.name, job.unmatched_at) for job in found.unmatched] == ran_out
    assert all(job.needed == workload.requirement_counts[int(job.name[1:])] for job in found.unmatched)


@given(plain.fleets(), plain.workloads())
def test_single_by_subsystem(fleet, workload):
    found = run(fleet, workload, Settings(experiments=("single",)), KERNELS).results
    nothing = plain.none(fleet, workload)
    submissions = plain.single(fleet, workload)
    means, baselines = [], []
    for entry in found.subsystems:
        mine = [s for s in submissions if s.subsystem == entry.subsystem]
        assert entry.score.total_jobs == len(mine)
        assert close(entry.score.success_of_matched.mean, plain.mean(s.success for s in mine if s.matched))
        assert close(entry.baseline, plain.mean(nothing[s.job].success for s in mine))
        baselines.append(entry.baseline)
        means += [entry.score.success_of_matched.mean] if any(s.matched for s in mine) else []
    assert {entry.subsystem for entry in found.subsystems} == {s.subsystem for s in submissions}
    assert close(found.single.macro, plain.mean(means))
    assert close(found.single.baseline, plain.mean(baselines))
    assert close(found.single.pooled, plain.mean(s.success for s in submissions if s.matched))


@given(plain.fleets(), plain.workloads(), st.permutations(plain.PACKAGES))
def test_curve(fleet, workload, order):
    found = run(fleet, workload, Settings(experiments=("expanding",), order=tuple(order), orders=0), KERNELS).results
    rank = {name: i for i, name in enumerate(order)}
    states = {job: [] for job in range(len(workload))}
    for s in plain.expanding(fleet, workload, rank):
        states[s.job].append(s)
    for point in found.curve[1:]:
        now = [levels[min(point.level, len(levels)) - 1] for levels in states.values()]
        matched = [s for s in now if s.matched]
        assert close(point.share_matched, len(matched) / len(now))
        assert close(point.success_of_matched, plain.mean(s.success for s in matched))
        assert close(point.success, plain.mean(s.success for s in now))
    assert found.curve[0].level == 0
    assert close(found.curve[0].success, plain.mean(s.success for s in plain.none(fleet, workload)))
    assert len(found.curve) == 1 + max(len(levels) for levels in states.values())


@given(plain.fleets(), plain.workloads(), st.integers(0, 3), scorings)
def test_random_orders(fleet, workload, seed, scoring):
    exclusive = scoring == "published"
    design = Settings(experiments=("expanding",), orders=3, seed=seed, scoring=scoring)
    spread = run(fleet, workload, design, KERNELS).results.orders
    names = sorted({r.subsystem for r in workload.requirements})
    for number in range(3):
        permutation = np.random.default_rng(np.random.SeedSequence((seed, 1, number))).permutation(len(names))
        rank = dict(zip(names, permutation.tolist(), strict=True))
        submissions = plain.expanding(fleet, workload, rank, exclusive=exclusive)
        pooled = plain.mean(s.success for s in submissions if s.matched)
        assert spread.submissions[number] == len(submissions)
        assert np.isclose(spread.success_of_matched[number], np.nan if pooled is None else pooled, equal_nan=True)
        at = plain.mean(s.level for s in submissions if not s.matched)
        assert np.isclose(spread.unmatched_at[number], np.nan if at is None else at, equal_nan=True)
        shares = [(s.level - 1) / workload.requirement_counts[s.job] for s in submissions if not s.matched]
        assert np.isclose(spread.percent_matched[number], np.mean(shares) if shares else np.nan, equal_nan=True)


@given(plain.fleets(), plain.workloads())
def test_outcome_rows(fleet, workload):
    found = run(fleet, workload, Settings(orders=0), KERNELS)
    names = found.prepared.asked.questions.names
    rank = {name: i for i, name in enumerate(sorted(plain.PACKAGES))}
    for table, submissions in zip(
        found.tables,
        (
            plain.none(fleet, workload),
            plain.single(fleet, workload),
            plain.expanding(fleet, workload, rank),
            plain.everything(fleet, workload),
        ),
        strict=True,
    ):
        assert table.job.tolist() == [s.job for s in submissions]
        assert table.level.tolist() == [s.level for s in submissions]
        assert table.matched.tolist() == [len(s.matched) for s in submissions]
        assert np.allclose(table.success, [s.success for s in submissions])
        assert np.allclose(table.points, [s.points for s in submissions])
        if table.experiment in ("single-subsystem", "expanded-subsystems"):
            assert [names[i] for i in table.subsystem] == [s.subsystem for s in submissions]


@pytest.mark.parametrize("policy", ["random", "first", "least-loaded"])
@given(plain.fleets(), plain.workloads(), st.integers(0, 5))
def test_a_sample_assigns_matches_and_scores_what_it_assigned(policy, fleet, workload, seed):
    found = run(fleet, workload, Settings(sample=True, policy=policy, seed=seed, orders=0), KERNELS)
    rank = {name: i for i, name in enumerate(sorted(plain.PACKAGES))}
    submissions = plain.expanding(fleet, workload, rank)
    table = next(table for table in found.tables if table.experiment == "expanded-subsystems")
    load = [0] * len(fleet)
    for row, s in enumerate(submissions):
        cluster = table.cluster[row]
        if not s.matched:
            assert cluster == -1
            continue
        assert cluster in s.matched
        if policy == "first":
            assert cluster == s.matched[0]
        if policy == "least-loaded":
            assert cluster == min(s.matched, key=lambda c: (load[c], c))
        load[cluster] += 1
        needed = workload.job(s.job).requirements
        earned = sum(plain.met(fleet, cluster, r) for r in needed)
        assert table.points[row] == earned
        assert table.success[row] == (earned == len(needed))
