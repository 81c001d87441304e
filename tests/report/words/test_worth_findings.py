from dataclasses import replace

import numpy as np
import pytest
from made_results import worthy

from placewise.model.results.held_out import IN_SAMPLE, HeldOut, HeldOutCurve, HeldOutSet
from placewise.model.results.worth import Interval
from placewise.report.words.studies.held_out import held_out_sentences
from placewise.report.words.studies.worth import sufficiency_sentence
from placewise.report.words.studies.worth_findings import sensitivity_findings, value_findings, verdict


@pytest.fixture
def worth_results(full):
    return worthy(full)


def said(results):
    return " ".join(value_findings(results.worth)).replace("\u202f", " ")


def test_the_findings_name_the_largest_by_each_measure(worth_results):
    words = said(worth_results)
    best = worth_results.worth.subsystems
    alone, last = max(best, key=lambda row: row.single_lift), max(best, key=lambda row: row.drop_one_loss)
    assert f"{best[0].name} has the largest Shapley value" in words
    assert f"{alone.name} the largest lift alone" in words
    assert f"{last.name} the largest loss if dropped" in words
    assert value_findings(replace(worth_results.worth, subsystems=())) == []


def test_measures_that_agree_are_not_said_to_disagree(worth_results):
    rows = tuple(replace(row, single_lift=row.value, drop_one_loss=row.value) for row in worth_results.worth.subsystems)
    assert "disagree" in said(worth_results)
    assert "disagree" not in said(replace(worth_results, worth=replace(worth_results.worth, subsystems=rows)))


def test_what_adds_nothing_is_counted_where_that_is_exact(worth_results):
    rows = (*worth_results.worth.subsystems[:-1], replace(worth_results.worth.subsystems[-1], value=0.0))
    idle = replace(worth_results.worth, subsystems=rows)
    assert "1 of 60 subsystems adds nothing" in said(replace(worth_results, worth=idle))
    assert "nothing" not in said(replace(worth_results, worth=replace(idle, permutations=500)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"at_least": None}, "it is not proven that no fewer do"),
        ({"at_least": 0.0}, "it is not proven that no fewer do"),
        ({"at_least": 20.0}, "at least 20 subsystems are needed"),
        ({"cost": 99.5, "at_least": 99.5}, "it is proven that none that costs less does"),
        ({"cost": 99.5, "at_least": 80.5}, "at least 80.50 of cost are needed"),
        (
            {"reached": 0.3},
            "reaches 95 % of the ceiling of 43.14 %, and it is not proven that none does; the best, of 29 subsystems",
        ),
    ],
)
def test_what_is_not_proven_is_not_said_to_be(worth_results, change, words):
    found = sufficiency_sentence(replace(worth_results.sufficiency, **change))
    assert words in found.replace("\u202f", " ")


SURE, UNSURE = Interval(0.0069, 0.163, "draws", 0.95), Interval(-0.02, 0.163, "3 fleets", 1.0)
BEYOND = Interval(-0.3, -0.1, "3 fleets", 1.0)
ONLY = "only by the 95\N{NARROW NO-BREAK SPACE}% interval over draws"


@pytest.mark.parametrize(
    ("value", "intervals", "words"),
    [
        (0.1, (SURE,), "yes"),
        (-0.2, (BEYOND,), "yes"),
        (0.1, (UNSURE,), "no"),
        (0.1, (UNSURE, UNSURE), "no"),
        (0.1, (BEYOND,), "no"),
        (0.1, (SURE, UNSURE), ONLY),
        (0.1, (UNSURE, SURE), ONLY),
        (0.1, (SURE, BEYOND), ONLY),
        (0.0, (Interval(0.0, 0.0, "draws"),), "no"),
    ],
)
def test_a_difference_is_judged_by_all_of_its_intervals(worth_results, value, intervals, words):
    found = verdict(replace(worth_results.differences[0], value=value, intervals=intervals))
    assert found.replace(" %", "\N{NARROW NO-BREAK SPACE}%") == words


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


def test_sensitivity_is_said_from_end_to_end_whatever_the_order(worth_results):
    lines = sensitivity_findings(replace(worth_results, sensitivity=worth_results.sensitivity[::-1]))
    assert sorted(lines) == sorted(sensitivity_findings(worth_results))
    words = " ".join(lines).replace("\u202f", " ")
    assert "clusters in the fleet (count) from 10 to 1,000, success with all metadata goes from 20 %" in words
    assert "wrong metadata (share of entries) from 0 % to 10 %" in words
    assert sensitivity_findings(replace(worth_results, sensitivity=worth_results.sensitivity[:1])) == []
