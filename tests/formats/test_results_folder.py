"""The results folder read back."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.results.results_folder import read_results, scores_document, summary_document, write_results
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Requirement, version_requirement
from placewise.model.results.results import (
    CostScore,
    CurvePoint,
    LevelResult,
    Moments,
    OrderSpread,
    Reasons,
    Results,
    Score,
    SingleSummary,
    SubsystemScore,
    UnmatchedJob,
)

names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)
numbers = st.floats(0, 1)
maybe = st.none() | numbers
moments = st.builds(Moments, maybe, maybe)
scores = st.builds(
    Score,
    total_jobs=st.integers(0, 10**6),
    unmatched=st.integers(0, 10**6),
    success_of_matched=moments,
    success=maybe,
    best_possible=maybe,
    marginal_score=moments,
    versions_correct=st.floats(0, 1e6),
    versions_possible=st.integers(0, 10**6),
    matched_clusters=moments,
    clusters=st.integers(1, 10**4),
    precision=maybe,
    recall=maybe,
    clusters_used=st.none() | st.floats(0, 100),
    failures=st.dictionaries(names, numbers, max_size=3),
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
        st.builds(SubsystemScore, names, scores, numbers), max_size=2, unique_by=lambda s: s.subsystem
    ).map(tuple),
    single=st.none() | st.builds(SingleSummary, maybe, maybe, maybe, st.integers(0, 9)),
    curve=st.lists(st.builds(CurvePoint, st.integers(0, 9), numbers, maybe, numbers), max_size=3).map(tuple),
    last_level=maybe,
    unmatched=st.lists(st.builds(UnmatchedJob, names, st.integers(1, 9), st.integers(9, 12)), max_size=3).map(tuple),
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
        for name in ("success_of_matched", "last_level", "unmatched_at", "percent_matched", "submissions"):
            assert np.array_equal(getattr(again.orders, name), getattr(found.orders, name), equal_nan=True)
    assert replace(again, orders=None) == replace(found, orders=None)


def test_jobspecs_have_every_job_by_name(tmp_path):
    write_results(tmp_path, Results({}), WORKLOAD, {}, 4)
    document = json.loads((tmp_path / "jobspecs.json").read_text())
    assert document == {
        "jobspecs": {
            "a": {"name": "a", "package": "p", "resources": {"zlib": {"min": "1.10", "max": None}}},
            'quote"d': {"name": 'quote"d', "package": None, "resources": {"os": "os{name=x}"}},
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


SCORE = Score(9, 1, Moments(0.5, 0.5), 0.4, 1.0, Moments(1.0, 0.0), 1.0, 1, Moments(3.0, 1.0), 5, 1.0, 1.0, 2.0)
COST = CostScore(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, {"p": (1.0, 2.0)})
LEVEL = LevelResult(
    "none",
    ("arch",),
    SCORE,
    1,
    {"fastest": COST, "best-memory": COST},
    0.5,
    Reasons({"r": 3.0}, {"r": 2.0}, {("r",): 3.0}),
    {"c": 2.0},
    per_build={"cost": (1.0, 2.0)},
)
WHOLE = Results(
    {"none": replace(SCORE, failures={"zlib": 1.0})},
    scoring="corrected",
    subsystems=(SubsystemScore("zlib", SCORE, 0.5),),
    single=SingleSummary(0.1, 0.2, 0.3, 4),
    curve=(CurvePoint(1, 0.5, 0.5, 0.5),),
    last_level=0.5,
    unmatched=(UnmatchedJob("a", 1, 2),),
    orders=OrderSpread(*[np.array([0.5, 0.25])] * 4, np.array([3, 4])),
    levels=(LEVEL,),
)


DERIVED = (("expanding", "percent_matched"), ("unmatched_at", "mean"), ("unmatched_at", "std"))


def places(document, path=()):
    """Every place of a document at which a number stands."""
    if isinstance(document, dict | list):
        for key, inner in document.items() if isinstance(document, dict) else enumerate(document):
            yield from places(inner, (*path, key))
    elif isinstance(document, int | float) and not isinstance(document, bool):
        yield path


@pytest.mark.parametrize(
    "wrong", ["1" + "0" * 400, "1e400", "-1e400", '"x"', "[]", "{}", "true", "1e308", "-1", "1e30"]
)
@pytest.mark.parametrize(
    "file", ["scores.json", "subsystem-scores.json", "unmatched-summary.json", "summary.json", "levels.json"]
)
def test_a_wrong_number_anywhere_is_refused_by_its_file_or_does_no_harm(tmp_path, file, wrong):
    write_results(tmp_path, WHOLE, WORKLOAD, {}, 0)
    whole = (tmp_path / file).read_text()
    assert list(places(json.loads(whole)))
    for path in places(json.loads(whole)):
        document = json.loads(whole)
        holder = document
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = "WRONG"
        (tmp_path / file).write_text(json.dumps(document).replace('"WRONG"', wrong))
        try:
            found = read_results(tmp_path)
        except InputError as error:
            assert error.file == str(tmp_path / file)
        else:
            # What follows from the rest is not read.
            follows = {"unmatched_percent", "max_percent_matched"} & set(path) or path in DERIVED
            assert follows or wrong in ("-1", "1e30"), path
            assert json.dumps([scores_document(found), summary_document(found)], allow_nan=False)


@pytest.mark.parametrize("orders", [{"submissions": []}, {"last_level": [0.5]}, {"build_success": 5}])
def test_orders_that_do_not_pair_up(tmp_path, orders):
    write_results(tmp_path, WHOLE, WORKLOAD, {}, 0)
    summary = json.loads((tmp_path / "summary.json").read_text())
    summary["orders"] |= orders
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(InputError, match="summary.json"):
        read_results(tmp_path)


def test_failures_that_were_not_worked_out_are_left_out(tmp_path):
    write_results(tmp_path, WHOLE, WORKLOAD, {}, 0)
    assert "failures" not in json.loads((tmp_path / "subsystem-scores.json").read_text())["zlib"]
    scores = json.loads((tmp_path / "scores.json").read_text())["none"]
    assert scores["failures"]["by_subsystem"] == {"zlib": 1.0}
    assert "sqrt(p(1-p))" in scores["build_success"]["description"]
    assert "one submission" in scores["marginal_score"]["description"]
