from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_results import fitted, worthy

from placewise.report.data.studies.experiments import in_order, trade_off
from placewise.report.page.sections.score_tables import score_table
from placewise.report.terminal.summary import summary_lines
from placewise.report.words.glossary import glossary
from placewise.report.words.names import experiment_phrase, experiment_word
from placewise.report.words.numbers import MISSING, NARROW_SPACE, number, share
from placewise.report.words.openings.studies import study_opening
from placewise.report.words.studies.findings import orders_findings, single_findings


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.015355035, "1.536 %"),
        (1.0, "100 %"),
        (0.999999, "100.0 %"),
        (0.0, "0 %"),
        (0.0076811, "0.7681 %"),
        (0.09999999, "10.00 %"),
        (0.89, "89 %"),
        (-0.0123456, "-1.235 %"),
        (None, MISSING),
        (float("nan"), MISSING),
    ],
)
def test_shares_are_written_in_percent(value, text):
    assert share(value).replace(NARROW_SPACE, " ") == text


@given(st.floats(1e-7, 1) | st.floats(-1, -1e-7))
def test_a_written_share_is_the_share_to_four_digits(value):
    assert float(share(value).removesuffix(f"{NARROW_SPACE}%")) / 100 == pytest.approx(value, rel=5.1e-4)


@given(st.integers(-(10**12), 10**12))
def test_whole_numbers_keep_all_their_digits(value):
    assert int(number(value).replace(",", "")) == value


def test_names_from_files_are_made_fit_to_be_shown():
    assert experiment_word("expanded-subsystems") == "expanding"
    assert experiment_word("memory-range") == "memory-range"
    assert experiment_word("a\x1b[31m\x00\ud800b").isprintable()
    assert len(experiment_word("x" * 500)) <= 20


def test_experiments_are_in_the_order_in_which_they_build_on_each_other():
    scores = {"other": 1, "all": 2, "none": 3, "expanded-subsystems": 4}
    assert [name for name, _ in in_order(scores)] == ["none", "expanded-subsystems", "all", "other"]


def test_findings_say_what_the_numbers_say(full):
    text = "\n".join([*single_findings(full), *orders_findings(full)]).replace("\u202f", " ")
    for words in (
        "1.287 % of 226,989 submissions succeed, against 2.562 % without metadata.",
        "Averaged over 2 subsystems",
        "is 1.669 % with metadata on that subsystem, against 0.7681 % without metadata.",
        "101 random orders",
        "median of 20 %",
        "between 10.31 % and 29.69 %",
    ):
        assert words in text


def test_the_ceiling_is_one_number_wherever_it_is_shown(full):
    written = f"{100 * full.ceiling:.2f}"
    assert written == "43.14"
    assert "43.1" in study_opening(full).sentence
    (line,) = (line for line in summary_lines(full) if line.startswith("ceiling"))
    assert written in line
    lines = {line.key: line.y for line in trade_off(full)}
    assert set(lines["ceiling"]) == {full.ceiling}


def test_the_success_of_single_is_one_number_wherever_it_is_shown(full):
    success = full.scores["single-subsystem"].success
    written = share(success)
    assert f"{written} of " in " ".join(single_findings(full))
    assert written in " ".join(summary_lines(full))
    (cells,) = (cells for name, _, cells in score_table(full).rows if name == "success")
    assert [cell.value for cell in cells] == [repr(score.success) for _, score in in_order(full.scores)]


def test_every_word_is_explained_once(full, build_results):
    for results in (full, worthy(full), replace(build_results, models=fitted("a"))):
        words = [word for word, _ in glossary(results)]
        assert len(words) == len(set(words))
        assert {"success", "success of matched jobs", "ceiling", "metadata", "single"} <= set(words)
        for word, meaning in glossary(results):
            assert word[0].islower() or word[:1] in "PS", word
            assert meaning.endswith(".")


def test_a_level_is_written_with_its_metadata_in_a_sentence(build_results):
    assert experiment_phrase(build_results, "arch-subsystem") == "with metadata on arch"
    assert experiment_phrase(build_results, "none") == "without metadata"
    assert experiment_phrase(build_results, "all") == "with all metadata"
    assert experiment_phrase(build_results, "constraint-without-replacement") == "of cheapest, nodes used up"
