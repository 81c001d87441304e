"""What metadata is worth, written and read again, and documents that are something else."""

from __future__ import annotations

import json

import numpy as np
import pytest

from placewise.errors import InputError
from placewise.formats.results.worth_files import WORTH_FILES, with_worth, write_worth
from placewise.formats.studies.cost_file import read_costs
from placewise.model.results.held_out import HeldOut, HeldOutCurve, HeldOutSet
from placewise.model.results.results import Results
from placewise.model.results.worth import (
    Difference,
    FleetSpread,
    Headline,
    Interval,
    LevelPoint,
    SensitivityPoint,
    SubsystemWorth,
    Sufficiency,
    Worth,
)

OVER = Interval(0.1, 0.2, "1,000 resamples of 13 requirement profiles")
RESULTS = Results(
    {},
    worth=Worth(
        (
            SubsystemWorth("gcc", 0.2, 0.0, 0.1, 0.3, 12.5, 3, 7, OVER, 2.0, -1.0),
            SubsystemWorth("<zlib>", -0.1, 0.01, 0.0, 0.0, 0.0, 0, 1),
        ),
        0.1,
        0.2,
        0.4,
        7,
        700,
        600,
        16,
        32,
    ),
    sufficiency=Sufficiency(
        0.95, 0.4, ("gcc",), 0.39, 1.0, 1.0, ("gcc", "<zlib>"), np.array([0.1, 0.39, 0.4]), np.zeros((3, 3)), 20
    ),
    held_out=HeldOut(
        0.95,
        (0, 1),
        (HeldOutSet("fleet", np.array([1.0, 1.0]), np.array([0.7, np.nan])),),
        (HeldOutCurve("fleet", "refusals", np.array([[0.1, 0.7], [np.nan, np.nan]])),),
        ("profile: there is only one",),
    ),
    front=(LevelPoint("none", (), 0.0, 1.0, 0.1, on_front=True), LevelPoint("pair", ("gcc", "<zlib>"), 2.0, 0.5, 0.4)),
    headlines=(Headline("all", "success", 0.4, (OVER,)),),
    differences=(Difference("all", "none", "success", 0.3, (OVER,)),),
    fleets=FleetSpread(("none", "all"), np.array([[0.1, 0.4], [0.2, np.nan]]), np.array([0.4, 0.5])),
    sensitivity=(SensitivityPoint("clusters", 10.0, 0.1, 0.2, 0.3, 0.4, 5, 0.15, 0.25),),
)


def test_everything_comes_back(tmp_path):
    write_worth(tmp_path, RESULTS)
    # The evidence of records has a test of its own.
    assert {path.name for path in tmp_path.iterdir()} == {*WORTH_FILES} - {"evidence.json"}
    back = with_worth(tmp_path, Results({}))
    assert back.worth == RESULTS.worth
    assert back.front == RESULTS.front
    assert (back.headlines, back.differences) == (RESULTS.headlines, RESULTS.differences)
    assert back.sensitivity == RESULTS.sensitivity
    np.testing.assert_array_equal(back.fleets.success, RESULTS.fleets.success)
    np.testing.assert_array_equal(back.sufficiency.greedy, RESULTS.sufficiency.greedy)
    assert back.sufficiency.metadata == ("gcc",)
    assert back.sufficiency.optimal
    assert back.held_out.left_out == RESULTS.held_out.left_out
    np.testing.assert_array_equal(back.held_out.set_over("fleet").share, [0.7, np.nan])
    np.testing.assert_array_equal(back.held_out.curves[0].share, RESULTS.held_out.curves[0].share)


def test_what_there_is_nothing_of_is_not_written(tmp_path):
    write_worth(tmp_path, Results({}))
    assert list(tmp_path.iterdir()) == []
    assert with_worth(tmp_path, Results({})) == Results({})


def _with(document, path, value):
    *above, last = path
    for step in above:
        document = document[step]
    if value is ...:
        del document[last]
    else:
        document[last] = value


@pytest.mark.parametrize(
    ("name", "path", "value", "message"),
    [
        ("value.json", ("jobs",), "seven", "value.jobs: is not a number"),
        ("value.json", ("jobs",), ..., "a field is missing"),
        ("value.json", ("price",), 3, "unknown field"),
        ("value.json", ("subsystems",), {}, "is not a list"),
        ("value.json", ("subsystems", 0), [], r"value.subsystems\[0\]: is not a mapping"),
        ("value.json", ("subsystems", 0, "value"), None, r"value.subsystems\[0\].value"),
        ("value.json", ("subsystems", 0, "value"), 1e400, r"value.subsystems\[0\].value"),
        ("value.json", ("subsystems", 0, "interval", "over"), "\x1b[2J", "control character"),
        ("minimal.json", ("greedy",), [0.1], "is of another size"),
        ("minimal.json", ("random",), [[0.1], [0.1, 0.2], [0.1]], "rows of different lengths"),
        ("minimal.json", ("unreachable",), 1, "is not true or false"),
        ("pareto.json", ("levels",), None, "is not a list"),
        ("uncertainty.json", ("fleets", "success"), [[0.1]], "is of another size"),
        ("sensitivity.json", ("points",), [3], r"points\[0\]"),
    ],
)
def test_documents_of_another_shape_are_refused(tmp_path, name, path, value, message):
    write_worth(tmp_path, RESULTS)
    file = tmp_path / name
    document = json.loads(file.read_text())
    _with(document, path, value)
    file.write_text(json.dumps(document).replace("Infinity", "1e999"))
    with pytest.raises(InputError, match=message) as refused:
        with_worth(tmp_path, Results({}))
    assert refused.value.file == str(file)


@pytest.mark.parametrize("content", ["", "[]", "3", "{", '{"a": 1', "\x00"], ids=repr)
@pytest.mark.parametrize("name", WORTH_FILES)
def test_what_is_no_document_is_refused(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as refused:
        with_worth(tmp_path, Results({}))
    assert refused.value.file == str(tmp_path / name)


def test_costs_are_read(tmp_path):
    file = tmp_path / "costs.yaml"
    file.write_text("gcc: 2.5\nzlib: 0\n")
    assert read_costs(file) == {"gcc": 2.5, "zlib": 0.0}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("{}", "names no subsystem"),
        ("- gcc\n", "not a mapping"),
        ("gcc: dear\n", "cost of 'gcc'"),
        ("gcc: -1\n", "cost of 'gcc'"),
        ("gcc: .nan\n", "cost of 'gcc'"),
        ("gcc: .inf\n", "cost of 'gcc'"),
        ("gcc: true\n", "cost of 'gcc'"),
        ("gcc: {a: 1}\n", "cost of 'gcc'"),
    ],
    ids=repr,
)
def test_costs_that_are_none_are_refused(tmp_path, content, message):
    file = tmp_path / "costs.yaml"
    file.write_text(content)
    with pytest.raises(InputError, match=message) as refused:
        read_costs(file)
    assert refused.value.file == str(file)
