"""The command on records with outcomes."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_outcomes import made_rows

from placewise.formats.results.worth_files import EVIDENCE, with_worth, worth_document
from placewise.model.results import Results

QUICK = (
    *("--folds", 2, "--least-builds", 10, "--least-records", 5, "--resamples", 20),
    *("--groups", "package version,dependency versions"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "records.parquet"
    pq.write_table(pa.Table.from_pylist(made_rows()), path)
    return path


def test_the_folder_says_what_is_printed(placewise, made, tmp_path):
    out = tmp_path / "out"
    printed = placewise("outcomes", made, *QUICK, "--out", out)
    assert printed.code == 0
    first = printed.out.splitlines()[0]
    assert first.startswith("For jobs to succeed, a scheduler must know first the dependency versions")
    assert "Choosing among the real alternatives" in printed.out
    found = with_worth(out, Results({}))
    assert worth_document(EVIDENCE, found) == json.loads((out / EVIDENCE).read_text())
    assert found.evidence.summary.records == 600
    page = (out / "report.html").read_text()
    assert page.index("a scheduler must know first") < page.index("What predicts success</h2>")
    pictures = {path.name for path in (out / "img").iterdir()}
    names = ("fact-values", "reliability", "choice-success")
    assert pictures == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    again = placewise("outcomes", made, *QUICK, "--json")
    assert json.loads(again.out) == json.loads((out / EVIDENCE).read_text())
    assert again.err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--built", "half"), "--built is not two shares"),
        (("--built", "0.9:0.1"), "not usable"),
        (("--built", "nan:1"), "not usable"),
        (("--column", "outcome"), "--column is not understood"),
        (("--column", "moon=built"), "no such role"),
        (("--folds", 1), "folds is not usable"),
        (("--hold-out", "moon"), "hold out"),
        (("--groups", "moon"), "no such group"),
        (("--rules", "nowhere"), "does not exist"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(placewise, made, tmp_path, arguments, said):
    done = placewise("outcomes", made, "--least-builds", 10, *arguments, "--out", tmp_path / "out")
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_rules_of_a_folder_are_judged(placewise, small, made, tmp_path):
    out = tmp_path / "out"
    done = placewise("outcomes", made, *QUICK, "--rules", small, "--out", out)
    assert done.code == 0
    found = with_worth(out, Results({})).evidence.rules
    assert found.source == str(small)
    assert not found.held_out
    assert found.packages
    assert "Which rules refuse what succeeded" in done.out
    assert (out / "img" / "rules-against-outcomes.png").exists()
    assert 'id="rules"' in (out / "report.html").read_text()


def test_records_without_facts_are_still_summed_up(placewise, tmp_path):
    path = tmp_path / "records.csv"
    path.write_text("worked,app\n" + "".join(f"{number % 3 > 0},a{number % 2}\n" for number in range(60)))
    done = placewise("outcomes", path, "--column", "outcome=worked", "--column", "package=app", "--least-builds", 5)
    assert done.code == 0
    assert done.out.startswith("What a scheduler must know for jobs to succeed was not worked out")
    assert "60, of which 40 succeeded" in done.out
