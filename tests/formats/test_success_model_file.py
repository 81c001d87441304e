"""Files of learned models: read as they were written, and refused where they are no model."""

import contextlib
import copy
import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.records.success_model_file import read_success_model, write_success_model
from placewise.model.outcomes.success_card import Learned, Reliability, Scores, SuccessCard
from placewise.model.outcomes.success_model import (
    BEYOND_EVERY_RANK,
    Calibration,
    KnownFact,
    PackageRates,
    SuccessModel,
    Trees,
)


def whole(*numbers):
    return np.array(numbers, dtype=np.int64)


def small_model():
    """Two trees: one question about cmake and one about the package's rate, and a leaf."""
    trees = Trees(
        0.1,
        whole(0, 5),
        whole(1, 0, 0, 0, 0, 0),
        np.array([0.5, 1 / 3, 0.0, 0.0, 0.0, 0.0]),
        whole(1, 3, 0, 0, 0, 0),
        whole(2, 4, 0, 0, 0, 0),
        whole(2, 3, 0, 0, 0, 0),
        np.array([0.0, 0.0, -1.5, 2e-17, 0.7, 0.25]),
    )
    good = Scores(10, 0.25, 0.1, 0.9, None, 0.02)
    card = SuccessCard(
        Learned("builds.parquet", "0" * 64, "built", 10, 7, 2),
        "none",
        2,
        0,
        good,
        (good, dataclasses.replace(good, auc=None)),
        good,
        0.6,
        Reliability(np.array([0.1, np.nan]), np.array([0.0, np.nan]), whole(10, 0)),
        ("os",),
        {"numpy": "2.0"},
    )
    return SuccessModel(
        (
            KnownFact("cmake", "dependency versions", "version", ("3.9", "3.10")),
            KnownFact("x", "", "text", ("", "é"), True),
        ),
        PackageRates(("a", "b"), np.array([0.1, 2 / 3]), 0.5),
        trees,
        Calibration(np.array([-1.0, 0.1]), np.array([0.25, 0.75]), 0.05),
        card,
    )


def same(one, other):
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.json"
    write_success_model(small_model(), path)
    return json.loads(path.read_text())


def read(document, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return read_success_model(path)


@pytest.mark.parametrize("card", [True, False])
def test_a_model_is_read_as_it_was_written(tmp_path, card):
    model = small_model() if card else dataclasses.replace(small_model(), card=None)
    write_success_model(model, tmp_path / "one.json")
    write_success_model(read_success_model(tmp_path / "one.json"), tmp_path / "two.json")
    assert same(read_success_model(tmp_path / "one.json"), model)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_a_name_that_could_not_be_read_is_not_written(tmp_path):
    model = dataclasses.replace(small_model(), facts=(KnownFact("cm\x1bake", "", "text", ("1",)),))
    with pytest.raises(InputError):
        write_success_model(model, tmp_path / "model.json")
    assert not list(tmp_path.iterdir())


TREES = {
    "a cycle": ("left", 1, 0),
    "a way to itself": ("left", 0, 0),
    "a way outside": ("right", 1, 6),
    "two ways to one node": ("right", 1, 3),
    "a way into another tree": ("right", 0, 5),
    "a missing value that goes elsewhere": ("missing", 0, 4),
    "a leaf with a way": ("right", 2, 4),
    "a column that is not there": ("feature", 0, 3),
    "a column below 0": ("feature", 0, -1),
    "a start outside": ("starts", 1, 9),
    "starts that fall": ("starts", 1, 0),
    "no number": ("value", 2, None),
    "a huge number": ("value", 2, 1e140),
    "a huge threshold": ("threshold", 0, 1e100),
    "a text": ("threshold", 0, "1"),
    "a list": ("feature", 0, [1]),
    "a whole number beyond 64 bits": ("left", 0, 2**64),
}


@pytest.mark.parametrize("wrong", TREES)
def test_trees_that_are_none_are_refused(document, tmp_path_factory, wrong):
    field, place, value = TREES[wrong]
    changed = copy.deepcopy(document)
    changed["trees"][field][place] = value
    with pytest.raises(InputError) as caught:
        read(changed, tmp_path_factory)
    assert caught.value.file.endswith("model.json")


def change(document, *path, to):
    changed = copy.deepcopy(document)
    inside = changed
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = to
    return changed


OTHERS = [
    (("rates", "rates"), [0.1]),
    (("rates", "rates"), [0.1, 1.5]),
    (("rates", "rates"), [0.1, None]),
    (("rates", "packages"), ["b", "a"]),
    (("rates", "other"), None),
    (("calibration", "raw"), [0.1, -1]),
    (("calibration", "rate"), [0.9, 0.1]),
    (("calibration", "rate"), [0.1, None]),
    (("calibration", "kept"), 0),
    (("calibration", "raw"), [[1, 2]]),
    (("facts", 1, "name"), "cmake"),
    (("facts", 0, "kind"), "colour"),
    (("trees", "value"), []),
    (("trees", "base"), None),
    (("card", "reliability", "records"), [0, 0]),
    (("format",), "placewise success model 2"),
    (("more",), 1),
]


@pytest.mark.parametrize("number", range(len(OTHERS)))
def test_what_is_no_model_is_refused(document, tmp_path_factory, number):
    path, to = OTHERS[number]
    with pytest.raises(InputError):
        read(change(document, *path, to=to), tmp_path_factory)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"format": 1}', "{", "NaN", '{"format": ["x"]}'])
def test_other_documents_are_refused(tmp_path_factory, text):
    with pytest.raises(InputError):
        read(text, tmp_path_factory)


@given(st.data())
def test_any_change_is_refused_or_a_model(document, tmp_path_factory, data):
    changed, inside = copy.deepcopy(document), None
    inside = changed
    while isinstance(inside, dict | list) and len(inside):
        keys = sorted(inside) if isinstance(inside, dict) else range(len(inside))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(inside[key], dict | list) or not inside[key] or data.draw(st.integers(0, 5)) == 0:
            inside[key] = data.draw(st.sampled_from([None, 0, 1, -1, 2**70, 1e300, "", "x", [], [1], {}, True, [[]]]))
            break
        inside = inside[key]
    with contextlib.suppress(InputError):
        read(changed, tmp_path_factory)


def test_a_deep_chain_is_refused():
    # Each question's left is the next question, its right a leaf.
    depth = 300
    left, right = [], []
    for level in range(depth):
        left += [2 * level + 2, 0]
        right += [2 * level + 1, 0]
    left, right = whole(*left, 0), whole(*right, 0)
    zeros = np.zeros(len(left))
    with pytest.raises(InputError, match="deep"):
        Trees(0.0, whole(0), whole(*zeros.astype(int)), zeros, left, right, left, zeros)


def test_a_threshold_may_be_above_everything():
    trees = small_model().trees
    dataclasses.replace(trees, threshold=np.where(trees.left > 0, BEYOND_EVERY_RANK, 0.0))
