"""vocabulary.yaml: what the words of a fleet mean, beside the files that describe its clusters.

.. code-block:: yaml

    complete: true                # of every cluster and subsystem, unless said otherwise
    subsystems:
      gpu:
        complete: false
        fields:
          memory: {kind: quantity, unit: MiB}
          vendor: {kind: text, aliases: {nvidia-corp: nvidia}}
      fpga: {}                    # known, although no cluster has one now
    fields:                       # of every subsystem
      release: {kind: version, scheme: semver}
    clusters:
      site-a: {complete: false, subsystems: {python: {complete: true}, openmpi: {complete: vertices}}}

A field without a kind is known, and its kind is left open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.reading import decode, parse_yaml, read_bytes
from placewise.kinds.scales.units import unit_of
from placewise.model.fleets.vocabulary import EVERY, KINDS, VERTICES, Completeness, FieldKind, FieldName, Vocabulary

VOCABULARY = "vocabulary.yaml"
LARGEST_BYTES = 1 << 25
"""What such a file may have at most. The names of a hundred thousand packages take a fifth of it."""

TOP = ("complete", "subsystems", "fields", "clusters")
SUBSYSTEM = ("complete", "fields")
CLUSTER = ("complete", "subsystems")
FIELD = ("kind", "unit", "scheme", "inferred", "aliases")


def read_vocabulary(path: Path, content: bytes | None = None) -> Vocabulary:
    """Return the vocabulary of a file, whose content may be given.

    Raises InputError naming file, place, what was found and what was expected.
    """
    content = read_bytes(path) if content is None else content
    if len(content) > LARGEST_BYTES:
        raise InputError("is too large for a vocabulary", file=path, expected=f"at most {LARGEST_BYTES} bytes")
    return parse_vocabulary(parse_yaml(decode(content, path), path), path)


def parse_vocabulary(document: Any, source: object) -> Vocabulary:
    """Return the vocabulary of a parsed document. Raises InputError as `read_vocabulary` does."""
    said = _Said()
    with locating(file=source):
        top = values.known_keys(document, TOP, "the vocabulary")
        said.completeness(EVERY, EVERY, top, "")
        for name, entry in _named(top, "subsystems", ""):
            said.subsystem(name, entry, f"subsystems.{name}")
        for name, entry in _entries(top, "fields", ""):
            if not said.field(EVERY, name, entry, f"fields.{name}"):
                raise InputError("is empty", place=f"fields.{name}", found=entry, expected="a kind or aliases")
        for name, entry in _named(top, "clusters", ""):
            said.cluster(name, entry, f"clusters.{name}")
        known = {name: frozenset(fields) for name, fields in said.known.items()}
        if not (said.kinds or said.aliases or known or said.complete):
            raise InputError("is empty", place="the vocabulary", found=document, expected=f"one of {_listed(TOP)}")
    return Vocabulary(said.kinds, said.aliases, known, said.complete)


def vocabulary_document(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the document from which `parse_vocabulary` makes an equal vocabulary, with names in order.

    A subsystem or field of which something is said is known to whoever reads it. Raises InputError for names that the
    reader refuses.
    """
    subsystems: dict[str, dict[str, Any]] = {name: {} for name in vocabulary.known}
    clusters: dict[str, dict[str, Any]] = {}
    document: dict[str, Any] = {}
    for (cluster, name), complete in sorted(vocabulary.complete.items()):
        if cluster:
            entry = clusters.setdefault(cluster, {})
            entry = entry.setdefault("subsystems", {}).setdefault(name, {}) if name else entry
        else:
            entry = subsystems.setdefault(name, {}) if name else document
        entry["complete"] = complete
    fields = _fields_documents(vocabulary)
    everywhere = fields.pop(EVERY, {})
    for name, entries in fields.items():
        subsystems.setdefault(name, {})["fields"] = entries
    parts = {"subsystems": dict(sorted(subsystems.items())), "fields": everywhere, "clusters": clusters}
    document.update((key, part) for key, part in parts.items() if part)
    if document:
        parse_vocabulary(document, None)
    return document


def _fields_documents(vocabulary: Vocabulary) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what is said of each field, by subsystem and field, sorted."""
    entries: dict[FieldName, dict[str, Any]] = {
        (name, one): {} for name, fields in vocabulary.known.items() for one in fields
    }
    for key, kind in vocabulary.kinds.items():
        entries.setdefault(key, {}).update(_kind_document(kind))
    for key, aliases in vocabulary.aliases.items():
        if aliases:
            entries.setdefault(key, {})["aliases"] = dict(sorted(aliases.items()))
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for (name, one), entry in sorted(entries.items()):
        found.setdefault(name, {})[one] = entry
    return found


@dataclass(slots=True)
class _Said:
    """What a document says, while it is read."""

    kinds: dict[FieldName, FieldKind] = field(default_factory=dict)
    aliases: dict[FieldName, Mapping[str, str]] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)
    complete: dict[tuple[str, str], Completeness] = field(default_factory=dict)

    def completeness(self, cluster: str, subsystem: str, entry: Mapping[str, Any], place: str) -> None:
        if "complete" in entry:
            self.complete[cluster, subsystem] = _completeness(entry["complete"], _at(place, "complete"))

    def subsystem(self, name: str, value: Any, place: str) -> None:
        entry = values.known_keys(value, SUBSYSTEM, place)
        fields = self.known.setdefault(name, set())
        self.completeness(EVERY, name, entry, place)
        for one, said in _entries(entry, "fields", place):
            fields.add(one)
            self.field(name, one, said, f"{place}.fields.{one}")

    def cluster(self, name: str, value: Any, place: str) -> None:
        entry = values.known_keys(value, CLUSTER, place)
        if not entry:
            raise InputError("is empty", place=place, found=value, expected=f"one of {_listed(CLUSTER)}")
        self.completeness(name, EVERY, entry, place)
        for one, said in _named(entry, "subsystems", place):
            where = f"{place}.subsystems.{one}"
            self.completeness(name, one, values.exactly(said, ("complete",), where), where)
            self.known.setdefault(one, set())

    def field(self, subsystem: str, name: str, value: Any, place: str) -> bool:
        """Keep what is said of a field, and return whether anything is."""
        entry = values.known_keys(value, FIELD, place)
        kind = _kind(entry, place)
        if kind is not None:
            self.kinds[subsystem, name] = kind
        aliases = _aliases(entry["aliases"], f"{place}.aliases") if "aliases" in entry else {}
        if aliases:
            self.aliases[subsystem, name] = aliases
        return bool(entry)


def _completeness(value: Any, place: str) -> Completeness:
    if isinstance(value, bool):
        return value
    if value == VERTICES:
        return VERTICES
    raise InputError("is not true or false", place=place, found=value, expected=f"true, false or {VERTICES}")


def _kind(entry: Mapping[str, Any], place: str) -> FieldKind | None:
    facts = {key: values.text(entry[key], f"{place}.{key}") for key in ("kind", "unit", "scheme") if key in entry}
    inferred = values.flag(entry["inferred"], f"{place}.inferred") if "inferred" in entry else False
    if "kind" not in facts:
        for key, wanted in (("unit", "quantity"), ("scheme", "version"), ("inferred", " or ".join(KINDS))):
            if key in entry:
                raise InputError(f"has {key} but no kind", place=place, found=entry[key], expected=f"kind: {wanted}")
        return None
    if "unit" in facts and unit_of(facts["unit"]) is None:
        raise InputError("is not a unit", place=f"{place}.unit", found=facts["unit"], expected="such as MiB")
    with locating(place=place):
        return FieldKind(facts["kind"], facts.get("unit", ""), facts.get("scheme", ""), inferred)


def _aliases(value: Any, place: str) -> dict[str, str]:
    aliases = values.mapping(value, place)
    if not aliases:
        raise InputError("is empty", place=place, found=value, expected="aliases, each with the name that it means")
    for other, name in aliases.items():
        if not isinstance(name, str):
            raise InputError("is not text", place=f"{place}.{other}", found=name, expected="text (quote it)")
        if name in aliases:
            raise InputError(
                "is an alias of an alias",
                place=f"{place}.{other}",
                found=name,
                expected="a name that is not itself an alias",
            )
    return aliases


def _kind_document(kind: FieldKind) -> dict[str, Any]:
    facts = {"kind": kind.name, "unit": kind.unit, "scheme": kind.scheme, "inferred": kind.inferred}
    return {key: fact for key, fact in facts.items() if fact}


def _entries(entry: Mapping[str, Any], key: str, place: str) -> list[tuple[str, Any]]:
    return list(values.mapping(entry[key], _at(place, key)).items()) if key in entry else []


def _named(entry: Mapping[str, Any], key: str, place: str) -> list[tuple[str, Any]]:
    """List the entries of a mapping by names of subsystems or clusters."""
    found = _entries(entry, key, place)
    for name, _ in found:
        if not name:
            raise InputError("a name is empty", place=_at(place, key), found=name, expected="a name")
        values.refuse_control(name, _at(place, key))
    return found


def _at(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _listed(keys: tuple[str, ...]) -> str:
    return ", ".join(keys)
