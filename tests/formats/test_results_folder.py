"""The results folder read back."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.results_folder import read_results, write_results
from placewise.model.requirement import Condition, Equals, Requirement, version_requirement
from placewise.model.results import (
    CurvePoint,
    Moments,
    OrderSpread,
    Results,
    Score,
    SingleSummary,
    SubsystemScore,
    UnmatchedJob,
)
from placewise.model.workload import Workload

numbers = st.floats(0, 1)
maybe = st.none() | numbers
moments = st.builds(Moments, maybe, maybe)
scores = st.builds(
    Score,
    total_jobs=st.integers(0, 10**6),
    unmatched=st.integers(0, 10**6),
    build_success=moments,
    joint_success=maybe,
    ceiling=maybe,
    marginal_score=moments,
    versions_correct=st.floats(0, 1e6),
    versions_possible=st.integers(0, 10**6),
    matched_clusters=moments,
    clusters=st.integers(1, 10**4),
    precision=maybe,
    recall=maybe,
    clusters_used=st.none() | st.floats(0, 100),
    failures=st.dictionaries(st.text(min_size=1), numbers, max_size=3),
)


def arrays(count):
    values = st.lists(numbers, min_size=count, max_size=count).map(np.array)
    holed = st.lists(numbers | st.just(np.nan), min_size=count, max_size=count).map(np.array)
    whole = st.lists(st.integers(0, 999), min_size=count, max_size=count).map(lambda v: np.array(v, dtype=np.int64))
    return st.builds(OrderSpread, holed, values, holed, holed, whole)


results = st.builds(
    Results,
    scores=st.fixed_dictionaries({"none": scores}, optional={"all": scores, "expanded-subsystems": scores}),
    scoring=st.sampled_from(["corrected", "published"]),
    exact=st.booleans(),
    ceiling=maybe,
    subsystems=st.lists(
        st.builds(SubsystemScore, st.text(min_size=1), scores, numbers), max_size=2, unique_by=lambda s: s.subsystem
    ).map(tuple),
    single=st.none() | st.builds(SingleSummary, maybe, maybe, maybe, st.integers(0, 9)),
    curve=st.lists(st.builds(CurvePoint, st.integers(0, 9), numbers, maybe, numbers), max_size=3).map(tuple),
    last_level=maybe,
    unmatched=st.lists(st.builds(UnmatchedJob, st.text(), st.integers(1, 9), st.integers(9, 12)), max_size=3).map(
        tuple
    ),
    orders=st.none() | st.integers(1, 4).flatmap(arrays),
    study=st.just({"settings": {"seed": 1}}),
)
WORKLOAD = Workload.from_rows(
    ["a", 'quote"d', "a"],
    [
        [version_requirement("zlib", "1.10", None)],
        [Requirement("os", (Condition("name", Equals("x")),))],
        [version_requirement("zlib", "1.10", None)],
    ],
    {"package": ["p", None, "p"]},
)


@given(results)
def test_what_is_written_reads_back(tmp_path_factory, found):
    folder = tmp_path_factory.mktemp("results")
    write_results(folder, found, WORKLOAD, {"zlib": {"c": ["a"]}}, 4)
    again = read_results(folder)
    if found.orders is not None:
        for name in ("build_success", "last_level", "unmatched_at", "percent_matched", "submissions"):
            assert np.array_equal(getattr(again.orders, name), getattr(found.orders, name), equal_nan=True)
    assert replace(again, orders=None) == replace(found, orders=None)


def test_jobspecs_have_every_job_by_name(tmp_path):
    write_results(tmp_path, Results({}), WORKLOAD, {}, 4)
    document = json.loads((tmp_path / "jobspecs.json").read_text())
    assert document == {
        "jobspecs": {
            "a": {"name": "a", "package": "p", "resources": {"zlib": {"min": "1.10", "max": None}}},
            'quote"d': {"name": 'quote"d', "package": None, "resources": {"os": "os: name = x"}},
        },
        "removed_repeated": 4,
    }


@pytest.mark.parametrize(("scoring", "percent"), [("corrected", 0.5), ("published", 0.75)])
def test_percent_matched_counts_as_its_scoring_does(tmp_path, scoring, percent):
    found = Results({}, scoring=scoring, unmatched=(UnmatchedJob("a", 3, 4),))
    write_results(tmp_path, found, WORKLOAD, {}, 0)
    (row,) = json.loads((tmp_path / "unmatched-summary.json").read_text())
    assert row == {"jobid": "a", "unmatched_at": 3, "total_subsystems": 4, "max_percent_matched": percent}
    assert json.loads((tmp_path / "unmatched-at-raw.json").read_text()) == {"a": 3}


documents = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["value", "mean", "std", "total_jobs", "unmatched", "jobid", "expanding", "curve", "orders"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "file", ["scores.json", "subsystem-scores.json", "unmatched-summary.json", "summary.json", "study.json"]
)
@given(document=documents, key=st.integers(0, 30))
def test_any_document_is_results_or_an_input_error(tmp_path_factory, file, document, key):
    folder = tmp_path_factory.mktemp("results")
    score = Score(1, 0, Moments(1.0, 0.0), 1.0, 1.0, Moments(1.0, 0.0), 1.0, 1, Moments(1.0, 0.0), 1, 1.0, 1.0, 1.0)
    write_results(folder, Results({"none": score}, scoring="corrected"), WORKLOAD, {}, 0)
    path = folder / file
    whole = json.loads(path.read_text())
    if isinstance(whole, dict) and whole:
        name = sorted(whole)[key % len(whole)]
        inner = whole[name]
        if isinstance(inner, dict) and inner and key % 2:
            inner[sorted(inner)[key % len(inner)]] = document
        else:
            whole[name] = document
    else:
        whole = document
    path.write_text(json.dumps(whole))
    try:
        read_results(folder)
    except InputError as error:
        assert file in str(error)
