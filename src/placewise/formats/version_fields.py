"""Which fields hold versions, by their name."""

from __future__ import annotations


def holds_version(field: str) -> bool:
    """Whether a field of this name holds a version: ``version``, ``compiler_version``, ``compiler-version``."""
    return field == "version" or field.endswith(("_version", "-version"))
