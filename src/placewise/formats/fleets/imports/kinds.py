"""The kinds of files that can be imported, each with the function that reads them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from placewise.errors import InputError, one_of
from placewise.formats.fleets.imports.import_settings import Importer, ImportSettings
from placewise.formats.given import Given, read_given, refuse_repeated
from placewise.formats.parsing import garbage_collector_off
from placewise.model.fleets.imported import Imported

_ROOM = "placewise.formats.fleets.imports"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of files: its functions, as module:function of this room, and what it reads.

    importer : reads files. detects_json, detects_text : whether a document, or a text that is none, is of this kind;
    empty for a kind that is never seen from the content.
    options : the names of those fields of `ImportSettings` that it understands beside the name.
    """

    importer: str
    reads: str
    detects_json: str = ""
    detects_text: str = ""
    options: tuple[str, ...] = ()

    def load(self) -> Importer:
        """Return the importer; its module is loaded when it is first asked for."""
        found: Importer = _function(self.importer)
        return found

    def detects(self, seen: object, *, text: bool) -> bool:
        """Whether a JSON document, or a text, is of this kind."""
        name = self.detects_text if text else self.detects_json
        return bool(name) and bool(_function(name)(seen))


KINDS: dict[str, Kind] = {
    "aws": Kind(
        "clouds.aws:import_aws",
        "what describe-instance-types gives, as JSON",
        detects_json="clouds.aws:is_aws_json",
        options=("prices",),
    ),
    "condor": Kind(
        "htcondor.importer:import_condor",
        "what condor_status -long or -json prints",
        detects_json="htcondor.importer:is_condor_json",
        detects_text="htcondor.importer:is_condor_text",
    ),
    "flux": Kind("flux:import_flux", "R, or a graph of Fluxion's"),
    "kubernetes": Kind(
        "kubernetes.importer:import_kubernetes",
        "what kubectl get nodes -o json or yaml prints, and NFD's objects",
        detects_json="kubernetes.importer:is_kubernetes",
        detects_text="kubernetes.importer:is_kubernetes_text",
    ),
    "pbs": Kind("pbs:import_pbs", "what pbsnodes -a -F json prints", detects_json="pbs:is_pbs_json"),
    "slurm": Kind(
        "slurm.importer:import_slurm",
        "what sinfo and scontrol print, as JSON or text",
        detects_json="slurm.importer:is_slurm_json",
        detects_text="slurm.importer:is_slurm_text",
        options=("by_partition",),
    ),
    "spack": Kind(
        "spack.importer:import_spack",
        "packages.yaml and compilers.yaml of sites, spack.lock, spack find --json, or the index of a build cache",
        detects_json="spack.files:is_spack_json",
        detects_text="spack.files:is_spack_text",
        options=("compiler",),
    ),
}


def kind_of(seen: object, *, text: bool = False) -> str:
    """Return the kind that a JSON document is of, or a text that is no JSON; empty for none that is known."""
    return next((name for name, kind in KINDS.items() if kind.detects(seen, text=text)), "")


def import_files(kind: str, paths: Sequence[Path], asked: ImportSettings) -> Imported:
    """Return what files of a kind say.

    Raises InputError for a kind that is not known, an option that the kind does not have, no files, a file given
    twice, and what the importer cannot read, naming file and place.
    """
    found = KINDS.get(kind)
    if found is None:
        raise InputError("is not a kind of import", place="KIND", found=kind, expected=one_of(kind, KINDS))
    for option, value in (("by_partition", asked.by_partition), ("compiler", asked.compiler), ("prices", asked.prices)):
        if value and option not in found.options:
            raise InputError(f"{kind} has no such option", place=f"--{option.replace('_', '-')}")
    if not paths:
        raise InputError("no file is given", expected=found.reads)
    refuse_repeated(paths)
    return import_given(kind, [read_given(path) for path in paths], asked)


def import_given(kind: str, files: Sequence[Given], asked: ImportSettings) -> Imported:
    """Return what files say that were read already. Raises InputError as `import_files` does."""
    with garbage_collector_off():
        try:
            return KINDS[kind].load()(files, asked)
        except InputError as error:
            # What is wrong with the files together names none of them; the first one says where to look.
            if error.file is None and files and not any(one.path.name in (error.place or "") for one in files):
                error.within(file=files[0].path)
            raise


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(f"{_ROOM}.{module}"), function)
    return found
