"""The commands about a service's database: database check, backup and restore."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import EXIT_CHECK_FAILED, app, command
from placewise.cli.helping.commands import HelpedGroup
from placewise.cli.options.output import Force, Json
from placewise.cli.options.panels import SERVICE
from placewise.cli.printing import print_json, print_words, say
from placewise.cli.serving.connecting import service_extra

if TYPE_CHECKING:
    from placewise.service.store.sqlite.copying import Checked

database_app = typer.Typer(
    name="database",
    cls=HelpedGroup,
    help="Check, copy or restore the service's database.",
    epilog="placewise database check\nplacewise database backup copy.db",
    rich_markup_mode=None,
    no_args_is_help=True,
)
app.add_typer(database_app, rich_help_panel=SERVICE)

Database = Annotated[
    str | None,
    typer.Option(
        help="The service's database: an SQLite file.",
        envvar="PLACEWISE_SERVE_DATABASE",
        metavar="FILE",
        show_default="in the user's data folder",
    ),
]


@command(None, "placewise database check", "placewise database check --database placewise.db", to=database_app)
def check(database: Database = None, json: Json = False) -> None:
    """Look for damage in the database.

    Checks the file, its references and its contents; the server may run meanwhile. Exit code 3 if something is wrong.
    At start, a server checks the file only.
    """
    path = _file(database)
    with service_extra():
        from placewise.service.store.sqlite.copying import check as look
    checked = look(path)
    if json:
        print_json({"database": str(path), "ok": not checked.problems, **_document(checked)})
    else:
        for problem in checked.problems:
            print_words(problem)
        say(f"placewise: {path}: {'damaged' if checked.problems else 'whole'}, {_in_words(checked)}")
    if checked.problems:
        raise typer.Exit(EXIT_CHECK_FAILED)


@command(None, "placewise database backup copy.db", to=database_app)
def backup(
    to: Annotated[Path, typer.Argument(help="The file to write.", metavar="FILE")],
    database: Database = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write a consistent, checked copy of the database to a file.

    The server may run meanwhile.
    """
    _copy(_file(database), to, "backup", force=force, json=json)


@command(None, "placewise database restore copy.db --force", to=database_app)
def restore(
    backup: Annotated[Path, typer.Argument(help="A backup or another copy of a database.", metavar="FILE")],
    database: Database = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Replace the database by a checked backup.

    The server must not run. Jobs accepted since the backup are assigned again.
    """
    _copy(backup, _file(database), "restored", force=force, json=json)


@command(None, "placewise database export-outcomes outcomes.parquet", name="export-outcomes", to=database_app)
def export_outcomes(
    to: Annotated[Path, typer.Argument(help="The file to write (.parquet).", metavar="FILE")],
    database: Annotated[
        str | None,
        typer.Option(
            help="The service's database: an SQLite file or a PostgreSQL URL.",
            envvar="PLACEWISE_SERVE_DATABASE",
            metavar="DATABASE",
            show_default="in the user's data folder",
        ),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write how jobs ended, for placewise outcomes and fit.

    Each row is a job that its cluster reported as finished or failed, and that has the attributes package and
    package_version. The server may run meanwhile.
    """
    with service_extra():
        from placewise.service.calls.outcome_export import export_outcomes as export
        from placewise.service.settings import default_database
    found = export(database or default_database(), to, force=force)
    if json:
        print_json({"to": str(to), **asdict(found)})
        return
    print_words(f"{to}: {found.written:,} outcomes, {found.succeeded:,} of them a success")
    for count, what in (
        (found.without_package, "jobs without a package are left out"),
        (found.changed_since, "are of clusters that changed since, or are gone: what is said of those is of now"),
        (found.without_duration, "are without a duration, which placewise fit leaves out"),
        (found.without_memory, "are without memory, which placewise fit leaves out"),
    ):
        if count:
            say(f"placewise: {count:,} {what}")


def _file(database: str | None) -> Path:
    with service_extra():
        from placewise.service.settings import default_database
        from placewise.service.store.sqlite.copying import file_of
    return file_of(database or default_database())


def _copy(source: Path, target: Path, what: str, *, force: bool, json: bool) -> None:
    with service_extra():
        from placewise.service.store.sqlite.copying import copy
    checked = copy(source, target, force=force)
    if json:
        print_json({"from": str(source), "to": str(target), **_document(checked)})
    else:
        print_words(f"{target}: {what}, {_in_words(checked)}")


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
