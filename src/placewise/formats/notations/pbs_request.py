"""Requests for nodes in the manner of PBS and Torque, such as ``2:ppn=8:x86_64:^cl_zegox+1:ppn=1#excl``.

Chunks are joined by ``+``; the parts of one by ``:``. A number is how many nodes, ``ppn`` processors on each, ``mem``
memory on each, ``gpu`` or ``gpus`` GPUs on each. A word with a dot in it, and ``host=``, name a host; any other word
is a property. ``^`` is not. After ``#`` come words for the whole request: ``excl`` is whole nodes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from placewise.errors import InputError
from placewise.formats.node_facts import HOST_NAME, PROPERTY_NAME
from placewise.formats.notations.memory_sizes import memory_bytes
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Expression, Requirement, negated

LONGEST = 100_000
"""So many characters a request may have."""

MOST_CHUNKS = 10_000
MOST_NODES = 1 << 24
_SHARED = ("shared", "shareable")
_SHOWN = 60
_FRACTION = re.compile(r"\d{1,9}(\.\d{1,9})?")
_WORD = re.compile(r"\^?[A-Za-z0-9_][A-Za-z0-9_.=-]*")


@dataclass(frozen=True, slots=True)
class PbsRequest:
    """What a request asks for in all.

    nodes : how many. processors : on all of them; fractions of one are rounded up on each node.
    memory_bytes, gpus : on all of them; None where not said. exclusive : whether whole nodes are taken.
    requirements : what must hold, each once, in order of appearance. varied : whether chunks ask for different things.
    unknown : `name=value` parts that are kept as properties, since nothing is known of their meaning.
    """

    nodes: int
    processors: int
    memory_bytes: int | None
    gpus: int | None
    exclusive: bool
    requirements: tuple[Expression, ...]
    varied: bool
    unknown: tuple[str, ...]


def parse_pbs_request(text: str) -> PbsRequest:
    """Return what a request asks for. Raises InputError naming the part that is not understood."""
    if len(text) > LONGEST:
        raise InputError("the request is too long", found=text, expected=f"at most {LONGEST:,} characters")
    asked, *flags = text.split("#")
    place = f"request {text[:_SHOWN]!r}"
    for flag in flags:
        if flag not in ("excl", *_SHARED):
            raise InputError("is not understood", place=place, found=f"#{flag}", expected="#excl")
    written = asked.split("+")
    if len(written) > MOST_CHUNKS:
        raise InputError("has too many chunks", found=len(written), expected=f"at most {MOST_CHUNKS}")
    chunks = [_chunk(chunk, place) for chunk in written]
    requirements = dict.fromkeys(one for chunk in chunks for one in chunk.requirements)
    nodes = sum(chunk.nodes for chunk in chunks)
    if nodes > MOST_NODES:
        raise InputError("asks for too many nodes", found=nodes, expected=f"at most {MOST_NODES}")
    return PbsRequest(
        nodes=nodes,
        processors=sum(chunk.nodes * math.ceil(chunk.processors) for chunk in chunks),
        memory_bytes=_sum([(chunk.nodes, chunk.memory_bytes) for chunk in chunks]),
        gpus=_sum([(chunk.nodes, chunk.gpus) for chunk in chunks]),
        exclusive="excl" in flags,
        requirements=tuple(requirements),
        varied=len({frozenset(chunk.requirements) for chunk in chunks}) > 1,
        unknown=tuple(dict.fromkeys(one for chunk in chunks for one in chunk.unknown)),
    )


@dataclass(slots=True)
class _Chunk:
    nodes: int
    processors: float
    memory_bytes: int | None
    gpus: int | None
    requirements: list[Expression]
    unknown: list[str]


def _chunk(text: str, place: str) -> _Chunk:
    chunk = _Chunk(1, 1.0, None, None, [], [])
    for position, part in enumerate(text.split(":")):
        name, sign, value = part.partition("=")
        if part.isdecimal() and position == 0:
            chunk.nodes = _count(part, place)
        elif sign and name in ("ppn", "ncpus"):
            chunk.processors = _fraction(value, place)
        elif sign and name in ("mem", "pmem", "vmem"):
            size = memory_bytes(value, place)
            # Of each process, where p is before it.
            chunk.memory_bytes = size if name != "pmem" else -size
        elif sign and name in ("gpu", "gpus", "ngpus"):
            chunk.gpus = _count(value, place)
        elif _WORD.fullmatch(part):
            if sign and name.removeprefix("^") != "host":
                chunk.unknown.append(part)
            chunk.requirements.append(_requirement(part))
        else:
            raise InputError("is not understood", place=place, found=part, expected="such as 2:ppn=8:property")
    if chunk.memory_bytes is not None and chunk.memory_bytes < 0:
        chunk.memory_bytes = -chunk.memory_bytes * math.ceil(chunk.processors)
    return chunk


def _requirement(part: str) -> Expression:
    bare = part.removeprefix("^")
    host = bare.removeprefix("host=")
    subsystem, field = HOST_NAME if host != bare or ("." in bare and "=" not in bare) else PROPERTY_NAME
    wanted = Requirement(subsystem, (Condition(field, Equals(host)),))
    return wanted if bare == part else negated(wanted)


def _count(text: str, place: str) -> int:
    if not text.isdecimal() or len(text) > 9 or not int(text):
        raise InputError("is not a usable count", place=place, found=text, expected="a whole number of 1 or more")
    return int(text)


def _fraction(text: str, place: str) -> float:
    if not _FRACTION.fullmatch(text) or not float(text):
        raise InputError("is not a number of processors", place=place, found=text, expected="a number above 0")
    return float(text)


def _sum(parts: list[tuple[int, int | None]]) -> int | None:
    said = [nodes * each for nodes, each in parts if each is not None]
    return sum(said) if said else None
