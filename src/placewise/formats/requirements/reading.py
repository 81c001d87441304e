"""How documents that hold requirements are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from placewise.formats.requirements.notes import Notes


@dataclass(frozen=True, slots=True)
class Reading:
    """How documents are read.

    separate_entries : whether every entry of a list is a requirement of its own, as rainbow takes them, rather than one
    of the conditions on one vertex of its subsystem.
    notes : collects what is kept without a meaning for matching.
    """

    separate_entries: bool = False
    notes: Notes = field(default_factory=Notes, compare=False)
