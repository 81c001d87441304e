"""Expressions that users write, evaluated for whole blocks of jobs and clusters without running code.

An expression is arithmetic (``+ - * / // % **``), comparisons (also chained), ``and or not``, the functions
in `FUNCTIONS`, numbers, ``True`` and ``False``, and the names of values. Anything else is refused before it
is evaluated: Python's own parser reads the text, only the few kinds of syntax listed here are let through,
and simpleeval evaluates them (decision 10), all numbers as float64. So no expression can take long: it is
short, it has no loops, and a number too large for a float64 is an error.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import simpleeval
from numpy.typing import NDArray

from placewise.errors import InputError, Words, kind_of, one_of
from placewise.selection.situation import Numbers, Situation

LONGEST = 1000
DEEPEST = 100

_Array: TypeAlias = NDArray[Any]

_ARITHMETIC: dict[type[ast.AST], np.ufunc] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.remainder,
    ast.Pow: np.power,
    ast.USub: np.negative,
    ast.UAdd: np.positive,
}
_DIVISIONS = (np.divide, np.floor_divide, np.remainder)
_COMPARISONS: dict[type[ast.AST], np.ufunc] = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
_ONE = {
    "abs": np.absolute,
    "ceil": np.ceil,
    "exp": np.exp,
    "floor": np.floor,
    "log": np.log,
    "round": np.rint,
    "sqrt": np.sqrt,
}
_SEVERAL = {"max": np.maximum, "min": np.minimum}
FUNCTIONS = (*_ONE, *_SEVERAL)
"""The functions an expression may call: of one number, but `max` and `min` of two or more (NaN if one is NaN)."""

_SYNTAX = (
    *_ARITHMETIC,
    *_COMPARISONS,
    ast.And,
    ast.BinOp,
    ast.BoolOp,
    ast.Call,
    ast.Compare,
    ast.Constant,
    ast.Load,
    ast.Name,
    ast.Not,
    ast.Or,
    ast.UnaryOp,
)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read and found to be harmless.

    names : the values that it reads.
    """

    text: str
    names: frozenset[str]
    _tree: ast.expr = field(repr=False, compare=False)

    def evaluate(self, situation: Situation, in_play: NDArray[np.bool_]) -> Numbers:
        """Return the value, boolean or float64, of a shape that broadcasts to (jobs, clusters).

        in_play : (jobs, clusters), the candidates that count; what comes out elsewhere is of no interest.

        Raises InputError for an unknown name, for a number where a condition belongs, and where, for a
        candidate in play, a division is by zero or finite numbers give one that is not.
        """
        self.require_names(situation.values)
        evaluator = _Evaluator(self.text, situation, in_play)
        try:
            found: Numbers = evaluator.eval(self.text, self._tree)
        except simpleeval.InvalidExpression as error:
            raise InputError(str(error), place=_place(self.text)) from error
        finally:
            evaluator.release()
        return found

    def condition(self, situation: Situation, in_play: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the value of an expression that is true or false. Raises InputError for a number."""
        return _as_condition(self.evaluate(situation, in_play), self.text)

    def require_names(self, known: Collection[str]) -> None:
        """Raise InputError when the expression reads a name that is not known."""
        for name in sorted(self.names.difference(known)):
            raise InputError(
                "no value has this name",
                place=_place(self.text),
                found=name,
                expected=one_of(name, sorted(known)) if known else "no names, since there are no values",
            )


def parse_expression(text: str) -> Expression:
    """Return the expression written in a text.

    Raises InputError for what is no expression of this small language, or too long or too deep.
    """
    if len(text) > LONGEST:
        raise _refused(text, f"is longer than {LONGEST} characters")
    try:
        with warnings.catch_warnings():
            # Python's parser only warns of text such as "1if x".
            warnings.simplefilter("error")
            tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        hint = " (write and, or, not)" if any(sign in text for sign in ("&&", "||", "!")) else ""
        raise _refused(text, f"is not an expression: {error.msg}{hint}") from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise _refused(text, "is not an expression that can be read") from error
    functions = _check(tree, text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in functions}
    return Expression(text, frozenset(names), tree)


def _check(tree: ast.expr, text: str) -> set[ast.AST]:
    """Refuse all syntax but what is listed; return the nodes that name the functions called."""
    functions: set[ast.AST] = set()
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        for node in level:
            if not isinstance(node, _SYNTAX):
                raise _refused(text, f"has syntax that expressions do not have ({type(node).__name__})")
            if isinstance(node, ast.Constant):
                _check_constant(node.value, text)
            elif isinstance(node, ast.Call):
                _check_call(node, text)
                functions.add(node.func)
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return functions
    raise _refused(text, f"is nested more than {DEEPEST} levels deep")


def _check_constant(value: object, text: str) -> None:
    if not isinstance(value, int | float):  # booleans are integers
        raise _refused(text, f"has a constant that is not a number ({kind_of(value)})")
    try:
        finite = math.isfinite(float(value))
    except OverflowError:
        finite = False
    if not finite:
        raise _refused(text, "has a number that is too large")


def _check_call(node: ast.Call, text: str) -> None:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
        name = ast.unparse(node.func)
        raise InputError("no such function", place=_place(text), found=name, expected=one_of(name, sorted(FUNCTIONS)))
    name, given = node.func.id, len(node.args)
    if node.keywords or (given < 2 if name in _SEVERAL else given != 1):
        raise InputError(
            f"{name} takes {'two or more numbers' if name in _SEVERAL else 'one number'}",
            place=_place(text),
            found=Words(f"{given + len(node.keywords)} arguments" if not node.keywords else "a named argument"),
        )


def _refused(text: str, why: str) -> InputError:
    return InputError(
        f"the expression {why}",
        found=text,
        expected="arithmetic, comparisons, and, or, not and functions over numbers and names",
    )


def _place(text: str) -> str:
    return f"expression {text!r}"


def _as_condition(value: _Array, text: str) -> NDArray[np.bool_]:
    if value.dtype != np.bool_:
        raise InputError("a number is where a condition belongs", place=_place(text), expected="true or false")
    return value


class _Evaluator(simpleeval.SimpleEval):  # type: ignore[misc]  # the library has no types
    """simpleeval over arrays: only the syntax of expressions, and operators that work by element."""

    def __init__(self, text: str, situation: Situation, in_play: NDArray[np.bool_]) -> None:
        operators: dict[type[ast.AST], Callable[..., _Array]] = {
            kind: self._calculation(ufunc) for kind, ufunc in _ARITHMETIC.items()
        }
        operators |= _COMPARISONS
        operators[ast.Not] = lambda value: ~_as_condition(value, text)
        functions = {name: self._calculation(ufunc) for name, ufunc in (_ONE | _SEVERAL).items()}
        super().__init__(operators, functions, situation.values, allowed_attrs={})
        self.nodes = {
            ast.BinOp: self._eval_binop,
            ast.BoolOp: self._eval_boolop,
            ast.Call: self._eval_call,
            ast.Compare: self._eval_compare,
            ast.Constant: self._eval_constant,
            ast.Name: self._eval_name,
            ast.UnaryOp: self._eval_unaryop,
        }
        self._text = text
        self._in_play = in_play
        self._situation = situation

    def release(self) -> None:
        """Let go of the block: operators and nodes refer back here, and the cycle would keep it for long."""
        for table in (self.nodes, self.operators, self.functions):
            table.clear()

    def _calculation(self, ufunc: np.ufunc) -> Callable[..., _Array]:
        def calculate(*operands: _Array) -> _Array:
            if len(operands) > 2:
                return reduce(calculate, operands)
            if ufunc in _DIVISIONS:
                zero = operands[1] == 0
                if zero.any():
                    self._refuse_in_play(zero, "a division is by zero")
            with np.errstate(all="ignore"):
                found = np.asarray(ufunc(*operands, dtype=np.float64))
            usable = np.isfinite(found)
            if not usable.all():
                wrong = ~usable
                for operand in operands:
                    wrong = wrong & np.isfinite(operand)
                self._refuse_in_play(wrong, f"{ufunc.__name__} gives no finite number")
            return found

        return calculate

    def _refuse_in_play(self, wrong: NDArray[np.bool_], problem: str) -> None:
        wrong = wrong & self._in_play
        if wrong.any():
            cluster = int(np.argmax(wrong)) % self._situation.clusters
            where = f"{_place(self._text)}, cluster {self._situation.describe(cluster)}"
            raise InputError(problem, place=where)

    def _eval_constant(self, node: ast.Constant) -> _Array:
        return np.asarray(node.value, dtype=np.bool_ if isinstance(node.value, bool) else np.float64)

    def _eval_name(self, node: ast.Name) -> _Array:
        value: Numbers = self._situation.values[node.id]
        return value if value.dtype == np.bool_ else value.astype(np.float64, copy=False)

    def _eval_boolop(self, node: ast.BoolOp) -> _Array:
        all_of = isinstance(node.op, ast.And)
        outer, found = self._in_play, np.asarray(all_of)
        for operand in node.values:
            value = _as_condition(self._eval(operand), self._text)
            found = found & value if all_of else found | value
            # As in Python, what comes next is only asked where the question is still open.
            self._in_play = outer & (found if all_of else ~found)
        self._in_play = outer
        return found

    def _eval_compare(self, node: ast.Compare) -> _Array:
        outer, found = self._in_play, np.asarray(True)
        left = self._eval(node.left)
        for sign, operand in zip(node.ops, node.comparators, strict=True):
            right = self._eval(operand)
            found = found & self.operators[type(sign)](left, right)
            self._in_play = outer & found
            left = right
        self._in_play = outer
        return found
