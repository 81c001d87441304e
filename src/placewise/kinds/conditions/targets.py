"""Tests of targets, in archspec's partial order: each follows those whose code it runs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from placewise.kinds.conditions.asked import Asked, Test, any_test, contains_test
from placewise.kinds.conditions.comparing import OPERATORS, bounds_of, comparisons_of
from placewise.kinds.conditions.texts import equality
from placewise.model.requirements.predicates import Contains, Equals, OneOf, Predicate, Within
from placewise.model.scalar import Scalar, Value, scalar_text
from placewise.model.versions.range_notation import is_comparison


def target_test(asked: Asked, predicate: Predicate) -> Test:
    """Return the test of a target. Raises InputError for a bound that archspec does not know."""
    match predicate:
        case Equals(text):
            return _equals(asked, text)
        case OneOf(texts):
            return any_test(_equals(asked, text) for text in texts)
        case Contains():
            return contains_test(asked, predicate)
        case Within():
            return _compared(asked, bounds_of(predicate))
    raise asked.of_another_kind(predicate, expected="a target such as >=x86_64_v3")


def _equals(asked: Asked, text: str) -> Test:
    if is_comparison(text):
        return _compared(asked, comparisons_of(asked, text))
    if ":" in text or "," in text:
        return any_test(_spelled(asked, part.strip()) for part in text.split(","))
    return _same(asked, text)


def _same(asked: Asked, text: str) -> Test:
    """Return the test that a target is this one; one that archspec does not know may be misspelt."""
    same = equality(asked, (text,))

    def test(value: Value, values: Mapping[str, Value]) -> bool:
        if same(value, values):
            return True
        if asked.plain(text) not in _targets() and asked.plain(value) in _targets():
            raise asked.incomparable(
                f"is a target, and is compared with {text}, which archspec does not know",
                found=scalar_text(value),
                expected=_nearest(text),
            )
        return False

    return test


def _spelled(asked: Asked, text: str) -> Test:
    """Return the test of Spack's notation: ``x86_64_v3:``, ``:broadwell``, ``haswell:skylake``, ``zen2``."""
    low, colon, high = text.partition(":")
    if not text:
        raise asked.refused("a target is empty", found=text, expected="targets such as haswell:skylake,zen2:")
    if not colon:
        return _same(asked, text)
    wanted: list[tuple[str, Scalar]] = [(written, bound) for written, bound in ((">=", low), ("<=", high)) if bound]
    return _compared(asked, wanted)


def _compared(asked: Asked, wanted: list[tuple[str, Scalar]]) -> Test:
    tests: list[tuple[str, str, Any]] = []
    for written, bound in wanted:
        name = asked.plain(bound)
        if written in ("==", "!="):
            tests.append((written, name, None))
        else:
            tests.append((written, name, _known(asked, name)))
    _expect_uncrossed(asked, [(written, target) for written, _, target in tests if target is not None])

    def test(value: Value, _values: Mapping[str, Value]) -> bool:
        asked.single(value)
        name = asked.plain(value)
        answers = []
        for written, bound, target in tests:
            if target is None:
                answers.append((name == bound) == (written == "=="))
            else:
                found = _targets().get(name)
                if found is None:
                    raise asked.incomparable(
                        f"is not a target that archspec knows, so it has no order to {bound}",
                        found=scalar_text(value),
                        expected="a target such as zen2, or one that it equals",
                    )
                answers.append(bool(OPERATORS[written](found, target)))
        return all(answers)

    return test


def _expect_uncrossed(asked: Asked, bounds: list[tuple[str, Any]]) -> None:
    """Raise InputError for a least target that does not come before a greatest one."""
    for low, least in bounds:
        for high, most in bounds:
            if low in (">", ">=") and high in ("<", "<=") and not least <= most:
                raise asked.refused(
                    "no target is both at least the one and at most the other",
                    found=f"{low}{least.name},{high}{most.name}",
                    expected="a minimum that the maximum descends from",
                )


def _known(asked: Asked, name: str) -> Any:
    known = _targets()
    if name in known:
        return known[name]
    raise asked.refused(
        "is not a target that archspec knows, so nothing is at least or at most it",
        found=name,
        expected=_nearest(name),
    )


def _nearest(name: str) -> str:
    close = difflib.get_close_matches(name, _targets(), n=1) if len(name) <= 64 else []
    return close[0] if close else "a target such as x86_64_v3"


def _targets() -> Mapping[str, Any]:
    import archspec.cpu  # noqa: PLC0415, its table is read when a target is compared

    found: Mapping[str, Any] = archspec.cpu.TARGETS
    return found
