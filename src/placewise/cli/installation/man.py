"""The command that prints the man page: man."""

from __future__ import annotations

import typer

import placewise
from placewise.cli.app import app, command
from placewise.cli.options.panels import INSTALLATION


@command(INSTALLATION, "placewise man > placewise.1")
def man() -> None:
    """Print the help of every command as a man page."""
    from placewise.cli.helping.described import every_command
    from placewise.cli.helping.man_page import man_page

    typer.echo(man_page(every_command(app), placewise.__version__), nl=False)
