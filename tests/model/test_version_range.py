import itertools

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.model.versions.version import Version
from placewise.model.versions.version_range import Cut, Side, VersionRange, parse_bounds, parse_versions

_RELEASES = [".".join(parts) for length in (1, 2, 3) for parts in itertools.product("12a", repeat=length)]
TEXTS = [
    *_RELEASES,
    *(f"{release}-{tail}" for release in _RELEASES[:12] for tail in ("alpha", "rc", "rc1")),
    *("1.main", "main", "develop", "develop.1", "."),
]
POOL = [Version(text) for text in TEXTS]

bounds = st.sampled_from(POOL)
bounds_or_open = st.none() | bounds


@st.composite
def simple_ranges(draw):
    kind = draw(st.sampled_from(["between", "between", "exclusive", "exactly", "any", "empty"]))
    if kind == "exactly":
        return VersionRange.exactly(draw(bounds))
    if kind == "any":
        return VersionRange.any()
    if kind == "empty":
        return VersionRange.empty()
    low, high = draw(bounds_or_open), draw(bounds_or_open)
    if low is not None and high is not None and low > high:
        low, high = high, low
    return VersionRange.between(low, high, inclusive=kind == "between")


ranges = st.recursive(
    simple_ranges(),
    lambda inner: (
        st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1])
        | st.tuples(inner, inner).map(lambda pair: pair[0] & pair[1])
        | inner.map(lambda one: ~one)
        | inner.map(lambda one: one.exclusive())
    ),
    max_leaves=4,
)


def members(versions):
    return {version.text for version in POOL if version in versions}


EVERYTHING = set(TEXTS)


def begins_with(version, start):
    return not start.is_prerelease and version.key[0][: len(start.key[0])] == start.key[0]


@given(bounds_or_open, bounds_or_open)
def test_inclusive_ends_admit_both_bounds_and_what_begins_with_the_maximum(low, high):
    if low is not None and high is not None and low > high and not begins_with(low, high):
        with pytest.raises(InputError, match="exceeds the maximum"):
            VersionRange.between(low, high)
        return
    expected = {
        v.text for v in POOL if (low is None or low <= v) and (high is None or v <= high or begins_with(v, high))
    }
    made = VersionRange.between(low, high)
    assert members(made) == expected
    assert made
    assert made == parse_bounds(low and low.text, high and high.text)
    assert made.bounds == (low and low.text, high and high.text)


@given(bounds_or_open, bounds_or_open)
def test_exclusive_ends_admit_neither_bound(low, high):
    expected = {v.text for v in POOL if (low is None or low < v) and (high is None or v < high)}
    try:
        made = VersionRange.between(low, high, inclusive=False)
    except InputError:
        assert low is not None
        assert high is not None
        assert low > high
    else:
        assert members(made) == expected


@given(bounds)
def test_exactly_admits_one_version(version):
    assert members(VersionRange.exactly(version)) == {v.text for v in POOL if v == version}


@given(ranges, ranges)
def test_the_operations_are_those_of_sets(a, b):
    assert members(a & b) == members(a) & members(b)
    assert members(a | b) == members(a) | members(b)
    assert members(~a) == EVERYTHING - members(a)
    if a <= b:
        assert members(a) <= members(b)
    if a == b:
        assert members(a) == members(b)
        assert hash(a) == hash(b)
    if not a:
        assert members(a) == set()


@given(ranges, ranges, ranges)
def test_the_algebra_is_boolean(a, b, c):
    nothing, everything = VersionRange.empty(), VersionRange.any()
    assert ~~a == a
    assert ~(a & b) == ~a | ~b
    assert ~(a | b) == ~a & ~b
    assert a & b == b & a
    assert a | b == b | a
    assert a & (b & c) == (a & b) & c
    assert a | (b | c) == (a | b) | c
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)
    assert a & a == a | a == a
    assert a & ~a == a & nothing == nothing
    assert a | ~a == a | everything == everything
    assert a & everything == a | nothing == a
    assert a & b <= a <= a | b
    assert (a <= b) == (a | b == b) == (a & ~b == nothing)
    assert (a <= b <= a) == (a == b)


@given(ranges)
def test_intervals_are_disjoint_in_order_and_do_not_touch(versions):
    edges = [edge for interval in versions._intervals for edge in (interval.start, interval.end)]
    assert all(before < after for before, after in itertools.pairwise(edges))


@example(~parse_bounds(None, "1"))
@given(ranges)
def test_exclusive_leaves_out_bounds_and_adds_nothing(versions):
    inner = versions.exclusive()
    assert inner <= versions
    assert inner.exclusive() == inner
    ends = {cut.version for i in versions._intervals for cut in (i.lower, i.upper) if cut is not None}
    # A bound may lie inside another interval; there it stays.
    for end in ends:
        inside = any(
            (i.lower is None or i.lower.version < end) and (i.upper is None or end < i.upper.version)
            for i in versions._intervals
        )
        assert (end in inner) <= inside


@given(bounds_or_open, bounds_or_open)
def test_exclusive_of_an_inclusive_range_is_the_exclusive_range(low, high):
    if low is not None and high is not None and low > high:
        low, high = high, low
    assert VersionRange.between(low, high).exclusive() == VersionRange.between(low, high, inclusive=False)


def test_a_shorter_maximum_admits_what_begins_with_it():
    assert Version("1.2.11") in parse_bounds(None, "1")
    assert Version("1.2-alpha") in parse_bounds(None, "1")
    assert Version("2") not in parse_bounds(None, "1")
    assert Version("2-alpha") not in parse_bounds(None, "1")
    assert Version("10") not in parse_bounds(None, "1")


def test_a_minimum_may_begin_with_the_maximum():
    assert members(parse_bounds("1.2", "1")) == {
        t for t in TEXTS if t.startswith("1.") and Version(t) >= Version("1.2")
    }
    with pytest.raises(InputError, match=r"the minimum 1\.2 exceeds the maximum 1\.1"):
        parse_bounds("1.2", "1.1")
    with pytest.raises(InputError, match="exceeds"):
        parse_bounds("1.2", "1.2-rc1")


def test_exactly_1_2_is_not_1_2_0():
    only = VersionRange.exactly(Version("1.2"))
    assert Version("1.2") in only
    assert Version("1-2") in only
    assert Version("1.2.0") not in only
    assert Version("1.2.0") in parse_bounds("1.2", "1.2")


@pytest.mark.parametrize(
    ("versions", "text"),
    [
        (VersionRange.any(), ":"),
        (VersionRange.empty(), "no version"),
        (parse_bounds("1.2", None), "1.2:"),
        (parse_bounds(None, "1.2"), ":1.2"),
        (parse_bounds("1.2", "1"), "1.2:1"),
        (parse_bounds("1", "2"), "1:2"),
        (VersionRange.exactly(Version("1.2")), "=1.2"),
        (parse_bounds("1", "2").exclusive(), ">1:<2"),
        (~parse_bounds("1", "2"), ":<1,>2.*:"),
        (~VersionRange.exactly(Version("1.2")), ":<1.2,>1.2:"),
        (~parse_bounds("1.2", None).exclusive(), ":=1.2"),
        (VersionRange.between(Version("1"), Version("1"), inclusive=False), "no version"),
    ],
)
def test_a_range_is_written_as_spack_would(versions, text):
    assert str(versions) == text
    assert repr(versions) == f"VersionRange({text!r})"


def test_bounds_are_the_outermost():
    assert (parse_bounds("1", "1.1") | parse_bounds("2", "2.a")).bounds == ("1", "2.a")
    assert (parse_bounds("1", "1.1") | parse_bounds("2", None)).bounds == ("1", None)
    assert VersionRange.empty().bounds == VersionRange.any().bounds == (None, None)


def test_after_the_family_of_a_prerelease_is_after_it():
    rc = Version("1.0rc")
    assert Cut(rc, Side.AFTER).key == Cut(rc, Side.AFTER_FAMILY).key
    assert Version("1.0rc1") not in VersionRange.between(None, rc)


def test_a_bound_that_is_no_version_is_refused():
    with pytest.raises(InputError, match="not a version"):
        parse_bounds("", None)
    with pytest.raises(InputError, match="not a version"):
        parse_bounds(None, "1 2")


def test_a_range_is_frozen_and_is_no_other_thing():
    with pytest.raises(AttributeError):
        VersionRange.any()._intervals = ()
    assert VersionRange.empty() != ()


@given(ranges)
def test_a_range_reads_back_as_it_is_written(versions):
    assert parse_versions(str(versions)) == versions


@given(bounds, bounds, bounds)
def test_comparisons_are_those_of_the_order(a, b, c):
    for sign, holds in (
        (">=", lambda v: v >= a),
        ("<=", lambda v: v <= a),
        (">", lambda v: v > a),
        ("<", lambda v: v < a),
        ("==", lambda v: v == a),
        ("!=", lambda v: v != a),
    ):
        assume(sign != "<" or a != min(POOL))
        assert members(parse_versions(f"{sign}{a}")) == {v.text for v in POOL if holds(v)}
    expected = {v.text for v in POOL if a <= v < b and v != c}
    try:
        made = parse_versions(f">={a}, <{b}, != {c}")
    except InputError as error:
        assert "without versions" in str(error)
        assert expected <= {c.text}
    else:
        assert members(made) == expected


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("12:14", ["12", "13.1", "14.2"], ["11.9", "15"]),
        (":4.1", ["4.1.6", "0"], ["4.2", "4.10"]),
        ("<=4.1", ["4.1", "4.0"], ["4.1.6"]),
        ("3.5:", ["3.5", "4"], ["3.4"]),
        ("2.7:2.8,3.6:", ["2.8.1", "3.7"], ["3.0"]),
        ("=12", ["12"], ["12.3.0"]),
        ("12", ["12", "12.3.0"], ["13", "11"]),
        ("12,14", ["12.1", "14"], ["13"]),
        (">1.2:", ["1.2.1", "2"], ["1.2", "1.1"]),
        (">1.2.*:", ["1.3"], ["1.2.1", "1.2"]),
        (":<2", ["1.9"], ["2", "2.1"]),
        (":=1.2", ["1.2"], ["1.2.1"]),
        (">=3.8,<3.11", ["3.8", "3.10.9"], ["3.11", "3.7"]),
        ("git.v5=5:", ["5.1"], ["4"]),
        (":", ["1", "main"], []),
        ("no version", [], ["1"]),
    ],
)
def test_the_notations(text, inside, outside):
    found = parse_versions(text)
    assert all(Version(one) in found for one in inside)
    assert not any(Version(one) in found for one in outside)
    assert parse_versions(str(found)) == found
    assert parse_versions(text) is found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a range"),
        ("1,", "not a range"),
        (",", "not a range"),
        ("=", "not a range"),
        ("=>1", "not a range"),
        (">=", "not a comparison"),
        (">=1,2", "not a range"),
        ("=1,>=2", "not a range"),
        ("2:1", "the minimum 2 exceeds the maximum 1"),
        (">=3,<2", "without versions"),
        ("==1,!=1", "without versions"),
        ("<>1", "not a version"),
        ("a b", "not a version"),
        ("1:1.1.1k-9:", "not a range"),
        ("1:2:3", "not a version"),
        (None, "not a range"),
        (1, "not a range"),
        (">1.*", "not a version"),
    ],
)
def test_what_is_no_range_is_refused(text, says):
    with pytest.raises(InputError, match=says):
        parse_versions(text)


@given(st.text(max_size=12) | st.from_regex(r"[0-9a-z.:,<>=!*]{1,12}", fullmatch=True))
def test_any_text_is_a_range_or_an_input_error(text):
    try:
        found = parse_versions(text)
    except InputError:
        return
    assert parse_versions(str(found)) == found


def test_many_comparisons_take_no_longer_than_they_are_long():
    assert Version("0.5") in parse_versions(",".join(f"!={number}" for number in range(20_000)))
