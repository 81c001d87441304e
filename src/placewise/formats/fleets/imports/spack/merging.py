"""Configuration files of Spack merged in a chain, in which later files count before earlier ones.

As in https://spack.readthedocs.io/en/latest/configuration.html: mappings are merged key by key, lists are joined, and
what is under a key with two colons (``ecflow::``) replaces what earlier files have there. A reader of YAML hands such a
key over as one that ends in a colon; ``key+:`` and ``key-:``, which join lists in this order or the other, likewise.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

OVERRIDE, APPEND = ":", "-"
_MARKS = (OVERRIDE, "+", APPEND)


def plain_key(key: str) -> tuple[str, str]:
    """Return a key without its mark, and the mark, empty where there is none."""
    return (key[:-1], key[-1]) if key.endswith(_MARKS) else (key, "")


def merged(chain: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return what a chain of documents says together, the first of which counts least; no key has a mark."""
    found: dict[str, Any] = {}
    for document in chain:
        found = _over(found, document)
    return found


def _over(lower: Any, higher: Any) -> Any:
    if isinstance(higher, dict):
        found: dict[str, Any] = dict(lower) if isinstance(lower, dict) else {}
        for key, value in higher.items():
            name, mark = plain_key(key)
            below = None if mark == OVERRIDE else found.get(name)
            if mark == APPEND and isinstance(below, list) and isinstance(value, list):
                found[name] = [*below, *value]
            else:
                found[name] = _over(below, value)
        return found
    if isinstance(higher, list) and isinstance(lower, list):
        return [*higher, *lower]
    return higher
