"""No cell of a CSV file that Placewise writes is a formula, whatever its text."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.formats.results.model_files import cards_csv
from placewise.formats.results.score_tables import reasons_csv, scores_csv
from placewise.formats.table_files.spreadsheet import defused
from placewise.model.results.results import LevelResult, Moments, Reasons, Results, Score
from placewise.prediction import fit_models

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")
SCORE = Score(10, 2, Moments(0.5, 0.5), 0.4, 1.0, Moments(1.0, 0.0), 1.0, 1, Moments(3.0, 1.0), 5, 1.0, 1.0, 2.0)


@given(st.one_of(st.text(), st.builds(str.__add__, st.sampled_from(BEGINNINGS), st.text()), st.floats(), st.none()))
def test_a_text_begins_as_no_formula_does_and_nothing_else_changes(value):
    ((found,),) = [row.values() for row in defused([{"x": value}])]
    if isinstance(value, str) and value.startswith(BEGINNINGS):
        assert found == "'" + value
    else:
        assert found is value


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_in_every_csv_file_of_results(beginning):
    name = f"{beginning}cmd|' /C calc'!A0"
    level = LevelResult(name, (), SCORE, 1, {}, None, Reasons({name: 3.0}, {name: 2.0}, {(name,): 3.0}), {})
    results = Results({name: SCORE}, levels=(level,))
    models = fit_models([name] * 4, [1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0], minimum_builds=2)
    for content in (scores_csv(results).decode(), reasons_csv(results).decode(), cards_csv(models)):
        rows = list(csv.reader(io.StringIO(content, newline="")))
        texts = [cell for row in rows for cell in row if "calc" in cell]
        assert texts
        assert all(cell.startswith("'" + beginning) for cell in texts)
    assert "-1" in cards_csv(models)
