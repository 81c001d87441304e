"""A file of expectations: which clusters should match which jobs (YAML).

.. code-block:: yaml

    fleet: our-fleet                    # optional, and so are model and queue; all paths are relative to this file
    model: model.json                   # for success_at_least
    queue: squeue.txt                   # for starts_within
    jobs:
    - job: solver.yaml                  # a jobspec in any dialect
      matches: [north, south]           # exactly these
    - require: 'gpu{model=a100}'        # a requirement, alone or of the job beside it
      matches: {at_least: [ours], not: [north]}
    - job: big.yaml
      matches: none                     # or: some
      because: [cmake]
      unknown: [third]                  # or: any
    - job: train.yaml
      success_at_least: 0.9
      starts_within: 2h
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.reading import decode, read_bytes
from placewise.formats.yaml_text import parse_marked
from placewise.model.advice.expectations import Among, Expectation, Expectations, Matches, Some, These
from placewise.model.durations import seconds_of

LARGEST_BYTES = 1 << 22
MOST_JOBS = 10_000
MOST_NAMES = 100_000

TOP = ("fleet", "model", "queue", "jobs")
ENTRY = ("job", "require", "matches", "unknown", "because", "success_at_least", "starts_within")
SAYING = ENTRY[2:]
"""The keys of which an entry has at least one."""
AMONG = ("at_least", "not")
NONE, SOME, ANY = "none", "some", "any"
LONGEST_S = 10 * 365 * 86400
"""A wait that is longer than this is none that anybody expects."""

_MATCHES = f"a list of clusters, {NONE}, {SOME}, or a mapping with {' and '.join(AMONG)}"


def read_expectations(path: Path) -> tuple[Expectations, str]:
    """Return what a file expects, and its text. Raises InputError naming file, line, what was found and expected."""
    content = read_bytes(path)
    if len(content) > LARGEST_BYTES:
        raise InputError(
            "is too large for a file of expectations", file=path, expected=f"at most {LARGEST_BYTES} bytes"
        )
    text = decode(content, path)
    return parse_expectations(text, path), text


def parse_expectations(text: str, path: Path) -> Expectations:
    """Return what a text expects; path : where it is, and other files relative to it. See `read_expectations`."""
    document, node = parse_marked(text, path)
    with locating(file=path):
        top = values.known_keys(document, TOP, "the file")
        if "jobs" not in top:
            raise InputError("a field is missing", place="the file", expected="jobs")
        entries = values.sequence(top["jobs"], "jobs")
        if not 1 <= len(entries) <= MOST_JOBS:
            raise InputError(
                "has the wrong number of jobs", place="jobs", found=len(entries), expected=f"1 to {MOST_JOBS:,}"
            )
        others = {key: path.parent / values.text(top[key], key) for key in TOP[:-1] if key in top}
        lines = [lines_of(one) for one in items_of(value_of(node, "jobs"))]
        jobs = tuple(_entry(one, number, lines[number]) for number, one in enumerate(entries))
    return Expectations(path, jobs, **others)


def value_of(node: yaml.Node | None, key: str) -> yaml.Node | None:
    """Return the node of a key of a mapping, None where it has none."""
    found = [value for name, value in (node.value if isinstance(node, yaml.MappingNode) else ()) if name.value == key]
    return found[-1] if found else None


def items_of(node: yaml.Node | None) -> list[yaml.Node]:
    """Return the nodes of the items of a list."""
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def lines_of(node: yaml.Node) -> dict[str, int]:
    """Return the line of a mapping, under "", and of each of its keys, from 1."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    found = {name.value: name.start_mark.line + 1 for name, _ in pairs if isinstance(name, yaml.ScalarNode)}
    return {**found, "": node.start_mark.line + 1}


def said(expected: Expectation) -> dict[str, Any]:
    """Return what an entry says of its job, as the plain values of a document."""
    found: dict[str, Any] = {}
    match expected.matches:
        case These(clusters):
            found["matches"] = list(clusters) or NONE
        case Some():
            found["matches"] = SOME
        case Among(least, never):
            found["matches"] = {key: list(names) for key, names in zip(AMONG, (least, never), strict=True) if names}
    if expected.any_unknown:
        found["unknown"] = ANY
    elif expected.unknown is not None:
        found["unknown"] = list(expected.unknown)
    if expected.because:
        found["because"] = list(expected.because)
    if expected.success_at_least is not None:
        found["success_at_least"] = expected.success_at_least
    if expected.starts_within_s is not None:
        found["starts_within"] = wait_text(expected.starts_within_s)
    return found


def wait_text(seconds: float) -> str:
    """Return a length of time as the file has it, exactly.

    >>> wait_text(7200), wait_text(5400), wait_text(45)
    ('2h', '90m', '45s')
    """
    size, unit = next((one for one in ((3600, "h"), (60, "m")) if seconds and seconds % one[0] == 0), (1, "s"))
    return f"{seconds / size:.15g}{unit}"


def _entry(value: Any, number: int, lines: dict[str, int]) -> Expectation:
    place = f"jobs[{number}]"
    with locating(place=f"line {lines['']}"):
        entry = values.known_keys(value, ENTRY, place)
        if "job" not in entry and "require" not in entry:
            raise InputError("a field is missing", place=place, expected="job, or require")
        if not any(key in entry for key in SAYING):
            raise InputError("states no expectation", place=place, expected=f"one of {', '.join(SAYING)}")
        said = {key: values.text(entry[key], f"{place}.{key}") for key in ("job", "require") if key in entry}
        unknown, any_unknown = None, entry.get("unknown") == ANY
        if "unknown" in entry and not any_unknown:
            unknown = _names(entry["unknown"], f"{place}.unknown", f"a list of clusters, or {ANY}", least=0)
        return Expectation(
            **said,
            matches=_matches(entry["matches"], f"{place}.matches") if "matches" in entry else None,
            unknown=unknown,
            any_unknown=any_unknown,
            because=_names(entry["because"], f"{place}.because", "a list of names") if "because" in entry else (),
            success_at_least=_share(entry["success_at_least"], f"{place}.success_at_least")
            if "success_at_least" in entry
            else None,
            starts_within_s=_wait(entry["starts_within"], f"{place}.starts_within")
            if "starts_within" in entry
            else None,
            lines=lines,
        )


def _matches(value: Any, place: str) -> Matches:
    if value == NONE:
        return These(())
    if value == SOME:
        return Some()
    if isinstance(value, list):
        return These(_names(value, place, _MATCHES))
    if not isinstance(value, dict):
        raise InputError("is not a list of clusters", place=place, found=value, expected=_MATCHES)
    parts = values.known_keys(value, AMONG, place)
    if not parts:
        raise InputError("is empty", place=place, found=value, expected=" or ".join(AMONG))
    least, never = [_names(parts[key], f"{place}.{key}", "a list of clusters") if key in parts else () for key in AMONG]
    if both := sorted(set(least) & set(never)):
        raise InputError(
            f"the cluster {both[0]!r} is both in at_least and in not", place=place, expected="it in only one of them"
        )
    return Among(least, never)


def _names(value: Any, place: str, expected: str, *, least: int = 1) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) < least:
        raise InputError("is not a list of names", place=place, found=value, expected=expected)
    if len(value) > MOST_NAMES:
        raise InputError("has too many names", place=place, found=len(value), expected=f"at most {MOST_NAMES:,}")
    names = tuple(values.text(one, f"{place}[{number}]") for number, one in enumerate(value))
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise InputError("a name occurs twice", place=place, found=twice, expected="names that differ")
    return names


def _share(value: Any, place: str) -> float:
    found = values.finite(value, place)
    if not 0 <= found <= 1:
        raise InputError("is not a probability", place=place, found=value, expected="0 to 1")
    return found


def _wait(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InputError("is not a duration", place=place, found=value, expected="seconds, or text such as 30m")
    with locating(place=place):
        found = seconds_of(value)
    if not found <= LONGEST_S:
        raise InputError("is too long a wait", place=place, found=value, expected="at most ten years")
    return found
