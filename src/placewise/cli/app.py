"""The application that the commands join, and how it ends."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import sys
from typing import Annotated, NoReturn, TextIO

import typer

import placewise
from placewise.cli.printing import plain, print_text, say
from placewise.errors import InputError, PlacewiseError

EXIT_INPUT = 2
EXIT_FITS_NOWHERE = 3
EXIT_CHECK_FAILED = 3
EXIT_UNKNOWN = 4

_LEAVING_S = 1.0

app = typer.Typer(
    name="placewise",
    help="Decide where jobs can run, and measure what a scheduler has to know to decide it well.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
        try:
            app()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            sys.stdout.flush()
    except InputError as error:
        say(f"placewise: {error}")
        sys.exit(EXIT_INPUT)
    except PlacewiseError as error:
        say(f"placewise: {error}")
        sys.exit(1)
    except BrokenPipeError:
        # The reader went away, as `head` does: there is nobody to tell.
        _hush(sys.stdout)
        sys.exit(1)
    except OSError as error:
        _hush(sys.stdout)
        say(f"placewise: cannot write the output: {error.strerror or error}")
        sys.exit(1)
    sys.exit(0)


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
) -> None:
    if version:
        print_text(placewise.__version__)
        raise typer.Exit
