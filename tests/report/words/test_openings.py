"""What a report begins with: its sentence and its numbers, from the results and from nothing else."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_results import worthy

from placewise.model.results.held_out import IN_SAMPLE, HeldOut, HeldOutSet
from placewise.model.results.results import Results
from placewise.model.results.worth import Interval
from placewise.report.words.openings.opening import explained, scale_end
from placewise.report.words.openings.studies import levels_opening, study_opening


def sentence(results):
    return study_opening(results).sentence.replace("\u202f", " ")


def test_the_answer_names_what_matters(full):
    results = worthy(full)
    assert sentence(results) == (
        "Without metadata, 1.54 % of 10,506 jobs succeed on 40 clusters, and with all metadata 43.1 % do, the most "
        "that this fleet allows; 6 subsystems, package-0, package-1, package-2 and package-3 first, give half of that "
        "gain and 29 of 60 subsystems give nearly all of it."
    )
    few = replace(results.worth, subsystems=tuple(replace(row, value=0.1) for row in results.worth.subsystems[:4]))
    assert "; package-0, package-1 and package-2 give 72 % of that gain" in sentence(replace(results, worth=few))
    estimate = replace(results.worth, permutations=9)
    assert "give about half of that gain" in sentence(replace(results, worth=estimate))


@pytest.mark.parametrize(
    ("part", "nothing", "words"),
    [
        ("worth", None, "half of that gain"),
        ("sufficiency", None, "29 of 60"),
        ("ceiling", None, "the most that this fleet allows"),
    ],
)
def test_the_answer_leaves_out_what_was_not_worked_out(full, part, nothing, words):
    results = worthy(full)
    assert words in sentence(results)
    found = sentence(replace(results, **{part: nothing}))
    assert words not in found
    assert "None" not in found


def test_results_without_scores_have_no_answer():
    assert study_opening(Results({})).sentence == ""
    assert levels_opening(Results({})).sentence == ""


def test_a_set_that_was_judged_elsewhere_says_so(full):
    sets = tuple(HeldOutSet(over, np.full(2, 9.0), np.array([0.5, 0.7])) for over in (IN_SAMPLE, "root-package"))
    opening = study_opening(replace(worthy(full), held_out=HeldOut(0.95, (9,), sets, ())))
    words = opening.sentence.replace("\u202f", " ")
    assert "a set chosen on half of the root packages reaches 60 % of the ceiling on the others" in words
    last = opening.numbers[-1]
    assert (last.low, last.value, last.high) == pytest.approx((0.5, 0.6, 0.7))


def test_a_level_that_reaches_the_ceiling_is_said_to(build_results):
    words = levels_opening(build_results).sentence.replace("\u202f", " ")
    assert words == (
        "Without metadata, 50 % of 1,000 jobs succeed on 40 clusters; with metadata on arch + compiler + version at "
        "least, 85 % do: the best of 9 levels and the most that this fleet allows."
    )
    assert "the ceiling of this fleet is 90 %" in levels_opening(replace(build_results, ceiling=0.9)).sentence.replace(
        "\u202f", " "
    )


def test_three_numbers_have_their_intervals_on_their_scale(full):
    opening = study_opening(worthy(full))
    assert [one.label for one in opening.numbers] == [
        "success without metadata", "success with all metadata", "Shapley value of package-0, the largest",
    ]  # fmt: skip
    for one in opening.numbers:
        assert 0 <= one.low <= one.value <= one.high <= one.top
        low, high = re.findall(r"([\d.]+)\u202f%", one.ends)[-2:]
        assert (float(low) / 100, float(high) / 100) == pytest.approx((one.low, one.high), rel=6e-3)
    assert opening.note.startswith("Each bar is the 95")


def test_intervals_are_explained_by_what_they_are():
    assert "about 95 of 100" in explained(Interval(0.1, 0.2, "draws"))
    assert "from the least to the most" in explained(Interval(0.1, 0.2, "3 fleets", 1.0))
    assert explained(None) == ""


@given(st.floats(1e-9, 1e12))
def test_a_scale_ends_at_a_round_number_beyond_the_largest(largest):
    end = scale_end(largest)
    assert largest <= end * (1 + 1e-9)
    assert end <= 2.5 * largest * (1 + 1e-9)
    assert f"{end:.0e}"[0] in "125"


@pytest.mark.parametrize("largest", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_of_nothing_ends_at_one(largest):
    assert scale_end(largest) == 1.0
