"""Tables and lines stay within their width; words, names and numbers stay whole."""

from __future__ import annotations

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from placewise.report.terminal.tables import print_lines, print_table, width_of
from placewise.report.terminal.wrapping import PIPED_WIDTH, wrapped
from placewise.report.words.numbers import NARROW_SPACE

ANSI = re.compile(r"\x1b\[[0-9;]*m")
words = st.text("abcxyz019.,%-é漢", min_size=1, max_size=14) | st.just("1.5\u202f%")
texts = st.lists(words, max_size=8).map(" ".join)
intervals = st.tuples(words, words).map(" to ".join) | words
widths = st.integers(20, 120)


def printed(show, width, *, terminal=True):
    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=terminal, color_system=None if not terminal else "standard"
    )
    show(console)
    found = file.getvalue()
    assert terminal or "\x1b" not in found
    return ANSI.sub("", found).splitlines()


@st.composite
def tables(draw):
    sides = draw(st.lists(st.sampled_from(["left", "right"]), min_size=1, max_size=9))
    headings = {f"{draw(words)} {at}": side for at, side in enumerate(sides)}
    row = st.tuples(*(texts if side == "left" else intervals for side in sides))
    return headings, draw(st.lists(row, min_size=1, max_size=4))


def pieces(headings, rows):
    """What has to stay whole: words, and numbers with their units."""
    return {word for text in (*headings, *(cell for row in rows for cell in row)) for word in text.split(" ") if word}


@given(tables(), widths, st.booleans())
def test_no_table_is_wider_than_its_width_and_all_in_it_is_whole(table, width, terminal):
    headings, rows = table
    lines = printed(lambda console: print_table("", headings, rows, console), width, terminal=terminal)
    most = width if terminal else PIPED_WIDTH
    longest = max(map(cell_len, pieces(headings, rows)))
    # In records a label is in front of a value, and both are broken between words.
    assert max(map(cell_len, lines)) <= max(most, longest + 6)
    text = "\n".join(lines)
    for piece in pieces({}, rows):
        # The narrow space has done its work where lines were broken, and is printed as a usual one.
        assert " ".join(piece.split(NARROW_SPACE)) in text, (piece, lines)
    assert not any("…" in line for line in lines)


@given(st.integers(1, 9), st.integers(1, 5))
def test_what_fits_is_a_table_and_what_does_not_is_records(columns, count):
    headings = dict.fromkeys([f"column-{at}" for at in range(columns)], "right")
    rows = [tuple(f"{at}{number}" for at in range(columns)) for number in range(count)]
    wide = 8 * columns + 2 * (columns - 1) + columns
    table = printed(lambda console: print_table("", headings, rows, console), wide)
    assert len(table) == 1 + count
    records = printed(lambda console: print_table("", headings, rows, console), 14)
    if columns > 1:
        assert records[0] == f"column-0: {rows[0][0]}"
        assert f"  column-1: {rows[0][1]}" in records
        assert len(records) == count * columns + count - 1


def test_intervals_are_broken_between_their_ends_before_a_table_becomes_records():
    headings = {"subsystem": "left", "value": "right", "over jobs": "right"}
    rows = [("perl", "2.851\u202f%", "1.210\u202f% to 5.757\u202f%")]
    lines = printed(lambda console: print_table("", headings, rows, console), 32)
    assert lines == [
        "subsystem    value   over jobs",
        "perl       2.851 %  1.210 % to",
        "                       5.757 %",
    ]


def test_headings_are_broken_before_sentences():
    headings = {"change": "left", "jobs gained": "right"}
    rows = [("upgrade perl on cluster-002", "14")]
    lines = printed(lambda console: print_table("", headings, rows, console), 36)
    assert lines == [
        "                               jobs",
        "change                       gained",
        "upgrade perl on cluster-002      14",
    ]


@given(st.lists(words, min_size=1, max_size=60).map(" ".join), widths)
def test_lines_are_broken_between_words(line, width):
    lines = printed(lambda console: print_lines([line], console), width)
    assert " ".join(part.strip(" ") for part in lines).split() == line.split()
    for one in lines:
        assert cell_len(one) <= width or " " not in one.strip(" ")


@given(texts, widths)
def test_a_line_that_fits_is_left_as_it_is(line, width):
    if cell_len(line) <= width:
        assert wrapped(line, width) == [line]


def test_a_file_or_pipe_has_a_width_of_its_own():
    assert width_of(Console(file=io.StringIO(), width=300)) == PIPED_WIDTH
    assert width_of(Console(file=io.StringIO(), width=300, force_terminal=True)) == 300
