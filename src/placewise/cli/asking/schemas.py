"""The command that prints the JSON Schemas of documents: schema."""

from __future__ import annotations

from typing import Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.output import Json
from placewise.cli.options.panels import FLEETS
from placewise.cli.printing import console, print_json


def _names(incomplete: str) -> list[str]:
    from placewise.formats.schemas import NAMES

    return [name for name in NAMES if name.startswith(incomplete)]


@command(FLEETS, "placewise schema", "placewise schema jobspec > jobspec.schema.json")
def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            help="The kind of document.",
            show_default="list the kinds",
            autocompletion=_names,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Print the JSON Schema of a kind of document.

    Editors use it to complete and check what you write.
    """
    from placewise.formats import schemas

    if name is not None:
        print_json(schemas.schema(name))
    elif json:
        print_json([{"name": one, "id": schemas.id_of(one), "title": schemas.title_of(one)} for one in schemas.NAMES])
    else:
        from placewise.report.terminal.schemas import print_schemas

        print_schemas([(one, schemas.title_of(one)) for one in schemas.NAMES], console())
