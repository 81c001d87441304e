"""The one layout in which spack-build's jobs are published, recognised at a glance and written.

Reading 31,622 builds as YAML takes seconds; a pattern of the whole layout finds the same values in a
tenth of one. What the pattern does not cover to the last character is left to the YAML reader.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from placewise.formats.jobspec_writing import quoted

# In the order of the fields of BuildRecords, and at last the memory of the fastest tenth, which is not kept.
Build: TypeAlias = tuple[str, str, str, str, str, float, float, float, float, float, float]
Columns: TypeAlias = Sequence[Sequence[Any]]

# What YAML reads as text, or as a whole number that is meant as text; three dots make no number.
_PLAIN = r"[A-Za-z][A-Za-z0-9_.+-]*|[0-9]+(?:\.[0-9]+){2}[A-Za-z0-9_.+-]*|0|[1-9][0-9]{0,14}"
_SINGLE_QUOTED = r"[ -&(-~]+"
_RESERVED = frozenset(word for name in ("true", "false", "null") for word in (name, name.title(), name.upper()))

_TEXT = rf"({_PLAIN}|'{_SINGLE_QUOTED}')"
_NUMBER = r"(0|[1-9][0-9]{0,14}|[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?)"
_ENTRY = re.compile(
    rf"""- attributes:
    duration: {_NUMBER}
(?:    memory_global_best_runtime: {_NUMBER}
)?(?:    memory_of_top_ten_percent_runtime: {_NUMBER}
)?  name: {_TEXT}
  package: {_TEXT}
  resources:
    arch:
      arch: {_TEXT}
    compiler:
      compiler_name: {_TEXT}
      compiler_version: {_TEXT}
    memory:
      mem_max: {_NUMBER}
      mem_mean: {_NUMBER}
      mem_min: {_NUMBER}
"""
)
_PLAIN_ONLY, _SINGLE_QUOTED_ONLY = re.compile(_PLAIN), re.compile(_SINGLE_QUOTED)
# Where the pattern's groups stand in a Build.
_TEXT_GROUPS = (4, 5, 6, 7, 8)
_NUMBER_GROUPS = (9, 10, 11, 1, 2, 3)


def recognised(text: str) -> Columns | None:
    """Return the values of a YAML text in exactly this layout, as `Build`s in columns; None for any other text.

    A number that is not given is NaN. Numbers are not checked.
    """
    parts = _ENTRY.split(text)
    stride = _ENTRY.groups + 1
    if any(parts[::stride]):  # something stands between the entries
        return None
    texts = [parts[group::stride] for group in _TEXT_GROUPS]
    if not all(map(_RESERVED.isdisjoint, texts)):
        return None
    return *map(_unquoted, texts), *(_floats(parts[group::stride]) for group in _NUMBER_GROUPS)


def entry_text(build: Build) -> str:
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


def _unquoted(texts: Sequence[str]) -> Sequence[str]:
    quoted = {text: text[1:-1] for text in set(texts) if text.startswith("'")}
    return [quoted.get(text, text) for text in texts] if quoted else texts


def _floats(texts: Sequence[str | None]) -> Sequence[float]:
    return [math.nan if text is None else float(text) for text in texts]


def _text(text: str) -> str:
    if _PLAIN_ONLY.fullmatch(text) and text not in _RESERVED:
        return text
    return f"'{text}'" if _SINGLE_QUOTED_ONLY.fullmatch(text) else quoted(text)


def _number(number: float) -> str:
    text = repr(float(number))
    # YAML knows a number of this form by its dot.
    return text if "." in text else text.replace("e", ".0e")
