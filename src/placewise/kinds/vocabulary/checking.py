"""Values that are refused when a cluster is read, since nothing that is asked of them could be answered rightly."""

from __future__ import annotations

import re

from placewise.errors import InputError
from placewise.kinds.scales.schemes import WITH_EPOCHS
from placewise.kinds.vocabulary.builtin import kind_of
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.scalar import Value

_EPOCH = re.compile(r"[0-9]+:")


def check_value(subsystem: str, field: str, value: Value, vocabulary: Vocabulary, place: str) -> None:
    """Raise InputError for a value that a field of this kind cannot hold, naming `place`.

    Refused are a float where the kind is version or text, since 1.10 has become 1.1, and a version with an epoch in a
    scheme that has none. A kind that was only inferred refuses nothing: what one cluster offered first binds no other.
    All else is left to matching, where it is an error of that cluster alone.
    """
    kind = kind_of(vocabulary, subsystem, field)
    if kind is None or kind.inferred:
        return
    if kind.name in ("version", "text"):
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, float):
                raise InputError(
                    f"the {kind.name} of {subsystem!r}, field {field!r}, is written as a number",
                    place=place,
                    found=one,
                    expected=f'it in quotes: "{one}"',
                )
    if kind.name == "version" and kind.scheme not in WITH_EPOCHS and isinstance(value, str) and _EPOCH.match(value):
        raise InputError(
            f"the version of {subsystem!r}, field {field!r}, has an epoch, and {kind.scheme or 'spack'} has none",
            place=place,
            found=value,
            expected="a version without it, or scheme: rpm or debian for the field in vocabulary.yaml",
        )
