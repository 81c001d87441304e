"""What a fleet offers of each subsystem, as sets of place classes, and how it changes with some of the clusters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.matching.clusters.compiled_cluster import CompiledCluster, VertexKey, vertex_key

# Rows are unpacked to booleans where columns move; this many of them at a time.
_BLOCK_FLAGS = 1 << 24
_BITS = [np.uint64(1 << bit) for bit in range(bitset.WORD_BITS)]

Pieces: TypeAlias = Sequence[tuple[slice, int]]
"""How columns come to lie: columns kept, and how many empty ones follow them; and so on."""


Alike: TypeAlias = Sequence[Sequence[tuple[VertexKey, NDArray[np.uint64]]]]
"""Vertices by what a condition on one field looks at, so that those side by side answer it alike."""


def alike(vertices: Mapping[VertexKey, NDArray[np.uint64]], name: str) -> Alike:
    """Put vertices side by side that have one value of a field, in one unit."""
    looked_at = (name, f"{name}_unit", "unit")
    found: defaultdict[object, list[tuple[VertexKey, NDArray[np.uint64]]]] = defaultdict(list)
    for key, row in vertices.items():
        seen = tuple([(pair, kind) for pair, kind in zip(*key, strict=True) if pair[0] in looked_at])
        found[seen].append((key, row))
    return tuple(found.values())


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """What a fleet offers of one subsystem.

    clusters : how many clusters have the subsystem, whether anything of it is seen from a place or not.
    vertices : the distinct vertices that are seen, each with the (words,) place classes that see it, read-only.
    stamp : the same object in two offers only if they have the same vertices, in the same columns.
    """

    clusters: int = 0
    vertices: Mapping[VertexKey, NDArray[np.uint64]] = field(default_factory=dict)
    stamp: object = field(default_factory=object)
    _by_field: dict[str, Alike] = field(default_factory=dict)
    _fields: frozenset[str] | None = None

    def by_field(self, name: str) -> Alike:
        """Return the vertices by their value of a field; this is worked out once."""
        if self._fields is None:
            object.__setattr__(self, "_fields", frozenset(pair[0] for key in self.vertices for pair in key[0]))
        if name not in (self._fields or ()):
            # What nobody has tells nothing apart, and there is no end of such names.
            return (tuple(self.vertices.items()),)
        found = self._by_field.get(name)
        if found is None:
            found = self._by_field[name] = alike(self.vertices, name)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One cluster that comes, goes, or is replaced.

    before, after : None for a cluster that comes, or goes.
    first : the column of its first class now.
    in_place : whether its columns still hold what was seen before; they are empty otherwise.
    """

    before: CompiledCluster | None
    after: CompiledCluster | None
    first: int
    in_place: bool = False

    def names(self) -> set[str]:
        """Return the subsystems of which the cluster may offer something else than before."""
        one, other = self.before, self.after
        if one is None or other is None or not self.in_place or not one.same_places(other):
            return {*(one.subsystems if one else ()), *(other.subsystems if other else ())}
        alike = {name for name, subsystem in other.subsystems.items() if one.subsystems.get(name) is subsystem}
        return (one.subsystems.keys() | other.subsystems.keys()) - alike


@dataclass(slots=True)
class _Edit:
    clusters: int = 0
    unseen: dict[VertexKey, list[int]] = field(default_factory=dict)
    seen: dict[VertexKey, list[int]] = field(default_factory=dict)


def changed_offers(offers: Mapping[str, Offers], changes: Iterable[Change], words: int) -> dict[str, Offers]:
    """Return what a fleet offers after the changes; subsystems and rows that they do not touch are shared."""
    edits: defaultdict[str, _Edit] = defaultdict(_Edit)
    for change in changes:
        names = change.names()
        if change.before is not None:
            _note(edits, change, change.before, names, comes=False)
        if change.after is not None:
            _note(edits, change, change.after, names, comes=True)
    result = dict(offers)
    for name, edit in edits.items():
        before = offers.get(name) or Offers()
        clusters = before.clusters + edit.clusters
        if not clusters:
            result.pop(name, None)
        elif edit.seen == edit.unseen:
            result[name] = Offers(clusters, before.vertices, before.stamp)
        else:
            result[name] = Offers(clusters, _edited(before.vertices, edit, words))
    return result


def _note(
    edits: defaultdict[str, _Edit], change: Change, compiled: CompiledCluster, names: set[str], *, comes: bool
) -> None:
    for name in names & compiled.subsystems.keys():
        edits[name].clusters += 1 if comes else -1
    if not comes and not change.in_place:
        return
    for column, kind in enumerate(compiled.classes, change.first):
        for name, vertex in kind.visible:
            if name in names:
                edit = edits[name]
                columns = edit.seen if comes else edit.unseen
                columns.setdefault(vertex_key(vertex), []).append(column)


def _edited(
    vertices: Mapping[VertexKey, NDArray[np.uint64]], edit: _Edit, words: int
) -> dict[VertexKey, NDArray[np.uint64]]:
    result = dict(vertices)
    for key in edit.unseen | edit.seen:
        before = vertices.get(key)
        row = np.zeros(words, dtype=np.uint64) if before is None else before.copy()
        for column in edit.unseen.get(key, ()):
            row[column >> 6] &= ~_BITS[column & 63]
        for column in edit.seen.get(key, ()):
            row[column >> 6] |= _BITS[column & 63]
        row.flags.writeable = False
        if row.any():
            result[key] = row
        else:
            result.pop(key, None)
    return result


def moved_offers(offers: Mapping[str, Offers], size: int, pieces: Pieces) -> dict[str, Offers]:
    """Return the offers with columns, of which there were `size`, moved; what nobody sees any more drops out."""
    rows = [row for offer in offers.values() for row in offer.vertices.values()]
    if not rows:
        return {name: Offers(offer.clusters) for name, offer in offers.items()}
    table = _moved_rows(np.stack(rows), size, pieces)
    # Rows are views of the table, and as read-only as it is.
    table.flags.writeable = False
    seen: list[bool] = np.any(table, axis=1).tolist()
    moved = zip(list(table), seen, strict=True)
    return {
        # `vertices` first: it must end before a row is taken in vain.
        name: Offers(
            offer.clusters, {key: row for key, (row, some) in zip(offer.vertices, moved, strict=False) if some}
        )
        for name, offer in offers.items()
    }


def _moved_rows(rows: NDArray[np.uint64], size: int, pieces: Pieces) -> NDArray[np.uint64]:
    blocks = []
    step = max(1, _BLOCK_FLAGS // max(1, size))
    for start in range(0, len(rows), step):
        flags = bitset.unpack(rows[start : start + step], size)
        parts = [part for kept, empty in pieces for part in (flags[:, kept], np.zeros((len(flags), empty), np.bool_))]
        blocks.append(bitset.pack(np.concatenate(parts, axis=1)))
    return np.concatenate(blocks)
