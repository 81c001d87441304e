import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.report.data.experiments import in_order
from placewise.report.words.findings import findings
from placewise.report.words.names import experiment_word
from placewise.report.words.numbers import MISSING, number, share


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
    assert share(value, space=" ") == text


@given(st.floats(1e-7, 1) | st.floats(-1, -1e-7))
def test_a_written_share_is_the_share_to_four_digits(value):
    assert float(share(value, space="").rstrip("%")) / 100 == pytest.approx(value, rel=5.1e-4)


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
    text = "\n".join(findings(full)).replace("\u202f", " ")
    for words in (
        "1.536 % of 10,506 jobs",
        "100 % of the 4,532 jobs that match a cluster succeed",
        "56.86 % (5,974 of 10,506) match no cluster",
        "No scheduler can do better than the ceiling, 43.14 %",
        "takes success from 2.562 % (without metadata, the same 226,989 submissions",
        "to 1.287 %.",
        "As a mean over 2 subsystems",
        "from 0.7681 % (without metadata, same jobs) to 1.669 %",
        "101 random orders",
        "median of 20 %",
        "between 10.50 % and 29.50 %",
    ):
        assert words in text


def test_findings_keep_to_what_is_known(published):
    assert len(findings(published)) == 1
