"""What sacct and squeue write, as rows of texts by the names of their columns: lines with `|` between, or JSON."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from placewise.errors import InputError, Words
from placewise.formats.reading import parse_json
from placewise.formats.traces.trace_bytes import decoded, without_control
from placewise.formats.values import mapping, sequence

Row = Mapping[str, str]
OTHER_FIELDS = "the line has the wrong number of fields"
CUT_OFF = "the line does not end as the header does"
CONSTRAINTS = ("constraints", "features")
"""What sacct and squeue call them."""
_CLUSTER = re.compile(r"CLUSTER: *([^|]+?)\s*")
_LONGEST_HEADER = 1 << 16
_INFINITE = {(1 << 32) - 1, (1 << 64) - 1}
_NOT_SAID = {(1 << 32) - 2, (1 << 64) - 2}
_PER_CPU = 1 << 63

# Columns in which users write what they like.
_FREE = frozenset(
    ("jobname", "name", "comment", "admincomment", "systemcomment", "submitline", "workdir", "extra", "wckey")
)


def header_of(content: bytes) -> list[str]:
    """Return the names of the columns in lower case: those of the first line that is not empty, or names a cluster."""
    lines = decoded(content[:_LONGEST_HEADER]).split("\n")
    return _columns(lines[_header_at(lines)])[0]


def text_rows(
    content: bytes, source: object, left_out: LeftOut, *, required: Iterable[str], expected: str
) -> Iterator[tuple[str, Row]]:
    """Yield place and fields, by names in lower case, of each line; lines that are none are counted.

    With `-M` squeue writes a line `CLUSTER: name` and the header anew before the jobs of each cluster; the name is
    then the field `cluster`. Raises InputError, saying what is expected, for a header without the columns that are
    required.
    """
    lines = decoded(content).split("\n")
    at = _header_at(lines)
    header = lines[at].rstrip("\r")
    names, ending = _columns(header)
    missing = [name for name in required if name not in names]
    if missing or len(set(names)) < len(names):
        raise InputError(
            "the first line does not name each column once",
            file=source,
            place=f"line {at + 1}",
            found=header,
            expected=expected,
        )
    # The sign between fields is "or" in constraints too, and sacct does not say which it is.
    said = next((name for name in CONSTRAINTS if name in names and _FREE.isdisjoint(names)), None)
    at_or = None if said is None else names.index(said)
    of_cluster: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.rstrip() == header.rstrip():
            continue
        if heading := _CLUSTER.fullmatch(line):
            of_cluster = {"cluster": heading[1]}
            continue
        fields = line.rstrip("\r").split("|")
        if ending and (fields.pop() != "" or not fields):
            left_out.counts[CUT_OFF] += 1
            continue
        surplus = len(fields) - len(names)
        if at_or is not None and surplus > 0:
            fields[at_or : at_or + surplus + 1] = ["|".join(fields[at_or : at_or + surplus + 1])]
        if len(fields) != len(names):
            left_out.counts[OTHER_FIELDS] += 1
            continue
        yield f"line {number}", of_cluster | dict(zip(names, map(str.strip, fields), strict=True))
    if lines[-1].strip() and not ending:
        left_out.noticed.append(f"Line {len(lines)}, the last, has no end; if it is cut off, so is its last field.")


def _header_at(lines: list[str]) -> int:
    return next((at for at, line in enumerate(lines) if line.strip() and not _CLUSTER.fullmatch(line)), 0)


def _columns(header: str) -> tuple[list[str], bool]:
    """Return the names in a header, and whether lines end with a bar: with -p they do, with -P they do not."""
    names = [name.strip().partition("%")[0].lower() for name in header.rstrip("\r").split("|")]
    return (names[:-1], True) if names[-1] == "" else (names, False)


def json_document(content: bytes, source: object) -> Mapping[str, Any]:
    """Return a JSON document. Raises InputError for what is none."""
    return mapping(parse_json(decoded(content), source), "document")


def json_rows(
    document: Mapping[str, Any], fields_of: Callable[[Mapping[str, Any], str], Row]
) -> Iterator[tuple[str, Row]]:
    """Yield place and fields of each job of a JSON document, as the columns of the text are named.

    Raises InputError for a document without jobs.
    """
    for number, job in enumerate(sequence(document.get("jobs"), "jobs")):
        place = f"jobs[{number}]"
        yield place, fields_of(mapping(job, place), place)


@dataclass(slots=True)
class LeftOut:
    """What is left out while rows are read: counted by its reason, with the first that was not understood."""

    source: object
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, InputError] = field(default_factory=dict)
    noticed: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def row(self, place: str) -> Iterator[None]:
        """Count what is raised of a row rather than refuse the document: what sites write has no end."""
        try:
            yield
        except LeftOutError as why:
            self.counts[str(why)] += 1
        except InputError as error:
            reason = f"a field {error.problem}"
            self.counts[reason] += 1
            error.within(file=self.source, place=place)
            self.first.setdefault(reason, error)

    @property
    def notes(self) -> list[str]:
        """What was noticed, and the first that was not understood, by its reason."""
        return [*self.noticed, *(f"Not understood, and left out: {error}" for error in self.first.values())]

    @property
    def reasons(self) -> tuple[tuple[str, int], ...]:
        """How many rows were left out by each reason, most first."""
        return tuple(self.counts.most_common())

    def refuse(self, problem: str) -> InputError:
        """Return the error of a document of which nothing is left."""
        if self.first:
            return next(iter(self.first.values()))
        found = Words(", ".join(f"{reason}: {count:,}" for reason, count in self.reasons) or "no jobs")
        return InputError(problem, file=self.source, found=found, expected="one or more")


class LeftOutError(Exception):
    """Why a row is no job of what is read."""


def sacct_fields(job: Mapping[str, Any], place: str) -> Row:
    """Return the fields of a job of `sacct --json`. Raises InputError for what is none."""
    time = mapping(job.get("time") or {}, f"{place}.time")
    required = mapping(job.get("required") or {}, f"{place}.required")
    tres = mapping(job.get("tres") or {}, f"{place}.tres")
    asked, given = (_tres(tres.get(kind) or [], f"{place}.tres.{kind}") for kind in ("requested", "allocated"))
    states = job.get("state")
    reason = states.get("reason") if isinstance(states, dict) else None
    states = states.get("current", "") if isinstance(states, dict) else states
    state = states[0] if isinstance(states, list) and states else states
    cpus = plain(required.get("CPUs"))
    # An array's jobs have numbers of their own there already, and parts of heterogeneous jobs an offset.
    het = job.get("het") if isinstance(job.get("het"), dict) else {}
    offset = plain((het or {}).get("job_offset")) if plain((het or {}).get("job_id")) not in ("", "0") else ""
    name = plain(job.get("job_id"))
    array = job.get("array") if isinstance(job.get("array"), dict) else {}
    # Tasks that wait together are one record.
    tasks = plain((array or {}).get("task"))
    row = {
        "jobid": f"{name}_[{tasks}]" if tasks and not tasks.isdecimal() else "",
        "jobidraw": f"{plain((het or {}).get('job_id'))}+{offset}" if offset else name,
        "cluster": plain(job.get("cluster")),
        "user": plain(job.get("user")) or plain(mapping(job.get("association") or {}, place).get("user")),
        "group": plain(job.get("group")),
        "partition": plain(job.get("partition")),
        "submit": plain(time.get("submission")),
        "eligible": plain(time.get("eligible")),
        "start": plain(time.get("start")),
        "end": plain(time.get("end")),
        "elapsedraw": plain(time.get("elapsed")),
        "timelimitraw": plain(time.get("limit")),
        "state": plain(state),
        "reason": plain(reason),
        "priority": plain(job.get("priority")),
        "constraints": plain(job.get("constraints")),
        "alloccpus": given.get("cpu", ""),
        "reqcpus": asked.get("cpu", cpus),
        "allocnodes": plain(job.get("allocation_nodes")) or given.get("node", ""),
        "reqnodes": asked.get("node", ""),
        "reqtres": ",".join(f"{name}={count}" for name, count in asked.items() if name.startswith("gres/")),
        "alloctres": ",".join(f"{name}={count}" for name, count in given.items() if name.startswith("gres/")),
    }
    memory, per = asked.get("mem", ""), ""
    if not memory:
        # The first versions have one number, whose highest bit says that it is of each processor.
        said = plain(required.get("memory"))
        if said.isdecimal() and len(said) < 20:
            per_cpu, amount = divmod(int(said), _PER_CPU)
            memory, per = str(amount or ""), "c" if per_cpu else "n"
        for field, unit in (("memory_per_cpu", "c"), ("memory_per_node", "n")):
            if (said := plain(required.get(field))) not in ("", "0"):
                memory, per = said, unit
    row["reqmem"] = f"{memory}M{per}" if memory else ""
    return row


def plain(value: Any) -> str:
    """Return a value as text, empty where nothing is said.

    Newer versions wrap numbers as {set, infinite, number}; in older ones the largest numbers of 32 and 64 bits say that
    there is no limit, and those before them that nothing is said.
    """
    if isinstance(value, dict):
        if value.get("infinite") is True:
            return "UNLIMITED"
        return plain(value.get("number")) if value.get("set") is True else ""
    if value is None or isinstance(value, bool | list) or (isinstance(value, int) and value in _NOT_SAID):
        return ""
    if isinstance(value, int) and value in _INFINITE:
        return "UNLIMITED"
    return " ".join(without_control(str(value)).split())


def _tres(entries: Any, place: str) -> dict[str, str]:
    """Return how much there is of each trackable resource, those of a name as type/name."""
    found: dict[str, str] = {}
    for number, value in enumerate(sequence(entries, place)):
        entry = mapping(value, f"{place}[{number}]")
        kind, name = plain(entry.get("type")), plain(entry.get("name"))
        found[f"{kind}/{name}" if name else kind] = plain(entry.get("count"))
    return found


def tres_count(texts: Iterable[str], name: str) -> int | None:
    """Return how many of a resource a text such as ``cpu=4,gres/gpu=2`` has, by the first of the texts that has it."""
    for text in texts:
        for part in text.split(","):
            kind, _, count = part.partition("=")
            if kind == name and count.isdecimal() and len(count) < 10:
                return int(count)
    return None
