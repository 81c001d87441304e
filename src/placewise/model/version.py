"""Versions in Spack's order.

The order follows Spack's documentation ("Version specifiers", "Ordering of versions"): a version is
cut into runs of digits and runs of letters, separators do not count, and runs compare one by one:
text < number < the words that name a moving branch. A trailing alpha, beta or rc precedes the release.
"""

from __future__ import annotations

import marshal
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from placewise.errors import InputError

Component: TypeAlias = tuple[int, int | str]
VersionKey: TypeAlias = tuple[tuple[Component, ...], tuple[int, ...]]

_RUN = re.compile(r"([0-9]+)|([a-zA-Z]+)")
_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_VALID = re.compile(r"[A-Za-z0-9_.-][=A-Za-z0-9_.+~-]*")
_TEXT, _NUMBER, _BRANCH = 0, 1, 2
_BRANCHES = {
    word: rank for rank, word in enumerate(("stable", "nightly", "trunk", "head", "master", "main", "develop"))
}
_PRERELEASES = {"alpha": 0, "beta": 1, "rc": 2}
_FINAL = (3,)
LONGEST = 256
# The length up to which parsed texts are remembered: what strangers send must not fill the memory.
LONGEST_KEPT = 32
MOST_KEPT = 16_384


@dataclass(frozen=True, slots=True, order=False, eq=False)
class Version:
    """One version: its text as written, and the key that orders it.

    Versions are equal when their keys are, so ``1.2`` and ``1-2`` are one version, while ``1.2`` and
    ``1.2.0`` are two. The text survives exactly.

    Raises InputError for an empty text, one of more than 256 characters, or characters that no version has.
    """

    text: str
    key: VersionKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", _key(self.text))

    @property
    def is_prerelease(self) -> bool:
        """Whether the version ends in alpha, beta or rc."""
        return self.key[1] != _FINAL

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, Version) else NotImplemented

    def __hash__(self) -> int:
        return keyed_hash(self.key)

    def __lt__(self, other: Version) -> bool:
        return self.key < other.key

    def __le__(self, other: Version) -> bool:
        return self.key <= other.key

    def __gt__(self, other: Version) -> bool:
        return self.key > other.key

    def __ge__(self, other: Version) -> bool:
        return self.key >= other.key

    def __str__(self) -> str:
        return self.text


def keyed_hash(key: tuple[Any, ...]) -> int:
    """Return a hash that only this process knows; equal keys of tuples, whole numbers and texts have one.

    Python's own hash of whole numbers and of their tuples is no secret: whoever writes versions could make
    thousands with one hash, and every set of them slow.
    """
    # Format 0 writes equal values as equal bytes; later ones refer back to what is one object.
    return hash(marshal.dumps(key, 0))


def _key(text: str) -> VersionKey:
    if not isinstance(text, str) or len(text) > LONGEST or not _VALID.fullmatch(text):
        raise InputError(
            "not a version",
            found=text,
            expected=f"letters, digits and the separators . _ - in at most {LONGEST} characters",
        )
    if _NUMBERS.fullmatch(text):
        return tuple([(_NUMBER, int(digits)) for digits in text.split(".")]), _FINAL
    runs = _RUN.findall(text)
    prerelease: tuple[int, ...] = _FINAL
    # A lone "rc" or "rc1" names no release to precede, so it stays an ordinary word.
    if len(runs) >= 3 and runs[-2][1] in _PRERELEASES and runs[-1][0]:
        prerelease = (_PRERELEASES[runs[-2][1]], int(runs[-1][0]))
        runs = runs[:-2]
    elif len(runs) >= 2 and runs[-1][1] in _PRERELEASES:
        prerelease = (_PRERELEASES[runs[-1][1]],)
        runs = runs[:-1]
    return tuple(_component(digits, letters) for digits, letters in runs), prerelease


def _component(digits: str, letters: str) -> Component:
    if digits:
        return (_NUMBER, int(digits))
    if letters in _BRANCHES:
        return (_BRANCH, _BRANCHES[letters])
    return (_TEXT, letters)


def parse_version(text: str) -> Version:
    """Return the version of a text, one shared value for equal texts of usual length."""
    return _kept(text) if isinstance(text, str) and len(text) <= LONGEST_KEPT else Version(text)


@lru_cache(maxsize=MOST_KEPT)
def _kept(text: str) -> Version:
    return Version(text)
