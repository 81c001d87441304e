"""The command that shows what the words of a fleet mean: vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import Force, Json
from placewise.cli.printing import console, print_json, say
from placewise.errors import InputError


@app.command(rich_help_panel="Fleets and jobs")
def vocabulary(
    fleet: Annotated[
        Path | None,
        typer.Argument(
            help="cluster-features.json, a folder of JGF files, or a folder of such folders; without one, what is "
            "built in is shown.",
            show_default=False,
        ),
    ] = None,
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Write it to the fleet's vocabulary.yaml: what the file says stays, what was inferred is added.",
        ),
    ] = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Show the kinds of fields, other names of values and what is complete, and where each entry is from."""
    from placewise.report.data.vocabulary import built_in_entries, vocabulary_document, vocabulary_entries
    from placewise.report.terminal.vocabulary import print_vocabulary

    if fleet is None:
        if write:
            raise InputError("nothing says where to write", place="--write", expected="a fleet")
        entries = built_in_entries()
    else:
        from placewise.formats.fleets.fleet_source import read_fleet, vocabulary_path
        from placewise.formats.fleets.vocabulary_writing import write_vocabulary
        from placewise.formats.writing import refuse_existing
        from placewise.matching.index import FleetIndex

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
