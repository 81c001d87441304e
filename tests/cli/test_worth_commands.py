"""The commands that say what metadata is worth: value, minimal, pareto."""

from __future__ import annotations

import json

import pytest

from placewise.study.sources import read_study
from placewise.study.values import study_game

# Holding out takes most of the time of these commands; where it is not what is asked about, fewer splits do.
FEW = ("--splits", 2)


def document(done):
    assert done.code == 0
    assert done.err == ""
    return json.loads(done.out)


def test_value_prints_a_table_and_json_that_agree(placewise, small):
    found = document(placewise("value", small, "--json", "--resamples", 20))
    printed = placewise("value", small, "--top", 2, "--resamples", 20)
    assert printed.code == 0
    best = found["subsystems"][0]
    row = next(line for line in printed.out.splitlines() if line.startswith(best["name"]))
    assert row.split()[1] == f"{100 * best['value']:.4g}"
    assert f"and {len(found['subsystems']) - 2} more" in printed.out
    assert "exact, from" in printed.out
    assert found["exact"]
    values = [one["value"] for one in found["subsystems"]]
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(found["everything"] - found["nothing"], abs=1e-9)
    assert best["interval"]["low"] <= best["value"] <= best["interval"]["high"]
    assert "root packages" in best["interval"]["over"]


def test_values_can_be_sampled_and_say_how_sure_they_are(placewise, small):
    exact = {one["name"]: one for one in document(placewise("value", small, "--json", *FEW))["subsystems"]}
    found = document(placewise("value", small, "--json", "--method", "sampled", "--precision", 0.02, *FEW))
    assert not found["exact"]
    assert found["permutations"] >= 64
    for one in found["subsystems"][:5]:
        assert 0 < one["standard_error"] <= 0.02 * one["value"]
        assert abs(one["value"] - exact[one["name"]]["value"]) <= 5 * one["standard_error"]
        assert one["interval"] is None
    printed = placewise("value", small, "--method", "sampled", "--precision", 0.02, *FEW)
    assert "std. error" in printed.out
    assert "leave standard errors of up to" in printed.out


def test_workers_change_no_byte(placewise, small):
    options = ("--json", "--method", "sampled", "--precision", 0.1, *FEW)
    one, other = (placewise("value", small, *options, "--workers", n).out for n in (1, 2))
    assert one == other


def test_net_value_takes_off_what_collecting_costs(placewise, small, tmp_path):
    costs = tmp_path / "costs.yaml"
    plain = document(placewise("value", small, "--json", *FEW))
    best = plain["subsystems"][0]["name"]
    costs.write_text(f"{best}: 2.5\n")
    found = document(placewise("value", small, "--json", "--collection-cost", costs, "--job-worth", 10, *FEW))
    first = next(one for one in found["subsystems"] if one["name"] == best)
    assert first["collection_cost"] == 2.5
    assert first["net"] == pytest.approx(first["value"] * found["jobs"] * 10 - 2.5)
    assert "net" in placewise("value", small, "--collection-cost", costs, *FEW).out


def test_minimal_names_a_set_that_simulate_confirms(placewise, small, tmp_path):
    found = document(placewise("minimal", small, "--target", 0.9, "--json", *FEW))
    assert found["met"]
    assert found["optimal"]
    assert found["at_least"] == len(found["metadata"])
    told = ",".join(found["metadata"])
    done = placewise(
        "simulate", small, "--tell", told, "--experiments", "none", "--no-plots", "--json", "--out", tmp_path / "run"
    )
    scores = json.loads(done.out)["scores"]
    assert scores["chosen"]["success"]["value"] == pytest.approx(found["reached"], abs=1e-12)
    printed = placewise("minimal", small, "--target", 0.9, *FEW)
    assert f"the set: {told}" in printed.out.replace("\n", "")
    assert "it is proven that no fewer do" in printed.out


def test_minimal_without_a_proof_claims_none(placewise):
    # So many that more subsystems matter than all sets of which are tried.
    printed = placewise("minimal", "--jobs", 400, "--target", 0.9, "--limit", 0, *FEW)
    assert printed.code == 0
    assert "it is not proven" in printed.out


def test_minimal_says_when_nothing_reaches_the_target(placewise):
    # How much memory there is decides no outcome, so that no metadata on it alone gets to what is possible.
    options = ["--questions", "memory", "--target", 1, "--hold-out", "none"]
    printed = placewise("minimal", "--dataset", "spack-build", "--jobs", 100, *options)
    assert printed.code == 0
    assert "No set that was tried reaches" in printed.out
    assert "it is proven that none does" in printed.out


def test_pareto_lists_the_front(placewise, small):
    found = document(placewise("pareto", small, "--json"))
    front = [level for level in found["levels"] if level["on_front"]]
    printed = placewise("pareto", small)
    assert f"{len(front)} of {len(found['levels']):,} levels are on the Pareto front" in printed.out
    assert front[0]["kind"] == "none"


@pytest.mark.parametrize(
    ("command", "file", "figure"),
    [
        ("value", "value.json", "value-ranking"),
        ("minimal", "minimal.json", "sufficiency"),
        ("pareto", "pareto.json", "pareto-levels"),
    ],
)
def test_out_takes_the_document_and_its_figure(placewise, small, tmp_path, command, file, figure):
    few = () if command == "pareto" else FEW
    found = document(placewise(command, small, "--json", "--out", tmp_path / "out", *few))
    held_out = found.pop("held_out", None)
    assert json.loads((tmp_path / "out" / file).read_text()) == found
    figures = {figure} if held_out is None else {figure, "held-out"}
    assert {path.stem for path in (tmp_path / "out" / "img").iterdir()} == figures
    if held_out is not None:
        assert json.loads((tmp_path / "out" / "held-out.json").read_text()) == held_out


def test_forms_of_build_records_are_the_players(placewise):
    builds = ("--dataset", "spack-build", "--jobs", 300, "--json", *FEW)
    four = document(placewise("value", *builds))
    assert four["subsystems"][0]["name"] == "arch"
    assert len(four["subsystems"]) == 4
    two = document(placewise("value", *builds, "--questions", "memory,arch"))
    assert {one["name"] for one in two["subsystems"]} == {"arch", "memory"}
    six = document(placewise("minimal", *builds))
    assert len(six["path"]) == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["value", "--method", "guess"], "no such method"),
        (["value", "--precision", "0"], "--precision"),
        (["value", "--precision", "nan"], "--precision"),
        (["value", "--questions", "arch"], "--questions"),
        (["value", "--scoring", "half"], "scoring"),
        (["value", "--job-worth", "inf"], "--job-worth"),
        (["minimal", "--target", "0"], "target"),
        (["minimal", "--target", "1.01"], "target"),
        (["minimal", "--target", "nan"], "target"),
        (["pareto", "--forms", "arch"], "--questions"),
        (["value", "--dataset", "spack-build", "--jobs", "50", "--forms", "arhc"], "no such question"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_what_means_nothing_is_one_line(placewise, small, arguments, message):
    command, *options = arguments
    source = [] if "--dataset" in options else [small]
    done = placewise(command, *source, *options)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_figures_name_the_scoring_that_they_were_made_with(small):
    results = study_game(read_study(small)).results
    assert (results.scoring, results.truth) == ("corrected", None)
