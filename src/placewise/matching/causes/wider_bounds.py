"""Bounds that admit more, for kinds whose order is asked and not known: quantities, targets, schemes of versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cmp_to_key
from typing import TypeAlias

from placewise.errors import Incomparable, InputError
from placewise.kinds.resolving import Test, test_of
from placewise.kinds.vocabulary.builtin import kind_of
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.predicates import Predicate, Within
from placewise.model.requirements.requirement import Condition
from placewise.model.scalar import Scalar, Value, scalar_text

_Values: TypeAlias = Mapping[str, Value]

_MOST_TRIED = 64
"""Of more bounds in one direction these many are tried, spread evenly, the nearest and the farthest among them."""


def wider_bounds(
    subsystem: str, condition: Condition, wanted: Within, refused: Sequence[_Values], vocabulary: Vocabulary
) -> Iterator[list[Predicate]]:
    """Yield the ways to move one bound of a condition to values that are refused, the nearest first.

    The bounds of one list may admit more one after the other, or may not; that is for the caller to see. Of a target,
    whose order is partial, there is a list for each chain of it.
    """
    bounds = _Bounds(subsystem, condition, vocabulary)
    values = {
        text: bound
        for one in refused
        if (bound := _written(one, condition.field)) is not None
        for text in [scalar_text(bound)]
    }
    kind = kind_of(vocabulary, subsystem, condition.field)
    partial = kind is not None and kind.name == "target"
    if wanted.minimum is not None:
        below = list(values.values())
        if partial:
            below += _ancestors(scalar_text(wanted.minimum))
        found = [bound for bound in below if bounds.at_least(wanted.minimum, bound)]
        for chain in bounds.chains(found, downwards=True, partial=partial):
            yield [Within(bound, wanted.maximum) for bound in chain]
    if wanted.maximum is not None:
        found = [bound for bound in values.values() if bounds.at_least(bound, wanted.maximum)]
        for chain in bounds.chains(found, downwards=False, partial=partial):
            yield [Within(wanted.minimum, bound) for bound in chain]


class _Bounds:
    """The order of a field's values, by what the field's own test says of them."""

    def __init__(self, subsystem: str, condition: Condition, vocabulary: Vocabulary) -> None:
        self._subsystem, self._condition, self._vocabulary = subsystem, condition, vocabulary
        self._tests: dict[str, Test | None] = {}

    def at_least(self, value: Scalar, bound: Scalar) -> bool:
        """Whether a value is a bound or beyond it."""
        key = scalar_text(bound)
        if key not in self._tests:
            try:
                self._tests[key] = test_of(
                    self._subsystem, replace(self._condition, predicate=Within(minimum=bound)), self._vocabulary
                )
            except InputError:
                self._tests[key] = None
        test = self._tests[key]
        try:
            return test is not None and test(value, {self._condition.field: value})
        except Incomparable:
            return False

    def chains(self, bounds: Iterable[Scalar], *, downwards: bool, partial: bool) -> Iterator[list[Scalar]]:
        """Yield the bounds, the nearest first; of a partial order as chains, in which each is beyond the one before."""
        ordered = list({scalar_text(bound): bound for bound in bounds}.values())
        if not partial:
            ordered.sort(key=cmp_to_key(self._compare), reverse=downwards)
            yield _spread(ordered)
            return
        # Those that are beyond fewest others are the nearest.
        beyond: Callable[[Scalar, Scalar], bool] = (
            (lambda one, other: self.at_least(other, one)) if downwards else self.at_least
        )
        counts = {scalar_text(one): sum(beyond(one, other) for other in ordered) for one in ordered}
        ordered.sort(key=lambda one: (counts[scalar_text(one)], scalar_text(one)))
        while ordered:
            chain: list[Scalar] = []
            for bound in ordered:
                if not chain or beyond(bound, chain[-1]):
                    chain.append(bound)
            ordered = [bound for bound in ordered if bound not in chain]
            yield chain

    def _compare(self, one: Scalar, other: Scalar) -> int:
        return int(self.at_least(one, other)) - int(self.at_least(other, one))


def _written(values: _Values, field: str) -> Scalar | None:
    """Return a value as a bound says it: with the unit that stands beside it; None for what is no bound."""
    value = values[field]
    if isinstance(value, bool | tuple) or value != value:
        return None
    unit = values.get(f"{field}_unit") or values.get("unit")
    return f"{scalar_text(value)} {unit}" if isinstance(unit, str) and not isinstance(value, str) else value


def _ancestors(target: str) -> list[Scalar]:
    """Return the targets that a target descends from."""
    import archspec.cpu  # noqa: PLC0415, its table is read when a target is compared

    known = archspec.cpu.TARGETS.get(target)
    return [one.name for one in known.ancestors] if known else []


def _spread(bounds: Sequence[Scalar]) -> list[Scalar]:
    if len(bounds) <= _MOST_TRIED:
        return list(bounds)
    last = len(bounds) - 1
    return [bounds[step * last // (_MOST_TRIED - 1)] for step in range(_MOST_TRIED)]
