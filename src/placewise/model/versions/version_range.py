"""Sets of versions, as unions of ranges, with the algebra of sets.

A range is held between two cuts in the order of versions rather than between two versions: a cut lies
just before a version, just after it, or after everything that begins with it. The last is what makes
``:1`` admit ``1.2.11``, as in Spack's ``@:1`` and in semver's ``<=1``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import TypeAlias

from placewise.errors import InputError
from placewise.model.versions.range_notation import Side, WrittenCut, WrittenRange, may_have_epochs, read_range
from placewise.model.versions.version import LONGEST_KEPT, MOST_KEPT, Version, VersionKey, keyed_hash, parse_version

_CutKey: TypeAlias = tuple[VersionKey, int]

# Keys beyond those of any version: the empty release precedes all, and these components follow all.
_LOWEST: _CutKey = (((), ()), 0)
_HIGHEST: _CutKey = ((((9, 0),), ()), 0)
_AFTER_ALL_SUCCESSORS = (8, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A place in the order of versions at which a range begins or ends."""

    version: Version
    side: Side
    key: _CutKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        version_key = self.version.key
        # Nothing begins with a prerelease, so after 1.0rc1 and after its family is the same place.
        if self.side is Side.AFTER_FAMILY and not self.version.is_prerelease:
            key: _CutKey = (((*version_key[0], _AFTER_ALL_SUCCESSORS), ()), 0)
        else:
            key = (version_key, 0 if self.side is Side.BEFORE else 1)
        object.__setattr__(self, "key", key)


@dataclass(frozen=True, slots=True, eq=False)
class _Interval:
    lower: Cut | None
    upper: Cut | None

    @property
    def start(self) -> _CutKey:
        return _LOWEST if self.lower is None else self.lower.key

    @property
    def end(self) -> _CutKey:
        return _HIGHEST if self.upper is None else self.upper.key


_start = attrgetter("start")
_FEW_INTERVALS = 8


@dataclass(frozen=True, slots=True, eq=False, init=False)
class VersionRange:
    """A set of versions in canonical form: disjoint intervals, in order, none empty, none touching.

    Two ranges are equal when their intervals have the same cuts.
    """

    _intervals: tuple[_Interval, ...]

    def __init__(self, intervals: Iterable[_Interval] = ()) -> None:
        object.__setattr__(self, "_intervals", _canonical(intervals))

    @classmethod
    def between(
        cls,
        minimum: Version | None,
        maximum: Version | None,
        *,
        inclusive: bool = True,
    ) -> VersionRange:
        """Return the versions from `minimum` to `maximum`; None leaves that end open.

        Inclusive ends admit both bounds and what begins with the maximum; exclusive ends admit
        neither bound. Raises InputError when the minimum exceeds the maximum.
        """
        if minimum is None and maximum is None:
            return cls.any()
        lower = None if minimum is None else Cut(minimum, Side.BEFORE)
        upper = None if maximum is None else Cut(maximum, Side.AFTER_FAMILY)
        if lower is not None and upper is not None and lower.key >= upper.key:
            raise InputError(
                f"the minimum {minimum} exceeds the maximum {maximum}",
                expected="min at most max in Spack's order of versions",
            )
        found = cls([_Interval(lower, upper)])
        return found if inclusive else found.exclusive()

    @classmethod
    def exactly(cls, version: Version) -> VersionRange:
        """Return the set of one version; unlike a maximum, it admits nothing that merely begins with it."""
        return cls([_Interval(Cut(version, Side.BEFORE), Cut(version, Side.AFTER))])

    @classmethod
    def any(cls) -> VersionRange:
        """Return the set of all versions."""
        return cls([_Interval(None, None)])

    @classmethod
    def empty(cls) -> VersionRange:
        """Return the set of no versions."""
        return cls()

    def __contains__(self, version: Version) -> bool:
        key = (version.key, 0)
        if len(self._intervals) > _FEW_INTERVALS:
            last = bisect_right(self._intervals, key, key=_start) - 1
            return last >= 0 and key < self._intervals[last].end
        # A loop, since a generator would take as long as all comparisons.
        for interval in self._intervals:  # noqa: SIM110
            if interval.start <= key < interval.end:
                return True
        return False

    def __bool__(self) -> bool:
        return bool(self._intervals)

    def __len__(self) -> int:
        return len(self._intervals)

    def __or__(self, other: VersionRange) -> VersionRange:
        return VersionRange((*self._intervals, *other._intervals))

    def __and__(self, other: VersionRange) -> VersionRange:
        return VersionRange(
            _Interval(
                max(a.lower, b.lower, key=lambda cut: _LOWEST if cut is None else cut.key),
                min(a.upper, b.upper, key=lambda cut: _HIGHEST if cut is None else cut.key),
            )
            for a in self._intervals
            for b in other._intervals
        )

    def __invert__(self) -> VersionRange:
        if not self._intervals:
            return VersionRange.any()
        # The gaps: before the first interval, between neighbours, after the last.
        gaps = []
        start: Cut | None = None
        open_start = True
        for interval in self._intervals:
            if interval.lower is not None:
                gaps.append(_Interval(None if open_start else start, interval.lower))
            start, open_start = interval.upper, False
        if start is not None:
            gaps.append(_Interval(start, None))
        return VersionRange(gaps)

    def __le__(self, other: VersionRange) -> bool:
        return (self & other) == self

    def __eq__(self, other: object) -> bool:
        return self._keys() == other._keys() if isinstance(other, VersionRange) else NotImplemented

    def __hash__(self) -> int:
        return keyed_hash(self._keys())

    def _keys(self) -> tuple[tuple[_CutKey, _CutKey], ...]:
        return tuple((interval.start, interval.end) for interval in self._intervals)

    def exclusive(self) -> VersionRange:
        """Return the range with both bounds of every interval left out, as the prior work scored it."""
        return VersionRange(
            _Interval(
                _leaving_out(interval.lower),
                None if interval.upper is None else Cut(interval.upper.version, Side.BEFORE),
            )
            for interval in self._intervals
        )

    @property
    def bounds(self) -> tuple[str | None, str | None]:
        """The texts of the lowest and highest bound; None where that end is open or the set is empty."""
        if not self._intervals:
            return None, None
        first, last = self._intervals[0].lower, self._intervals[-1].upper
        return (
            None if first is None else first.version.text,
            None if last is None else last.version.text,
        )

    @property
    def without_order(self) -> bool:
        """Whether the set is one of single versions or families: to be in it needs no place in the order."""
        return all(one.lower and one.upper and one.lower.version == one.upper.version for one in self._intervals)

    def refuse_placeless(self) -> None:
        """Raise InputError for a bound such as ``latest``, of which nothing is more or less.

        To be such a word, or anything but it, is a range still: both its cuts stand there.
        """
        cuts = [cut for one in self._intervals for cut in (one.lower, one.upper) if cut is not None]
        placeless = [cut.version for cut in cuts if not cut.version.has_place]
        for version in placeless:
            if placeless.count(version) < 2:
                raise InputError(
                    "a bound is a word that cannot be ordered",
                    found=version.text,
                    expected="a version with digits, or the word of a branch such as develop",
                )

    def __str__(self) -> str:
        return ",".join(_text(interval) for interval in self._intervals) or "no version"

    def __repr__(self) -> str:
        return f"VersionRange({str(self)!r})"


def parse_bounds(minimum: str | None, maximum: str | None) -> VersionRange:
    """Return the inclusive range between two texts, one shared value for equal texts of usual length."""
    if len(str(minimum)) <= LONGEST_KEPT and len(str(maximum)) <= LONGEST_KEPT:
        return _kept(minimum, maximum)
    return _between(minimum, maximum)


def _between(minimum: str | None, maximum: str | None) -> VersionRange:
    return VersionRange.between(
        None if minimum is None else parse_version(minimum),
        None if maximum is None else parse_version(maximum),
    )


_kept = lru_cache(maxsize=MOST_KEPT)(_between)


def parse_versions(text: str) -> VersionRange:
    """Return the range that a text writes, one shared value for equal texts of usual length.

    Spack's notation: ``12:14``, ``:4.1`` (admits 4.1.6), ``3.5:``, ``=12``, unions ``2.7:2.8,3.6:``, and ``12`` for
    ``12:12``. Comparisons, of which all must hold: ``>=3.8,<3.11``, ``==``, ``!=``; ``<=4.1`` excludes 4.1.6. What
    `str` of a range gives reads back to an equal range. Raises InputError for anything else.

    >>> str(parse_versions(">=3.8,<3.11")), str(parse_versions("12"))
    ('3.8:<3.11', '12:12')
    """
    return _parsed(text) if isinstance(text, str) and len(text) <= LONGEST_KEPT else _versions(text)


def range_of(written: WrittenRange) -> VersionRange:
    """Return the versions of a range as it is written. Raises InputError for a bound that is no version."""
    if not written.together:
        return VersionRange([_interval(lower, upper) for lower, upper in written.intervals])
    found = ~VersionRange([_interval(lower, upper) for lower, upper in written.excluded])
    for lower, upper in written.intervals:
        found &= VersionRange([_interval(lower, upper)])
    if not found:
        raise InputError("is a range without versions", found=written.text, expected="bounds that do not cross")
    return found


def _versions(text: str) -> VersionRange:
    return range_of(read_range(text))


_parsed = lru_cache(maxsize=MOST_KEPT)(_versions)


def _interval(lower: WrittenCut | None, upper: WrittenCut | None) -> _Interval:
    low = None if lower is None else Cut(parse_version(lower[0]), lower[1])
    high = None if upper is None else Cut(parse_version(upper[0]), upper[1])
    if low is not None and high is not None and low.key >= high.key:
        raise InputError(
            f"the minimum {low.version} exceeds the maximum {high.version}",
            expected="min at most max in Spack's order of versions",
        )
    return _Interval(low, high)


def _leaving_out(lower: Cut | None) -> Cut | None:
    # A cut after the family has left the bound out already, and more.
    return Cut(lower.version, Side.AFTER) if lower is not None and lower.side is Side.BEFORE else lower


def _canonical(intervals: Iterable[_Interval]) -> tuple[_Interval, ...]:
    kept = [interval for interval in intervals if interval.start < interval.end]
    if len(kept) > 1:
        kept.sort(key=lambda interval: interval.start)
    merged: list[_Interval] = []
    for interval in kept:
        if merged and interval.start <= merged[-1].end:
            if interval.end > merged[-1].end:
                merged[-1] = _Interval(merged[-1].lower, interval.upper)
        else:
            merged.append(interval)
    return tuple(merged)


def _text(interval: _Interval) -> str:
    lower, upper = interval.lower, interval.upper
    if lower and upper and lower.version == upper.version and (lower.side, upper.side) == (Side.BEFORE, Side.AFTER):
        return f"={lower.version}"
    start = "" if lower is None else _START[lower.side].format(lower.version.text)
    end = "" if upper is None else _END[upper.side].format(upper.version.text)
    text = f"{start}:{end}"
    # The blank tells it from a version with an epoch.
    return f"{start}: {end}" if may_have_epochs(text) else text


_START = {Side.BEFORE: "{}", Side.AFTER: ">{}", Side.AFTER_FAMILY: ">{}.*"}
_END = {Side.BEFORE: "<{}", Side.AFTER: "={}", Side.AFTER_FAMILY: "{}"}
