from dataclasses import replace

import numpy as np
import pytest
from made_results import worthy

from placewise.model.results.held_out import IN_SAMPLE, HeldOut, HeldOutCurve, HeldOutSet
from placewise.model.results.results import Results
from placewise.model.results.worth import Interval
from placewise.report.words.findings import findings
from placewise.report.words.held_out import held_out_sentences
from placewise.report.words.worth_findings import difference_findings, sensitivity_findings, worth_findings


@pytest.fixture
def worth_results(full):
    return worthy(full)


def said(results):
    return " ".join(findings(results)).replace("\u202f", " ")


def test_the_findings_are_those_that_the_numbers_hold(worth_results):
    words = said(worth_results)
    for sentence in (
        "Metadata on package-0 is worth most of 60 subsystems: 5.613 % of 10,506 jobs (its Shapley value; ",
        "resampled workloads), out of 41.60 % that",
        "all metadata adds; the 6 most valuable make up half of that.",
        "29 subsystems of 60 suffice to reach 95 % of the ceiling of 43.14 %: with metadata on these alone, success is",
        "no fewer do, which is proven.",
        "60 of 140 levels of metadata are on the Pareto front",
        "success is 43.14 % (41.41 % to 44.87 %; 34.51 % to 49.61 %).",
        "Brackets behind a figure hold its 95 % interval over 2,000 resampled workloads; then its 95 % interval",
        "41.6 points larger than without metadata",
        "On 200 fleets drawn anew the ceiling has a median of 42.9",
    ):
        assert sentence in words
    best = worth_results.worth.subsystems
    alone, last = max(best, key=lambda row: row.single_lift), max(best, key=lambda row: row.drop_one_loss)
    assert f"{alone.name} adds most alone" in words
    assert f"{last.name} is missed most" in words


def test_nothing_is_said_of_what_is_not_there(full, worth_results):
    assert worth_findings(full) == worth_findings(Results({})) == []
    for part, nothing, word in (
        ("worth", None, "Shapley"), ("sufficiency", None, "suffice"), ("front", (), "Pareto front"),
        ("headlines", (), "(41.41 % to 44.87 %"), ("differences", (), "points"),
        ("fleets", None, "drawn anew"),
    ):  # fmt: skip
        assert word in said(worth_results)
        assert word not in said(replace(worth_results, **{part: nothing}))


def test_measures_that_agree_are_not_said_to_disagree(worth_results):
    rows = tuple(replace(row, single_lift=row.value, drop_one_loss=row.value) for row in worth_results.worth.subsystems)
    assert "disagree" in said(worth_results)
    assert "disagree" not in said(replace(worth_results, worth=replace(worth_results.worth, subsystems=rows)))


def test_an_estimate_is_not_said_to_be_exact(worth_results):
    estimated = replace(worth_results, worth=replace(worth_results.worth, permutations=500))
    assert "is worth most of 60 subsystems: about 5.613 %" in said(estimated)
    rows = (*worth_results.worth.subsystems[:-1], replace(worth_results.worth.subsystems[-1], value=0.0))
    assert "1 subsystem of 60 add" in said(replace(worth_results, worth=replace(worth_results.worth, subsystems=rows)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"at_least": None}, "that no fewer do was not proven"),
        ({"at_least": 0.0}, "that no fewer do was not proven"),
        ({"at_least": 20.0}, "at least 20 subsystems are needed"),
        ({"cost": 99.5, "at_least": 99.5}, "none that costs less does, which is proven"),
        ({"cost": 99.5, "at_least": 80.5}, "at least 80.50 of cost are needed"),
        (
            {"reached": 0.3},
            "reaches 95 % of the ceiling of 43.14 %, and that none does was not proven; the best, of 29 subsystems",
        ),
    ],
)
def test_what_is_not_proven_is_not_said_to_be(worth_results, change, words):
    assert words in said(replace(worth_results, sufficiency=replace(worth_results.sufficiency, **change)))


SURE, UNSURE = Interval(0.0069, 0.163, "draws", 0.95), Interval(-0.02, 0.163, "3 fleets", 1.0)
BEYOND = Interval(-0.3, -0.1, "3 fleets", 1.0)
VERDICTS = ("more than chance", "chance may have made it", "that holds by")


@pytest.mark.parametrize(
    ("value", "intervals", "verdict"),
    [
        (0.1, (SURE,), "more than chance by the 95 % interval over draws (0.690 points to 16.3 points)"),
        (-0.2, (BEYOND,), "more than chance"),
        (0.1, (UNSURE,), "chance may have made it by the range of 3 fleets"),
        (0.1, (UNSURE, UNSURE), "chance may have made it"),
        (0.1, (BEYOND,), "chance may have made it"),
        (
            0.1,
            (SURE, UNSURE),
            "that holds by the 95 % interval over draws (0.690 points to 16.3 points), but not by the r",
        ),
        (
            0.1,
            (UNSURE, SURE),
            "that holds by the 95 % interval over draws (0.690 points to 16.3 points), but not by the r",
        ),
        (0.1, (SURE, BEYOND), "that holds by the 95 % interval over draws"),
    ],
)
def test_a_difference_is_judged_by_all_of_its_intervals_in_one_statement(worth_results, value, intervals, verdict):
    one = replace(worth_results.differences[0], value=value, intervals=intervals)
    words = difference_findings(Results({}, differences=(one,)))[0].replace("\u202f", " ")
    assert verdict in words
    assert sum(other in words for other in VERDICTS) == 1


@pytest.mark.parametrize(
    ("interval", "fleets", "verdict"),
    [
        (SURE, None, None),
        (SURE, SURE, None),
        (UNSURE, None, "That it is worth anything does not hold by the range of 3 fleets."),
        (SURE, UNSURE, "holds by the 95 % interval over draws, but not by the range of 3 fleets."),
        (UNSURE, BEYOND, "does not hold by the range of 3 fleets and by the range of 3 fleets."),
    ],
)
def test_a_value_is_judged_by_all_of_its_intervals(worth_results, interval, fleets, verdict):
    worth = worth_results.worth
    best = replace(worth.subsystems[0], interval=interval, over_fleets=fleets, ranks=fleets and (1, 4))
    words = said(replace(worth_results, worth=replace(worth, subsystems=(best, *worth.subsystems[1:]))))
    assert ("worth anything" in words) == (verdict is not None)
    assert verdict is None or verdict in words
    assert ("and its rank is 1 to 4." in words) == (fleets is not None)


@pytest.mark.parametrize(
    ("simple", "verdict"),
    [
        ([0.5, 0.6], "split by split that is more (10 points to 10 points)"),
        ([0.5, 0.8], "split by split neither is ahead (-10 points to 10 points)"),
        ([0.7, 0.8], "split by split that is less (-10 points to -10 points)"),
    ],
)
def test_rankings_are_compared_by_all_splits(simple, verdict):
    ours = np.array([[0.6], [0.7]])
    sets = tuple(HeldOutSet(over, np.full(2, 1.0), ours[:, 0]) for over in (IN_SAMPLE, "root-package"))
    curves = (
        HeldOutCurve("root-package", "value", ours),
        HeldOutCurve("root-package", "refusals", np.array(simple)[:, None]),
    )
    words = held_out_sentences(HeldOut(0.95, (1,), sets, curves, ()))[-1].replace("\u202f", " ")
    assert verdict in words.replace("\u2212", "-")


def test_levels_that_never_differ_are_said_to_be_the_same(worth_results):
    one = replace(worth_results.differences[0], value=0.0, intervals=(Interval(0.0, 0.0, "draws"),))
    assert difference_findings(Results({}, differences=(one,))) == [
        "The success with all metadata is the same as without metadata, on every draw."
    ]


def test_sensitivity_is_said_from_end_to_end_whatever_the_order(worth_results):
    lines = sensitivity_findings(replace(worth_results, sensitivity=worth_results.sensitivity[::-1]))
    assert sorted(lines) == sorted(sensitivity_findings(worth_results))
    words = " ".join(lines).replace("\u202f", " ")
    assert "clusters in the fleet (count) from 10 to 1,000, success with all metadata goes from 20 %" in words
    assert "wrong metadata (share of entries) from 0 % to 10 %" in words
    assert sensitivity_findings(replace(worth_results, sensitivity=worth_results.sensitivity[:1])) == []
