"""The command that looks at the installation: doctor."""

from __future__ import annotations

import typer

from placewise.cli.app import EXIT_CHECK_FAILED, command
from placewise.cli.options.output import Json
from placewise.cli.options.panels import INSTALLATION
from placewise.cli.printing import console, print_json

_STYLES = {"ok": "green", "absent": "dim", "warning": "yellow", "broken": "bold red"}
_WIDTH = 16


@command(INSTALLATION, "placewise doctor", "placewise doctor --json")
def doctor(json: Json = False) -> None:
    """Check this installation: libraries, extras, kernels and folders.

    Exit code 3 if something that is installed is broken. An absent extra is not broken: its
    line says what it is for and how to install it.
    """
    import warnings
    from dataclasses import asdict

    from placewise.cli.installation.looking import looks

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libraries warn of each other as they are imported
        if json:
            found = list(looks())
            print_json({"ok": all(one.state != "broken" for one in found), "parts": [asdict(one) for one in found]})
        else:
            from rich.text import Text

            from placewise.report.terminal.tables import width_of

            found, screen = [], console()
            for one in looks():
                found.append(one)
                text = f"{one.state:<8} {one.about:<{_WIDTH}} "
                for number, line in enumerate(_lines(text, one.text, width_of(screen))):
                    shown = Text(line)
                    shown.stylize(_STYLES[one.state], 0, 0 if number else len(one.state))
                    screen.print(shown, soft_wrap=True)
    if any(one.state == "broken" for one in found):
        raise typer.Exit(EXIT_CHECK_FAILED)


def _lines(begins: str, text: str, width: int) -> list[str]:
    """Return a text beside what the line begins with, or below it where a long path leaves no room there."""
    from rich.cells import cell_len

    from placewise.report.terminal.wrapping import wrapped

    beside = wrapped(text, width - len(begins), hanging="")
    if max(map(cell_len, beside)) <= width - len(begins):
        return [begins + beside[0], *(" " * len(begins) + line for line in beside[1:])]
    return [begins.rstrip(" "), *wrapped(f"    {text}", width, hanging="")]
