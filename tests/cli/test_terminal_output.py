"""Control characters, wherever they come from, are spelt out on a terminal and in a pipe."""

import io
import json
import logging
import re
from pathlib import Path

import pytest
from rich.text import Text

from placewise.cli import printing
from placewise.cli.printing import console, plain, print_json, print_text, say
from placewise.report.terminal.tables import print_line, print_lines, print_table

HOSTILE = "a\x1b]0;owned\x07\x1b[2Jb\nc\x9b31m\rd\x7f\u202ee"
SPELT = "a\\x1b]0;owned\\x07\\x1b[2Jb\\nc\\x9b31m\\rd\\x7f\\u202ee"


def steering(text):
    return {one for one in text if one != "\n" and (ord(one) < 32 or 127 <= ord(one) < 160 or one == "\u202e")}


def test_lines_are_spelt_out(capsys):
    print_text(HOSTILE)
    say(HOSTILE)
    captured = capsys.readouterr()
    assert captured.out == captured.err == SPELT + "\n"
    assert plain("ümläut 1 234 %") == "ümläut 1 234 %"


def test_documents_are_ascii_that_no_terminal_obeys(capsys):
    print_json({"x": HOSTILE})
    printed = capsys.readouterr().out
    assert not steering(printed)
    assert json.loads(printed) == {"x": HOSTILE}


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(
    "show",
    [
        lambda c: c.print(HOSTILE, markup=False),
        lambda c: c.print(Text(HOSTILE)),
        lambda c: print_line(HOSTILE, c),
        lambda c: print_lines([HOSTILE], c),
        lambda c: print_table(HOSTILE, {HOSTILE: "left", "x": "right"}, [(HOSTILE, HOSTILE)], c),
    ],
)
def test_what_a_console_prints_is_spelt_out(show, terminal):
    file = io.StringIO()
    shown = console()
    shown.file, shown._force_terminal, shown._color_system = file, terminal, None
    shown._width = 200
    show(shown)
    assert "owned" in file.getvalue()
    # At a terminal the console's own styles are the only codes; bold and italic are all that is used here.
    left = file.getvalue()
    for own in ("\x1b[0m", "\x1b[1m", "\x1b[3m", "\x1b[1;3m"):
        left = left.replace(own, "")
    assert not steering(left), repr(left)


def test_warnings_are_spelt_out(placewise):
    assert placewise("--version").code == 0
    record = logging.LogRecord("placewise", logging.WARNING, "", 1, "%s is odd", (HOSTILE,), None)
    assert logging.lastResort.format(record) == f"{SPELT} is odd"


def test_every_console_is_the_one_that_spells_out():
    package = Path(printing.__file__).parents[1]
    made = [path.name for path in package.rglob("*.py") if re.search(r"\b(Console|Honest)\([a-z]", path.read_text())]
    assert made == ["printing.py"]
