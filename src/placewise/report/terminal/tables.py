"""Tables and lines, no wider than the terminal, and at most 100 columns wide in a file or pipe.

Words, names and numbers stay whole: a table whose columns do not fit is printed as records, a line per value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.text import Text

from placewise.report.terminal.wrapping import PIPED_WIDTH, wrapped
from placewise.report.words.numbers import NARROW_SPACE
from placewise.report.words.openings.opening import Opening

MOST_ROWS = 20

_BETWEEN = "  "
_TO = " to "
_LEAST_TEXT = 15
"""A column of sentences is not made narrower than this; the table becomes records instead."""


def width_of(console: Console) -> int:
    """Return how many columns a line may take."""
    return console.width if console.is_terminal else PIPED_WIDTH


def print_first_rows(
    title: str, headings: Mapping[str, JustifyMethod], rows: Sequence[tuple[str, ...]], console: Console
) -> None:
    """Print a table if it has rows: the first of them on a terminal, all of them elsewhere. See `print_table`."""
    if not rows:
        return
    shown = rows[: MOST_ROWS if console.is_terminal else None]
    print_table(title, headings, shown, console)
    if rest := len(rows) - len(shown):
        print_line(f"and {rest} more (--json lists all)", console)


def print_table(
    title: str,
    headings: Mapping[str, JustifyMethod],
    rows: Sequence[tuple[str, ...]],
    console: Console,
    *,
    ruled: bool = False,
    sections: Collection[int] = (),
) -> None:
    """Print a table under its title, or records where its columns do not fit.

    headings : the columns; a heading may have several lines. ruled : whether a line is drawn under the headings.
    sections : the rows before which a line stays empty.
    """
    if title:
        print_line(title, console, style="italic")
    columns = [[heading, *cells] for heading, cells in zip_longest(headings, zip(*rows, strict=True), fillvalue=())]
    widths = _widths(columns, list(headings.values()), width_of(console))
    if widths is None:
        for line in _records(list(headings), rows, width_of(console)):
            _print(Text(line), console)
        return
    justify = list(headings.values())
    named = any(map(str.strip, headings))
    heads = [_wrapped_cell(one, width) for one, width in zip(headings, widths, strict=True)] if named else []
    cells = [list(map(_wrapped_cell, row, widths, justify)) for row in rows]
    # What was broken may take less than there is room for.
    widths = [
        max(max(map(cell_len, cell)) for cell in column)
        for column in zip(*([heads] if named else []), *cells, strict=True)
    ]
    tallest = max(map(len, heads), default=0)
    for line in _lines([[""] * (tallest - len(head)) + head for head in heads], justify, widths):
        _print(Text(line, "bold"), console)
    if ruled:
        _print(
            Text(
                ("─" if console.encoding.startswith("utf") else "-") * (sum(widths) + len(_BETWEEN) * (len(widths) - 1))
            ),
            console,
        )
    for number, row in enumerate(cells):
        if number and number in sections:
            _print(Text(), console)
        for line in _lines(row, justify, widths):
            _print(Text(line), console)


def too_wide(
    headings: Mapping[str, JustifyMethod], rows: Sequence[tuple[str, ...]], least: Sequence[str], console: Console
) -> tuple[str, ...]:
    """Return the headings to leave out of a table so that it fits; none where no choice of them is enough.

    least : the columns that may be left out, the one to leave out first at the beginning.
    """
    columns = [[heading, *cells] for heading, cells in zip_longest(headings, zip(*rows, strict=True), fillvalue=())]
    for count in range(len(least) + 1):
        kept = [column for column in columns if column[0] not in least[:count]]
        justify = [headings[column[0]] for column in kept]
        if _widths(kept, justify, width_of(console)) is not None:
            return tuple(least[:count])
    return ()


def _widths(columns: Sequence[Sequence[str]], justify: Sequence[JustifyMethod], width: int) -> list[int] | None:
    """Return how wide each column is; None where they do not fit.

    Headings are broken first, then sentences, then intervals between their ends.
    """
    heads = [_longest_word(column[0]) for column in columns]
    cells = [max((_longest_line(cell) for cell in column[1:]), default=0) for column in columns]
    words = [
        most if side == "right" else max([min(most, _LEAST_TEXT), *map(_longest_word, column[1:])])
        for column, most, side in zip(columns, cells, justify, strict=True)
    ]
    ends = [
        max(map(_longest_end, column[1:]), default=0) if side == "right" else least
        for column, least, side in zip(columns, words, justify, strict=True)
    ]
    widths = [max(_longest_line(column[0]), most) for column, most in zip(columns, cells, strict=True)]
    for least in (list(map(max, heads, part)) for part in (cells, words, ends)):
        while sum(widths) + len(_BETWEEN) * (len(widths) - 1) > width:
            spare = [wide - keep for wide, keep in zip(widths, least, strict=True)]
            if max(spare, default=0) <= 0:
                break
            at = max(range(len(widths)), key=lambda one: (spare[one] > 0, widths[one]))
            widths[at] -= 1
        else:
            return widths
    return None


def _lines(cells: Sequence[Sequence[str]], justify: Sequence[JustifyMethod], widths: Sequence[int]) -> Iterator[str]:
    """Yield the lines of one row, whose cells have lines of their own."""
    for parts in zip_longest(*cells, fillvalue=""):
        padded = (
            " " * (wide - cell_len(part)) + part if side == "right" else part + " " * (wide - cell_len(part))
            for part, side, wide in zip(parts, justify, widths, strict=True)
        )
        yield _BETWEEN.join(padded).rstrip(" ")


def _records(headings: Sequence[str], rows: Sequence[tuple[str, ...]], width: int) -> Iterator[str]:
    """Yield a record per row: the first value, and under it a line for each other value that is not empty."""
    labels = [heading.replace("-\n", "").replace("\n", " ").strip() for heading in headings]
    for number, row in enumerate(rows):
        if number and len(row) > 1:
            yield ""
        for at, (label, cell) in enumerate(zip(labels, row, strict=True)):
            if cell or not at:
                text = f"{label}: {cell}" if label else cell
                yield from wrapped(f"{_BETWEEN}{text}" if at else text, width)


def _wrapped_cell(text: str, width: int, side: JustifyMethod = "left") -> list[str]:
    if side == "right":
        return [text] if cell_len(text) <= width else text.replace(_TO, f"{_TO.rstrip()}\n").split("\n")
    return [line for part in text.split("\n") for line in wrapped(part, width, hanging="")]


def _longest_line(text: str) -> int:
    return max(map(cell_len, text.split("\n")))


def _longest_end(text: str) -> int:
    return _longest_line(text.replace(_TO, f"{_TO.rstrip()}\n"))


def _longest_word(text: str) -> int:
    return max(cell_len(word) for line in text.split("\n") for word in line.split(" "))


def print_line(line: str, console: Console, *, style: str = "", bold: int = 0) -> None:
    """Print a line of text as it is, without looking for codes in it, broken between words where it is too long.

    bold : how many characters at its beginning are bold.
    """
    for number, part in enumerate(wrapped(line, width_of(console))):
        text = Text(part, style)
        if bold and not number:
            text.stylize("bold", 0, bold)
        _print(text, console)


def print_answer(opening: Opening, console: Console) -> None:
    """Print the sentence that a report begins with, and an empty line; nothing without one."""
    if opening.sentence:
        print_line(opening.sentence, console)
        print_line("", console)


def print_lines(lines: Sequence[str], console: Console) -> None:
    """Print lines as `print_line` does."""
    for line in lines:
        print_line(line, console)


def _print(line: Text, console: Console) -> None:
    # The narrow space before a % has kept both on one line; not every terminal shows it, and nobody types it to search.
    line.plain = line.plain.replace(NARROW_SPACE, " ")
    # Broken already; a name that is too long is for the terminal to break, which does not change what is copied.
    console.print(line, soft_wrap=True)
