"""Workloads written as jobspecs/*.yaml, in the layout that `jobspec_lists` reads."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any, TypeAlias

from placewise.errors import InputError
from placewise.formats.jobs.jobspec_lists import COLUMNS, jobspec_files
from placewise.formats.reading import found_at
from placewise.formats.requirements.entries_writing import entries_document
from placewise.formats.requirements.rows import REQUIRES, is_version_range, requirement_row
from placewise.formats.values import refuse_control
from placewise.formats.writing import write_bytes
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import Expression, Requirement, tests_of, version_bounds

_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")
# YAML 1.2, 7.4.2: an implicit key ends within 1024 characters.
_LONGEST_KEY = 1000

_Lines: TypeAlias = tuple[str, str]


def write_files(texts: dict[str, bytes], folder: Path) -> None:
    """Write what `jobspec_texts` returned; files of these names are replaced.

    Raises InputError, before anything is written, for a folder with further jobspec files, which would be read along
    with these.
    """
    others = [path for path in jobspec_files(folder) if path.name not in texts] if found_at(folder) != "nothing" else []
    if others:
        raise InputError(
            "holds other jobspecs, which would mix with these",
            file=folder,
            found=others[0].name,
            expected="a folder without jobspecs",
        )
    for name, content in texts.items():
        write_bytes(folder / name, content)


def jobspec_texts(workload: Workload, *, per_file: int = 1000) -> dict[str, bytes]:
    """Return a workload as jobspecs-0.yaml, jobspecs-1.yaml, ... of `per_file` jobs each: content by file name.

    Names, columns and the texts of versions read back exactly. Raises InputError for a workload that these files
    cannot hold.
    """
    if per_file < 1:
        raise InputError("a file would hold no jobs", found=per_file, expected="at least 1 job per file")
    _refuse_what_is_lost(workload)
    used = set(workload.ids.tolist())
    lines = [_lines(i, r) if i in used else None for i, r in enumerate(workload.requirements)]
    names = [requirement.subsystem for requirement in workload.requirements]
    return {
        f"jobspecs-{number}.yaml": _text(workload, names, lines, start, min(start + per_file, len(workload)))
        for number, start in enumerate(range(0, len(workload), per_file))
    }


def quoted(text: str) -> str:
    """Return a text in YAML's double quotes, in ASCII, so that no version can pass for a number.

    Raises InputError for what reading would refuse: control characters, and what is not Unicode.
    """
    refuse_control(text, None)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError("the text is not Unicode", found=text, expected="text without lone surrogates") from None
    return _NOT_PLAIN.sub(lambda match: f"\\U{ord(match[0]):08x}", json.dumps(text, ensure_ascii=False))


def _refuse_what_is_lost(workload: Workload) -> None:
    if not len(workload):
        raise InputError("a workload without jobs cannot be written", expected="at least one job")
    if workload.shape:
        raise InputError("counts of resources cannot be written here", expected="requirements only")
    for column, facts in workload.columns.items():
        if column not in COLUMNS:
            raise InputError("a column cannot be written", found=column, expected=" or ".join(COLUMNS))
        for fact in facts:
            if fact is not None and (not isinstance(fact, str) or not fact):
                raise InputError(f"the {column} of a job is not text", found=fact, expected="text or nothing")


def _text(workload: Workload, names: list[str], lines: list[_Lines | None], start: int, stop: int) -> bytes:
    offsets = workload.offsets[start : stop + 1].tolist()
    ids = workload.ids[offsets[0] : offsets[-1]].tolist()
    seen: set[int] = set()
    text = []
    for job in range(start, stop):
        text.append(f"- name: {quoted(workload.names[job])}\n")
        for column in COLUMNS:
            facts = workload.columns.get(column)
            if facts is not None and facts[job] is not None:
                text.append(f"  {column}: {quoted(facts[job])}\n")
        row = ids[offsets[job - start] - offsets[0] : offsets[job - start + 1] - offsets[0]]
        ranges, others = _divided(row, names, lines, workload)
        text.append("  resources:\n" if ranges else "  resources: {}\n")
        for i, line in ranges:
            text.append(line[i in seen])
            seen.add(i)
        if others:
            text.append(f"  {REQUIRES}:\n")
            text += [f"  - {_flow(entry)}\n" for entry in entries_document(others)]
    return "".join(text).encode()


def _divided(
    row: list[int], names: list[str], lines: list[_Lines | None], workload: Workload
) -> tuple[list[tuple[int, _Lines]], list[Expression]]:
    """Return what `resources` holds, ranges of packages of which nothing else is asked, and what `requires` does."""
    usual = [(i, line) for i in row if (line := lines[i]) is not None]
    if len(usual) == len({names[i] for i in row}) == len(row):
        return usual, []
    wanted = [workload.requirements[i] for i in row]
    counts = Counter(name for part in wanted for name in {test.subsystem for test in tests_of(part)})
    ranges, others = [], []
    for i, part in zip(row, wanted, strict=True):
        line = lines[i]
        if line is not None and counts[part.subsystem] == 1:
            ranges.append((i, line))
        else:
            others.append(part)
    return ranges, others


def _lines(number: int, requirement: Expression) -> _Lines | None:
    """Return a range of versions as it stands first in a file, with an anchor, and as it is repeated.

    None for any other requirement. Raises InputError for what entries cannot say either.
    """
    if not isinstance(requirement, Requirement) or not is_version_range(requirement):
        requirement_row(requirement)
        return None
    minimum, maximum = version_bounds(requirement)
    if minimum is None and maximum is None:
        return None
    key = quoted(requirement.subsystem)
    start = f"    {key}: " if len(key) <= _LONGEST_KEY else f"    ? {key}\n    : "
    bounds = "".join(f"      {name}: {quoted(text)}\n" for name, text in (("min", minimum), ("max", maximum)) if text)
    return f"{start}&r{number}\n{bounds}", f"{start}*r{number}\n"


def _flow(value: Any) -> str:
    """Return a value on one line of YAML, in ASCII."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow_key(key)}{_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, str):
        return quoted(value)
    if not isinstance(value, float):
        return str(value)
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # YAML knows a number of this form by its dot.
    return text if "." in text else text.replace("e", ".0e")


def _flow_key(key: str) -> str:
    written = quoted(key)
    return f"{written}: " if len(written) <= _LONGEST_KEY else f"? {written} : "
