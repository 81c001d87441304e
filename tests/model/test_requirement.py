import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import Incomparable, InputError
from placewise.model.requirements.predicates import (
    Contains,
    Equals,
    InNumericRange,
    InVersionRange,
    OneOf,
    Within,
    refuse_crossed,
)
from placewise.model.requirements.requirement import Condition, Requirement
from placewise.model.scalar import scalar_text
from placewise.model.versions.version import Version
from placewise.model.versions.version_range import VersionRange, parse_bounds

HUGE = 1 << 20_000

numbers = st.none() | st.integers(-3, 3) | st.sampled_from([-1.5, 0.5, 2.0, float("inf")])
scalars = st.sampled_from(["1", "a", "true", "1.10", "1_0", "", "nan", True, False, 0, 1, 10, -1, 1.0, 1.5, 1e300])
predicates = st.one_of(
    st.sampled_from(["1", "a", "a, b", "true", ""]).map(Equals),
    st.lists(st.sampled_from(["1", "a", "b", "a, b", "true"]), min_size=1, max_size=3).map(tuple).map(OneOf),
    st.sampled_from([parse_bounds("1.2", None), parse_bounds("1-2", None), parse_bounds("1-3", None)]).map(
        InVersionRange
    ),
    st.tuples(numbers, numbers)
    .filter(lambda pair: None in pair or pair[0] <= pair[1])
    .map(lambda pair: InNumericRange(*pair)),
)
conditions = st.builds(Condition, st.sampled_from(["version", "name", "name = a and name"]), predicates)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (-1, "-1"),
        (1.0, "1"),
        (-0.0, "0"),
        (1.1, "1.1"),
        (float("inf"), "inf"),
        ("1.0", "1.0"),
        ("True", "True"),
        ("", ""),
    ],
)
def test_a_scalar_is_written_as_documents_write_it(value, text):
    assert scalar_text(value) == text
    assert Equals(text).holds(value)
    assert OneOf((text, "other")).holds(value)
    assert not Equals(text + "x").holds(value)
    assert not OneOf((text + "x", "other")).holds(value)


def test_a_number_too_long_to_write_equals_no_text():
    assert not Equals("1").holds(HUGE)
    assert not OneOf(("1", "2")).holds(HUGE)
    assert scalar_text(HUGE) != scalar_text(HUGE + 1)


def test_one_of_is_sorted_and_names_each_once():
    assert OneOf(("b", "a", "b")) == OneOf(("a", "b"))
    assert OneOf(("b", "a", "b")).texts == ("a", "b")
    assert str(OneOf(("b", "a"))) == "in (a, b)"
    with pytest.raises(InputError, match="no value can meet"):
        OneOf(())


@pytest.mark.parametrize(
    "value", [1.1, 1.0, True, False, "", "1 2", "\u0661", "1\n", float("nan"), pytest.param(HUGE, id="huge")]
)
def test_what_is_no_version_is_in_no_range(value):
    with pytest.raises(Incomparable, match="not a version"):
        InVersionRange(VersionRange.any()).holds(value)


def test_text_and_whole_numbers_are_versions():
    assert InVersionRange(parse_bounds("9", "10")).holds(9)
    assert InVersionRange(parse_bounds("9", "10")).holds("9e")
    assert not InVersionRange(parse_bounds("9", "10")).holds(11)


@given(st.none() | st.integers(-5, 5), st.none() | st.integers(-5, 5), st.integers(-6, 6))
def test_a_numeric_range_includes_its_ends(low, high, value):
    if low is not None and high is not None and low > high:
        with pytest.raises(InputError, match="exceeds"):
            InNumericRange(low, high)
        return
    inside = InNumericRange(low, high)
    expected = (low is None or low <= value) and (high is None or value <= high)
    for written in (value, float(value), str(value), f"{value}.0", f"{value}e0"):
        assert inside.holds(written) == expected


@pytest.mark.parametrize(
    "value",
    ["", "a", "1.2.3", "nan", float("nan"), True, False, "1_0", "\u0661", " 1", "1\n", "inf", "0x1", "1e", "--1"],
)
def test_what_is_no_number_is_in_no_range(value):
    for inside in (InNumericRange(), InNumericRange(-100.0, float("inf")), Within(-100.0)):
        with pytest.raises(Incomparable, match="not a number"):
            inside.holds(value)


def test_numbers_of_any_size_compare_exactly():
    assert InNumericRange(2.0**53).holds(2**53 + 1)
    assert not InNumericRange(None, 2**53).holds(2**53 + 1)
    assert InNumericRange(0).holds(HUGE)
    assert not InNumericRange(None, 1e308).holds(HUGE)
    assert InNumericRange(None, float("inf")).holds(1e308)


def test_a_bound_is_a_number():
    for bounds in ((float("nan"), None), (None, float("nan"))):
        with pytest.raises(InputError, match="not a number"):
            InNumericRange(*bounds)


@pytest.mark.parametrize(
    ("predicate", "text"),
    [
        (Equals("x"), "gpu{size=x}"),
        (Equals("two words"), 'gpu{size="two words"}'),
        (InNumericRange(1), "gpu{size>=1}"),
        (InNumericRange(None, 1.5), "gpu{size<=1.5}"),
        (Within(1, 2), "gpu{size>=1, size<=2}"),
        (Within("8.0", "1Gi"), 'gpu{size>="8.0", size<=1Gi}'),
        (Within(float("-inf"), 1e300), "gpu{size>=-1e999, size<=1e+300}"),
        (OneOf(("b", "a,")), 'gpu{size in ("a,", b)}'),
        (Contains(("a",)), "gpu{size contains a}"),
        (Contains(("b", "a")), "gpu{size contains (a, b)}"),
        (InVersionRange(parse_bounds("1", None)), "gpu{size@1:}"),
    ],
)
def test_a_condition_is_written_as_on_a_line(predicate, text):
    assert str(Requirement("gpu", (Condition("size", predicate),))) == text


@pytest.mark.parametrize(
    ("field", "predicate", "text"),
    [
        ("version", InVersionRange(parse_bounds("1", None)), "gcc@1:"),
        ("version", InVersionRange(VersionRange.exactly(Version("12"))), "gcc@=12"),
        ("version", InVersionRange(VersionRange.empty()), 'gcc{version="no version"}'),
        ("version", Equals("12"), "gcc{version=12}"),
        ("version", Equals("12:14"), "gcc{version==12:14}"),
        ("compiler_version", InVersionRange(parse_bounds("1", "2")), "gcc{compiler_version=1:2}"),
        ("in", Equals("and"), 'gcc{"in"=and}'),
        ("a b", Equals(""), 'gcc{"a b"=""}'),
    ],
)
def test_versions_and_names_are_written_so_that_they_read_back(field, predicate, text):
    requirement = Requirement("gcc", (Condition(field, predicate),))
    assert str(requirement) == text
    assert Requirement.parse(text) == requirement


def test_numbers_that_cross_are_no_range():
    with pytest.raises(InputError, match="the minimum 3 exceeds the maximum 2.5"):
        refuse_crossed(3, 2.5)
    refuse_crossed("3", "2.5")
    refuse_crossed(None, 2)
    assert Within("1.10", "1.9").maximum == "1.9"


def test_a_numeric_range_without_bounds_can_be_written():
    assert "None" not in str(InNumericRange())


@given(st.lists(conditions, max_size=4), st.randoms(use_true_random=False))
def test_a_requirement_is_its_set_of_conditions(wanted, random):
    requirement = Requirement("gcc", tuple(wanted))
    shuffled = wanted + wanted[:1]
    random.shuffle(shuffled)
    again = Requirement("gcc", tuple(shuffled))
    assert again == requirement
    assert hash(again) == hash(requirement)
    assert set(requirement.conditions) == set(wanted)
    assert len(requirement.conditions) == len(set(wanted))
    assert Requirement("llvm", tuple(wanted)) != requirement
    assert Requirement("gcc", (*wanted, Condition("other", Equals("")))) != requirement


def test_conditions_that_are_written_differently_but_are_equal_make_one_requirement():
    def requirement(*ranges):
        return Requirement("gcc", tuple(Condition("version", InVersionRange(parse_bounds(r, None))) for r in ranges))

    assert requirement("1.2", "1-3") == requirement("1-2", "1-3")


def test_conditions_that_read_alike_keep_a_requirement_canonical():
    alike = [Condition("name", OneOf(("a", "b"))), Condition("name", OneOf(("a, b",)))]
    assert str(alike[0]) != str(alike[1])
    assert len({Requirement("x", tuple(order)) for order in itertools.permutations(alike)}) == 1


def test_a_requirement_without_conditions_asks_for_a_vertex():
    assert str(Requirement("gcc")) == "gcc"
    with pytest.raises(InputError, match="names no subsystem"):
        Requirement("")


@given(st.builds(Requirement, st.sampled_from(["gcc"]), st.lists(conditions, max_size=3).map(tuple)), scalars)
def test_every_predicate_answers_every_value(requirement, value):
    for condition in requirement.conditions:
        try:
            assert condition.predicate.holds(value) in (True, False)
        except Incomparable as problem:
            assert problem.found is value
    assert str(requirement)


def test_requirements_are_frozen():
    for value, field in (
        (Requirement("a"), "subsystem"),
        (Condition("a", Equals("b")), "field"),
        (Equals("a"), "text"),
    ):
        with pytest.raises(AttributeError):
            setattr(value, field, "x")


def test_equal_ranges_make_equal_predicates():
    assert InVersionRange(parse_bounds("1.2", "2")) == InVersionRange(parse_bounds("1-2", "2"))
    assert InVersionRange(VersionRange.exactly(Version("1"))) != InVersionRange(parse_bounds("1", "1"))


def test_one_text_is_not_several():
    with pytest.raises(InputError, match="one text") as caught:
        OneOf("abc")
    assert caught.value.found == "abc"
    assert OneOf(iter(["b", "a"])) == OneOf(["b", "a", "b"]) == OneOf(("a", "b"))
    with pytest.raises(InputError, match="no value can meet"):
        OneOf(iter(()))


@pytest.mark.parametrize("predicate", [None, "12", 12, object()])
def test_a_condition_has_a_predicate(predicate):
    with pytest.raises(InputError, match="'version'.*no predicate"):
        Condition("version", predicate)
