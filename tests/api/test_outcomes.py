"""Records with outcomes from Python."""

from __future__ import annotations

import csv
import json

import pytest

from placewise.api.outcomes import outcomes, read_outcomes
from placewise.errors import InputError


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Records of which those with an old tool fail, under names of their own."""
    path = tmp_path_factory.mktemp("records") / "records.csv"
    rows = [(number % 4 != 0, "amg" if number % 3 else "zfp", str(number % 4)) for number in range(120)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("worked", "app", "dependencies"))
        writer.writerows((works, package, json.dumps({"tool": tool})) for works, package, tool in rows)
    return path


def test_records_are_read_by_the_names_of_their_columns(path):
    records = read_outcomes(str(path), outcome="worked", package="app")
    assert len(records) == 120
    assert records.label == "worked"
    assert int(records.succeeded.sum()) == 90
    with pytest.raises(InputError, match="no column for the outcome"):
        read_outcomes(path)


def test_what_they_show_is_one_call(path):
    records = read_outcomes(path, outcome="worked", package="app")
    found = outcomes(records, folds=2, least_builds=10, least_records=5, resamples=0)
    assert found.summary.records == 120
    assert found.levels[-1].log_loss < found.levels[0].log_loss
    with pytest.raises(InputError, match="folds"):
        outcomes(records, folds=1)
