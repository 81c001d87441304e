"""Build records written as jobspecs/*.yaml, in the layout in which spack-build's are published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from placewise.errors import InputError, locating
from placewise.formats.jobs.build_lists import Build, build_of, first_conflict
from placewise.formats.jobs.jobspec_writing import quoted
from placewise.model.jobs.records import BUILD_COLUMNS, Records

# Text that YAML reads as text, or as a whole number that is meant as text; three dots make no number.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]*|[0-9]+(?:\.[0-9]+){2}[A-Za-z0-9_.+-]*|0|[1-9][0-9]{0,14}")
_SINGLE_QUOTED = re.compile(r"[ -&(-~]+")
_RESERVED = frozenset(word for name in ("true", "false", "null") for word in (name, name.title(), name.upper()))


def build_texts(records: Records, *, per_file: int = 1000) -> dict[str, bytes]:
    """Return the content of each file by its name: jobspecs-1000.yaml, ... for `per_file` builds each.

    A file's number is that of its last build, so that natural order is the order of the builds. All that
    records hold reads back exactly. Raises InputError for what reading would refuse.
    """
    if per_file < 1:
        raise InputError("a file would hold no builds", found=per_file, expected="at least 1 build per file")
    if not len(records):
        raise InputError("records without builds cannot be written", expected="at least one build")
    conflict = first_conflict(_rows(records)) if len(set(records.names)) < len(records) else None
    if conflict is not None:
        raise InputError(
            f"two builds are named {records.names[conflict[0]]!r} and differ",
            expected="a name of its own for each build",
        )
    entries = [_entry(*row) for row in _rows(records)]
    files = {}
    for start in range(0, len(entries), per_file):
        chosen = entries[start : start + per_file]
        files[f"jobspecs-{start + len(chosen)}.yaml"] = "".join(chosen).encode()
    return files


def _rows(records: Records) -> Iterator[tuple[Any, ...]]:
    columns = (records.names, *(records.columns[name] for name in BUILD_COLUMNS))
    return zip(*(one.tolist() if isinstance(one, np.ndarray) else one for one in columns), strict=True)


def _entry(
    name: str,
    package: str,
    arch: str,
    compiler: str,
    version: str,
    memory_max: float,
    memory_mean: float,
    memory_min: float,
    duration: float,
    best: float,
) -> str:
    place = f"build {name!r}"
    entry = {
        "name": name,
        "package": package,
        "attributes": {"duration": duration, "memory_global_best_runtime": None if best != best else best},
        "resources": {
            "arch": {"arch": arch},
            "compiler": {"compiler_name": compiler, "compiler_version": version},
            "memory": {"mem_max": memory_max, "mem_mean": memory_mean, "mem_min": memory_min},
        },
    }
    # What is read back has to pass here as well, or a folder would be written that nobody can read.
    build = build_of(entry, place)
    with locating(place=place):
        return _entry_text(build)


def _entry_text(build: Build) -> str:
    """Return one entry; a memory of the fastest build that is NaN is left out, and so is the last number.

    Raises InputError for a text that is not Unicode.
    """
    *texts, memory_max, memory_mean, memory_min, duration, best, _ = build
    name, package, arch, compiler, version = map(_text, texts)
    best_line = f"    memory_global_best_runtime: {_number(best)}\n" if best == best else ""
    return f"""- attributes:
    duration: {_number(duration)}
{best_line}  name: {name}
  package: {package}
  resources:
    arch:
      arch: {arch}
    compiler:
      compiler_name: {compiler}
      compiler_version: {version}
    memory:
      mem_max: {_number(memory_max)}
      mem_mean: {_number(memory_mean)}
      mem_min: {_number(memory_min)}
"""


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text not in _RESERVED:
        return text
    return f"'{text}'" if _SINGLE_QUOTED.fullmatch(text) else quoted(text)


def _number(number: float) -> str:
    text = repr(float(number))
    # YAML knows a number of this form by its dot.
    return text if "." in text else text.replace("e", ".0e")
