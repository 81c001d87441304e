"""Every ``--help`` fits, says what it takes in plain nouns, and ends with examples that are understood."""

from __future__ import annotations

import re
import shlex
from functools import cache

import pytest
import typer

from placewise.cli import app
from placewise.cli.helping.described import every_command
from placewise.cli.helping.help_text import _column, _parameters, _row_lines, help_text
from placewise.service.client.messages.values import Registration
from placewise.service.client.saved_credentials import save

COMMANDS = every_command(app)
RAW = re.compile(
    r"<(bool|str|int|float|path|list)|\b(TEXT|INTEGER|FLOAT|PATH|BOOLEAN|DIRECTORY)\b(?=.*\n)|Annotated|None"
)
PLAIN_VALUE = re.compile(r"[A-Z]+([|:=][A-Z]+)*|[a-z]+(\|[a-z]+)+")
WIDTHS = (60, 80, 120)
_built = cache(typer.main.get_command)  # takes longer than to parse
by_path = pytest.mark.parametrize("command", COMMANDS, ids=[one.path for one in COMMANDS])


def walk(command, context):
    """Every command that typer knows, by path."""
    yield context.command_path, command, context
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        one = command.get_command(context, name)
        yield from walk(one, typer.Context(one, info_name=name, parent=context))


def parsed(words):
    """Parse a command line as the application does, and run nothing."""
    command = _built(app)
    context = typer.Context(command, info_name=words[0])
    rest = words[1:]
    while hasattr(command, "get_command"):
        command = command.get_command(context, rest[0])
        assert command is not None, rest[0]
        context = (
            command.make_context(rest[0], rest[1:], parent=context)
            if not hasattr(command, "get_command")
            else (typer.Context(command, info_name=rest[0], parent=context))
        )
        rest = rest[1:]
    return context


@pytest.fixture(scope="module")
def known():
    root = typer.main.get_command(app)
    found = walk(root, typer.Context(root, info_name="placewise", help_option_names=["-h", "--help"]))
    return {path: (command, context) for path, command, context in found}


def test_every_command_and_option_is_described(known):
    assert {one.path for one in COMMANDS} == set(known)
    for one in COMMANDS:
        command, context = known[one.path]
        options = [param for param in command.get_params(context) if param.param_type_name == "option"]
        assert len(one.options) == len(options)
        shown = {name for option in one.options for name in option.names}
        assert all(shown & {*option.opts} for option in options)
        arguments = [param for param in command.get_params(context) if param.param_type_name == "argument"]
        assert len(one.arguments) == len(arguments)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_and_nothing_is_cut(width):
    for command in COMMANDS:
        text = help_text(command, width)
        assert [line for line in text.splitlines() if len(line) > width] == []
        body = text.partition("\n\n")[2]  # usage says with it what may be repeated
        assert "…" not in body
        assert "..." not in body
        assert "\N{NO-BREAK SPACE}" not in text


@by_path
def test_options_take_as_few_lines_as_can_be(command):
    sections = _parameters(command)
    rows = [row for _, section in sections for row in section]
    lines = {place: sum(len(_row_lines(row, place, 80)) for row in rows) for place in range(10, 57)}
    assert lines[_column(sections, 80)] == min(lines.values())


@by_path
def test_what_is_taken_is_said_in_nouns_and_every_option_says_what_it_does(command):
    for one in command.options:
        assert PLAIN_VALUE.fullmatch(one.value or "X"), one
        assert one.value not in ("TEXT", "NUMBER") or one.names == ("--reason",), one
    for one in (*command.arguments, *command.options):
        assert one.help[0] == one.help[0].upper() or one.help.split()[0].strip(",:") in one.help, one
        assert one.help.endswith("."), one
        assert one.names[0].startswith("--") or one.names[0].isupper(), one
    assert RAW.search(help_text(command, 80).replace("--reason TEXT", "").replace("PATH  ", "")) is None


@by_path
def test_the_summary_is_one_line_and_groups_of_options_do_not_come_twice(command):
    assert len(command.summary) <= (65 if " " in command.path else 80)
    assert command.summary.endswith(".")
    panels = [one.panel for one in command.options]
    runs = [panel for number, panel in enumerate(panels) if number == 0 or panels[number - 1] != panel]
    assert len(runs) == len(set(runs))


@by_path
def test_examples_end_each_help_and_are_understood(command, known, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command.examples
    last = help_text(command, 200).rstrip().splitlines()[-len(command.examples) :]
    assert [line.strip() for line in last] == list(command.examples)
    for example in command.examples:
        assert len(example) <= 78
        words = shlex.split(example.partition(" > ")[0])
        context = parsed(words)
        assert context.command_path.startswith(command.path)
        old = {name for option in known[context.command_path][0].params for name in option.opts[1:] if len(name) > 2}
        assert not old & set(words), "an old spelling"


def test_a_long_example_is_broken_as_a_shell_takes_it():
    for command in COMMANDS:
        text = help_text(command, 40).partition("Examples:\n")[2]
        joined = " ".join(text.replace("\\\n", " ").split())
        assert joined == " ".join(" ".join(command.examples).split())


def test_help_all_prints_the_help_of_every_command(placewise, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    ran = placewise("--help-all")
    assert ran.code == 0
    for command in COMMANDS:
        assert f"Usage: {command.usage}"[:60] in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert placewise("match", "--help").out.strip() in ran.out


@pytest.mark.parametrize(
    ("command", "old", "new"),
    [
        (("replay", "log.swf"), "--policy", "--queue-policy"),
        (("replay", "log.swf"), "--place", "--select"),
        (("serve",), "--select-algorithm", "--select"),
    ],
)
def test_old_spellings_are_taken_and_not_shown(placewise, command, old, new):
    helped = placewise(command[0], "--help").out
    assert f" {new} " in helped
    assert f" {old} " not in helped
    taken = [parsed(["placewise", *command, name, "first"]).params for name in (old, new)]
    assert taken[0] == taken[1]
    assert "first" in taken[0].values()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["replay", "--queue-policy", "eas"], {"easy", "easy-sjbf"}),
        (["replay", "--select", "che"], {"cheapest"}),
        (["submit", "--select", "pref"], {"preferred"}),
        (["schema", "jobsp"], {"jobspec"}),
        (["import", "s"], {"slurm", "spack"}),
        (["match", "--unknown", "s"], {"separate"}),
        (["export", "s"], {"snakemake"}),
        (["rep"], {"replay"}),
        (["replay", "--queue-p"], {"--queue-policy"}),
    ],
)
def test_a_shell_completes(placewise, monkeypatch, words, offered):
    monkeypatch.setenv("_PLACEWISE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(["placewise", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    ran = placewise()
    assert set(ran.out.split()) == offered, ran.err


def test_a_shell_completes_clusters_that_were_registered_from_here(placewise, monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_config_path", lambda _: tmp_path)
    save("scheduler:1", "alpine", Registration("token", "secret"))
    monkeypatch.setenv("_PLACEWISE_COMPLETE", "complete_bash")
    for words, offered in (
        (["receive", "--server", "scheduler:1", "--cluster", "al"], {"alpine"}),
        (["receive", "--cluster", "al"], set()),
        (["delete", "--server", "scheduler:1", "a"], {"alpine"}),
    ):
        monkeypatch.setenv("COMP_WORDS", " ".join(["placewise", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        assert set(placewise().out.split()) == offered
