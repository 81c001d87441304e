"""A bounded memory of answers, which several threads may use without a lock."""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """What was kept lately, in two generations: when the young one is full, it takes the place of the old one.

    What is asked for again moves to the young generation, so what is in use outlives any number of keys that
    are used once. Only single operations on dictionaries are made, each of which is atomic: a thread that runs
    beside another may lose an entry, or its weight, to it, and never sees a wrong one.

    most : the weight of all that is kept, at most; what weighs more than half of it is not kept.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._young: dict[K, tuple[V, int]] = {}
        self._old: dict[K, tuple[V, int]] = {}
        self._weight = 0
        self._old_weight = 0

    @property
    def weight(self) -> int:
        """The weight of all that is kept, counted again where a key was kept anew."""
        return self._weight + self._old_weight

    def get(self, key: K) -> V | None:
        """Return what is kept under a key, None for nothing."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                return None
            self.keep(key, *found)
        return found[0]

    def keep(self, key: K, value: V, weight: int = 1) -> None:
        """Keep a value, at the cost of older ones."""
        if 2 * weight > self.most:
            return
        if 2 * (self._weight + weight) > self.most:
            self._old, self._young = self._young, {}
            self._old_weight, self._weight = self._weight, 0
        self._young[key] = value, weight
        self._weight += weight

    def items(self) -> list[tuple[K, V]]:
        """List all that is kept, as it is now."""
        # To copy is one operation; to go through what another thread changes would be an error.
        return [(key, value) for key, (value, _) in (self._old.copy() | self._young.copy()).items()]
