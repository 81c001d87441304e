"""Commands whose help is laid out by `help_text`."""

from __future__ import annotations

import os
import sys
from typing import Any

from typer.core import TyperCommand, TyperGroup

from placewise.cli.helping.described import described
from placewise.cli.helping.help_text import help_text, width
from placewise.cli.options.typed import name_option
from placewise.errors import InputError

_WORDS = "placewise.words"


class _Helped:
    """What is written for ``--help``, and above a usage error."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write how the command is called."""
        formatter.write(f"Usage: {described(ctx).usage}\n")

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write all help of the command."""
        formatter.write(help_text(described(ctx), width(), styled=_coloured()))


class HelpedCommand(_Helped, TyperCommand):
    """A command whose help fits the terminal, and whose errors name options as they were typed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep the words, which parsing takes away."""
        ctx.meta[_WORDS] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            name_option(error, self.params, ctx.meta[_WORDS])
            raise


class HelpedGroup(_Helped, TyperGroup):
    """A group of commands whose help fits the terminal."""


def _coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
