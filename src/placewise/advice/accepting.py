"""Expectations as they would have to be for a check to hold: what is true now, said in the same way."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from placewise.model.advice.check import Check, CheckedJob, Now
from placewise.model.advice.expectations import Among, Expectation, Some, These


def accepted(check: Check) -> tuple[Expectation, ...]:
    """Return the expectations of a check with those that do not hold changed to what is true now.

    What can no longer be said, such as a start of a job that starts nowhere, is left out; an entry that would say
    nothing says which clusters match.
    """
    return tuple(_accepted(one) if one.broken else one.expected for one in check.jobs)


def _accepted(checked: CheckedJob) -> Expectation:
    expected, now = checked.expected, checked.now
    keys = {one.key for one in checked.broken}
    found = expected
    if keys & {"matches", "unknown"}:
        found = _with_clusters(found, now)
    if "because" in keys:
        found = replace(found, because=_because(expected.because, now))
    if "success_at_least" in keys:
        found = replace(found, success_at_least=_rounded_down(now.success or 0.0))
    if "starts_within" in keys:
        wait = None if now.start is None else float(60 * math.ceil(now.start.wait_s / 60))
        found = replace(found, starts_within_s=wait)
    return found if found.says else _in_full(found, now)


def _with_clusters(expected: Expectation, now: Now) -> Expectation:
    match expected.matches:
        case Among(least, never):
            sure = [name for name in never if now.answer(name) == "does not match"]
            kept = Among(tuple(name for name in least if name in now.matched), tuple(sure))
            if kept == Among():
                return _in_full(expected, now)
            found = replace(expected, matches=kept)
        case Some() if now.matched:
            found = expected
        case None:
            found = expected
        case _:
            return _in_full(expected, now)
    return found if found.unknown is None else replace(found, unknown=_ordered(found.unknown, now.undecided))


def _in_full(expected: Expectation, now: Now) -> Expectation:
    before = expected.matches.clusters if isinstance(expected.matches, These) else ()
    unknown: tuple[str, ...] | None = None
    if not expected.any_unknown and (now.undecided or expected.unknown == ()):
        unknown = _ordered(expected.unknown or (), now.undecided)
    return replace(expected, matches=These(_ordered(before, now.matched)), unknown=unknown)


def _ordered(before: Iterable[str], now: tuple[str, ...]) -> tuple[str, ...]:
    """Return names with those that were there before first, in the order that they had."""
    kept = [name for name in before if name in now]
    return (*kept, *(name for name in now if name not in kept))


def _because(before: tuple[str, ...], now: Now) -> tuple[str, ...]:
    """Return those names that are still causes, and further ones until each cluster has one: the most common first."""
    named = [name for name in before if any(name in causes for causes in now.causes.values())]
    left = [causes for causes in now.causes.values() if not set(named) & set(causes)]
    while left:
        common = sorted({name for causes in left for name in causes})
        if not common:
            break
        named.append(max(common, key=lambda name: sum(name in causes for causes in left)))
        left = [causes for causes in left if named[-1] not in causes]
    return tuple(named)


def _rounded_down(share: float) -> float:
    """Return a share with three digits that is no larger, as far as floating point goes."""
    thousandths = math.floor(share * 1000)
    return thousandths / 1000 if thousandths / 1000 <= share else (thousandths - 1) / 1000
