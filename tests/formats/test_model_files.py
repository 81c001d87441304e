import csv
import io
import json

import numpy as np
import pytest
from changed_documents import changed, json_values, places
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.results.model_files import cards_csv, models_from_json, models_json, read_models, write_models
from placewise.model.results.runtime_models import CrossValidation, Line, Models, PackageModels, Validation
from placewise.prediction import fit_models

ERRORS = CrossValidation(1.5, 2.5, 0.1, -0.25)
MODELS = Models(
    (
        PackageModels(
            "zlib", np.array([3.0, 1.0, 2.0]), np.array([0.1, 1 / 3, 7.0]), Line(1.0, -2e-9), Line(0.0, 0.5), None
        ),
        PackageModels(
            "pümi, =1",
            np.array([5e8]),
            np.array([9.25]),
            Line(1e-300, 3.0),
            Line(-4.5, 0.0),
            Validation(ERRORS, ERRORS, CrossValidation(0.0, 0.0, 0.0, None), ERRORS),
        ),
    ),
    (("rare", 2), ("a", 1)),
    3,
    5,
    17,
)
DOCUMENT = json.loads(models_json(MODELS))


def test_models_survive_their_folder(tmp_path):
    write_models(MODELS, tmp_path / "models")
    for place in (tmp_path / "models", tmp_path / "models" / "models.json"):
        found = read_models(place)
        assert found.packages == ("pümi, =1", "zlib")
        assert found.cards() == MODELS.cards()
        assert (found.too_few, found.minimum_builds, found.folds, found.seed) == ((("a", 1), ("rare", 2)), 3, 5, 17)
        for one, other in zip(found.by_package, MODELS.by_package, strict=True):
            assert np.array_equal(one.memory_bytes, other.memory_bytes)
            assert np.array_equal(one.duration_s, other.duration_s)
            assert (one.linear, one.log_linear) == (other.linear, other.log_linear)
        assert models_json(found) == models_json(MODELS)
    assert {path.name for path in (tmp_path / "models").iterdir()} == {"models.json", "cards.csv"}


@given(st.lists(st.tuples(*[st.floats(0, 1e100, exclude_min=True)] * 2), min_size=1), st.floats(-1e300, 1e300))
def test_numbers_survive_exactly(pairs, slope):
    memory, duration = map(np.array, zip(*pairs, strict=True))
    one = PackageModels("p", memory, duration, Line(slope, -slope), Line(slope, slope), None)
    (found,) = models_from_json(models_json(Models((one,), (), 1, 2, 0)), "m.json").by_package
    assert np.array_equal(found.memory_bytes, one.memory_bytes)
    assert np.array_equal(found.duration_s, one.duration_s)
    assert found.linear == one.linear


def test_nothing_fitted_survives():
    none = Models((), (("p", 1),), 100, 5, 0)
    assert models_from_json(models_json(none), "m.json").too_few == (("p", 1),)
    assert cards_csv(none) == ""


def test_cards_are_rows_of_numbers_that_read_back():
    zlib = {row["package"]: row for row in csv.DictReader(io.StringIO(cards_csv(MODELS)))}["zlib"]
    card = MODELS.card("zlib")
    assert float(zlib["fastest_runtime_s"]) == card.fastest_runtime_s == 0.1
    assert float(zlib["best_memory_bytes"]) == 3.0
    assert (zlib["builds"], zlib["slope_sign"], zlib["knn_correlation"]) == ("3", "-1", "")
    assert float(zlib["slope_s_per_gib"]) == card.slope_s_per_gib
    rows = list(csv.DictReader(io.StringIO(cards_csv(MODELS))))
    assert (rows[0]["package"], rows[0]["knn_relative_error"], rows[0]["mean_correlation"]) == (
        "pümi, =1",
        "0.0",
        "-0.25",
    )


@given(st.sampled_from(list(places(DOCUMENT))), json_values)
def test_any_document_is_models_or_one_clear_error(path, value):
    text = json.dumps(changed(DOCUMENT, path, value))
    problem = models = None
    try:
        models = models_from_json(text, "m.json")
    except InputError as error:
        problem = str(error)
    if models is None:
        assert problem.startswith("m.json")
    else:
        assert models_json(models_from_json(models_json(models), "again")) == models_json(models)
        cards_csv(models)


ZLIB = ("packages", "zlib")
ERROR = ("packages", "pümi, =1", "validation", "knn")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((), [], "does not hold runtime models; expected a mapping with format 1"),
        (("format",), 2, "does not hold runtime models; expected a mapping with format 1; found 2"),
        (("more",), 1, "holds an unknown field"),
        (("seed",), -1, "seed: is not a usable count"),
        (("folds",), 0, "a count of builds or folds is not usable"),
        (("minimum_builds",), True, "minimum_builds: is not a usable count"),
        (("too_few", "rare"), "2", "too_few.rare: is not a usable count"),
        (("too_few", "zlib"), 1, "a package occurs twice; expected names that differ; found 'zlib'"),
        (("packages",), [], "packages: is not a mapping"),
        (("packages", ""), DOCUMENT["packages"]["zlib"], "packages.'': is not text"),
        (ZLIB, 3, "packages.zlib: is not a mapping"),
        ((*ZLIB, "memory_bytes"), [1.0], "packages.zlib: memory and duration do not pair up"),
        ((*ZLIB, "memory_bytes"), None, "packages.zlib.memory_bytes: is not a list"),
        ((*ZLIB, "memory_bytes", 1), 0, "memory_bytes is not usable"),
        ((*ZLIB, "memory_bytes", 1), "1", "packages.zlib.memory_bytes[1]: is not a number"),
        ((*ZLIB, "duration_s", 2), True, "packages.zlib.duration_s[2]: is not a number"),
        ((*ZLIB, "duration_s", 2), 10**400, "packages.zlib.duration_s[2]: is too large"),
        ((*ZLIB, "linear"), {"slope": 1}, "packages.zlib.linear: a field is missing"),
        ((*ZLIB, "linear", "slope"), None, "packages.zlib.linear.slope: is not a number"),
        ((*ZLIB, "validation"), [], "packages.zlib.validation: is not a mapping"),
        ((*ERROR, "correlation"), 2, "validation.knn: a correlation is not usable"),
        ((*ERROR, "relative_error"), -1, "validation.knn: a cross-validated error is not usable"),
        ((*ERROR, "relative_error"), None, "validation.knn.relative_error: is not a number"),
    ],
)
def test_each_fault_is_named_with_its_place(path, value, message):
    with pytest.raises(InputError) as caught:
        models_from_json(json.dumps(changed(DOCUMENT, path, value)), "m.json")
    assert str(caught.value).startswith("m.json")
    assert message in str(caught.value)


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity"])
def test_lines_without_end_are_refused(number):
    with pytest.raises(InputError, match="not finite|too large"):
        models_from_json(models_json(MODELS).replace("-2e-09", number), "m.json")


def test_missing_files_are_refused(tmp_path):
    for place in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="cannot be read"):
            read_models(place)


def test_models_of_builds_of_which_something_is_not_known_are_read_again(tmp_path):
    """Fit wrote what it could not read; a cluster of which the same is not known is predicted by these builds."""
    facts = {"arch": ["", "", "", "x86_64", "x86_64", "x86_64"]}
    models = fit_models(["zlib"] * 6, [1e9] * 6, [10.0, 10.1, 10.2, 90.0, 90.1, 90.2], facts=facts, minimum_builds=2)
    write_models(models, tmp_path)
    read = read_models(tmp_path)
    assert models_json(read) == models_json(models)
    unknown, known, new = (read.get("zlib").hierarchical.at([one]) for one in (None, "x86_64", "riscv64"))
    assert unknown < new < known
