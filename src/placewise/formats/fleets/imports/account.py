"""The account of an import, while it is kept: what was read, what was dropped and why, what is unknown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from placewise.model.fleets.imported import Dropped, Unknown
from placewise.model.fleets.vocabulary import VERTICES, Completeness, Vocabulary

MOST_PLACES = 1000
"""Of so many places of things dropped for one reason, each is named; the others are counted."""


@dataclass(slots=True)
class Account:
    """What becomes of the things in the files of an import. Each is read, or dropped with a reason, or both in part."""

    _read: Counter[str] = field(default_factory=Counter)
    _dropped: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    _counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _unknown: dict[Unknown, None] = field(default_factory=dict)
    _described: dict[tuple[str, str], None] = field(default_factory=dict)

    def read(self, what: str, count: int = 1) -> None:
        """Count things that were read, such as nodes."""
        self._read[what] += count

    def drop(self, what: str, file: object, place: str, why: str) -> None:
        """Note that something is not in the clusters as the file has it, and why: a sentence without a full stop."""
        key = (what, why, str(file))
        self._counts[key] += 1
        places = self._dropped.setdefault(key, [])
        if len(places) < MOST_PLACES:
            places.append(place)

    def ignore(self, what: str, file: object, key: str, why: str) -> None:
        """Note that a key is not read, once however many records have it."""
        if key not in self._dropped.get((what, why, str(file)), ()):
            self.drop(what, file, key, why)

    def unknown(self, cluster: str, subsystem: str, why: str) -> None:
        """Note that a cluster may have more of a subsystem (empty for every one) than the files say."""
        self._unknown[Unknown(cluster, subsystem, why)] = None

    def described_in_part(self, cluster: str, subsystem: str, why: str) -> None:
        """Note that the files name all vertices of a subsystem (empty for every one), and not all fields of each."""
        self._unknown[Unknown(cluster, subsystem, why, fields=True)] = None

    def described(self, cluster: str, subsystem: str) -> None:
        """Note that the files say all that there is of a subsystem of a cluster, be it nothing."""
        self._described[cluster, subsystem] = None

    def counts(self) -> tuple[tuple[str, int], ...]:
        """Return how many things of each kind were read, in the order first met."""
        return tuple(self._read.items())

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what was dropped, in the order first met."""
        return tuple(
            Dropped(what, why, file, self._counts[what, why, file], tuple(places))
            for (what, why, file), places in self._dropped.items()
        )

    def unknowns(self) -> tuple[Unknown, ...]:
        """Return what is unknown."""
        return tuple(self._unknown)

    def vocabulary(self) -> Vocabulary:
        """Return how complete the clusters are described; what is described is known, though it be nothing."""
        complete: dict[tuple[str, str], Completeness] = dict.fromkeys(self._described, True)
        # Of what several reasons are given for the worst counts.
        for one in sorted(self._unknown, key=lambda one: not one.fields):
            complete[one.cluster, one.subsystem] = VERTICES if one.fields else False
        return Vocabulary(known={name: frozenset() for _, name in complete if name}, complete=complete)
