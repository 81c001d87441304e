"""What a vocabulary says, entry by entry, and where each entry is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from placewise.kinds.vocabulary.builtin import BUILT_IN, aliases_of, kind_of
from placewise.model.fleets.vocabulary import EVERY, Completeness, FieldKind, FieldName, Vocabulary

FILE, BUILT, INFERRED = "file", "built-in", "inferred"


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """A field of a subsystem, empty for every one, what is known of it, and where that is from.

    kind : None where nothing is known. aliases : other names of values, sorted.
    """

    subsystem: str
    field: str
    kind: FieldKind | None
    aliases: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True, slots=True)
class VocabularyEntries:
    """A vocabulary as entries.

    fields : sorted. bare : the subsystems that are known without any field. complete : by cluster and subsystem, empty
    for every one, whether all there is of it is described.
    """

    fields: tuple[FieldEntry, ...]
    bare: tuple[str, ...]
    complete: tuple[tuple[str, str, Completeness], ...]


def built_in_entries() -> VocabularyEntries:
    """Return the built-in vocabulary."""
    return vocabulary_entries(BUILT_IN, BUILT_IN)


def vocabulary_entries(learned: Vocabulary, said: Vocabulary) -> VocabularyEntries:
    """Return what a fleet's vocabulary has come to, beside what its file said.

    Of the built-in vocabulary what concerns the fleet is there: the fields that are known.
    """
    names = {(name, one) for name, fields in learned.known.items() for one in fields}
    names |= learned.kinds.keys() | learned.aliases.keys()
    return VocabularyEntries(
        tuple(_entry(learned, said, name) for name in sorted(names)),
        tuple(sorted(name for name, fields in learned.known.items() if not fields)),
        tuple((*name, flag) for name, flag in sorted(learned.complete.items())),
    )


def vocabulary_document(entries: VocabularyEntries) -> dict[str, Any]:
    """Return entries as mappings and lists; what is empty or not known is null."""
    return {
        "fields": [
            {
                "subsystem": one.subsystem or None,
                "field": one.field,
                "kind": one.kind.name if one.kind else None,
                "unit": (one.kind.unit or None) if one.kind else None,
                "scheme": (one.kind.scheme or None) if one.kind else None,
                "aliases": dict(one.aliases),
                "from": one.source,
            }
            for one in entries.fields
        ],
        "subsystems_without_fields": list(entries.bare),
        "complete": [
            {"cluster": cluster or None, "subsystem": name or None, "complete": flag}
            for cluster, name, flag in entries.complete
        ],
    }


def _entry(learned: Vocabulary, said: Vocabulary, name: FieldName) -> FieldEntry:
    kind = kind_of(learned, *name)
    aliases = aliases_of(learned, *name, kind)
    return FieldEntry(*name, kind, tuple(sorted(aliases.items())), _source(learned, said, name, kind))


def _source(learned: Vocabulary, said: Vocabulary, name: FieldName, kind: FieldKind | None) -> str:
    if said is BUILT_IN:
        return BUILT
    if kind is not None and kind.inferred:
        return INFERRED
    if learned.kind_of(*name) is None and kind is not None and not learned.aliases_of(*name):
        return BUILT
    subsystem, field = name
    in_file = name in said.kinds or name in said.aliases or field in said.known.get(subsystem, ())
    in_file = in_file or (EVERY, field) in said.kinds or (EVERY, field) in said.aliases
    return FILE if in_file else INFERRED
