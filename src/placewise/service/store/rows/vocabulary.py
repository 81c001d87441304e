"""What clusters have taught, as it is kept: a row for each subsystem that there is or ever was.

Its document is the subsystem's entry of a vocabulary.yaml, as JSON. The row without a subsystem's name lists the types
of resources that there are or ever were.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, select, update

from placewise.errors import InputError
from placewise.formats.fleets.vocabulary.reading import parse_vocabulary, vocabulary_document
from placewise.model.fleets.vocabulary import FieldKind, FieldName, Vocabulary
from placewise.service.store.dialects import among, insert_missing
from placewise.service.store.tables import vocabulary

_NOTHING = "{}"
_TYPES = ""


def load_vocabulary(connection: Connection) -> tuple[Vocabulary, tuple[str, ...]]:
    """Return all that clusters have taught, and the subsystems of which it cannot be read."""
    return _read(connection.execute(select(vocabulary.c.subsystem, vocabulary.c.document)).all())


def extent(connection: Connection) -> tuple[int, int]:
    """Return what grows with all that is kept: the number of subsystems, and how long their documents are."""
    text = func.coalesce(func.sum(func.length(vocabulary.c.document)), 0)
    count, length = connection.execute(select(func.count(), text).select_from(vocabulary)).one()
    return int(count), int(length)


def grow_vocabulary(connection: Connection, taught: Vocabulary) -> Vocabulary:
    """Keep what clusters teach, and return what is known now of the subsystems concerned.

    A kind that a field has here already stays: of two clusters that teach different ones, the first to be kept counts.
    """
    names = sorted({*taught.known, *(subsystem for subsystem, _ in taught.kinds), *([_TYPES] if taught.types else [])})
    if not names:
        return Vocabulary()
    # In one order, so that two seldom wait crosswise; a row that another transaction makes is waited for.
    rows = [{"subsystem": name, "document": _NOTHING} for name in names]
    connection.execute(insert_missing(connection, vocabulary), rows)
    before = _locked(connection, names)
    merged = _read(list(before.items()))[0].over(taught)
    entries = vocabulary_document(merged).get("subsystems", {})
    after = {name: json.dumps(entry) for name, entry in (*entries.items(), (_TYPES, sorted(merged.types)))}
    changed = [{"name": name, "text": after[name]} for name in names if after[name] != before.get(name)]
    if changed:
        replacing = update(vocabulary).where(vocabulary.c.subsystem == bindparam("name"))
        connection.execute(replacing.values(document=bindparam("text")), changed)
    return merged


def _locked(connection: Connection, names: Collection[str]) -> dict[str, str]:
    rows = select(vocabulary.c.subsystem, vocabulary.c.document).where(among(connection, vocabulary.c.subsystem, names))
    return dict(connection.execute(rows.order_by(vocabulary.c.subsystem).with_for_update()).all())


def _read(rows: Iterable[Sequence[str]]) -> tuple[Vocabulary, tuple[str, ...]]:
    known: dict[str, frozenset[str]] = {}
    kinds: dict[FieldName, FieldKind] = {}
    unusable = []
    types: frozenset[str] = frozenset()
    for subsystem, document in rows:
        try:
            if subsystem == _TYPES:
                types = frozenset(one for one in json.loads(document) if isinstance(one, str))
                continue
            found = parse_vocabulary({"subsystems": {subsystem: json.loads(document)}}, None)
        except (ValueError, TypeError, RecursionError, InputError):
            if subsystem == _TYPES:
                unusable.append("types of resources")
                continue
            # That there is the subsystem is known, whatever has become of the text.
            found = Vocabulary(known={subsystem: frozenset()})
            unusable.append(subsystem)
        known.update(found.known)
        kinds.update(found.kinds)
    return Vocabulary(kinds=kinds, known=known, types=types), tuple(unusable)
