"""Tests of versions, in the order of the field's scheme."""

from __future__ import annotations

from collections.abc import Mapping

from placewise.errors import InputError, locating
from placewise.kinds.conditions.asked import Asked, Test, any_test, contains_test
from placewise.kinds.scales.schemes import WITH_EPOCHS, parsed, within
from placewise.model.requirements.predicates import Contains, Equals, InVersionRange, OneOf, Predicate, Within
from placewise.model.scalar import Scalar, Value, scalar_text
from placewise.model.versions.range_notation import Side, WrittenCut, WrittenRange, has_epoch, is_range, read_range
from placewise.model.versions.version import parse_version
from placewise.model.versions.version_range import VersionRange, parse_bounds, parse_versions


def version_test(asked: Asked, predicate: Predicate) -> Test:
    """Return the test of a version. Raises InputError for a bound that is no version or range, or is a float."""
    if isinstance(predicate, Contains):
        return contains_test(asked, predicate)
    with locating(place=asked.place):
        return _in_spacks_order(asked, predicate) if asked.scheme in ("", "spack") else _in_scheme(asked, predicate)


def equal_versions(text: str) -> VersionRange:
    """Return the versions that a text equals: the one that it writes, or those of the range that it writes.

    Raises InputError for a text that is neither.
    """
    return parse_versions(text) if is_range(text) else VersionRange.exactly(parse_version(text))


def _in_spacks_order(asked: Asked, predicate: Predicate) -> Test:
    match predicate:
        case InVersionRange(versions):
            return _holding(asked, versions)
        case Equals(text):
            return _holding(asked, equal_versions(text))
        case OneOf(texts):
            versions = VersionRange.empty()
            for text in texts:
                versions |= equal_versions(text)
            return _holding(asked, versions)
        case Within(minimum, maximum):
            return _holding(asked, parse_bounds(_bound(minimum), _bound(maximum)))
    raise _another_kind(asked, predicate)


def _holding(asked: Asked, versions: VersionRange) -> Test:
    versions.refuse_placeless()
    holds = InVersionRange(versions).holds

    def test(value: Value, _values: Mapping[str, Value]) -> bool:
        return holds(asked.plain(value) if value in asked.aliases else value)

    return test if asked.aliases else lambda value, _values: holds(value)


def _in_scheme(asked: Asked, predicate: Predicate) -> Test:
    match predicate:
        case InVersionRange(versions):
            # What was written is kept in a range, so that it can be read in another order.
            inside = _tested(asked, read_range(str(versions)))
            return _refusing_epochs(asked, inside, str(versions)) if asked.scheme in WITH_EPOCHS else inside
        case Equals(text):
            return _equals(asked, text)
        case OneOf(texts):
            return any_test(_equals(asked, text) for text in texts)
        case Within(minimum, maximum):
            low, high = _bound(minimum), _bound(maximum)
            lower: WrittenCut | None = None if low is None else (low, Side.BEFORE)
            upper: WrittenCut | None = None if high is None else (high, Side.AFTER_FAMILY)
            return _tested(asked, WrittenRange(str(predicate), ((lower, upper),)))
    raise _another_kind(asked, predicate)


def _refusing_epochs(asked: Asked, inside: Test, written: str) -> Test:
    """Return the test of a range; where it may be one version with an epoch, it is not compared with one of those."""
    if not any(map(has_epoch, written.split(","))):
        return inside

    def test(value: Value, values: Mapping[str, Value]) -> bool:
        if has_epoch(scalar_text(value)):
            raise asked.incomparable(
                f"has an epoch, and is compared with {written}, which is a range or has one too",
                found=value,
                expected=f"=={written} for the version, or a range of comparisons such as >=1,<=2.0",
            )
        return inside(value, values)

    return test


def _equals(asked: Asked, text: str) -> Test:
    if is_range(text):
        written = read_range(text, epochs=asked.scheme in WITH_EPOCHS)
        # With an epoch, what looks like the range 1:2 is one version.
        if ":" not in text or not _is_one(written):
            return _tested(asked, written)
    return _tested(asked, WrittenRange(text, (((text, Side.BEFORE), (text, Side.AFTER)),)))


def _is_one(written: WrittenRange) -> bool:
    return not written.together and all(lower and lower[0] == written.text for lower, _ in written.intervals)


def _tested(asked: Asked, written: WrittenRange) -> Test:
    _expect_uncrossed(asked, written)
    inside = within(asked.scheme, written)

    def test(value: Value, _values: Mapping[str, Value]) -> bool:
        if isinstance(value, float | bool | tuple):
            raise asked.incomparable(
                "is not a version",
                found=scalar_text(value) if isinstance(value, tuple) else value,
                expected="a version as text",
            )
        try:
            return inside(scalar_text(value))
        except InputError as error:
            raise asked.incomparable(
                error.problem, found=value, expected=f"a version in {asked.scheme} order"
            ) from error

    return test


def _expect_uncrossed(asked: Asked, written: WrittenRange) -> None:
    """Raise InputError where a lower bound follows an upper one, and does not begin with it."""
    pairs = [(low, high) for low, high in written.intervals if low and high]
    if written.together:
        lows = [low for low, _ in written.intervals if low]
        highs = [high for _, high in written.intervals if high]
        pairs = [(low, high) for low in lows for high in highs]
    for (low, _), (high, side) in pairs:
        if side is Side.AFTER_FAMILY and low.startswith(f"{high}."):
            continue
        if parsed(asked.scheme, high) < parsed(asked.scheme, low):
            raise InputError(
                f"the minimum {low} exceeds the maximum {high}",
                found=written.text,
                expected=f"min at most max in {asked.scheme} order",
            )


def _bound(bound: Scalar | None) -> str | None:
    if isinstance(bound, float):
        raise InputError(
            "the bound of a version is a number, which has lost what was written",
            found=bound,
            expected=f'it in quotes: "{bound}"',
        )
    return None if bound is None else scalar_text(bound)


def _another_kind(asked: Asked, predicate: Predicate) -> InputError:
    error = asked.of_another_kind(predicate, expected="a version, or a range such as 12:14")
    error.place = None
    return error
