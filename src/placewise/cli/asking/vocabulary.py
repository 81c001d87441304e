"""The command that shows what the words of a fleet mean: vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.output import Force, Json
from placewise.cli.options.panels import FLEETS
from placewise.cli.printing import console, print_json, say
from placewise.errors import InputError


@command(FLEETS, "placewise vocabulary clusters/", "placewise vocabulary clusters/ --write")
def vocabulary(
    fleet: Annotated[
        Path | None,
        typer.Argument(
            help="Folders of JGF files, or cluster-features.json.",
            show_default="the built-in vocabulary",
        ),
    ] = None,
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Add what is inferred to the fleet's vocabulary.yaml.",
        ),
    ] = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Show the kinds of fields and the aliases of values.

    Also says where each entry comes from, and which lists of values are complete.
    """
    from placewise.report.data.fleets.vocabulary import built_in_entries, vocabulary_document, vocabulary_entries
    from placewise.report.terminal.fleets.vocabulary import print_vocabulary

    if fleet is None:
        if write:
            raise InputError("nothing says where to write", place="--write", expected="a fleet")
        entries = built_in_entries()
    else:
        from placewise.formats.fleets.fleet_source import read_fleet, vocabulary_path
        from placewise.formats.fleets.vocabulary.writing import write_vocabulary
        from placewise.formats.writing import refuse_existing
        from placewise.matching.fleet.index import FleetIndex

        path = vocabulary_path(fleet)
        if write:
            refuse_existing(path, force=force)
        read = read_fleet(fleet)
        learned = FleetIndex(read).vocabulary
        entries = vocabulary_entries(learned, read.vocabulary)
        if write:
            write_vocabulary(learned, path)
            say(f"written to {path}")
    if json:
        print_json(vocabulary_document(entries))
    elif not write:
        print_vocabulary(entries, console())
