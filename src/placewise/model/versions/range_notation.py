"""How ranges are written, whatever lies in them: Spack's notation, and comparisons such as ``>=3.8,<3.11``."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TypeAlias

from placewise.errors import InputError


class Side(enum.Enum):
    """Where a cut lies relative to its version."""

    BEFORE = "before"
    AFTER = "after"
    AFTER_FAMILY = "after everything that begins with"


WrittenCut: TypeAlias = tuple[str, Side]
"""A bound as it is written, and on which side of it the range begins or ends."""

WrittenInterval: TypeAlias = tuple[WrittenCut | None, WrittenCut | None]
"""The lower and the upper end; None where it is open."""

NOTHING = "no version"
"""How the empty set of versions is written."""

_COMPARISON = re.compile(r"(>=|<=|==|!=|>|<)\s*(.*)", re.DOTALL)
_EPOCH = re.compile(r"[0-9]+:(?=[0-9])")


@dataclass(frozen=True, slots=True)
class WrittenRange:
    """A range as it is written.

    together : whether a value must lie in all intervals and in none of the excluded ones, as comparisons say;
    otherwise it must lie in one of the intervals.
    """

    text: str
    intervals: tuple[WrittenInterval, ...]
    excluded: tuple[WrittenInterval, ...] = ()
    together: bool = False


def is_range(text: str) -> bool:
    """Whether a text is written as a range or a comparison rather than as one value."""
    return ":" in text or "," in text or text[:1] in ("<", ">", "=") or text[:2] == "!=" or text == NOTHING


def may_have_epochs(text: str) -> bool:
    """Whether versions with an epoch may be meant, as ``1:2.0`` is in Debian's and RPM's; the field's scheme decides.

    In Spack's notation ``>=1:2.0`` and ``1:2.0:`` are nothing. ``1:1.1.1k-9.el8`` is a range there, and looks like one
    version with its release; ``12:14`` looks like a range, and ``12: 14-1`` is one.
    """
    return any(_may_have_epochs(part.strip()) for part in text.split(","))


def _may_have_epochs(part: str) -> bool:
    bound = part.lstrip("<>=! ")
    sign = part[: len(part) - len(bound)].strip()
    if _EPOCH.match(bound) and (sign not in ("", ">") or bound.count(":") > 1 or "-" in bound):
        return True
    return bound.count(":") > 1 and _EPOCH.match(bound.partition(":")[2].lstrip("<=")) is not None


def has_epoch(text: str) -> bool:
    """Whether a bound begins as a version with an epoch does."""
    return _EPOCH.match(text) is not None


def is_comparison(text: str) -> bool:
    """Whether a text begins with one of ``>=``, ``<=``, ``==``, ``!=``, ``>`` and ``<``."""
    return _COMPARISON.match(text) is not None


def comparisons(text: str) -> tuple[tuple[str, str], ...]:
    """Return the operators and bounds of comparisons, of which all must hold: ``>=8,<9``.

    Raises InputError for a part that is no comparison.
    """
    found = []
    for part in text.split(","):
        match = _COMPARISON.fullmatch(part.strip())
        if match is None or not match[2]:
            raise InputError("is not a comparison", found=text, expected="comparisons such as >=8,<9")
        found.append((match[1], match[2].strip()))
    return tuple(found)


def read_range(text: str, *, epochs: bool = False) -> WrittenRange:
    """Return the parts of a range. See `placewise.model.versions.version_range.parse_versions`.

    epochs : whether a bound may begin with an epoch, so that ``1:2`` is the version 2 of epoch 1 and no range.
    Raises InputError for a text that is neither in Spack's notation nor made of comparisons.
    """
    if not isinstance(text, str):
        raise InputError("is not a range of versions", found=text, expected="a text")
    if text.strip() == NOTHING:
        return WrittenRange(text, ())
    parts = [part.strip() for part in text.split(",")]
    # The colon tells the range >1.2: from the comparison >1.2.
    if all(is_comparison(part) and ":" not in _without_epoch(part.lstrip("<>=! "), epochs=epochs) for part in parts):
        return _compared(text)
    return WrittenRange(text, tuple(_written_interval(part, text, epochs=epochs) for part in parts))


def _compared(text: str) -> WrittenRange:
    intervals: list[WrittenInterval] = []
    excluded: list[WrittenInterval] = []
    for operator, bound in comparisons(text):
        before, after = (bound, Side.BEFORE), (bound, Side.AFTER)
        match operator:
            case ">=":
                intervals.append((before, None))
            case ">":
                intervals.append((after, None))
            case "<":
                intervals.append((None, before))
            case "<=":
                intervals.append((None, after))
            case "==":
                intervals.append((before, after))
            case _:
                excluded.append((before, after))
    return WrittenRange(text, tuple(intervals), tuple(excluded), together=True)


def _written_interval(part: str, text: str, *, epochs: bool) -> WrittenInterval:
    """Return one interval in Spack's notation, or as `str` of a range adds: ``>1:``, ``>1.*:``, ``:<2``, ``:=2``."""
    start, colon, end = (one.strip() for one in _split(part, epochs=epochs))
    if not colon:
        exact = start.startswith("=") and not start.startswith("==")
        bound = start[1:] if exact else start
        _expect_bound(bound, text)
        return (bound, Side.BEFORE), (bound, Side.AFTER if exact else Side.AFTER_FAMILY)
    lower: WrittenCut | None = None
    if start.startswith(">"):
        family = start.endswith(".*")
        lower = (start[1:-2], Side.AFTER_FAMILY) if family else (start[1:], Side.AFTER)
    elif start:
        lower = (start, Side.BEFORE)
    upper: WrittenCut | None = None
    if end[:1] in ("<", "="):
        upper = (end[1:], Side.BEFORE if end[0] == "<" else Side.AFTER)
    elif end:
        upper = (end, Side.AFTER_FAMILY)
    for cut in (lower, upper):
        if cut is not None:
            _expect_bound(cut[0], text)
    return lower, upper


def _expect_bound(bound: str, text: str) -> None:
    if not bound or bound[0] in "<>=!" or ":" in _without_epoch(bound, epochs=True):
        raise InputError(
            "is not a range of versions", found=text, expected="a range such as 12:14, :4.1, 3.5: or >=3.8,<3.11"
        )


def _split(part: str, *, epochs: bool) -> tuple[str, str, str]:
    """Split an interval at its colon, which is none of an epoch's."""
    sign = part[: len(part) - len(part.lstrip("<>="))]
    rest = part[len(sign) :]
    skipped = len(sign) + len(rest) - len(_without_epoch(rest, epochs=epochs))
    start, colon, end = part[skipped:].partition(":")
    return part[:skipped] + start, colon, end


def _without_epoch(text: str, *, epochs: bool) -> str:
    return _EPOCH.sub("", text, count=1) if epochs and _EPOCH.match(text) else text
