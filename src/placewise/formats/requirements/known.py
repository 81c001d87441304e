"""Requirements that were read before: an entry of the same texts, read the same way, means the same.

Jobs of one workload ask for the same few things, and reading an entry takes ten times as long as finding it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeAlias

from placewise.model.requirements.requirement import Requirement

# What strangers send is kept as well, so it must not fill the memory.
MOST = 8192
LONGEST = 128

_Key: TypeAlias = tuple[Hashable, ...]
_known: dict[_Key, Requirement] = {}


def known(key: _Key) -> Requirement | None:
    """Return the requirement kept under a key, if any; none for a key of lists or mappings.

    A key is what reads the entry, and the entry's (key, value) pairs.
    """
    try:
        return _known.get(key)
    except TypeError:
        return None


def keep(key: _Key, entry: dict[str, Any], requirement: Requirement) -> Requirement:
    """Return the requirement, kept under its key if the entry is short and of texts: 1, 1.0 and true are one key."""
    texts = (requirement.subsystem, *entry, *entry.values())
    if {str}.issuperset(map(type, texts)) and sum(map(len, texts)) <= LONGEST:
        if len(_known) >= MOST:
            _known.clear()
        _known[key] = requirement
    return requirement
