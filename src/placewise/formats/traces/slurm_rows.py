"""What sacct and squeue write, as rows of texts by the names of their columns: lines with `|` between, or JSON."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from placewise.errors import InputError
from placewise.formats.reading import parse_json
from placewise.formats.traces.trace_bytes import decoded, without_control
from placewise.formats.values import mapping, sequence

Row = Mapping[str, str]
OTHER_FIELDS = "the line has another number of fields"
CONSTRAINTS = ("constraints", "features")
"""What sacct and squeue call them."""

# Columns in which users write what they like.
_FREE = frozenset(
    ("jobname", "name", "comment", "admincomment", "systemcomment", "submitline", "workdir", "extra", "wckey")
)


def text_rows(
    content: bytes, source: object, left_out: Counter[str], *, required: Iterable[str], expected: str
) -> Iterator[tuple[str, Row]]:
    """Yield place and fields, by names in lower case, of each line; lines of other lengths are counted.

    Raises InputError, saying what is expected, for a header without the columns that are required.
    """
    lines = decoded(content).split("\n")
    at = next((number for number, line in enumerate(lines) if line.strip()), 0)
    header = lines[at].rstrip("\r")
    names = [name.strip().partition("%")[0].lower() for name in header.split("|")]
    # With -p lines end with a bar, with -P they do not.
    ending = names[-1] == ""
    names = names[:-1] if ending else names
    missing = [name for name in required if name not in names]
    if missing or len(set(names)) < len(names):
        raise InputError(
            "the first line does not name the columns, each once",
            file=source,
            place=f"line {at + 1}",
            found=header,
            expected=expected,
        )
    # The sign between fields is "or" in constraints too, and sacct does not say which it is.
    said = next((name for name in CONSTRAINTS if name in names and _FREE.isdisjoint(names)), None)
    at_or = None if said is None else names.index(said)
    for number, line in enumerate(lines[at + 1 :], at + 2):
        if not line.strip():
            continue
        fields = line.rstrip("\r").split("|")
        if ending and fields[-1] == "":
            fields.pop()
        surplus = len(fields) - len(names)
        if at_or is not None and surplus > 0:
            fields[at_or : at_or + surplus + 1] = ["|".join(fields[at_or : at_or + surplus + 1])]
        if len(fields) != len(names):
            left_out[OTHER_FIELDS] += 1
            continue
        yield f"line {number}", dict(zip(names, map(str.strip, fields), strict=True))


def json_rows(
    content: bytes, source: object, fields_of: Callable[[Mapping[str, Any], str], Row]
) -> Iterator[tuple[str, Row]]:
    """Yield place and fields of each job of a JSON document, as the columns of the text are named.

    Raises InputError for a document that is none.
    """
    document = mapping(parse_json(decoded(content), source), "document")
    for number, job in enumerate(sequence(document.get("jobs"), "jobs")):
        place = f"jobs[{number}]"
        yield place, fields_of(mapping(job, place), place)


@dataclass(slots=True)
class LeftOut:
    """What is left out while rows are read: counted by its reason, with the first that was not understood."""

    source: object
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, InputError] = field(default_factory=dict)

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
        """The first that was not understood, by its reason."""
        return [f"Not understood, and left out: {error}" for error in self.first.values()]

    @property
    def reasons(self) -> tuple[tuple[str, int], ...]:
        """How many rows were left out by each reason, most first."""
        return tuple(self.counts.most_common())

    def refuse(self, problem: str) -> InputError:
        """Return the error of a document of which nothing is left."""
        if self.first:
            return next(iter(self.first.values()))
        found = ", ".join(f"{reason}: {count:,}" for reason, count in self.reasons) or "no jobs"
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
    states = states.get("current", "") if isinstance(states, dict) else states
    state = states[0] if isinstance(states, list) and states else states
    cpus = plain(required.get("CPUs"))
    # An array's jobs have numbers of their own there already, and parts of heterogeneous jobs an offset.
    het = job.get("het") if isinstance(job.get("het"), dict) else {}
    offset = plain((het or {}).get("job_offset")) if plain((het or {}).get("job_id")) not in ("", "0") else ""
    name = plain(job.get("job_id"))
    row = {
        "jobidraw": f"{plain((het or {}).get('job_id'))}+{offset}" if offset else name,
        "user": plain(job.get("user")) or plain(mapping(job.get("association") or {}, place).get("user")),
        "group": plain(job.get("group")),
        "partition": plain(job.get("partition")),
        "submit": plain(time.get("submission")),
        "start": plain(time.get("start")),
        "end": plain(time.get("end")),
        "elapsedraw": plain(time.get("elapsed")),
        "timelimitraw": plain(time.get("limit")),
        "state": plain(state),
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
        for field, unit in (("memory_per_cpu", "c"), ("memory_per_node", "n")):
            if (said := plain(required.get(field))) not in ("", "0"):
                memory, per = said, unit
    row["reqmem"] = f"{memory}M{per}" if memory else ""
    return row


def plain(value: Any) -> str:
    """Return a value as text; newer versions wrap numbers as {set, infinite, number}; empty where nothing is said."""
    if isinstance(value, dict):
        if value.get("infinite") is True:
            return "UNLIMITED"
        return plain(value.get("number")) if value.get("set") is True else ""
    if value is None or isinstance(value, bool | list):
        return ""
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
