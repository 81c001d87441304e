"""The command that writes what other tools read of a fleet: export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.completing import choices
from placewise.cli.options.output import Force, Json, output_path
from placewise.cli.options.panels import FLEETS
from placewise.cli.printing import print_json, print_text, say
from placewise.errors import InputError, Words

if TYPE_CHECKING:
    from placewise.formats.fleets.exports.partitions import LeftOut

_SNAKEMAKE = "snakemake"


@command(
    FLEETS,
    "placewise export snakemake clusters/ --out partitions.yaml",
    "placewise export snakemake clusters/ --cluster alpine --account physics",
)
def export(
    kind: Annotated[
        str,
        typer.Argument(
            help="What reads it: snakemake (the partition file of its Slurm executor).",
            metavar="KIND",
            autocompletion=choices(_SNAKEMAKE),
        ),
    ],
    fleet: Annotated[Path, typer.Argument(help="A fleet that was imported from Slurm.", metavar="FLEET")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write this file instead of printing.", parser=output_path, metavar="FILE", show_default=False
        ),
    ] = None,
    cluster: Annotated[
        list[str] | None,
        typer.Option(help="Export this cluster only.", metavar="NAME", show_default=False),
    ] = None,
    account: Annotated[
        str,
        typer.Option(help="Account of the jobs.", metavar="NAME", show_default=False),
    ] = "",
    qos: Annotated[str, typer.Option(help="QOS of the jobs.", metavar="NAME", show_default=False)] = "",
    group: Annotated[str, typer.Option(help="Unix group of the user.", metavar="NAME", show_default=False)] = "",
    force: Force = False,
    json: Json = False,
) -> None:
    """Write a fleet's partitions with their limits, for Snakemake.

    Partitions that list accounts, QOS or groups are left out unless yours is among them.
    """
    from placewise.errors import locating
    from placewise.formats.fleets.exports.partition_limits import Submitter
    from placewise.formats.fleets.exports.partitions import partitions_of
    from placewise.formats.fleets.exports.snakemake import snakemake_partitions, snakemake_text
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.formats.writing import refuse_existing, write_bytes
    from placewise.report.data.fleets.exports import export_document, export_sentences

    if kind != _SNAKEMAKE:
        raise InputError("is nothing that a fleet is exported to", place="KIND", found=kind, expected=_SNAKEMAKE)
    if out is not None:
        refuse_existing(out, force=force)
    read = read_fleet(fleet)
    with locating(file=fleet):
        partitions, left_out = partitions_of(read, clusters=cluster or (), submitter=Submitter(account, qos, group))
        written, too = snakemake_partitions(partitions)
        left_out += too
        if not written:
            raise InputError("has no partition that jobs can be sent to", found=Words("; ".join(_words(left_out))))
    text = snakemake_text(written)
    if out is not None:
        write_bytes(out, text.encode())
    if json:
        print_json(export_document(kind, written, left_out, None if out is None else str(out)))
        return
    if out is None:
        for line in text.splitlines():
            print_text(line)
    for sentence in export_sentences(written, left_out):
        say(sentence)
    if out is not None:
        say(f"written to {out}; snakemake --executor slurm --slurm-partition-config {out} reads it")


def _words(left_out: list[LeftOut]) -> list[str]:
    return [f"{one.name or one.cluster}: {one.why}" for one in left_out]
