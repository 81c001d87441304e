"""The command that makes a fleet of what other tools say of clusters: import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.output import Force, Json, output_path
from placewise.cli.options.panels import FLEETS
from placewise.cli.printing import console, print_json, print_words, say
from placewise.errors import InputError

_JGF, _JOBS = "jgf", "jobs"


def _kinds(incomplete: str) -> list[str]:
    from placewise.formats.fleets.imports.kinds import KINDS

    return [kind for kind in (*KINDS, _JOBS) if kind.startswith(incomplete)]


@command(
    FLEETS,
    "placewise import slurm scontrol.txt --out clusters/ --name alpine",
    "placewise import spack packages.yaml --out clusters/ --name alpine",
    "placewise import jobs batch.sh --out jobs/",
    name="import",
)
def import_(
    kind: Annotated[
        str,
        typer.Argument(
            help="Where the files come from: slurm, flux, kubernetes, pbs, condor, spack or aws; or jobs.",
            autocompletion=_kinds,
        ),
    ],
    files: Annotated[
        list[Path], typer.Argument(help="Files of that kind; may be gzipped; - for standard input.", metavar="FILE")
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="The fleet's folder. The import adds its clusters, and replaces what an earlier import of this kind "
            "and name wrote.",
            parser=output_path,
            metavar="FLEET",
        ),
    ],
    name: Annotated[
        str,
        typer.Option(help="Name of the cluster, or of the import.", metavar="NAME", show_default=False),
    ] = "",
    by_partition: Annotated[bool, typer.Option("--by-partition", help="slurm: make each partition a cluster.")] = False,
    compiler: Annotated[
        str,
        typer.Option(help="spack: use the package list of this compiler.", metavar="COMPILER", show_default=False),
    ] = "",
    prices: Annotated[
        Path | None, typer.Option(help="aws: a CSV file of prices per hour.", metavar="FILE", show_default=False)
    ] = None,
    output_format: Annotated[
        str, typer.Option("--format", help="Format to write: jgf, a folder per cluster.", metavar="FORMAT")
    ] = _JGF,
    force: Force = False,
    json: Json = False,
) -> None:
    """Make a fleet from files of Slurm, Flux, Kubernetes and others.

    Placewise reports what it read, what it dropped and why, and what changed. A cluster of the same name from another
    kind of import is described by both. The kind jobs makes jobspecs from batch scripts and pods, and requirements
    from images. Nothing in a file is ever run.
    """
    from placewise.formats.fleets.imports.import_settings import ImportSettings
    from placewise.formats.fleets.imports.into_folder import write_import
    from placewise.formats.fleets.imports.kinds import import_files
    from placewise.formats.given import read_given
    from placewise.report.data.fleets.imports import import_document
    from placewise.report.terminal.fleets.imports import print_import

    if kind == _JOBS:
        _import_jobs(files, out, force=force, json=json)
        return
    if output_format != _JGF:
        raise InputError("is not a format of fleets", place="--format", found=output_format, expected=_JGF)
    asked = ImportSettings(name, by_partition, compiler, None if prices is None else read_given(prices))
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
    from placewise.report.data.fleets.imports import jobs_document

    jobs = import_jobs(files)
    paths = write_jobs(jobs, folder, force=force)
    if json:
        print_json(jobs_document(jobs, [str(path) for path in paths]))
        return
    for one, path in zip(jobs, paths, strict=True):
        print_words(f"{one.job.name}: {path}")
        for place, why in one.left_out:
            print_words(f"  not in it: {place}: {why}")
