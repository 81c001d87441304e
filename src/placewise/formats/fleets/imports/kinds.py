"""The kinds of files that can be imported, each with the function that reads them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from placewise.errors import InputError
from placewise.formats.fleets.imports.given import Asked, Given, Importer, read_given
from placewise.formats.parsing import garbage_collector_off
from placewise.model.imported import Imported

_ROOM = "placewise.formats.fleets.imports"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of files: where its importer is, as module:function of this room, what it reads, and further options.

    options : the names of those fields of `Asked` that it understands beside the name.
    """

    importer: str
    reads: str
    options: tuple[str, ...] = ()

    def load(self) -> Importer:
        """Return the importer; its module is loaded when it is first asked for."""
        module, _, function = self.importer.partition(":")
        found: Importer = getattr(importlib.import_module(f"{_ROOM}.{module}"), function)
        return found


KINDS: dict[str, Kind] = {
    "aws": Kind("aws:import_aws", "what describe-instance-types gives, as JSON", ("prices",)),
    "condor": Kind("condor:import_condor", "what condor_status -long or -json prints"),
    "flux": Kind("flux:import_flux", "R, or a graph of Fluxion's"),
    "kubernetes": Kind("kubernetes:import_kubernetes", "what kubectl get nodes -o json or yaml prints, and NFD's objects"),
    "pbs": Kind("pbs:import_pbs", "what pbsnodes -a -F json prints"),
    "slurm": Kind("slurm:import_slurm", "what sinfo and scontrol print, as JSON or text", ("by_partition",)),
}


def import_files(kind: str, paths: Sequence[Path], asked: Asked) -> Imported:
    """Return what files of a kind say.

    Raises InputError for a kind that is not known, an option that the kind does not have, no files, a file given
    twice, and what the importer cannot read, naming file and place.
    """
    found = KINDS.get(kind)
    if found is None:
        raise InputError("is not a kind of import", place="KIND", found=kind, expected=", ".join(KINDS))
    for option, value in (("by_partition", asked.by_partition), ("compiler", asked.compiler), ("prices", asked.prices)):
        if value and option not in found.options:
            raise InputError(f"{kind} has no such option", place=f"--{option.replace('_', '-')}")
    if not paths:
        raise InputError("no file is given", expected=found.reads)
    return import_given(kind, [read_given(path) for path in paths], asked)


def import_given(kind: str, files: Sequence[Given], asked: Asked) -> Imported:
    """Return what files say that were read already. Raises InputError as `import_files` does."""
    with garbage_collector_off():
        return KINDS[kind].load()(files, asked)
