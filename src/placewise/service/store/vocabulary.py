"""What clusters have taught, as it is kept: a row for each subsystem that there is or ever was."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from placewise.errors import InputError
from placewise.model.vocabulary import FieldKind, FieldName, Vocabulary
from placewise.service.store.dialects import among, insert_missing
from placewise.service.store.tables import vocabulary

_NOTHING = "{}"


def load_vocabulary(connection: Connection) -> tuple[Vocabulary, tuple[str, ...]]:
    """Return all that clusters have taught, and the subsystems of which it cannot be read."""
    return _read(connection.execute(select(vocabulary.c.subsystem, vocabulary.c.document)).all())


def grow_vocabulary(connection: Connection, taught: Vocabulary) -> Vocabulary:
    """Keep what clusters teach, and return what is known now of the subsystems concerned.

    A kind that a field has here already stays: of two clusters that teach different ones, the first to be kept counts.
    """
    names = sorted({*taught.known, *(subsystem for subsystem, _ in taught.kinds)})
    if not names:
        return Vocabulary()
    # In one order, so that two seldom wait crosswise; a row that another transaction makes is waited for.
    rows = [{"subsystem": name, "document": _NOTHING} for name in names]
    connection.execute(insert_missing(connection, vocabulary), rows)
    before = _locked(connection, names)
    merged = _read(list(before.items()))[0].over(taught)
    after = _documents(merged)
    changed = [{"name": name, "text": after[name]} for name in names if after[name] != before.get(name)]
    if changed:
        replacing = update(vocabulary).where(vocabulary.c.subsystem == bindparam("name"))
        connection.execute(replacing.values(document=bindparam("text")), changed)
    return merged


def _locked(connection: Connection, names: Collection[str]) -> dict[str, str]:
    rows = select(vocabulary.c.subsystem, vocabulary.c.document).where(among(connection, vocabulary.c.subsystem, names))
    return dict(connection.execute(rows.order_by(vocabulary.c.subsystem).with_for_update()).all())


def _documents(whole: Vocabulary) -> dict[str, str]:
    """Return what is known of each subsystem as JSON: its fields in order, each with its kind, null for none."""
    fields: dict[str, dict[str, Any]] = {name: dict.fromkeys(sorted(some)) for name, some in whole.known.items()}
    for (name, field), kind in whole.kinds.items():
        fields.setdefault(name, {})[field] = _kind_document(kind)
    return {name: json.dumps(some, sort_keys=True) for name, some in fields.items()}


def _kind_document(kind: FieldKind) -> dict[str, Any]:
    said = {"kind": kind.name, "unit": kind.unit, "scheme": kind.scheme, "inferred": kind.inferred}
    return {name: value for name, value in said.items() if value}


def _read(rows: Iterable[Sequence[str]]) -> tuple[Vocabulary, tuple[str, ...]]:
    known: dict[str, frozenset[str]] = {}
    kinds: dict[FieldName, FieldKind] = {}
    unusable = []
    for subsystem, document in rows:
        # That there is the subsystem is known, whatever has become of the text.
        known[subsystem] = frozenset()
        try:
            fields = {field: _kind(said) for field, said in json.loads(document).items()}
        except (ValueError, TypeError, AttributeError, KeyError, InputError):
            unusable.append(subsystem)
            continue
        known[subsystem] = frozenset(fields)
        kinds.update({(subsystem, field): kind for field, kind in fields.items() if kind is not None})
    return Vocabulary(kinds=kinds, known=known), tuple(unusable)


def _kind(said: Any) -> FieldKind | None:
    if said is None:
        return None
    return FieldKind(said["kind"], said.get("unit", ""), said.get("scheme", ""), bool(said.get("inferred", False)))
