"""Expectations and what is not as expected, in words; each a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from placewise.formats.advice.expectations_file import said
from placewise.formats.yaml_writing import yaml_text
from placewise.model.advice.expectations import Among, Some, These
from placewise.model.durations import in_words
from placewise.report.words.replays.replay import time_words

if TYPE_CHECKING:
    from placewise.model.advice.check import Answer, Broken, Check, CheckedJob
    from placewise.model.advice.expectations import Expectation

_MOST_GROUPS = 5
_MOST_NAMES = 12
_MOST_CAUSES = 2


def broken_lines(checked: CheckedJob) -> list[str]:
    """Return a line for each thing expected of a job that does not hold, without the job's name."""
    return [f"expected {_expected(checked.expected, one)}; {_found(checked, one)}" for one in checked.broken]


def verdict(check: Check) -> str:
    """Return what a check comes to, in a line."""
    total, wrong = len(check.jobs), len(check.broken)
    if total == 1:
        return f"its one expectation {'does not hold' if wrong else 'holds'} on {check.fleet}"
    if not wrong:
        return f"all {total:,} expectations hold on {check.fleet}"
    return f"{wrong:,} of {total:,} expectations {'does' if wrong == 1 else 'do'} not hold on {check.fleet}"


def change_lines(check: Check, jobs: Sequence[Expectation]) -> list[str]:
    """Return a line for each thing that entries say otherwise now, in the order of the file; jobs : what they say."""
    found = []
    for checked, now in zip(check.jobs, jobs, strict=True):
        old, new = said(checked.expected), said(now)
        for key in dict.fromkeys((*old, *new)):
            if old.get(key) != new.get(key):
                change = f"{key}: {yaml_text(new[key], inline=True)}" if key in new else f"without {key}"
                was = f" (was {yaml_text(old[key], inline=True)})" if key in old else ""
                found.append(f"{check.file}:{now.line()}: {now.name}: {change}{was}")
    return found


def _expected(expected: Expectation, broken: Broken) -> str:
    if broken.key == "matches":
        return _matches(expected)
    if broken.key == "unknown":
        return f"it to be unknown of {_names(expected.unknown or ()) or 'no cluster'}"
    if broken.key == "because":
        return f"{_names(expected.because)} to be why clusters do not match"
    if broken.key == "success_at_least":
        return f"success of at least {expected.success_at_least:.6g}"
    return f"a start within {in_words(expected.starts_within_s or 0)}"


def _matches(expected: Expectation) -> str:
    match expected.matches:
        case These(clusters):
            return _names(clusters) or "no cluster"
        case Among(least, never):
            parts = [f"{_names(least)} among others" if least else "", f"never {_names(never)}" if never else ""]
            return ", ".join(part for part in parts if part)
        case Some():
            return "some cluster"
    return ""


def _found(checked: CheckedJob, broken: Broken) -> str:
    now = checked.now
    if broken.key == "success_at_least":
        return f"it is {now.success or 0:.4g}" if now.matched else "no cluster matches"
    if broken.key == "starts_within":
        if now.start is None:
            return "it would start nowhere" if now.matched else "no cluster matches"
        return f"it would start in {time_words(now.start.wait_s)} on {now.start.cluster}"
    alike: dict[tuple[Answer, tuple[str, ...], str], list[str]] = {}
    for one in broken.differences:
        alike.setdefault((one.answer, one.why, one.near), []).append(one.cluster)
    shown = list(alike.items())[:_MOST_GROUPS]
    parts = [_difference(names, *answer) for answer, names in shown]
    if rest := len(broken.differences) - sum(len(names) for _, names in shown):
        parts.append(f"and {rest:,} more")
    if broken.stale:
        parts.append(f"{_names(broken.stale)} {'is' if len(broken.stale) == 1 else 'are'} no cause")
    return "; ".join(parts) or "the fleet has no clusters"


def _difference(clusters: Sequence[str], answer: Answer, why: Sequence[str], near: str) -> str:
    names, several = _names(clusters), len(clusters) > 1
    if answer == "not in the fleet":
        return f"the fleet has no {names}{f' (nearest: {near})' if near else ''}"
    if answer == "unknown":
        return f"{names} may match{_causes(why)}"
    if answer == "matches":
        return f"{names} match{'' if several else 'es'}"
    return f"{names} do{'' if several else 'es'} not match{_causes(why)}"


def _causes(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    rest = len(lines) - _MOST_CAUSES
    return f" ({' / '.join(lines[:_MOST_CAUSES])}{f' / and {rest:,} more' if rest > 0 else ''})"


def _names(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {rest:,} more" if rest > 0 else "")
