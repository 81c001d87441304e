"""The command on records with outcomes."""

from __future__ import annotations

import hashlib
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_outcomes import made_rows

from placewise import read_results
from placewise.formats.records.success_model_file import read_success_model
from placewise.formats.results.worth_files import EVIDENCE, with_worth, worth_document
from placewise.model.results.results import Results
from placewise.study.evidence import run

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
    assert first.startswith("For jobs to succeed, a scheduler must first know the dependency versions")
    assert "Choosing among the real alternatives" in printed.out
    found = with_worth(out, Results({}))
    assert worth_document(EVIDENCE, found) == json.loads((out / EVIDENCE).read_text())
    assert found.evidence.summary.records == 600
    page = (out / "report.html").read_text()
    assert page.index("a scheduler must first know") < page.index("What predicts success?</h2>")
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


STUDY = """
[outcome]
model = "model.json"
facts = ["cmake", "perl"]
[fleet]
records = "{records}"
clusters = 12
seed = 1
[workload]
records = "{records}"
jobs = 40
seed = 2
[run]
orders = 2
fleets = 2
resamples = 20
"""


def test_records_give_a_model_that_a_study_has_as_its_truth(placewise, made, tmp_path):
    model = tmp_path / "model.json"
    done = placewise("outcomes", made, *QUICK, "--save-model", model, "--json")
    assert done.code == 0
    assert json.loads(done.out)["summary"]["records"] == 600
    card = read_success_model(model).card
    assert (card.learned.data, card.learned.label, card.learned.records) == (made.name, "built", 600)
    assert card.learned.sha256 == hashlib.sha256(made.read_bytes()).hexdigest()
    assert (card.folds, card.hold_out) == (2, "none")
    assert card.held_out.log_loss < card.base_log_loss

    (tmp_path / "study.toml").write_text(STUDY.format(records=made))
    ran = placewise("simulate", tmp_path / "study.toml", "--no-plots", "--out", tmp_path / "run", "--json")
    assert ran.code == 0
    levels = read_results(tmp_path / "run")
    # An old cmake fails and all else says nothing, so that metadata on all chooses better than none.
    success = {name: levels[name].success for name in ("none", "all")}
    assert success["all"] > success["none"] + 0.2

    again = placewise("outcomes", made, *QUICK, "--save-model", model)
    assert again.code == 2
    assert "already exists" in again.err
    same = model.read_bytes()
    assert placewise("outcomes", made, *QUICK, "--save-model", model, "--force").code == 0
    assert model.read_bytes() == same


def test_single_facts_are_printed_when_asked_for(placewise, made):
    done = placewise("outcomes", made, *QUICK, "--facts")
    assert done.code == 0
    table = done.out[done.out.index("Single facts") :].splitlines()
    assert [line.split()[0] for line in table[1:3]] == ["facts", "cmake"]


def test_without_scikit_learn_the_rest_runs_and_says_what_to_install(placewise, small, made, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setattr(run, "find_spec", lambda _: None)
    done = placewise("outcomes", made, *QUICK, "--rules", small, "--out", tmp_path / "out")
    assert done.code == 0
    assert "pip install 'placewise[learn]'" in done.out
    assert "Which rules refuse what succeeded" in done.out
    assert (tmp_path / "out" / "report.html").exists()
    refused = placewise("outcomes", made, *QUICK, "--save-model", tmp_path / "model.json")
    assert refused.code == 2
    assert "pip install 'placewise[learn]'" in refused.err
    assert not (tmp_path / "model.json").exists()


@pytest.mark.parametrize("outcome", ["true", "false"])
def test_records_of_one_outcome_are_refused_with_what_they_are(placewise, tmp_path, outcome):
    path = tmp_path / "records.csv"
    path.write_text("built,package\n" + f"{outcome},a\n" * 60)
    done = placewise("outcomes", path)
    assert done.code == 2
    assert f"of which {int(outcome == 'true')} always and {int(outcome == 'false')} never succeeded" in done.err


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
    assert "40 of 60 records succeeded" in done.out
