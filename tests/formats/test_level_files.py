"""Levels read back as they were written, and the two CSV files of the prior work's shape."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_results_folder import numbers, scores

from placewise.errors import InputError
from placewise.formats.results.level_files import read_levels, write_levels
from placewise.formats.results.score_tables import reasons_csv, scores_csv, scores_table
from placewise.model.results.results import CostScore, LevelResult, Moments, Reasons, Results, Score

names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=5)
amounts = st.floats(-1e9, 1e9)
costs = st.builds(
    CostScore,
    *[amounts] * 8,
    by_package=st.dictionaries(names, st.tuples(amounts, amounts), max_size=2),
)
reasons = st.builds(
    Reasons,
    st.dictionaries(names, numbers, max_size=2),
    st.dictionaries(names, numbers, max_size=2),
    st.dictionaries(st.lists(names, min_size=1, max_size=2).map(tuple), numbers, max_size=3),
)
levels = st.lists(
    st.builds(
        LevelResult,
        name=names,
        metadata=st.lists(names, max_size=3).map(tuple),
        score=scores,
        no_capacity=st.integers(0, 9),
        costs=st.fixed_dictionaries({"fastest": costs, "best-memory": costs}),
        outside_range=st.none() | numbers,
        reasons=st.builds(lambda r: Reasons(r.every, dict.fromkeys(r.every, 0.0), r.together), reasons),
        jobs_by_cluster=st.dictionaries(names, numbers, max_size=3),
        refused=st.integers(0, 9),
        per_build=st.dictionaries(names, st.lists(amounts, max_size=3).map(tuple), max_size=2),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda level: level.name,
).map(tuple)


def shown(name):
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name


@given(levels)
def test_what_is_written_reads_back(tmp_path_factory, found):
    folder = tmp_path_factory.mktemp("levels")
    scores = {level.name: level.score for level in found}
    write_levels(folder / "levels.json", found)
    assert read_levels(folder / "levels.json", scores) == found
    table = scores_csv(Results(scores, levels=found)).decode()
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["experiment"] for row in rows] == [shown(level.name) for level in found]
    for row, level in zip(rows, found, strict=True):
        assert float(row["total_additional_cost"]) == level.costs["best-memory"].cost


def test_the_csv_files_have_the_published_columns(public_data):
    score = Score(10, 2, Moments(0.5, 0.5), 0.4, 1.0, Moments(1.0, 0.0), 1.0, 1, Moments(3.0, 1.0), 5, 1.0, 1.0, 2.0)
    cost = CostScore(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, {})
    level = LevelResult(
        "none", (), score, 1, {"best-memory": cost}, None, Reasons({"r": 3.0}, {"r": 2.0}, {("r",): 3.0}), {}
    )
    results = Results({"none": score}, levels=(level,))
    for name, content in (("scores.csv", scores_csv(results)), ("reasons-for-failure.csv", reasons_csv(results))):
        with (public_data / "spack-build" / "published" / name).open(newline="") as file:
            published = csv.DictReader(file).fieldnames
        reader = csv.DictReader(io.StringIO(content.decode(), newline=""))
        (row,) = reader
        assert set(published) <= set(reader.fieldnames)
        if name == "scores.csv":
            assert (row["points_scored_possible"], row["points_scored_correct"]) == ("7", "3.5")
            assert (row["unmatched_percent"], row["mismatched_clusters_per_job_mean"]) == ("0.2", "2.0")
        else:
            assert (row["count"], row["count_alone_or_with_others"], row["percentage"]) == ("2.0", "3.0", "0.2")


@pytest.mark.parametrize(
    "document", [[], {}, {"levels": 5}, {"levels": [5]}, {"levels": [{}]}, {"levels": [{"name": "x", "told": 5}]}]
)
def test_another_shape_is_one_error(tmp_path, document):
    (tmp_path / "levels.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="levels.json"):
        read_levels(tmp_path / "levels.json", {})


@given(st.dictionaries(names, scores, max_size=3))
def test_scores_load_flat(found):
    results = Results(found, scoring="corrected")
    table = scores_table(results)
    rows = list(csv.DictReader(io.StringIO(scores_csv(results).decode(), newline="")))
    assert table["experiment"].to_pylist() == list(found)
    assert [row["experiment"] for row in rows] == list(map(shown, found))
    assert all(field.metadata[b"description"] for field in table.schema)
    for row, flat, score in zip(rows, table.to_pylist(), found.values(), strict=True):
        assert (flat["jobs"], flat["unmatched"], flat["success"]) == (score.total_jobs, score.unmatched, score.success)
        assert flat["matched_clusters_mean"] == score.matched_clusters.mean
        assert (int(row["total_jobs"]), int(row["unmatched_count"])) == (score.total_jobs, score.unmatched)
        assert (float(row["success"]) if row["success"] else None) == score.success
        assert "total_additional_cost" not in row
        assert flat["additional_cost"] is None


def test_the_schema_of_scores_is_one_for_all_kinds_of_studies():
    score = Score(10, 2, Moments(0.5, 0.5), 0.4, 1.0, Moments(1.0, 0.0), 1.0, 1, Moments(3.0, 1.0), 5, 1.0, 1.0, 2.0)
    cost = CostScore(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, {})
    level = LevelResult("none", (), score, 1, {"best-memory": cost}, None, Reasons({}, {}, {}), {}, refused=3)
    table = scores_table(Results({"none": score}, levels=(level,)))
    assert table.schema.equals(scores_table(Results({})).schema, check_metadata=True)
    (row,) = table.to_pylist()
    assert (row["no_capacity"], row["refused"]) == (1, 3)
    assert (row["additional_runtime_s"], row["additional_cost"]) == (1.0, 2.0)
