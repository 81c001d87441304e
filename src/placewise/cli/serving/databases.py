"""The commands about a service's database: database check, backup and restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import EXIT_CHECK_FAILED, app
from placewise.cli.options import Force, Json
from placewise.cli.printing import print_json, print_text, say
from placewise.cli.serving.connecting import service_extra

if TYPE_CHECKING:
    from placewise.service.store.copying import Checked

database_app = typer.Typer(
    name="database", help="Check, back up and restore the service's database (SQLite).", no_args_is_help=True
)
app.add_typer(database_app, rich_help_panel="Service")

Database = Annotated[
    str | None,
    typer.Option(
        help="As for serve: a file of SQLite; in the user's data folder if not given.",
        envvar="PLACEWISE_SERVE_DATABASE",
        show_default=False,
    ),
]


@database_app.command()
def check(database: Database = None, json: Json = False) -> None:
    """Look for damage: in the file, in what refers to what, and in what is kept. The server may run meanwhile.

    Ends with 3 where something is wrong. At start a server looks at the file alone.
    """
    path = _file(database)
    with service_extra():
        from placewise.service.store.copying import check as look
    checked = look(path)
    if json:
        print_json({"database": str(path), "ok": not checked.problems, **_document(checked)})
    else:
        for problem in checked.problems:
            print_text(problem)
        say(f"placewise: {path}: {'damaged' if checked.problems else 'whole'}, {_in_words(checked)}")
    if checked.problems:
        raise typer.Exit(EXIT_CHECK_FAILED)


@database_app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="The file to write.", metavar="FILE")],
    database: Database = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Copy the database as it is at one moment, checked, into a file. The server may run meanwhile."""
    _copy(_file(database), to, "backup", force=force, json=json)


@database_app.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="A backup, or any other copy of a database.", metavar="FILE")],
    database: Database = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Put a backup, checked, in the database's place. The server must not run.

    It is older than the world: jobs accepted since then are assigned again.
    """
    _copy(backup, _file(database), "restored", force=force, json=json)


def _file(database: str | None) -> Path:
    with service_extra():
        from placewise.service.settings import default_database
        from placewise.service.store.copying import file_of
    return file_of(database or default_database())


def _copy(source: Path, target: Path, what: str, *, force: bool, json: bool) -> None:
    with service_extra():
        from placewise.service.store.copying import copy
    checked = copy(source, target, force=force)
    if json:
        print_json({"from": str(source), "to": str(target), **_document(checked)})
    else:
        print_text(f"{target}: {what}, {_in_words(checked)}")


def _document(checked: Checked) -> dict[str, object]:
    return {
        "size_bytes": checked.size_bytes,
        "seconds": round(checked.seconds, 3),
        "clusters": checked.clusters,
        "jobs": checked.jobs,
        "problems": list(checked.problems),
    }


def _in_words(checked: Checked) -> str:
    counted = [
        f"{count:,} {what}"
        for count, what in ((checked.clusters, "clusters"), (checked.jobs, "jobs"))
        if count is not None
    ]
    return ", ".join([f"{checked.size_bytes:,} bytes", *counted, f"checked in {checked.seconds:.2f} s"])
