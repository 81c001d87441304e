"""The help of a command as text that fits a width."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from itertools import groupby

import typer

from placewise.cli.helping.described import OPTIONS, UNBROKEN, DescribedCommand, parameter_lines

_NARROWEST, _WIDEST, _USUAL = 40, 100, 80
_FEW = 8
_SHORTEST_NAMES, _LEAST_HELP = 10, 20

Row = tuple[str, str]
Section = tuple[str, Sequence[Row]]


def width() -> int:
    """Return how wide help may be: as the terminal, within what reads well."""
    return min(max(shutil.get_terminal_size((_USUAL, 24)).columns, _NARROWEST), _WIDEST)


def help_text(command: DescribedCommand, width: int, *, styled: bool = False) -> str:
    """Return the help of a command, no line wider than `width` but for longer words; styled : with colours."""
    parts = ["\n".join(_lines(f"Usage: {command.usage}", width, "  "))]
    parts += ["\n".join(_lines(text, width)) for text in (command.summary, *command.details) if text]
    parameters, commands = _parameters(command), _commands(command)
    parts.append(_listed(parameters, _column(parameters, width), width, styled=styled))
    if commands:
        parts.append(_listed(commands, max(len(one.name) for one in command.commands), width, styled=styled))
    if command.examples:
        lines = [line for example in command.examples for line in _example(example, width)]
        parts.append("\n".join([_styled("Examples:", styled=styled, bold=True), *lines]))
    return "\n\n".join(parts) + "\n"


def _listed(sections: Sequence[Section], column: int, width: int, *, styled: bool) -> str:
    """Return sections whose helps begin in one column."""
    parts = []
    for title, rows in sections:
        lines = [line for row in rows for line in _row_lines(row, column, width, styled=styled)]
        parts.append("\n".join([_styled(f"{title}:", styled=styled, bold=True), *lines]))
    return "\n\n".join(parts)


def _parameters(command: DescribedCommand) -> list[Section]:
    arguments = [("Arguments", [parameter_lines(one) for one in command.arguments])] if command.arguments else []
    if len(command.options) <= _FEW:  # headings over a line each help nobody
        return [*arguments, (OPTIONS, [parameter_lines(one) for one in command.options])]
    return [
        *arguments,
        *(
            (panel, [parameter_lines(one) for one in rows])
            for panel, rows in groupby(command.options, lambda one: one.panel)
        ),
    ]


def _commands(command: DescribedCommand) -> list[Section]:
    panels: dict[str, list[Row]] = {}
    for one in command.commands:
        panels.setdefault(one.panel, []).append((one.name, one.summary))
    return list(panels.items())


def _column(sections: Sequence[Section], width: int) -> int:
    """Return where the helps begin: where all take the fewest lines, and of those places the one most to the right."""
    rows = [row for _, section in sections for row in section]
    most = max(width - _LEAST_HELP - 4, _SHORTEST_NAMES)
    # A column between two lengths of names takes from the helps and gives no further name its line.
    places = {max(_SHORTEST_NAMES, len(left)) for left, _ in rows if len(left) <= most} or {_SHORTEST_NAMES}
    return min(places, key=lambda place: (sum(len(_row_lines(row, place, width)) for row in rows), -place))


def _row_lines(row: Row, column: int, width: int, *, styled: bool = False) -> list[str]:
    left, text = row
    begin = " " * (column + 4)
    helps = _lines(text, width - len(begin)) or [""]
    shown = _styled(left, styled=styled, fg="cyan")
    if len(left) > column:
        return [f"  {shown}", *(begin + line for line in helps)]
    return [f"  {shown}{' ' * (column - len(left))}  {helps[0]}".rstrip(), *(begin + line for line in helps[1:])]


def _example(text: str, width: int) -> list[str]:
    """Return an example, broken as a shell takes it where it is too long."""
    lines = textwrap.wrap(text, width - 4, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)
    return [f"  {line} \\" for line in lines[:-1]] + [f"  {lines[-1]}"]


def _lines(text: str, width: int, indent: str = "") -> list[str]:
    lines = textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace(UNBROKEN, " ") for line in lines]


def _styled(text: str, *, styled: bool, **style: object) -> str:
    return typer.style(text, **style) if styled else text  # type: ignore[arg-type]  # its own words
