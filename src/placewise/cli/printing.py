"""What commands print: data on standard output, everything else on standard error.

Under ``--json`` standard output holds documents and nothing else, whatever a library prints: `only_documents` leads
the descriptor 1 to standard error and keeps a copy of what it was, to which `print_json` writes.
"""

from __future__ import annotations

import fcntl
import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

import typer

from placewise.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

T = TypeVar("T")

_STDOUT, _STDERR, _FIRST_FREE = 1, 2, 3
# What steers a terminal or begins a line, and what turns the direction of a text. Not all that Python does not call
# printable: numbers are written with narrow spaces.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_documents: int | None = None
"""The descriptor that documents are written to; None for as long as they may be printed like everything else."""


def plain(text: str) -> str:
    """Return a text, which may be a stranger's, with its control characters spelt out."""
    return _STEERING.sub(lambda found: repr(found[0])[1:-1], text)


def print_text(text: str) -> None:
    """Print a line of a document or a name on standard output as it is, control characters spelt out."""
    typer.echo(plain(text))


def print_words(text: str) -> None:
    """Print a line of words on standard output, broken between them where it is too long; see `say`."""
    _echo(text, sys.stdout, err=False)


def print_json(document: object, *, lines: bool = False) -> None:
    """Print one JSON document on standard output, on one line if there may be several."""
    import json

    text = json.dumps(document, indent=None if lines else 1).replace("\x7f", "\\u007f")
    if _documents is None:
        typer.echo(text)
        return
    rest = f"{text}\n".encode("ascii")
    while rest:
        rest = rest[os.write(_documents, rest) :]


def only_documents(asked: bool) -> bool:
    """Keep standard output for documents from here on, if asked to: the callback of every ``--json``.

    What libraries, C code, and processes started from here print goes to standard error until this process ends,
    since C code may hold back what it prints until then. Where standard output is not this process's own, as under a
    test that captures it, nothing changes.
    """
    global _documents  # noqa: PLW0603, a process has one standard output
    if asked and _documents is None and _is_own_output():
        sys.stdout.flush()
        _documents = fcntl.fcntl(_STDOUT, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
        os.dup2(_STDERR if sys.stderr else os.open(os.devnull, os.O_WRONLY), _STDOUT)
    return asked


def _is_own_output() -> bool:
    try:
        return sys.stdout.fileno() == _STDOUT
    except (AttributeError, OSError, ValueError):  # there is none, or it is closed or no file
        return False


def say(text: str) -> None:
    """Print a line of words on standard error, control characters spelt out, broken between words where it is too long.

    It takes the terminal's width at most, and in a file or pipe `PIPED_WIDTH`.
    """
    _echo(text, sys.stderr, err=True)


def complain(problem: object) -> None:
    """Print what went wrong on standard error: one line in a file or pipe, broken between words on a terminal."""
    text = f"placewise: {problem}"
    if _is_terminal(sys.stderr):
        say(text)
    else:
        typer.echo(plain(text), err=True)


def _echo(text: str, stream: TextIO | None, *, err: bool) -> None:
    import shutil

    from placewise.report.terminal.wrapping import PIPED_WIDTH, wrapped

    width = shutil.get_terminal_size().columns if _is_terminal(stream) else PIPED_WIDTH
    for line in wrapped(plain(text), width):
        typer.echo(line, err=err)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def console(*, stderr: bool = False) -> Console:
    """Return a console that spells control characters out, and says so when nobody reads any more."""
    from rich.console import Console
    from rich.segment import Segment

    class Honest(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for text, style, control in super().render(renderable, options):
                yield Segment("\n".join(map(plain, text.split("\n"))) if control is None else text, style, control)

    # A name such as :cat: is meant as it stands.
    return Honest(stderr=stderr, emoji=False)


def naming(path: Path, act: Callable[[], T]) -> T:
    """Run something about a document, naming the document in what goes wrong."""
    try:
        return act()
    except InputError as error:
        raise error.within(file=path) from None


def command_line() -> str:
    """Return how this process was called, as it could be called again."""
    import shlex

    return shlex.join(["placewise", *sys.argv[1:]])
