"""What commands print: data on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from placewise.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")


def print_text(text: str) -> None:
    """Print a line on standard output."""
    typer.echo(text)


def print_json(document: object, *, lines: bool = False) -> None:
    """Print one JSON document on standard output, on one line if there may be several."""
    import json

    typer.echo(json.dumps(document, indent=None if lines else 1))


def say(text: str) -> None:
    """Print a line on standard error."""
    typer.echo(text, err=True)


def console(*, stderr: bool = False) -> Console:
    """Return a console that says so when nobody reads any more."""
    from rich.console import Console

    class Honest(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Honest(stderr=stderr)


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
