"""The command that makes a fleet of what other tools say of clusters: import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import Force, Json, output_path
from placewise.cli.printing import console, print_json, print_text, say
from placewise.errors import InputError

_JGF, _JOBS = "jgf", "jobs"


def _kinds(incomplete: str) -> list[str]:
    from placewise.formats.fleets.imports.kinds import KINDS

    return [kind for kind in (*KINDS, _JOBS) if kind.startswith(incomplete)]


@app.command(name="import", rich_help_panel="Fleets and jobs")
def import_(
    kind: Annotated[
        str,
        typer.Argument(
            help="What the files are from: slurm, flux, kubernetes, pbs, condor, spack or aws; or jobs.",
            autocompletion=_kinds,
        ),
    ],
    files: Annotated[list[Path], typer.Argument(help="Files of one kind; gzip is unpacked.", metavar="FILE...")],
    out: Annotated[
        Path,
        typer.Option(
            help="The folder of the fleet: clusters are added, and what an earlier import of this kind and name wrote "
            "is replaced. A cluster that another kind wrote under the same name is described by both.",
            parser=output_path,
            metavar="FLEET",
        ),
    ],
    name: Annotated[
        str,
        typer.Option(help="What the cluster is called, or all clusters of the import together.", show_default=False),
    ] = "",
    by_partition: Annotated[bool, typer.Option("--by-partition", help="slurm: make each partition a cluster.")] = False,
    compiler: Annotated[
        str,
        typer.Option(help="spack: of lists of packages by compiler, take this one's.", show_default=False),
    ] = "",
    prices: Annotated[
        Path | None, typer.Option(help="aws: a CSV file of prices per hour.", metavar="FILE", show_default=False)
    ] = None,
    output_format: Annotated[
        str, typer.Option("--format", help="How clusters are written: jgf, one folder for each.", metavar=_JGF)
    ] = _JGF,
    force: Force = False,
    json: Json = False,
) -> None:
    """Make a fleet of what other tools say of clusters; say what was read, what was dropped and why, what changed.

    The kind jobs makes jobspecs of batch scripts, pods and requirements of images. Nothing in a file is ever run.
    """
    from placewise.formats.fleets.imports.given import Asked, read_given
    from placewise.formats.fleets.imports.into_folder import write_import
    from placewise.formats.fleets.imports.kinds import import_files
    from placewise.report.data.imports import import_document
    from placewise.report.terminal.imports import print_import

    if kind == _JOBS:
        _import_jobs(files, out, force=force, json=json)
        return
    if output_format != _JGF:
        raise InputError("is no format of fleets", place="--format", found=output_format, expected=_JGF)
    asked = Asked(name, by_partition, compiler, None if prices is None else read_given(prices))
    imported = import_files(kind, files, asked)
    changes = write_import(imported, kind, out, force=force)
    if json:
        print_json(import_document(kind, imported, str(out), changes))
        return
    print_import(imported, changes, console())
    say(f"written to {out}; placewise match JOBSPEC --fleet {out} asks it")


def _import_jobs(files: list[Path], folder: Path, *, force: bool, json: bool) -> None:
    """Write a jobspec for each job, and say what of its document is not in it."""
    from placewise.formats.jobs.imports.into_files import write_jobs
    from placewise.formats.jobs.imports.kinds import import_jobs
    from placewise.report.data.imports import jobs_document

    jobs = import_jobs(files)
    paths = write_jobs(jobs, folder, force=force)
    if json:
        print_json(jobs_document(jobs, [str(path) for path in paths]))
        return
    for one, path in zip(jobs, paths, strict=True):
        print_text(f"{one.job.name}: {path}")
        for place, why in one.left_out:
            print_text(f"  not in it: {place}: {why}")
