import io
from dataclasses import replace

import pytest
from rich.console import Console

from placewise.model.results.results import Results
from placewise.report.terminal.summary import summary
from placewise.report.words.openings.studies import study_opening


def printed(results, *, width=80, encoding="utf-8"):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    summary(results, console=Console(file=stream, width=width, force_terminal=True, color_system=None))
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_eighty_columns_are_enough(full, encoding):
    lines = printed(full, encoding=encoding).splitlines()
    assert max(map(len, lines)) <= 80
    rows = {line[:23].strip(): line[23:].replace(" %", "%").split() for line in lines}
    assert ["none", "single", "expanding", "all"] in [line.split() for line in lines]
    assert rows["submissions"] == ["10,506", "226,989", "168,862", "10,506"]
    assert rows["unmatched"] == ["0", "0", "5,974", "5,974"]
    assert rows["success of matched jobs"] == ["1.536%", "1.287%", "19.58%", "100%"]
    assert rows["success"] == ["1.536%", "1.287%", "18.89%", "43.14%"]


def test_single_expanding_and_scoring_have_a_line_each(full):
    text = " ".join(printed(full, width=200).split())
    assert "ceiling: 43.14 % of jobs, the most that can succeed" in text
    assert "1.287 % of 226,989 submissions succeed, against 2.562 % without metadata." in text
    assert "Averaged over 2 subsystems, each counted once, the success of matched jobs is 1.669 %" in text
    assert "against 0.7681 % without metadata." in text
    assert "expanding: success at the last level 43.14 %" in text
    assert "over 101 random orders, the success of matched jobs has a median of 20 % and lies between" in text
    assert "between 10.31 % and 29.69 % in 95 % of them" in text
    assert "could select; corrected scoring" in text


def test_the_answer_of_the_report_comes_first(full):
    first, empty = printed(full, width=1000).splitlines()[:2]
    assert first == study_opening(full).sentence.replace("\u202f", " ")
    assert not empty


def test_without_a_terminal_there_are_no_colours(full):
    out = io.StringIO()
    summary(full, console=Console(file=out))
    assert "\x1b" not in out.getvalue()


def test_what_is_not_known_is_a_dash(published, full):
    text = printed(published)
    assert [line.split() for line in text.splitlines() if line.strip().startswith("success ") and "of" not in line] == [
        ["success", "-", "-", "-"]
    ]
    assert "In single, each" not in text
    assert "In single, each" in printed(full)
    assert printed(Results({}))


def test_names_cannot_steer_the_terminal_or_the_markup(full):
    hostile = {"[red]x\x1b[2J": full.scores["none"]}
    text = printed(replace(full, scores=hostile))
    assert "\x1b" not in text
    assert "[red]x" in text


def test_single_without_baselines_is_in_the_table_alone(full):
    text = printed(replace(full, single=None, subsystems=()))
    assert "In single, each" not in text
    assert "Averaged over" not in text
    assert ["1.536%", "1.287%", "19.58%", "100%"] in [
        line.replace(" %", "%").split()[-4:] for line in text.splitlines()
    ]
