import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from placewise.errors import InputError
from placewise.selection.expressions import DEEPEST, FUNCTIONS, LONGEST, parse_expression
from placewise.selection.situation import Situation

PYTHON = {
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "max": max,
    "min": min,
    "round": round,
}
# Arithmetic on these is exact in any order, so Python and NumPy give the same bits.
NUMBERS = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0])
NAMES = ("state", "parameter", "both", "flag")


@st.composite
def numbers(draw, depth):
    if not depth:
        return draw(st.sampled_from([*NAMES, "0", "1", "2.5", "True"]))
    one, other, third = (draw(numbers(depth - 1)) for _ in range(3))
    sign = draw(st.sampled_from(["+", "-", "*", "/", "//", "%"]))
    function = draw(st.sampled_from(["abs", "ceil", "floor", "round"]))
    several = draw(st.sampled_from(["min", "max"]))
    return draw(
        st.sampled_from(
            [
                one,
                f"-{one}",
                f"({one}) ** {draw(st.sampled_from('02'))}",
                f"{function}({one})",
                f"{several}({one}, {other})",
                f"{several}({one}, {other}, {third})",
                f"({one} {sign} {other})",
                f"({one} {sign} {other} {sign} {third})",
                f"({draw(conditions(depth - 1))})",
            ]
        )
    )


@st.composite
def conditions(draw, depth):
    if not depth:
        return draw(st.sampled_from(["flag", "True", "False", "state > 0"]))
    one, other = draw(conditions(depth - 1)), draw(conditions(depth - 1))
    word = draw(st.sampled_from(["and", "or"]))
    sign, next_sign = (draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="])) for _ in range(2))
    left, middle, right = (draw(numbers(depth - 1)) for _ in range(3))
    return draw(
        st.sampled_from(
            [
                f"(not {one})",
                f"({one} {word} {other})",
                f"({one} {word} {left} {sign} {right} {word} {other})",
                f"{left} {sign} {right}",
                f"{left} {sign} {middle} {next_sign} {right}",
            ]
        )
    )


@st.composite
def questions(draw):
    jobs, clusters = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    values = {
        "state": draw(hnp.arrays(np.float64, clusters, elements=NUMBERS)),
        "parameter": draw(hnp.arrays(np.int64, (jobs, 1), elements=st.integers(-2, 3))),
        "both": draw(hnp.arrays(np.float64, (jobs, clusters), elements=NUMBERS)),
        "flag": draw(hnp.arrays(np.bool_, clusters)),
    }
    situation = Situation(np.zeros(clusters, dtype=np.int64), np.zeros(jobs), values)
    text = draw(st.one_of(numbers(2), conditions(2)))
    return text, situation, draw(hnp.arrays(np.bool_, (jobs, clusters)))


@given(questions())
def test_an_expression_means_what_it_means_in_python_for_each_job_and_cluster(question):
    text, situation, in_play = question
    values = {name: np.broadcast_to(value, in_play.shape) for name, value in situation.values.items()}
    expected = {}
    divides_by_zero = False
    for job, cluster in np.argwhere(in_play):
        scope = {name: value[job, cluster].item() for name, value in values.items()}
        try:
            expected[job, cluster] = eval(text, PYTHON | scope)  # the text is generated above
        except ZeroDivisionError:
            divides_by_zero = True
    expression = parse_expression(text)
    assert expression.names == {name for name in NAMES if name in text}
    if divides_by_zero:
        with pytest.raises(InputError, match="division is by zero"):
            expression.evaluate(situation, in_play)
        return
    found = np.broadcast_to(expression.evaluate(situation, in_play), in_play.shape)
    assert found.dtype in (np.bool_, np.float64)
    for (job, cluster), value in expected.items():
        assert found[job, cluster] == value


HOSTILE = [
    "__import__('os').system('true')",
    "__import__",
    "().__class__.__bases__[0].__subclasses__()",
    "x.__class__",
    "x.real",
    "x.tofile('stolen')",
    "x.mean()",
    "x[0]",
    "x[0:1]",
    "9**9**9",
    "9**9**9**9",
    "10**400",
    "2.0 ** 99999",
    "1e999",
    "9" * 400,
    "exp(1e6)",
    "'text'",
    "'a' * 10",
    "x == 'a'",
    "b'bytes'",
    "f'{x}'",
    "f'{x.__class__}'",
    "'{0.__class__}'.format(x)",
    "1j",
    "None",
    "...",
    "[1] * 1000000000",
    "[x, x]",
    "(1, 2)",
    "{1, 2}",
    "{1: 2}",
    "[i for i in range(10**9)]",
    "sum(i for i in x)",
    "range(10**9)",
    "list(x)",
    "eval('1')",
    "exec('1')",
    "open('/etc/passwd')",
    "getattr(x, 'a')",
    "print(1)",
    "lambda: 1",
    "(lambda: 1)()",
    "x()",
    "min",
    "min + 1",
    "min(x)",
    "min()",
    "max()",
    "min('a', 1)",
    "min(*x)",
    "min(1, 2, key=x)",
    "min(**x)",
    "abs()",
    "abs(1, 2)",
    "round(x, 2)",
    "min(1, 2)(3)",
    "(y := 1)",
    "y = 1",
    "x = 1",
    "x += 1",
    "import os",
    "x; x",
    "x\nx",
    "1 if x else 2",
    "x in x",
    "x is x",
    "~x",
    "x << 99999999",
    "x >> 1",
    "x & x",
    "x | x",
    "x ^ x",
    "x @ x",
    "await x",
    "yield x",
    "*x",
    "x > 0 && x < 3",
    "x > 0 || x < 3",
    "!x",
    "",
    "   ",
    "#",
    "\0",
    "x\0",
    "\ud800",
    "1if x",
    "0777",
    "x" * (LONGEST + 1),
    "(" * 300 + "1" + ")" * 300,
    "-" * 900 + "1",
    "not " * 240 + "x",
    "+".join(["x"] * 300),
    "1 <" * 300,
    "nowhere",
    "\U0001d431\U0001d432 > 0",  # reads as xy
    "x / 0",
    "x // 0",
    "x % 0",
    "1 / (x - x)",
    "0 ** -1",
    "(-8) ** 0.5",
    "log(0)",
    "log(-1)",
    "sqrt(-1)",
    "x and flag",
    "flag or x",
    "not x",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_expression_is_an_input_error_at_once(text):
    values = {"x": np.array([1.0, 2.0]), "flag": np.array([True, False])}
    situation = Situation(np.zeros(2, dtype=np.int64), np.zeros(1), values)
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        parse_expression(text).evaluate(situation, np.ones((1, 2), dtype=np.bool_))
    assert time.perf_counter() - start < 0.5
    assert len(str(caught.value)) < 700


@given(st.text("x.+-*/%()[]{}<>=!&|'\"0123456789_ ,:abcmin\n\\#@~^\t\0", max_size=40))
def test_any_text_is_an_expression_or_an_input_error(text):
    values = {"x": np.array([0.0, 2.0]), "flag": np.array([True, False])}
    situation = Situation(np.zeros(2, dtype=np.int64), np.zeros(1), values)
    try:
        found = parse_expression(text).evaluate(situation, np.ones((1, 2), dtype=np.bool_))
    except InputError:
        return
    assert found.dtype in (np.bool_, np.float64)
    assert np.broadcast_to(found, (1, 2)).shape == (1, 2)


def evaluate(text, in_play=None, names=(), **values):
    arrays = {name: np.array(value) for name, value in values.items()}
    clusters = max((array.shape[-1] for array in arrays.values()), default=1)
    situation = Situation(np.zeros(clusters, dtype=np.int64), np.zeros(1), arrays, names)
    mask = np.ones((1, clusters), dtype=np.bool_) if in_play is None else np.array([in_play])
    return parse_expression(text).evaluate(situation, mask)


def test_depth_and_length_are_bounded_where_it_is_said():
    assert evaluate("+".join(["1"] * (DEEPEST - 1))) == DEEPEST - 1
    assert evaluate(" " * (LONGEST - 1) + "1") == 1


def test_an_error_names_the_expression_and_the_first_cluster():
    with pytest.raises(InputError, match="expression '1 / x', cluster 'c1': a division is by zero"):
        evaluate("1 / x", x=[1.0, 0.0, 0.0], names=("c0", "c1", "c2"))
    with pytest.raises(InputError, match="expression '1 / x', cluster at position 2: a division is by zero"):
        evaluate("1 / x", [True, False, True], x=[1.0, 0.0, 0.0])


def test_clusters_out_of_play_cannot_divide_by_zero():
    found = np.broadcast_to(evaluate("1 / x", [True, False], x=[2.0, 0.0]), (1, 2))
    assert found[0, 0] == 0.5


def test_a_condition_in_front_keeps_a_division_from_zero():
    assert evaluate("x != 0 and 1 / x > 0.4", x=[0.0, 2.0, 4.0]).ravel().tolist() == [False, True, False]
    assert evaluate("x == 0 or 1 / x > 0.4", x=[0.0, 2.0, 4.0]).ravel().tolist() == [True, True, False]
    with pytest.raises(InputError):
        evaluate("1 / x > 0.4 and x != 0", x=[0.0, 2.0])


@pytest.mark.parametrize(
    "text", ["(x != 0 and x < 2) == (1 / x > 0)", "(x == 0 or x < 2) + 1 / x", "(0 < x < 2) + 1 / x"]
)
def test_what_a_condition_keeps_away_it_keeps_from_its_own_parts_only(text):
    with pytest.raises(InputError, match="division is by zero"):
        evaluate(text, x=[0.0, 1.0])


def test_the_second_half_of_a_chain_is_asked_where_the_first_holds():
    assert evaluate("0 < x < 1 / x", x=[0.0, 0.5, 2.0]).ravel().tolist() == [False, True, False]
    with pytest.raises(InputError):
        evaluate("0 <= x < 1 / x", x=[0.0, 0.5])


def test_an_unknown_name_is_told_with_those_there_are():
    with pytest.raises(InputError, match=r"expected nodes_free, or another of memory"):
        evaluate("node_free > 0", nodes_free=[1], memory=[2])
    with pytest.raises(InputError, match="expected no names"):
        evaluate("x")


def test_an_unknown_number_stays_unknown_and_meets_no_comparison():
    assert np.isnan(evaluate("x / 2 + 1", x=[np.nan])).all()
    assert np.isnan(evaluate("min(x, 1)", x=[np.nan])).all()
    assert evaluate("x > 0", x=[np.nan, 1.0]).tolist() == [False, True]
    assert evaluate("x <= 0", x=[np.nan, 1.0]).tolist() == [False, False]
    assert evaluate("x - x != 0", x=[np.inf, 1.0]).tolist() == [True, False]


def test_a_name_may_be_that_of_a_function():
    assert evaluate("min(min, 3)", min=[2.0, 4.0]).tolist() == [2.0, 3.0]


def test_functions_are_those_that_are_listed():
    assert sorted(FUNCTIONS) == ["abs", "ceil", "exp", "floor", "log", "max", "min", "round", "sqrt"]
    assert evaluate("exp(log(2) * 3)", x=[0]) == pytest.approx(8)
    assert evaluate("sqrt(16)", x=[0]) == 4


def test_whole_numbers_and_truth_are_calculated_as_numbers():
    assert evaluate("x * 2", x=[2**52 + 1]).tolist() == [2.0 * (2**52 + 1)]
    assert evaluate("flag + flag", flag=[True, False]).tolist() == [2.0, 0.0]
    assert evaluate("-flag", flag=[True, False]).tolist() == [-1.0, 0.0]


def test_values_are_not_changed():
    x = np.array([1.0, 2.0])
    situation = Situation(np.zeros(2, dtype=np.int64), np.zeros(1), {"x": x})
    for text in ("x", "+x", "x + 1", "-x", "min(x, 0)"):
        parse_expression(text).evaluate(situation, np.ones((1, 2), dtype=np.bool_))
    assert x.tolist() == [1.0, 2.0]
