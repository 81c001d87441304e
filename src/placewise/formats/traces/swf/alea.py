"""Traces as the Alea simulator has them: SWF and three columns more, for clusters that differ.

Column 19 is the nodes that the job ran on, a number a processor, in braces; column 20 the queue; column 21 a request
(`pbs_request`). There is no header; memory is in bytes a node. A file of machines beside it has a line a cluster:
number, name, nodes, processors a node, speed, KB of memory a node. Preceding jobs and think times are not read.
See https://github.com/aleasimulator/alea.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.notations.pbs_request import PbsRequest, parse_pbs_request
from placewise.formats.reading import read_text
from placewise.formats.traces.clusters.node_numbers import numbered
from placewise.formats.traces.columns import finished, labels_of_texts, requests_of
from placewise.formats.traces.swf import reading as swf
from placewise.formats.traces.trace_bytes import decoded
from placewise.model.traces.trace import UNKNOWN, Machine, Trace

COLUMNS = 21
_MOST_NODES_A_JOB = 1 << 22
_UNKNOWN_SHOWN, _LONGEST_SHOWN = 5, 60
# Times from here on are those of a clock, not of a trace that began at 0.
_UNIX_S = 500_000_000


def read_alea(content: bytes, source: object, machines: tuple[Machine, ...]) -> Trace:
    """Return the trace of a text with 21 columns, on these machines.

    A request's memory and number of nodes count where it has them; the processors are those of column 8, or else
    those of the request. Where chunks of one request ask for different things, all is asked of every node.

    Raises InputError naming the line for what is not understood.
    """
    header, body = swf.split_header(content)
    rows: list[list[int]] = []
    ran_on: list[tuple[int, ...]] = []
    queues: list[str] = []
    requests: list[PbsRequest] = []
    parsed: dict[bytes, PbsRequest] = {}
    before = content[: len(content) - len(body)].count(b"\n")
    with locating(file=source):
        for position, line in enumerate(body.split(b"\n"), before + 1):
            words = line.split()
            if not words or words[0].startswith(b";"):
                continue
            place = f"line {position}"
            if len(words) != COLUMNS:
                raise InputError(
                    "has the wrong number of columns", place=place, found=len(words), expected=str(COLUMNS)
                )
            rows.append([swf.number(words[at], f"{place}, {swf.FIELDS[at]}") for at in swf.READ])
            ran_on.append(_nodes(words[18], f"{place}, nodes"))
            queues.append(decoded(words[19]))
            request = parsed.get(words[20])
            if request is None:
                with locating(place=place):
                    request = parsed[words[20]] = parse_pbs_request(decoded(words[20]))
            requests.append(request)
        if not rows:
            raise InputError("the trace has no jobs", expected="one or more lines of 21 columns")
    return _trace(rows, ran_on, queues, requests, machines, header, source)


def _trace(
    rows: list[list[int]],
    ran_on: list[tuple[int, ...]],
    queues: list[str],
    requests: list[PbsRequest],
    machines: tuple[Machine, ...],
    header: tuple[str, ...],
    source: object,
) -> Trace:
    table = np.array(rows, dtype=np.int64)
    columns = {field: table[:, at].copy() for at, field in enumerate(swf.READ)}
    asked = columns[swf.ASKED]
    columns[swf.ASKED] = np.where(asked > 0, asked, [request.processors for request in requests])
    nodes = np.array([request.nodes for request in requests], dtype=np.int64)
    said = np.array([UNKNOWN if one.memory_bytes is None else one.memory_bytes for one in requests], dtype=np.int64)
    each = columns[swf.MEMORY]
    memory = np.where(said > 0, said, np.where(each > 0, np.minimum(each, swf.MOST // nodes) * nodes, UNKNOWN))
    began = int(columns[swf.SUBMIT].min())
    began = began if began >= _UNIX_S else 0
    columns[swf.SUBMIT] -= began
    # Fields 16 to 18 are 1 for every job there, which says nothing.
    columns[swf.BEFORE] = columns[swf.THINK] = np.full(len(rows), UNKNOWN, dtype=np.int64)
    gpus = [UNKNOWN if one.gpus is None else 1000 * one.gpus for one in requests]
    trace = replace(
        swf.swf_trace({**columns, swf.MEMORY: np.full(len(rows), UNKNOWN)}, header, source),
        nodes=nodes,
        memory_bytes=memory,
        gpus_milli=np.array(gpus, dtype=np.int64),
        exclusive=np.array([one.exclusive for one in requests], dtype=bool),
        queue=labels_of_texts(["" if queue == "-1" else queue for queue in queues]),
        **requests_of([one.requirements for one in requests]),
        ran_on=tuple(ran_on) if any(ran_on) else None,
        machines=machines,
    )
    trace = replace(trace, machines=numbered(trace), start_unix_s=began or trace.start_unix_s)
    return finished(trace, _notes(requests))


def _notes(requests: list[PbsRequest]) -> list[str]:
    notes = []
    if varied := sum(one.varied for one in requests):
        notes.append(f"Jobs that ask for different things of different nodes: {varied:,}. All is asked of every node.")
    if unknown := tuple(dict.fromkeys(part for one in requests for part in one.unknown)):
        shown = ", ".join(part[:_LONGEST_SHOWN] for part in unknown[:_UNKNOWN_SHOWN]) + (
            ", ..." if len(unknown) > _UNKNOWN_SHOWN else ""
        )
        notes.append(f"Parts of requests that are not known are read as properties: {shown}.")
    return notes


def _nodes(word: bytes, place: str) -> tuple[int, ...]:
    """Return the distinct numbers in braces, sorted; none for -1 and empty braces."""
    if word in (b"-1", b"{}"):
        return ()
    inner = word[1:-1].split(b",")
    if not (word.startswith(b"{") and word.endswith(b"}") and all(one.isdigit() and len(one) < 10 for one in inner)):
        raise InputError(
            "is not a list of nodes", place=place, found=decoded(word[:80]), expected="such as {1130,1131}"
        )
    return tuple(sorted(set(map(int, inner))))


def read_machines(path: Path) -> tuple[Machine, ...]:
    """Return the clusters of a file of machines. Raises InputError naming the line for what is not understood."""
    found: list[Machine] = []
    with locating(file=path):
        for position, line in enumerate(read_text(path).splitlines(), 1):
            words = line.split()
            if not words or words[0].startswith((";", "#")):
                continue
            place = f"line {position}"
            if len(words) < 6:
                expected = "number, name, nodes, processors per node, speed, KB of memory per node"
                raise InputError("has too few columns", place=place, found=len(words), expected=expected)
            nodes, cores, memory = (swf.number(words[at].encode(), place) for at in (2, 3, 5))
            if (
                min(nodes, cores, memory) <= 0
                or nodes > _MOST_NODES_A_JOB
                or nodes * cores >= swf.MOST
                or memory >= 1 << 43
            ):
                raise InputError("is not a usable machine", place=place, found=line.strip(), expected="numbers above 0")
            values.refuse_control(words[1], place)
            found.append(Machine(words[1], nodes * cores, nodes, cores, memory * 1024))
        if not found:
            raise InputError("describes no machines", expected="one line per cluster")
        if len({one.name for one in found}) < len(found):
            raise InputError("two machines have the same name", expected="names that differ")
    return tuple(found)
