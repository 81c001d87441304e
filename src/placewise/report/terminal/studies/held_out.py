"""What choices of metadata reach where they were not made, as a table and sentences."""

from __future__ import annotations

from rich.console import Console, JustifyMethod

from placewise.model.results.results import Results
from placewise.model.scalar import counted
from placewise.report.data.studies import held_out as numbers
from placewise.report.terminal.tables import print_line, print_lines, print_table
from placewise.report.words.numbers import MISSING, number, share
from placewise.report.words.studies.held_out import OVER_WORDS, RANKING_WORDS, held_out_sentences


def print_held_out(results: Results, console: Console) -> None:
    """Print what smallest sets and rankings reach on what they were not made on; nothing if nothing was held out."""
    found = results.held_out
    if found is None:
        print_line("in sample: nothing was held out, so this may not hold for other jobs or fleets", console)
        return
    size, overs = numbers.chosen_size(found), numbers.overs(found)
    rows = [
        (RANKING_WORDS.get(name, name), *(_cell(row.get(over)) for over in overs))
        for name, row in numbers.by_ranking(found, size).items()
    ]
    headings: dict[str, JustifyMethod] = {"ranked by": "left"}
    headings |= {OVER_WORDS.get(over, over): "right" for over in overs}
    title = f"Share of the ceiling with metadata on the first {counted(size, 'subsystem')}: mean over splits (range, %)"
    print_table(title, headings, rows, console)
    print_lines(held_out_sentences(found), console)
    print_lines([f"left out: {line}" for line in found.left_out], console)


def _cell(what: numbers.Reached | None) -> str:
    if what is None:
        return MISSING
    if what.splits == 1:
        return share(what.mean, 3)
    return f"{share(what.mean, 3)} ({number(100 * what.interval.low, 3)} to {number(100 * what.interval.high, 3)})"
