"""Build records against plain loops, and what must not change their results."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studies import KERNELS, SHIPPED, run

from placewise.errors import InputError
from placewise.model.fleets.build_cluster import build_cluster
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.records import Records
from placewise.model.studies.settings import Settings
from placewise.model.versions.version import parse_version
from placewise.prediction import fit_models, predict, reference_runtime
from placewise.study.levels.constraint import nodes_free

STUDY = SHIPPED
ARCHS = ("x86", "arm")
COMPILERS = (("gcc", "11.1.0"), ("gcc", "12.3.0"), ("oneapi", "2023.2.0"))
GIB = 1 << 30

clusters = st.lists(
    st.tuples(
        st.sampled_from(ARCHS),
        st.sampled_from(COMPILERS),
        st.integers(1, 8),
        st.sampled_from([0.8, 1.6, 3.2, None]),
        st.none() | st.integers(0, 6),
    ),
    min_size=1,
    max_size=6,
)
builds = st.lists(
    st.tuples(
        st.sampled_from("pq"), st.sampled_from(ARCHS), st.sampled_from(COMPILERS), st.integers(1, 8), st.integers(1, 99)
    ),
    min_size=1,
    max_size=25,
)


def fleet_of(rows):
    return Fleet(
        tuple(
            build_cluster(
                f"c{number}",
                arch=arch,
                compiler=compiler,
                compiler_version=version,
                memory_bytes=memory * GIB,
                cost_per_node_hour=price,
                nodes_free=nodes,
            )
            for number, (arch, (compiler, version), memory, price, nodes) in enumerate(rows)
        )
    )


def records_of(rows):
    memory = np.array([row[3] * GIB for row in rows], dtype=np.float64)
    return Records.of_builds(
        tuple(f"b{number}" for number in range(len(rows))),
        tuple(row[0] for row in rows),
        tuple(row[1] for row in rows),
        tuple(row[2][0] for row in rows),
        tuple(row[2][1] for row in rows),
        memory,
        memory * 0.6,
        memory * 0.1,
        np.array([row[4] for row in rows], dtype=np.float64),
        np.full(len(rows), np.nan),
    )


def meets(form, build, cluster):
    """Whether a cluster meets a form of the shipped study, spelt out."""
    _, arch, (compiler, version), memory, _ = build
    c_arch, (c_compiler, c_version), c_memory, _, _ = cluster
    same = compiler == c_compiler
    return {
        "arch": arch == c_arch,
        "compiler": same,
        "compiler-version": same and version == c_version,
        "compiler-at-least": same and parse_version(c_version) >= parse_version(version),
        "memory": c_memory >= memory,
        "memory-range": memory <= c_memory <= 4 * memory,
        "new-enough": parse_version(c_version) >= parse_version(version),
        "old-enough": parse_version(c_version) <= parse_version(version),
    }[form]


def design(**options):
    return Settings(orders=0, minimum_builds=5, model="linear", **options)


@given(clusters, builds, st.sampled_from(["corrected", "published"]))
def test_levels_against_plain_loops(fleet_rows, build_rows, scoring):
    fleet, records = fleet_of(fleet_rows), records_of(build_rows)
    found = run(fleet, records, design(scoring=scoring), KERNELS).results
    models = fit_models(
        records.texts("packages"),
        records.numbers("memory_mean_bytes"),
        records.numbers("duration_s"),
        minimum_builds=5,
        cross_validate=False,
    )
    memory = np.array([row[2] * GIB for row in fleet_rows], dtype=np.float64)
    runtime = {
        package: predict(models, "linear", package, memory).runtime_s for package in set(records.texts("packages"))
    }
    rules = [(r.published or r.question if scoring == "published" else r.question).name for r in STUDY.rules]
    fails = [[[not meets(rule, b, c) for rule in rules] for c in fleet_rows] for b in build_rows]
    for level in found.levels[: len(STUDY.levels)]:
        matches = [
            [i for i, c in enumerate(fleet_rows) if all(meets(f, b, c) for f in level.metadata)] for b in build_rows
        ]
        matched = [b for b, at in enumerate(matches) if at]
        success = [sum(not any(fails[b][c]) for c in at) / len(at) if at else 0.0 for b, at in enumerate(matches)]
        assert level.score.unmatched == len(build_rows) - len(matched)
        assert level.score.success == pytest.approx(sum(success) / len(success))
        if matched:
            assert level.score.success_of_matched.mean == pytest.approx(sum(success) / len(matched))
        assert sum(level.jobs_by_cluster.values()) == pytest.approx(len(matched))
        for reference, cost in level.costs.items():
            total, dear, counted = 0.0, 0.0, 0.0
            for b in matched:
                package = records.texts("packages")[b]
                (base,) = reference_runtime(models, "linear", [package], reference)
                for c in matches[b]:
                    more = runtime[package][c] - base
                    if not math.isnan(more):
                        total += more / len(matches[b])
                        counted += 1 / len(matches[b])
                        dear += more / 3600 * (fleet_rows[c][3] or 0.0) / len(matches[b])
            assert cost.runtime_s == pytest.approx(total, rel=1e-9, abs=1e-6)
            assert cost.cost == pytest.approx(dear, rel=1e-9, abs=1e-6)
            assert cost.predicted == pytest.approx(counted)
        together = {}
        for b in matched:
            for c in matches[b]:
                names = tuple(r.name for r, bad in zip(STUDY.rules, fails[b][c], strict=True) if bad)
                together[names] = together.get(names, 0.0) + 1 / len(matches[b])
        together.pop((), None)
        assert dict(level.reasons.together) == pytest.approx(together)
        for rule in STUDY.rules:
            first = sum(count for names, count in together.items() if names[0] == rule.name)
            assert level.reasons.first[rule.name] == pytest.approx(first)


@given(clusters, builds, st.integers(1, 3), st.integers(0, 8))
def test_the_cheapest_choice_against_plain_loops(fleet_rows, build_rows, nodes_per_job, nodes_free):
    fleet, records = fleet_of(fleet_rows), records_of(build_rows)
    chosen = design(nodes_per_job=nodes_per_job, nodes_free=nodes_free)
    found = {level.name: level for level in run(fleet, records, chosen, KERNELS).results.levels}
    models = fit_models(
        records.texts("packages"),
        records.numbers("memory_mean_bytes"),
        records.numbers("duration_s"),
        minimum_builds=5,
        cross_validate=False,
    )
    memory = np.array([row[2] * GIB for row in fleet_rows], dtype=np.float64)
    for capped in (False, True):
        left = [nodes_free if row[4] is None else row[4] for row in fleet_rows]
        taken, full = [0] * len(fleet_rows), 0
        for b in build_rows:
            fits = [i for i, c in enumerate(fleet_rows) if all(meets(f, b, c) for f in STUDY.everything)]
            free = [i for i in fits if left[i] >= nodes_per_job] if capped else fits
            full += bool(fits) and not free
            if free:
                runtime = predict(models, "linear", b[0], memory).runtime_s
                cost = [
                    runtime[i] / 3600 * (fleet_rows[i][3] if fleet_rows[i][3] is not None else np.nan) for i in free
                ]
                best = min(range(len(free)), key=lambda k: (math.isnan(cost[k]), 0 if math.isnan(cost[k]) else cost[k]))
                taken[free[best]] += 1
                left[free[best]] -= nodes_per_job
        level = found["constraint-without-replacement" if capped else "constraint-with-replacement"]
        assert list(level.jobs_by_cluster.values()) == pytest.approx(taken)
        assert level.no_capacity == full


@given(clusters, builds, st.randoms(use_true_random=False))
@settings(max_examples=settings.default.max_examples // 2)
def test_the_order_of_clusters_and_builds_changes_no_level(fleet_rows, build_rows, random):
    one = run(fleet_of(fleet_rows), records_of(build_rows), design(), KERNELS).results
    shuffled = list(build_rows)
    random.shuffle(shuffled)
    two = run(fleet_of(fleet_rows[::-1]), records_of(shuffled), design(), KERNELS).results
    for before, after in zip(one.levels[: len(STUDY.levels)], two.levels, strict=False):
        assert after.score.unmatched == before.score.unmatched
        assert after.score.success == pytest.approx(before.score.success)
        for reference, cost in before.costs.items():
            assert after.costs[reference].runtime_s == pytest.approx(cost.runtime_s, rel=1e-6, abs=1e-6)


@given(clusters, builds)
@settings(max_examples=settings.default.max_examples // 2)
def test_telling_more_never_matches_more(fleet_rows, build_rows):
    found = run(fleet_of(fleet_rows), records_of(build_rows), design(), KERNELS).results
    levels = {level.name: level for level in found.levels}
    for less, more in (
        ("none", "arch-subsystem"),
        ("arch-subsystem", "arch-compiler"),
        ("arch-compiler", "arch-compiler-compiler-at-least"),
        ("arch-compiler-compiler-at-least", "arch-compiler-compiler-version"),
        ("arch-compiler-compiler-version", "arch-compiler-compiler-version-memory"),
        ("arch-compiler-compiler-version-memory", "arch-compiler-compiler-version-memory-range"),
    ):
        assert levels[more].score.matched_clusters.mean <= levels[less].score.matched_clusters.mean + 1e-12
        assert levels[more].score.unmatched >= levels[less].score.unmatched


def test_the_expectation_is_the_mean_of_samples():
    rng = np.random.default_rng(1)
    fleet_rows = [
        (ARCHS[rng.integers(2)], COMPILERS[rng.integers(3)], int(rng.integers(1, 9)), 0.8, None) for _ in range(9)
    ]
    build_rows = [
        (
            "pq"[rng.integers(2)],
            ARCHS[rng.integers(2)],
            COMPILERS[rng.integers(3)],
            int(rng.integers(1, 9)),
            1 + int(rng.integers(90)),
        )
        for _ in range(300)
    ]
    fleet, records = fleet_of(fleet_rows), records_of(build_rows)
    exact = run(fleet, records, design(), KERNELS).results.levels
    samples = [run(fleet, records, design(sample=True, seed=seed), KERNELS).results.levels for seed in range(40)]
    for number, level in enumerate(exact[: len(STUDY.levels)]):
        for value in (
            lambda found: found.score.success_of_matched.mean,
            lambda found: found.costs["fastest"].runtime_s,
            lambda found: found.reasons.every["wrong_arch"],
        ):
            drawn = [value(sample[number]) for sample in samples]
            error = np.std(drawn, ddof=1) / np.sqrt(len(drawn))
            assert abs(np.mean(drawn) - value(level)) <= 4.5 * error + 1e-6 * abs(value(level)), level.name


def test_rows_average_to_the_levels():
    rng = np.random.default_rng(2)
    fleet = fleet_of([(a, c, m, 1.6, None) for a in ARCHS for c in COMPILERS for m in (2, 6)])
    records = records_of([("pq"[rng.integers(2)], ARCHS[i % 2], COMPILERS[i % 3], 1 + i % 8, 5 + i) for i in range(40)])
    done = run(fleet, records, design(), KERNELS)
    for table, level in zip(done.tables, done.results.levels, strict=False):
        assert len(table.job) == len(records)
        assigned = table.cluster >= 0 if level.name.startswith("constraint") else table.matched > 0
        assert table.success[assigned].mean() == pytest.approx(level.score.success_of_matched.mean)
        assert np.nansum(table.additional_runtime_s) == pytest.approx(level.costs["fastest"].runtime_s)
        assert np.nansum(table.additional_cost) == pytest.approx(level.costs["fastest"].cost)
        assert len(level.per_build["cost"]) == 101
        assert list(level.per_build["cost"]) == sorted(level.per_build["cost"])
        # The two references differ by a number a package, so a median of one package moves by that number.
        assert level.per_build["cost"][0] <= np.mean(level.per_build["cost"]) <= level.per_build["cost"][100]


@given(clusters, builds, st.floats(0, 1))
def test_what_failures_use_against_plain_loops(fleet_rows, build_rows, fail_after):
    settings = Settings(orders=0, minimum_builds=5, model="hierarchical", fail_after=fail_after)
    found = run(fleet_of(fleet_rows), records_of(build_rows), settings, KERNELS).results
    rules = [rule.question.name for rule in STUDY.rules]
    level = found.levels[0]
    assert level.metadata == ()
    good, bad, hours, successes = 0.0, 0.0, 0.0, 0.0
    for build in build_rows:
        for cluster in fleet_rows:
            arch, (compiler, version), _, price, _ = cluster
            runtime = float(
                predict(found.models, "hierarchical", build[0], np.nan, (arch, compiler, version)).runtime_s
            )
            if math.isnan(runtime):
                continue
            part, cost = 1 / len(fleet_rows), runtime / 3600 * (price or 0.0)
            if all(meets(rule, build, cluster) for rule in rules):
                good += part * cost
                successes += part * (price is not None)
            else:
                bad += part * cost * fail_after
                hours += part * runtime * fail_after / 3600
    assert level.used.cost_of_successes == pytest.approx(good, abs=1e-9)
    assert level.used.cost_of_failures == pytest.approx(bad, abs=1e-9)
    assert level.used.runtime_of_failures_s / 3600 == pytest.approx(hours, abs=1e-9)
    assert level.used.successes == pytest.approx(successes, abs=1e-9)
    if successes > 1e-6:
        assert level.used.cost_of_a_success == pytest.approx((good + bad) / successes)
    for cost in level.costs.values():
        if cost.priced > 0:
            assert next(iter(cost.spread)) == "hierarchical"
            assert cost.spread["hierarchical"] == pytest.approx(cost.cost / cost.priced, abs=1e-9)


def test_the_spread_holds_what_each_model_alone_says():
    random = np.random.default_rng(5)
    fleet = fleet_of([(ARCHS[i % 2], COMPILERS[i % len(COMPILERS)], 6, 3.6 * (i + 1), None) for i in range(4)])
    rows = [("p", ARCHS[i % 2], COMPILERS[i % 3 % len(COMPILERS)], 1 + i % 5, random.uniform(5, 50)) for i in range(60)]
    rows += [("q", *row[1:]) for row in rows]
    said = {}
    for model in ("best-with-memory", "mean", "hierarchical", "linear", "log-linear", "knn"):
        settings = Settings(orders=0, minimum_builds=5, model=model)
        said[model] = run(fleet, records_of(rows), settings, KERNELS).results.levels[0].costs["fastest"]
    spread = said["best-with-memory"].spread
    assert len(spread) > 2
    for model, cost in spread.items():
        assert cost == pytest.approx(said[model].cost / said[model].priced)
    assert set(said["mean"].spread) <= {"mean", "hierarchical"}


def test_percentiles_are_those_of_the_builds():
    fleet = fleet_of([("x86", COMPILERS[0], 6, 3.6, None)])
    rows = [("p", "x86", COMPILERS[0], 1 + i % 5, 10 + i) for i in range(20)] + [("q", "x86", COMPILERS[0], 1, 9)]
    found = run(fleet, records_of(rows), design(), KERNELS)
    level, table = found.results.levels[0], found.tables[0]
    runtimes = table.additional_runtime_s[~np.isnan(table.additional_runtime_s)]
    assert len(runtimes) == 20
    assert len(set(level.per_build["runtime_s"])) == 1
    assert np.array(level.per_build["cost"]) == pytest.approx(np.array(level.per_build["runtime_s"]) / 3600 * 3.6)


def test_a_package_with_too_few_builds_has_no_cost_and_is_counted():
    fleet = fleet_of([("x86", COMPILERS[0], 8, 0.8, None)])
    rows = [("p", "x86", COMPILERS[0], 1 + i, 10 + i) for i in range(6)] + [("q", "x86", COMPILERS[0], 2, 5)]
    found = run(fleet, records_of(rows), design(), KERNELS).results
    none = found.levels[0]
    assert none.score.success_of_matched.mean == 1.0
    assert none.costs["fastest"].predicted == 6
    assert none.costs["fastest"].by_package["q"] == (0.0, 0.0)


def test_a_cluster_without_a_price_has_runtime_and_no_cost():
    fleet = fleet_of([("x86", COMPILERS[0], 8, None, None)])
    rows = [("p", "x86", COMPILERS[0], 1 + i, 10 + i) for i in range(6)]
    cost = run(fleet, records_of(rows), design(), KERNELS).results.levels[0].costs["fastest"]
    assert (cost.predicted, cost.priced, cost.cost) == (6, 0, 0.0)
    assert cost.runtime_s != 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scoring": "kind"}, "kind"),
        ({"model": "forest"}, "forest"),
        ({"first": 0}, "--jobs"),
        ({"nodes_per_job": 0}, "--nodes-per-job"),
        ({"nodes_free": -1}, "--nodes-free"),
        ({"minimum_builds": 0}, "--minimum-builds"),
    ],
)
def test_a_design_refuses_what_cannot_be_run(change, said):
    with pytest.raises(InputError, match=said):
        Settings(**change)


def test_a_run_refuses_nothing_to_run():
    rows = [("p", "x86", COMPILERS[0], 1, 10)]
    with pytest.raises(InputError, match="no clusters"):
        run(Fleet(()), records_of(rows), design(), KERNELS)
    with pytest.raises(InputError, match="no builds"):
        run(fleet_of([("x86", COMPILERS[0], 1, 1.0, None)]), records_of([]), design(), KERNELS)
    bare = replace(fleet_of([("x86", COMPILERS[0], 1, 1.0, None)]).clusters[0], subsystems=())
    with pytest.raises(InputError, match="'arch'"):
        run(Fleet((bare,)), records_of(rows), design(), KERNELS)


def test_chance_gives_equal_builds_different_clusters():
    fleet = fleet_of([("x86", COMPILERS[0], 8, 1.0, None)] * 2)
    records = records_of([("p", "x86", COMPILERS[0], 4, 10)] * 60)
    chosen = Settings(orders=0, minimum_builds=5, model="linear", choose="random")
    found = {level.name: level for level in run(fleet, records, chosen, KERNELS).results.levels}
    for name in ("constraint-with-replacement", "constraint-without-replacement"):
        assert all(15 < count < 45 for count in found[name].jobs_by_cluster.values())


def test_every_build_has_a_row_with_its_cluster_where_one_was_chosen():
    rows = [("p", "x86", COMPILERS[0], 1 + i % 4, 10 + i) for i in range(12)] + [("q", "arm", COMPILERS[1], 2, 5)]
    fleet = fleet_of([("x86", COMPILERS[0], 8, 3.2, None), ("x86", COMPILERS[0], 6, 0.8, 4)])
    done = run(fleet, records_of(rows), design(nodes_free=6), KERNELS)
    tables = {table.experiment: table for table in done.tables}
    for level in done.results.levels:
        table = tables[level.name]
        assert table.job.tolist() == list(range(len(rows)))
        if level.name.startswith("constraint"):
            taken = [int((table.cluster == c).sum()) for c in range(2)]
            assert taken == pytest.approx(list(level.jobs_by_cluster.values()))
            assert int((table.cluster < 0).sum()) == level.score.unmatched + level.no_capacity + level.refused
            assert np.nansum(table.additional_cost) == pytest.approx(level.costs["fastest"].cost)


def test_nodes_are_shared_out_so_that_all_jobs_have_some():
    rows = [("p", "x86", COMPILERS[0], 1, 10 + i) for i in range(13)]
    fleet = fleet_of([("x86", COMPILERS[0], 8, 3.2, nodes) for nodes in (None, None, 5, None)])
    prepared = run(fleet, records_of(rows), design(nodes_per_job=2, nodes_free=None), KERNELS).prepared
    assert nodes_free(prepared).tolist() == [7, 7, 5, 7]  # 26 nodes over 4 clusters, rounded up
