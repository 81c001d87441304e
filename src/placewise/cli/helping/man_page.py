"""The help of every command as a page for man, in the macros of man(7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from placewise.cli.helping.described import DescribedCommand, DescribedParameter, parameter_lines


def man_page(commands: Sequence[DescribedCommand], version: str) -> str:
    """Return the page of an application, which is the first of its commands."""
    root, *others = commands
    lines = [f'.TH {root.path.upper()} 1 "" "{root.path} {version}" "User commands"', ".ad l", ".nh"]
    lines += [".SH NAME", rf"{root.path} \- {_plain(root.summary.rstrip('.'))}"]
    lines += [".SH SYNOPSIS", _plain(root.usage), ".SH OPTIONS", *_parameters(root.options)]
    lines.append(".SH COMMANDS")
    for one in others:
        lines += [f".SS {_plain(one.path)}", _plain(one.usage)]
        for text in (one.summary, *one.details):
            lines += [".PP", _plain(text)]
        lines += _parameters(one.arguments)
        for panel, options in groupby(one.options, lambda option: option.panel):
            lines += [".PP", rf"\fI{_plain(panel)}\fR", *_parameters(list(options))]
        lines += [".PP", "Examples:", *(part for text in one.examples for part in (".PP", rf"\fB{_plain(text)}\fR"))]
    return "\n".join(lines) + "\n"


def _parameters(parameters: Sequence[DescribedParameter]) -> Iterator[str]:
    for one in parameters:
        left, text = parameter_lines(one)
        yield from (".TP", rf"\fB{_plain(left)}\fR", _plain(text))


def _plain(text: str) -> str:
    """Return a text as roff prints it unchanged."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq").replace("\xa0", " ")
    return rf"\&{escaped}" if escaped.startswith(".") else escaped
