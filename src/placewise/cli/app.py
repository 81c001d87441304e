"""The application that the commands join, and how it ends."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any, NoReturn, TextIO

import typer

import placewise
from placewise.cli.helping.commands import HelpedCommand, HelpedGroup
from placewise.cli.printing import complain, plain, print_text
from placewise.errors import InputError, PlacewiseError

EXIT_INPUT = 2
EXIT_FITS_NOWHERE = 3
EXIT_CHECK_FAILED = 3
EXIT_UNKNOWN = 4

_LEAVING_S = 1.0

app = typer.Typer(
    name="placewise",
    cls=HelpedGroup,
    help="Decide where jobs can run, and measure which metadata a scheduler needs.",
    epilog="placewise match job.yaml --fleet clusters/\nplacewise simulate --jobs 1000 --out results\n"
    "placewise replay history.txt --fleet clusters/",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def command(
    panel: str | None, *examples: str, name: str | None = None, to: typer.Typer = app
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a function to the application, in a panel of its help.

    examples : command lines at the end of the command's own help. name : the function's if not given.
    """
    return to.command(name=name, cls=HelpedCommand, rich_help_panel=panel, epilog="\n".join(examples))


def main() -> NoReturn:
    """Run the command line and turn what Placewise foresaw into one line and an exit code."""
    # Schedulers and timeouts end us so; leaving in order removes what is half-written.
    signal.signal(signal.SIGTERM, _terminated)
    if logging.lastResort is not None:  # warnings name files, whose names may be strangers'
        logging.lastResort.setFormatter(_Plain())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run()
    except BrokenPipeError:
        # The reader went away, as `head` does: there is nobody to tell, and it ends as signals end other tools.
        for stream in (sys.stdout, sys.stderr):
            _hush(stream)
        code = 128 + signal.SIGPIPE
    sys.exit(code)


def _run() -> int:
    """Run the command line and return its exit code. Raises BrokenPipeError where nobody reads any more."""
    try:
        try:
            app(prog_name="placewise")  # not the path of a module that is run
        except SystemExit as ended:
            if isinstance(ended.__context__, BrokenPipeError):  # typer ends with 1 then
                raise ended.__context__ from None
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            sys.stdout.flush()
    except InputError as error:
        complain(error)
        return EXIT_INPUT
    except PlacewiseError as error:
        complain(error)
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:
        _hush(sys.stdout)
        complain(f"cannot write the output: {error.strerror or error}")
        return 1
    return 0


class _Plain(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802, its name there
        return plain(super().formatMessage(record))


def _terminated(number: int, _: object) -> NoReturn:
    signal.signal(signal.SIGALRM, _still_here)
    signal.setitimer(signal.ITIMER_REAL, _LEAVING_S, _LEAVING_S)
    sys.exit(128 + number)


def _still_here(number: int, frame: object) -> None:
    """Leave again: what is raised while a library of C calls Python, as an import may, can be lost there."""
    del number, frame
    if not isinstance(sys.exc_info()[1], SystemExit):  # else what is half-written is being removed
        sys.exit(128 + signal.SIGTERM)


def _hush(stream: TextIO) -> None:
    """Send what is still buffered nowhere, so that closing the stream cannot fail again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
    help_all: Annotated[bool, typer.Option("--help-all", help="Print the help of every command.")] = False,
) -> None:
    if version:
        print_text(placewise.__version__)
        raise typer.Exit
    if help_all:
        from placewise.cli.helping.described import every_command
        from placewise.cli.helping.help_text import help_text, width

        typer.echo("\n\n\n".join(help_text(one, width()) for one in every_command(app)))
        raise typer.Exit
