"""The policy `constraint`: prioritized steps over expressions, as rainbow's selection of that name has them.

It is made from its priorities by `constraint_policy`, so it is no entry point itself: what stands in the
group ``placewise.policies`` is a policy already. The forms of the steps are those of the documentation of
converged-computing/rainbow (docs/algorithms.md); that sorting sorts, in the direction it names, is ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, locating
from placewise.model.studies.priority import Calc, Filter, Priority, Select, SortAscending, in_order
from placewise.selection.expressions import FUNCTIONS, Expression, parse_expression
from placewise.selection.policies import NONE, first, highest, lowest, random_choice
from placewise.selection.situation import Situation

# Intermediate results are (jobs, clusters) too; blocks of this many numbers stay in the processor's cache.
_BLOCK_NUMBERS = 1 << 17


@dataclass(frozen=True, slots=True)
class Constraint:
    """A policy: the first priority whose filters leave a candidate decides; if none does, NONE.

    Filters drop candidates, calculations name values for the steps behind them in their priority, and
    sorts are stable: of several the last one counts most, ties stay in the order before, at first that of
    the fleet. NaN comes last in either direction, and every comparison with it but != is false. Without a
    `Select` step the first is chosen. A random choice is one of all candidates left, however they are sorted.

    priorities : in the order in which they are tried.
    names : what is read from the values of the situation.

    Raises InputError, when called, for a name without a value and for what expressions refuse.
    """

    priorities: tuple[Priority, ...]
    names: frozenset[str]
    # Of every step but the one that selects, which is the last if there is one.
    _expressions: tuple[tuple[Expression, ...], ...]

    def __call__(self, candidates: NDArray[np.bool_], situation: Situation) -> NDArray[np.int64]:
        """Return (jobs,) the chosen cluster, NONE where no priority leaves a candidate."""
        if not self.names <= situation.values.keys():
            self._refuse_names(situation)
        jobs, clusters = candidates.shape
        chosen = np.full(jobs, NONE, dtype=np.int64)
        step = max(1, _BLOCK_NUMBERS // max(1, clusters))
        for start in range(0, jobs, step):
            block = slice(start, start + step)
            chosen[block] = self._choose(candidates[block], situation.of(block))
        return chosen

    def _choose(self, candidates: NDArray[np.bool_], situation: Situation) -> NDArray[np.int64]:
        chosen = np.full(len(candidates), NONE, dtype=np.int64)
        left = np.flatnonzero(candidates.any(axis=1))
        for priority, expressions in zip(self.priorities, self._expressions, strict=True):
            if not len(left):
                break
            everyone = len(left) == len(candidates)
            chosen[left] = _take(
                priority,
                expressions,
                candidates if everyone else candidates[left],
                situation if everyone else situation.of(left),
            )
            left = left[chosen[left] == NONE]
        return chosen

    def _refuse_names(self, situation: Situation) -> None:
        """Raise InputError for a name without a value, in a step that no job of this block comes to as well."""
        for priority, expressions in zip(self.priorities, self._expressions, strict=True):
            known = set(situation.values)
            for number, (step, expression) in enumerate(zip(priority.steps, expressions, strict=False), start=1):
                with _at(priority, number):
                    expression.require_names(known)
                if isinstance(step, Calc):
                    known.add(step.name)


def constraint_policy(priorities: Iterable[Priority]) -> Constraint:
    """Return the policy that takes these priorities in the order of their numbers.

    Raises InputError, naming priority and step, for no priorities, two of one number, an expression that is
    none, or a calculation whose name no expression could read.
    """
    ordered = in_order(priorities)
    compiled = []
    names: set[str] = set()
    for priority in ordered:
        expressions = []
        calculated: set[str] = set()
        for number, step in enumerate(priority.steps, start=1):
            if isinstance(step, Select):
                break
            with _at(priority, number):
                expression = parse_expression(step.expression)
                if isinstance(step, Calc):
                    _check_name(step.name)
            expressions.append(expression)
            names |= expression.names - calculated
            if isinstance(step, Calc):
                calculated.add(step.name)
        compiled.append(tuple(expressions))
    return Constraint(ordered, frozenset(names), tuple(compiled))


def _check_name(name: str) -> None:
    if name in FUNCTIONS or not _is_name(name):
        raise InputError("a calculation cannot have this name", found=name, expected="a name such as build_cost")


def _is_name(text: str) -> bool:
    try:
        return parse_expression(text).names == {text}
    except InputError:
        return False


def _take(
    priority: Priority, expressions: tuple[Expression, ...], in_play: NDArray[np.bool_], situation: Situation
) -> NDArray[np.int64]:
    """Take the steps of one priority; return (jobs,) the chosen cluster, NONE where no candidate is left."""
    sorts: list[NDArray[np.float64]] = []
    for number, (step, expression) in enumerate(zip(priority.steps, expressions, strict=False), start=1):
        with _at(priority, number):
            if isinstance(step, Filter):
                in_play = in_play & expression.condition(situation, in_play)
                continue
            value = expression.evaluate(situation, in_play)
            if isinstance(step, Calc):
                situation = situation.of(slice(None), values={step.name: value})
            else:
                key = value.astype(np.float64, copy=False)
                sorts.append(key if isinstance(step, SortAscending) else -key)
    if priority.which == "random":
        return random_choice(in_play, situation)
    # The sort taken last counts most, so it narrows first; what is left ties in all of them.
    for key in reversed(sorts):
        in_play = lowest(in_play, key) if priority.which == "first" else highest(in_play, key)
    if priority.which == "first":
        return first(in_play, situation)
    from_the_end = first(in_play[:, ::-1], situation)
    return np.where(from_the_end == NONE, NONE, in_play.shape[1] - 1 - from_the_end)


def _at(priority: Priority, step: int) -> locating:
    return locating(place=f"priority {priority.number}, step {step}")
