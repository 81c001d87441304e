"""Versions in the order of other worlds, by univers: semver, pep440, debian and rpm."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from placewise.errors import InputError
from placewise.model.versions.range_notation import Side, WrittenInterval, WrittenRange
from placewise.model.versions.version import LONGEST

WITH_EPOCHS = frozenset(("debian", "rpm"))
"""The schemes in which a version may begin with an epoch and a colon: ``1:1.1.1k``."""

_CLASSES = {"semver": "SemverVersion", "pep440": "PypiVersion", "debian": "DebianVersion", "rpm": "RpmVersion"}
# After one of these a version goes on as one of the same family; a tilde comes before it.
_GOES_ON = tuple(".+-_^")
_SHAPE = r"[A-Za-z0-9][A-Za-z0-9._+~^-]*"
# univers takes the epoch of another scheme for a part of the version: 1:2.0 for 1.0.0-2.0 in semver.
_SHAPES = {
    "semver": re.compile(_SHAPE),
    "pep440": re.compile(f"(?:[0-9]+!)?{_SHAPE}"),
    "debian": re.compile(f"(?:[0-9]+:)?{_SHAPE}"),
    "rpm": re.compile(f"(?:[0-9]+:)?{_SHAPE}"),
}


@functools.lru_cache(maxsize=16_384)
def parsed(scheme: str, text: str) -> Any:
    """Return the version of a text, which orders as its scheme says. Raises InputError for what is none in it."""
    import univers.versions  # noqa: PLC0415, for the fleets that have such versions

    if len(text) <= LONGEST and _SHAPES[scheme].fullmatch(text):
        try:
            return getattr(univers.versions, _CLASSES[scheme])(text)
        except ValueError:
            pass
    raise InputError(f"not a version in {scheme} order", found=text, expected=f"a version as {scheme} has them")


def within(scheme: str, written: WrittenRange) -> Callable[[str], bool]:
    """Return the test that a version lies in a range, in the order of a scheme.

    ``:4.1`` admits what is at most 4.1, and what begins with it and goes on as a version of its family: ``4.1.6``,
    ``4.1+cu118``, ``4.1-2.el9``. Both the test and this raise InputError for what
    is no version in the scheme.
    """
    inside = [_inside(scheme, interval) for interval in written.intervals]
    outside = [_inside(scheme, interval) for interval in written.excluded]
    combine = all if written.together else any

    def test(text: str) -> bool:
        version = parsed(scheme, text)
        return combine(one(version, text) for one in inside) and not any(one(version, text) for one in outside)

    return test


def _inside(scheme: str, interval: WrittenInterval) -> Callable[[Any, str], bool]:
    tests: list[Callable[[Any, str], bool]] = []
    for cut, upper in zip(interval, (False, True), strict=True):
        if cut is not None:
            tests.append(_beyond(parsed(scheme, cut[0]), *cut, upper=upper))
    return lambda version, text: all(test(version, text) for test in tests)


def _beyond(bound: Any, text: str, side: Side, *, upper: bool) -> Callable[[Any, str], bool]:
    """Return whether a version lies before a cut, for an upper one, or after it."""
    family = tuple([_without_v(text) + separator for separator in _GOES_ON])

    def before(version: Any, written: str) -> bool:
        if version < bound:
            return True
        if side is Side.BEFORE:
            return False
        # Versions are equal where neither precedes the other: 1.02 and 1.2 of Debian.
        return not bound < version or (side is Side.AFTER_FAMILY and _without_v(written).startswith(family))

    return before if upper else lambda version, written: not before(version, written)


def _without_v(text: str) -> str:
    return text[1:] if text[:1] == "v" else text
