"""Quantities against Fractions computed in the obvious way, and units."""

import operator
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import Incomparable
from placewise.kinds.conditions.quantities import Amount, amount
from placewise.kinds.resolving import test_of as resolved
from placewise.kinds.scales.units import unit_of
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary
from placewise.model.requirements.predicates import Equals, Within
from placewise.model.requirements.requirement import Condition

SIZE = Vocabulary(kinds={("", "size"): FieldKind("quantity")})

BYTES = {
    "B": 1,
    "bytes": 1,
    "b": 1,
    "k": 1000,
    "K": 1000,
    "M": 1000**2,
    "G": 1000**3,
    "T": 1000**4,
    "P": 1000**5,
    "kB": 1000,
    "KB": 1000,
    "kb": 1000,
    "mb": 1000**2,
    "MB": 1000**2,
    "gb": 1000**3,
    "GB": 1000**3,
    "tb": 1000**4,
    "Ki": 1024,
    "KiB": 1024,
    "kib": 1024,
    "Mi": 1024**2,
    "MiB": 1024**2,
    "Gi": 1024**3,
    "GiB": 1024**3,
    "gib": 1024**3,
    "Ti": 1024**4,
    "TiB": 1024**4,
    "EB": 1000**6,
    "EiB": 1024**6,
    "bit": Fraction(1, 8),
    "Mb": Fraction(1000**2, 8),
    "Gbit": Fraction(1000**3, 8),
    "Gib": Fraction(1024**3, 8),
}
OTHERS = {
    "time": {"s": 1, "ms": Fraction(1, 1000), "us": Fraction(1, 1000**2), "min": 60, "h": 3600},
    "frequency": {"Hz": 1, "kHz": 1000, "MHz": 1000**2, "GHz": 1000**3},
    "power": {"W": 1, "mW": Fraction(1, 1000), "kW": 1000, "MW": 1000**2},
    "rate": {
        "bit/s": 1,
        "Gbit/s": 1000**3,
        "Gb/s": 1000**3,
        "GB/s": 8 * 1000**3,
        "MB/s": 8 * 1000**2,
        "B/s": 8,
        "GiB/s": 8 * 1024**3,
        "Gbps": 1000**3,
        "Mbps": 1000**2,
        "gigabyte/s": 8 * 1000**3,
    },
    "energy": {"J": 1, "kJ": 1000, "kWh": 3600 * 1000},
    "work": {"FLOPS": 1, "TFLOPS": 1000**4, "GFLOPS": 1000**3},
    "size": BYTES,
}
OPERATORS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}

numbers = (
    st.integers(0, 10**12).map(str) | st.decimals(0, 10**6, places=3).map(str) | st.sampled_from(["1", "2", "1e3"])
)
written = st.tuples(numbers, st.sampled_from(["", " ", "  "]))


@given(st.sampled_from(sorted(OTHERS)), st.sampled_from(sorted(OPERATORS)), st.data())
def test_quantities_compare_as_fractions_do(dimension, sign, data):
    units = OTHERS[dimension]
    one, other = (data.draw(st.sampled_from(sorted(units))) for _ in range(2))
    (a, gap), (b, other_gap) = data.draw(written), data.draw(written)
    if data.draw(st.booleans()):
        # Close ones: the same amount in another unit, or a little less.
        exact = Fraction(b) * units[other] / units[one]
        a = str(exact.numerator // exact.denominator)
    found, bound = f"{a}{gap}{one}", f"{b}{other_gap}{other}"
    expected = OPERATORS[sign](Fraction(a) * units[one], Fraction(b) * units[other])
    assert resolved("any", Condition("size", Equals(f"{sign}{bound}")), SIZE)(found, {}) is expected


@given(st.sampled_from(sorted(BYTES)), st.integers(0, 10**9))
def test_the_unit_beside_a_number_is_as_one_behind_it(unit, number):
    test = resolved("any", Condition("size", Within("1 GB")), SIZE)
    assert test(number, {"size": number, "unit": unit}) == test(f"{number}{unit}", {})


@given(
    st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False),
)
def test_two_bare_numbers_compare_as_numbers(value, bound):
    for kind in ("quantity", "number"):
        said = Vocabulary(kinds={("", "size"): FieldKind(kind)})
        assert resolved("any", Condition("size", Within(bound)), said)(value, {}) is (value >= bound)
        assert resolved("any", Condition("size", Within(None, bound)), said)(value, {}) is (value <= bound)


@pytest.mark.parametrize("one", sorted(set(OTHERS) - {"work"}))
@pytest.mark.parametrize("other", sorted(set(OTHERS) - {"work"}))
def test_only_units_of_one_thing_compare(one, other):
    found, bound = (f"1 {next(iter(OTHERS[dimension]))}" for dimension in (one, other))
    test = resolved("any", Condition("size", Within(bound)), SIZE)
    if one == other:
        assert test(found, {})
    else:
        with pytest.raises(Incomparable, match="units of different things"):
            test(found, {})


@pytest.mark.parametrize("bound", [0.5, 5, "0.5"])
def test_a_share_in_percent_is_no_bare_number(bound):
    test = resolved("any", Condition("size", Within(bound)), SIZE)
    with pytest.raises(Incomparable, match="has no unit"):
        test("10 %", {})
    in_percent = Vocabulary(kinds={("", "size"): FieldKind("quantity", unit="%")})
    assert resolved("any", Condition("size", Within(5)), in_percent)("10 %", {})


@given(st.text(max_size=12) | st.from_regex(r"[0-9.eE+-]{1,6} ?[A-Za-z/%*^]{0,6}", fullmatch=True))
def test_any_text_is_an_amount_or_none(text):
    found = amount(text)
    assert found is None or isinstance(found, Amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GB",
        "1 2",
        "1 GB 2",
        "1e99999999",
        "0x10",
        "1_000 B",
        "\u0661 GB",
        "1 m**99999",
        "1 dBm",
        "nan",
        "inf",
        "1" * 200,
    ],
)
def test_what_is_no_amount(text):
    assert amount(text) is None


@pytest.mark.parametrize("value", [True, (1,), float("inf"), float("nan")])
def test_what_else_is_no_amount(value):
    assert amount(value) is None


def test_a_float_is_what_was_written():
    assert amount(8.1) == amount("8.1") == Amount(Fraction(81, 10))
    assert amount(1e300) == Amount(Fraction(10**300))


@pytest.mark.parametrize("text", ["", "zorkmid", "m" * 40, "m^2", "__import__", "kb/s", "9", "GB GB"])
def test_what_is_no_unit_of_this_kind(text):
    unit = unit_of(text)
    assert unit is None or unit.dimension != unit_of("GB/s").dimension


def test_slow_libraries_load_only_when_needed():
    code = """
import sys
from placewise.kinds.resolving import test_of
from placewise.kinds.vocabulary.inferring import inferred, learned
from placewise.model.requirements.predicates import Equals, Within
from placewise.model.requirements.requirement import Condition
from placewise.model.fleets.vocabulary import Vocabulary
def loaded():
    return {"pint", "univers", "archspec"} & set(sys.modules)
inferred("2.5 GHz"), inferred("64 GB"), inferred("1.2.3")
test_of("node", Condition("memory", Within("2 GB")), Vocabulary())("2 GiB", {})
test_of("gcc", Condition("version", Equals("12:14")), Vocabulary())("13", {})
assert not loaded(), loaded()
test_of("cpu", Condition("target", Equals("zen2")), Vocabulary())("zen2", {})
assert not loaded(), loaded()
test_of("cpu", Condition("target", Equals(">=zen2")), Vocabulary())("zen2", {})
assert loaded() == {"archspec"}, loaded()
test_of("node", Condition("memory", Within("2 GHz")), Vocabulary())
assert loaded() == {"archspec", "pint"}, loaded()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_numbers_too_long_to_write_are_compared_and_named():
    huge = 10**5000
    test = resolved("any", Condition("size", Within(3)), SIZE)
    assert test(huge, {})
    with pytest.raises(Incomparable, match="has no unit"):
        resolved("any", Condition("size", Within("1 GB")), SIZE)(huge, {})
    plain = Vocabulary(kinds={("", "size"): FieldKind("number")})
    with pytest.raises(Incomparable, match="is not a number"):
        resolved("any", Condition("size", Within(3)), plain)("9" * 5000, {})


@pytest.mark.parametrize("written", ["9", "9 ", "9.0  "])
def test_a_bound_with_blanks_after_it_is_the_number(written):
    test = resolved("any", Condition("size", Within(written)), SIZE)
    assert [test(value, {"size": value}) for value in (8, 9, 9.5, "9", "10")] == [False, True, True, True, True]
