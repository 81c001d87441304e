"""Versions in Spack's order, and a little beyond it.

The order follows Spack's documentation ("Version specifiers", "Ordering of versions"): a version is
cut into runs of digits and runs of letters, separators do not count, and runs compare one by one:
text < number < the words that name a moving branch. A trailing alpha, beta or rc precedes the release.

Versions of other worlds need more. A leading ``v`` before a digit is no part of the version. What stands before ``=``
names a commit, and what stands after it is the version (``git.v5.0.x=5.0.1``). The words of prereleases count in any
case, ``a1`` and ``b2`` straight after a digit too, at the end or before ``+``. A version that goes on with ``~``
precedes all else.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from placewise.errors import InputError

Component: TypeAlias = tuple[int, int | str]
VersionKey: TypeAlias = tuple[tuple[Component, ...], tuple[Any, ...]]
"""The components of the release, and what tells its prereleases apart: `_FINAL`, or what `_marked` says."""

_RUN = re.compile(r"([0-9]+)|([a-zA-Z]+)")
_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")
# Only the name of a commit or branch, before "=", may have slashes.
_VALID = re.compile(r"(?:[A-Za-z0-9_.-][A-Za-z0-9_.+~/-]*=)?[A-Za-z0-9_.-][A-Za-z0-9_.+~-]*")
_EPOCH = re.compile(r"[0-9]+:")
_DIGIT = re.compile(r"[0-9]")
# A whole hash of git, and what Spack calls a reference.
_COMMIT = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{40}|git\..*", re.DOTALL)
_TEXT, _NUMBER, _BRANCH = 0, 1, 2
_BRANCHES = {
    word: rank for rank, word in enumerate(("stable", "nightly", "trunk", "head", "master", "main", "develop"))
}
_PRERELEASES = {word: rank for rank, word in enumerate(("dev", "alpha", "beta", "pre", "rc", "snapshot"))}
_PRERELEASES["preview"] = _PRERELEASES["pre"]
_GLUED = {"a": "alpha", "b": "beta"}
_FINAL: tuple[Any, ...] = (1 + max(_PRERELEASES.values()),)
_TILDE = -1
# What follows the last component of the build of a prerelease, and what does where "~" comes after it.
_BUILD_END, _BUILD_TILDE = (-1, 0), (-2, 0)
LONGEST = 256
# The length up to which parsed texts are remembered: what strangers send must not fill the memory.
LONGEST_KEPT = 32
MOST_KEPT = 16_384


@dataclass(frozen=True, slots=True, order=False, eq=False)
class Version:
    """One version: its text as written, and the key that orders it.

    Versions are equal when their keys are, so ``1.2`` and ``1-2`` are one version, while ``1.2`` and
    ``1.2.0`` are two. The text survives exactly.

    text : as written. key : what orders it. has_place : whether it has a place in the order: a number or
    a branch such as ``develop`` has one, a commit has none.

    Raises InputError for an empty text, one of more than 256 characters, or characters that no version has.
    """

    text: str
    key: VersionKey = field(init=False, repr=False)
    has_place: bool = field(init=False, repr=False)
    """Whether the text says where in the order it stands.

    ``unknown`` and ``latest`` do not, nor does a commit of which no version is said; ``develop`` does.
    """

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", _key(self.text))
        object.__setattr__(self, "has_place", _has_place(self.text))

    @property
    def is_prerelease(self) -> bool:
        """Whether the version precedes its release: it ends in a word such as rc, or has a ``~``."""
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


def _has_place(text: str) -> bool:
    if _NUMBERS.fullmatch(text):
        return True
    last = text.rpartition("=")[2]
    if _COMMIT.fullmatch(last):
        return False
    return _DIGIT.search(last) is not None or any(word in _BRANCHES for _, word in _RUN.findall(last))


def _key(text: str) -> VersionKey:
    if not isinstance(text, str) or len(text) > LONGEST:
        raise _no_version(text)
    if _NUMBERS.fullmatch(text):
        return tuple([(_NUMBER, int(digits)) for digits in text.split(".")]), _FINAL
    if not _VALID.fullmatch(text):
        raise _no_version(text)
    text = text.rpartition("=")[2]
    if text[0] == "v" and text[1:2].isdigit():
        text = text[1:]
    if "~" not in text:
        return _untilded(text)
    *before, last = text.split("~")
    release, mark = _untilded(last)
    for part in reversed(before):
        tail = (release, *mark)
        release, mark = _untilded(part)
        mark = _preceding(mark, tail)
    return release, mark


def _no_version(text: object) -> InputError:
    if isinstance(text, str) and _EPOCH.match(text):
        return InputError(
            "not a version in Spack's order, which has no epochs",
            found=text,
            expected="a version without an epoch, or another scheme for the field in vocabulary.yaml: debian or rpm",
        )
    return InputError(
        "not a version",
        found=text,
        expected=f"letters, digits and the separators . _ - in at most {LONGEST} characters",
    )


def _untilded(text: str) -> VersionKey:
    """Return the key of a version, or of a part of one, that has no ``~``."""
    if "+" in text:
        head, _, build = text.partition("+")
        release, mark = _cut(head)
        if mark != _FINAL:
            return release, (*mark, (*map(_component, _RUN.findall(build)), _BUILD_END))
    return _cut(text)


def _cut(text: str) -> VersionKey:
    """Return the components of a text, and the mark of the prerelease that it ends in."""
    runs = list(_RUN.finditer(text))
    marks = []
    while (found := _trailing(runs)) is not None:
        marks.append(found)
        runs = runs[: -2 if runs[-1][1] else -1]
    mark = _FINAL
    for inner in reversed(marks):
        mark = inner if mark == _FINAL else _preceding(mark, ((), *inner))
    return tuple(_component(run) for run in map(re.Match.groups, runs)), mark


def _trailing(runs: list[re.Match[str]]) -> tuple[int, int] | None:
    """Return the mark of the prerelease in which the runs end: the rank of its word, and its number."""
    number = runs[-1] if runs and runs[-1][1] else None
    before = runs[:-1] if number else runs
    # A lone "rc" or "rc1" names no release to precede, so it stays an ordinary word.
    if len(before) < 2 or not before[-1][2]:
        return None
    word = before[-1]
    rank = _PRERELEASES.get(word[2].lower())
    if rank is None and number and word[2] in _GLUED and before[-2][1]:
        # As in 1.0a1, and not in 1.0-a1 or 1.0.a.1.
        rank = _PRERELEASES[_GLUED[word[2]]] if before[-2].end() == word.start() == number.start() - 1 else None
    # Odd numbers, so that what precedes this prerelease has a place before it; without a number it precedes number 0.
    return None if rank is None else (rank, 2 * int(number[1]) + 3 if number else 1)


def _preceding(mark: tuple[Any, ...], tail: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the mark of what comes just before a version with this mark; `tail` orders what comes there."""
    if mark == _FINAL:
        return (_TILDE, *tail)
    if isinstance(mark[-1], int):
        return (*mark[:-1], mark[-1] - 1, *tail)
    return (*mark[:-1], (*mark[-1][:-1], _BUILD_TILDE), *tail)


def _component(run: Sequence[str | Any]) -> Component:
    digits, letters = run
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
