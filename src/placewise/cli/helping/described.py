"""What the help of a command says, as values: read by ``--help``, ``--help-all``, the man page and the reference."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import typer

from placewise.cli.options.panels import LAST, OUTPUT

OPTIONS = "Options"
UNBROKEN = "\xa0"
"""Between the words of a note that stay in one line."""

_SHORT_NOTE = 34
_SAID = {  # of the options that Typer adds
    "help": "Show this help.",
    "install_completion": "Install completion for your shell.",
    "show_completion": "Print the completion script.",
}
_NOUNS = {"integer": "N", "integer range": "N", "float": "NUMBER", "float range": "NUMBER", "path": "FILE"}


@dataclass(frozen=True, slots=True)
class DescribedParameter:
    """An argument or an option of a command.

    names : as they are typed; old spellings, which are still accepted, are not among them. value : what follows a
    name, empty for a switch. default and variable : empty for none.
    """

    names: tuple[str, ...]
    value: str
    help: str
    default: str = ""
    variable: str = ""
    panel: str = ""
    required: bool = False
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class ListedCommand:
    """A command as the help of its group lists it."""

    name: str
    summary: str
    panel: str


@dataclass(frozen=True, slots=True)
class DescribedCommand:
    """A command with all that its help says.

    path : how it is called, such as ``placewise database check``. details : paragraphs after the summary. options :
    in the order in which help lists them, those of a panel together. examples : command lines.
    """

    path: str
    usage: str
    summary: str
    details: tuple[str, ...]
    arguments: tuple[DescribedParameter, ...]
    options: tuple[DescribedParameter, ...]
    commands: tuple[ListedCommand, ...]
    examples: tuple[str, ...]


def every_command(app: typer.Typer) -> list[DescribedCommand]:
    """Return every command of an application: the application itself first, each group before its commands."""
    root = typer.main.get_command(app)
    return _below(typer.Context(root, info_name=root.name, help_option_names=["-h", "--help"]))


def _below(context: Any) -> list[DescribedCommand]:
    group = context.command
    found = [described(context)]
    for name in group.list_commands(context) if hasattr(group, "list_commands") else ():
        one = group.get_command(context, name)
        if not one.hidden:
            found += _below(typer.Context(one, info_name=name, parent=context))
    return found


def described(context: Any) -> DescribedCommand:
    """Return what the help of a context's command says."""
    command = context.command
    summary, *details = _paragraphs(command.help or "")
    parameters = [one for one in command.get_params(context) if not getattr(one, "hidden", False)]
    arguments = tuple(_argument(one, context) for one in parameters if one.param_type_name == "argument")
    options = [_option(one, context) for one in parameters if one.param_type_name == "option"]
    panels = list(dict.fromkeys(one.panel for one in options))
    panels.sort(key=lambda panel: (panel != OPTIONS, LAST.index(panel) + 1 if panel in LAST else 0))
    listed = tuple(
        ListedCommand(name, _paragraphs(one.help or "")[0], getattr(one, "rich_help_panel", None) or "Commands")
        for name, one in _commands(command, context)
    )
    usage = [context.command_path, "[OPTIONS]" if options else ""]
    usage += ["COMMAND"] if listed else [_used(one) for one in arguments]
    return DescribedCommand(
        context.command_path,
        " ".join(filter(None, usage)),
        summary,
        tuple(details),
        arguments,
        tuple(one for panel in panels for one in options if one.panel == panel),
        listed,
        tuple((command.epilog or "").split("\n")) if command.epilog else (),
    )


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]


def _commands(command: Any, context: Any) -> list[tuple[str, Any]]:
    names = command.list_commands(context) if hasattr(command, "list_commands") else []
    found = [(name, command.get_command(context, name)) for name in names]
    return [(name, one) for name, one in found if not one.hidden]


def _used(argument: DescribedParameter) -> str:
    name = argument.names[0] + ("..." if argument.repeatable else "")
    return name if argument.required else f"[{name}]"


def _argument(one: Any, context: Any) -> DescribedParameter:
    name = (one.metavar or one.name.upper()).strip("[].")
    return DescribedParameter(
        (name,), "", one.help or "", _default(one, context), "", "Arguments", one.required, one.nargs == -1
    )


def _option(one: Any, context: Any) -> DescribedParameter:
    long = [name for name in one.opts if name.startswith("--")]
    short = [name for name in one.opts if not name.startswith("--")]
    names = (*long[:1], *one.secondary_opts[:1], *short)
    switch = one.is_flag or one.name == "help"
    value = "" if switch else one.metavar or _noun(one)
    variable = one.envvar if isinstance(one.envvar, str) else ""
    text = _SAID.get(one.name, one.help or "")
    panel = OUTPUT if one.name == "help" else getattr(one, "rich_help_panel", None) or OPTIONS
    return DescribedParameter(
        names, value, text, _default(one, context), variable, panel, one.required, bool(one.multiple)
    )


def _noun(one: Any) -> str:
    """Return what an option takes that does not say it, by its type."""
    kind = str(getattr(one.type, "name", "")).lower() if hasattr(one, "type") else ""
    return _NOUNS.get(kind, "TEXT")


def _default(one: Any, context: Any) -> str:
    """Return a default as one would type it; empty for none, and for a switch that is off."""
    if isinstance(one.show_default, str):
        return str(one.show_default)
    value = one.get_default(context, call=False)
    if not one.show_default or value is None or value in ("", ()) or callable(value):
        return ""
    if isinstance(value, bool):
        off = one.secondary_opts[0] if one.secondary_opts else ""
        return str(one.opts[0]) if value and off else off
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def parameter_lines(one: DescribedParameter) -> tuple[str, str]:
    """Return how an argument or option is typed, and what help says of it, with notes in brackets."""
    left = ", ".join(one.names) + (f" {one.value}" if one.value else "")
    notes = [
        "required" if one.required and one.value else "",
        "repeatable" if one.repeatable and one.value else "",
        f"default: {one.default}" if one.default else "",
        f"variable: {one.variable}" if one.variable else "",
    ]
    said = "; ".join(note.replace(" ", UNBROKEN) if len(note) < _SHORT_NOTE else note for note in notes if note)
    return left, f"{one.help} [{said}]" if said else one.help
