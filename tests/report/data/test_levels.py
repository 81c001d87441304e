from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_results import level

from placewise.formats.studies.study_file import shipped_declarations
from placewise.model.studies.study import WITH_REPLACEMENT, WITHOUT_REPLACEMENT
from placewise.report.data.studies.levels import (
    AT_LEAST,
    ENOUGH_MEMORY,
    EXACT,
    assigned,
    best_row,
    clusters_taking,
    cost_each,
    exact_beside_at_least,
    is_chosen,
    non_dominated,
    reference_of,
    runtime_each,
    share_assigned,
)
from placewise.report.words.names import (
    level_rows,
    level_word,
    metadata_label,
    policy_word,
    question_word,
    reason_word,
)

numbers = st.integers(0, 6).map(float)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=12))
def test_the_front_is_what_nothing_beats_and_beats_the_rest(points):
    front = non_dominated(points)

    def beats(a, b):
        return a[0] <= b[0] and a[1] >= b[1] and a != b

    assert front
    for i, point in enumerate(points):
        assert (i in front) == (not any(beats(other, point) for other in points))
    for i in set(range(len(points))) - set(front):
        assert any(beats(points[j], points[i]) for j in front)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=30), st.floats(0.01, 0.99))
def test_the_fewest_clusters_that_take_a_share(jobs, share):
    one = replace(level("x", ()), jobs_by_cluster={f"c{i}": n for i, n in enumerate(jobs)})
    count, total = clusters_taking(one, share), sum(jobs)
    if total == 0:
        assert count is None
        return
    most = sorted(jobs, reverse=True)
    assert sum(most[:count]) >= total * share * (1 - 1e-6)
    assert sum(most[: count - 1]) <= total * share


def test_equal_clusters_take_as_many_parts_as_they_are():
    one = replace(level("x", ()), jobs_by_cluster={f"c{i}": 316.22 for i in range(100)})
    assert [clusters_taking(one, share) for share in (0.5, 0.9, 1.0)] == [50, 90, 100]


def test_means_are_over_the_jobs_that_the_sums_are_over():
    cost = replace(level("x", ()).costs["fastest"], predicted=40.0, priced=8.0, runtime_s=20.0, cost=2.0)
    assert (runtime_each(cost), cost_each(cost)) == (0.5, 0.25)
    cost = replace(cost, predicted_successes=4.0, priced_successes=0.0, runtime_of_successes_s=1.0)
    assert (runtime_each(cost, successes=True), cost_each(cost, successes=True)) == (0.25, None)
    assert runtime_each(None) is cost_each(None) is None


def test_jobs_without_a_cluster_are_unmatched_or_full_or_refused():
    one = replace(level("x", (), unmatched=100, full=20), refused=3)
    assert assigned(one) == 877
    assert share_assigned(one) == 0.877


def test_levels_stand_in_groups_in_the_order_of_the_study(build_results):
    rows = level_rows(replace(build_results, levels=build_results.levels[::-1]))
    assert [row.group for row in rows] == [0, 1, 1, 2, 2, 2, 2, 3, 3]
    assert [row.level.name for row in rows[1:3]] == ["memory-subsystem", "arch-subsystem"]


def test_levels_with_the_same_words_are_told_apart(build_results):
    twins = (level("a", ("arch",)), level("b", ("arch",)), level("none", ()))
    assert [row.label for row in level_rows(replace(build_results, levels=twins))] == [
        "no metadata",
        "arch (a)",
        "arch (b)",
    ]


def test_the_words_for_metadata():
    assert metadata_label(("arch", "compiler-version", "memory")) == "arch + compiler + exact version + memory"
    assert metadata_label(("arch", "compiler-at-least")) == "arch + compiler + version at least"
    assert metadata_label(()) == "no metadata"
    assert question_word("gpu_driver-range") == "gpu driver range"
    assert question_word("a\x1b[2J\x00").isprintable()
    assert reason_word("compiler_too_old") == "compiler too old"
    assert len(metadata_label(("x" * 500,))) <= 60


def test_the_words_fit_the_shipped_study():
    levels = shipped_declarations()["levels"]
    asked = {name for one in levels for name in one.metadata}
    assert {EXACT, AT_LEAST, ENOUGH_MEMORY} <= asked
    rows = [level_word(level(one.name, one.metadata), "the cheapest") for one in levels]
    assert len(set(rows)) == len(rows)
    assert is_chosen(level(WITH_REPLACEMENT, ()))
    assert is_chosen(level(WITHOUT_REPLACEMENT, ()))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (None, "the cheapest"),
        ({"choose": "fastest"}, "the fastest"),
        ({"choose": "least-loaded"}, "by least-loaded"),
        ({"choose": "constraint", "priorities": [{}]}, "by priorities"),
        ("no mapping", "the cheapest"),
    ],
)
def test_the_policy_is_the_one_of_the_study(build_results, settings, words):
    results = replace(build_results, study={"settings": settings})
    assert policy_word(results) == words
    assert f"{words.removeprefix('the ')}, nodes used up" in [row.label for row in level_rows(results)]


def test_exact_is_set_beside_at_least_of_the_same_kind(build_results):
    rows = level_rows(build_results)
    assert [row.level.name for row in exact_beside_at_least(rows)] == ["arch-exact", "arch-least"]
    assert exact_beside_at_least([row for row in rows if row.level.name != "arch-least"]) is None


def test_the_best_level_and_the_reference(build_results):
    assert best_row(level_rows(build_results)).level.name == "arch-least"
    assert reference_of(build_results) == "best-memory"
    only = tuple(replace(one, costs={"other": one.costs["fastest"]}) for one in build_results.levels)
    assert reference_of(replace(build_results, levels=only)) == "other"
    assert reference_of(replace(build_results, levels=tuple(replace(one, costs={}) for one in only))) is None
    unknown = tuple(level(one.name, one.metadata, build=None) for one in only)
    assert best_row(level_rows(replace(build_results, levels=unknown))) is None
