"""Commands whose help is laid out by `help_text`."""

from __future__ import annotations

import os
import sys
from typing import Any

from typer.core import TyperCommand, TyperGroup

from placewise.cli.helping.described import described
from placewise.cli.helping.help_text import help_text, width


class _Helped:
    """What is written for ``--help``, and above a usage error."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write how the command is called."""
        formatter.write(f"Usage: {described(ctx).usage}\n")

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write all help of the command."""
        formatter.write(help_text(described(ctx), width(), styled=_coloured()))


class HelpedCommand(_Helped, TyperCommand):
    """A command whose help fits the terminal."""


class HelpedGroup(_Helped, TyperGroup):
    """A group of commands whose help fits the terminal."""


def _coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
