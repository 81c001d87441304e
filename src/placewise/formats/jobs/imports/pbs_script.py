"""Scripts for ``qsub``: the options behind ``#PBS``, among them ``-l select=2:ncpus=8:mem=16gb+1:ncpus=4``."""

from __future__ import annotations

from placewise.errors import InputError, locating
from placewise.formats.given import Given
from placewise.formats.jobs.imports.draft import ELSEWHERE, MEANINGLESS, UNKNOWN, Draft, fact, label, machine_parts
from placewise.formats.jobs.imports.script_options import is_script_of, options_in
from placewise.formats.notations.memory_sizes import pbs_bytes
from placewise.formats.notations.pbs_request import parse_pbs_request
from placewise.formats.reading import name_of
from placewise.formats.values import text
from placewise.model.durations import seconds_of
from placewise.model.jobs.imported_job import ImportedJob
from placewise.model.jobs.job import ResourceGroup, ResourceRequest

DIRECTIVE = "#PBS"
_SHORT = {"l": "l", "q": "queue", "N": "name", "A": "account"}
_MEANINGLESS = tuple(f"-{letter}" for letter in "oejkmMrSvVWacCpuhzJIX")
MOST_CHUNKS = 1000
_PLACES = ("pack", "scatter", "vscatter", "free", "shared")


def is_pbs_script(content: str) -> bool:
    """Whether a script has options for qsub."""
    return is_script_of(content, DIRECTIVE)


def import_pbs_script(given: Given) -> list[ImportedJob]:
    """Return the job of a script. Raises InputError naming the line of an option that cannot be read."""
    draft = Draft(name_of(given.path) or "job", str(given.path))
    for name, value, place in options_in(given.text(), DIRECTIVE, _SHORT, frozenset(("-V", "-h", "-z", "-I", "-X"))):
        with locating(place=place):
            if name == "l":
                for part in _resources(value):
                    _resource(draft, part, place)
            elif name == "queue":
                draft.attributes["queue"] = text(value.partition("@")[0], "-q")
            elif name == "name":
                draft.name = text(value, "-N")
            elif name == "account":
                draft.attributes["account"] = text(value, "-A")
            else:
                draft.leave_out(f"{place}, {name}", MEANINGLESS if name in _MEANINGLESS else UNKNOWN)
    return [draft.done()]


def _resources(value: str) -> list[str]:
    return [part for part in value.split(",") if part]


def _resource(draft: Draft, part: str, place: str) -> None:
    name, sign, value = part.partition("=")
    at = f"{place}, -l {part}"
    if name == "select":
        for chunk in _chunks(value):
            draft.groups.append(_group(chunk, at))
    elif name == "nodes":
        _add_nodes(draft, value, at)
    elif name == "walltime":
        draft.attributes["duration"] = int(seconds_of(value))
    elif name == "place":
        for word in value.split(":"):
            if word in ("excl", "exclhost"):
                draft.attributes["exclusive"] = True
            elif word not in _PLACES or word in ("pack", "vscatter"):
                draft.leave_out(at, ELSEWHERE)
    elif name in ("cput", "pcput", "nice", "software"):
        draft.leave_out(at, MEANINGLESS)
    else:
        draft.leave_out(at, UNKNOWN if sign else ELSEWHERE)


def _add_nodes(draft: Draft, value: str, place: str) -> None:
    """Add what Torque and older PBS ask for: nodes=2:ppn=8."""
    asked = parse_pbs_request(value)
    each = -(-asked.processors // asked.nodes)
    memory = -(-(asked.memory_bytes or 0) // asked.nodes)
    gpus = [("", -(-(asked.gpus or 0) // asked.nodes))]
    shape = (ResourceRequest("node", asked.nodes, machine_parts(each, memory, gpus)),)
    draft.groups.append(ResourceGroup(shape, asked.requirements))
    if asked.varied:
        draft.leave_out(place, "its chunks differ, and each node is asked for what any of them asks for")


def _chunks(value: str) -> list[str]:
    chunks = value.split("+")
    if len(chunks) > MOST_CHUNKS:
        raise InputError("has too many chunks", found=len(chunks), expected=f"at most {MOST_CHUNKS}")
    return chunks


def _group(chunk: str, place: str) -> ResourceGroup:
    """Return what a chunk asks for: so many slots, each on one node, with what must hold there."""
    number, cores, memory, gpus = 1, 1, 0, 0
    requirements = []
    for position, part in enumerate(chunk.split(":")):
        name, sign, value = part.partition("=")
        if not sign:
            if position or not part.isdecimal() or len(part) > 9:
                raise InputError("is not understood", place=place, found=part, expected="such as 2:ncpus=8:mem=16gb")
            number = int(part)
        elif name in ("ncpus", "ngpus", "mpiprocs", "ompthreads"):
            if not value.isdecimal() or len(value) > 9:
                raise InputError("is not a usable count", place=place, found=part, expected="a whole number")
            cores = int(value) if name == "ncpus" else cores
            gpus = int(value) if name == "ngpus" else gpus
        elif name == "mem":
            memory = pbs_bytes(value, place)
        elif name in ("host", "vnode"):
            requirements.append(fact("host", name=text(value, place)))
        elif name == "arch":
            requirements.append(fact("os", name=text(value, place)))
        else:
            requirements.append(label(text(name, place), value))
    parts = machine_parts(max(cores, 0), memory, [("", gpus)])
    if not number or not parts:
        raise InputError("asks for nothing", place=place, found=chunk, expected="such as 2:ncpus=8")
    return ResourceGroup((ResourceRequest("slot", number, parts),), tuple(requirements))
