"""The reference of the command line: a page for each command, from the tree of commands itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from placewise.cli import app

_WORDS = {
    "bool": "",
    "boolean": "",
    "float": "number",
    "float range": "number",
    "int": "whole number",
    "integer": "whole number",
    "integer range": "whole number",
    "path": "path",
    "str": "text",
    "text": "text",
}
_COMMAND_LINE = re.compile(r"^\s*(?:\$ |placewise |# )")


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command that does something, with its words after `placewise`, in the order of the help."""
    yield from _below(typer.main.get_command(app), ())


def _below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
        return
    for name, one in inner.items():
        if not one.hidden:
            yield from _below(one, (*words, name))


def pages() -> dict[str, str]:
    """Return the page of each command, by the name of its file."""
    return {f"{'-'.join(words)}.md": page(words, command) for words, command in commands()}


def overview() -> str:
    """Return the tables of all commands, by the panels of the help."""
    root = typer.main.get_command(app)
    panels: dict[str, list[str]] = {}
    for words, command in commands():
        panel = root.commands[words[0]].rich_help_panel or "Commands"  # type: ignore[attr-defined]  # a group
        sentence = _escaped(" ".join((command.help or "").partition("\n\n")[0].split()))
        panels.setdefault(str(panel), []).append(
            f"| [`placewise {' '.join(words)}`](cli/{'-'.join(words)}.md) | {sentence} |\n"
        )
    return "".join(
        f"\n\n## {panel}\n\n| command | what it does |\n| --- | --- |\n" + "".join(rows)
        for panel, rows in panels.items()
    )


def meanings(name: str) -> dict[str, str]:
    """Return the help of each option of a command, by each of its names with underscores."""
    found = dict(commands())[(name,)].params
    return {opt.lstrip("-").replace("-", "_"): " ".join((one.help or "").split()) for one in found for opt in one.opts}


def page(words: tuple[str, ...], command: Any) -> str:
    """Return the page of a command: what it does, how it is called, its arguments and options by panel."""
    name = f"placewise {' '.join(words)}"
    context = command.make_context(name, [], resilient_parsing=True)
    usage = context.get_usage().partition(":")[2].split()
    text = f"# {name}\n\n{_paragraphs(command.help or '')}\n\n```sh\n{' '.join(usage)}\n```\n"
    if command.epilog:
        text += f"\n{_paragraphs(command.epilog)}\n"
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    if arguments:
        text += "\n## Arguments\n\n" + _table("argument", [_row(one) for one in arguments])
    panels: dict[str, list[str]] = {}
    for one in shown:
        if one.param_type_name == "option":
            panels.setdefault(getattr(one, "rich_help_panel", None) or "Options", []).append(_row(one))
    for panel, rows in panels.items():
        text += f"\n## {panel}\n\n" + _table("option", rows)
    return text


def _table(first: str, rows: list[str]) -> str:
    return f"| {first} | meaning |\n| --- | --- |\n" + "".join(rows)


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        names = _code(parameter.metavar or parameter.name)
    else:
        names = ", ".join(_code(name) for name in (*parameter.opts, *parameter.secondary_opts))
    takes = f"<br>{taken}" if (taken := _takes(parameter)) else ""
    said = [_escaped(" ".join((parameter.help or "").split()))]
    if parameter.required:
        said.insert(0, "**Required.**")
    if default := _default(parameter):
        said.append(f"Default: {default}.")
    return f"| {names}{takes} | {' '.join(said)} |\n"


def _takes(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False) or getattr(parameter, "count", False):
        return ""
    if parameter.metavar and parameter.param_type_name == "option":
        word = _escaped(parameter.metavar)
    else:
        word = _word(parameter)
    limits = getattr(parameter, "type", parameter)
    least, most = getattr(limits, "min", None), getattr(limits, "max", None)
    if least is not None:
        word += f", {least} to {most}" if most is not None else f" from {least}"
    elif most is not None:
        word += f" up to {most}"
    return word + (", several times" if getattr(parameter, "multiple", False) else "")


def _word(parameter: Any) -> str:
    kind = getattr(parameter, "type", None)  # of older versions of Typer
    if kind is not None:
        return _WORDS.get(kind.name, str(kind.name))
    annotation = parameter.type_descriptor.annotation
    inner = getattr(annotation, "__args__", (annotation,))[0]
    return _WORDS["path"] if inner is Path else _WORDS.get(getattr(inner, "__name__", ""), "text")


def _default(parameter: Any) -> str:
    if not parameter.show_default or parameter.default is None or parameter.default == ():
        return ""
    if callable(parameter.default):
        return ""
    if getattr(parameter, "is_flag", False):
        chosen = parameter.opts if parameter.default else parameter.secondary_opts
        return f"`{chosen[0]}`" if parameter.secondary_opts else ""
    default = parameter.default
    return _code(", ".join(map(str, default)) if isinstance(default, list | tuple) else str(default))


def _paragraphs(text: str) -> str:
    """Return help as Markdown: lines of commands as a block of code, other paragraphs as they are."""
    made = []
    for paragraph in text.replace("\b\n", "").strip().split("\n\n"):
        lines = paragraph.splitlines()
        if lines and all(_COMMAND_LINE.match(line) for line in lines):
            made.append("```sh\n" + "\n".join(line.strip().removeprefix("$ ") for line in lines) + "\n```")
        else:
            made.append(_escaped(" ".join(paragraph.split())))
    return "\n\n".join(made)


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _escaped(text: str) -> str:
    return re.sub(r"([|<>*_\\\[\]{}])", r"\\\1", text)
