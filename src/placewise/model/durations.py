"""Lengths of time as people and batch systems write them."""

from __future__ import annotations

import math
import re

from placewise.errors import InputError
from placewise.model.scalar import Value, counted

EXPECTED = "seconds, or a text such as 30m, 7d, 7-00:00:00, PT30M or unlimited"
_LONGEST = 64
_MOST = 1e18
_WITHOUT_END = ("unlimited", "infinite", "infinity", "inf")
_SECONDS = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604800.0),
}
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_PART = re.compile(rf"\s*({_NUMBER})\s*([A-Za-z]+)")
_PARTS = re.compile(rf"(?:\s*{_NUMBER}\s*[A-Za-z]+)+\s*")
# As Slurm: MM:SS, HH:MM:SS, D-HH, D-HH:MM and D-HH:MM:SS.
_DAYS = re.compile(r"([0-9]+)-([0-9]+)(?::([0-9]+)(?::([0-9]+))?)?")
_CLOCK = re.compile(r"(?:([0-9]+):)?([0-9]+):([0-9]+)")
# As ISO 8601, without years and months, which have no one length.
_ISO = re.compile(
    rf"P(?=[0-9T])(?:({_NUMBER})W)?(?:({_NUMBER})D)?(?:T(?=[0-9])(?:({_NUMBER})H)?(?:({_NUMBER})M)?(?:({_NUMBER})S)?)?"
)
_FORMS = (
    (_DAYS, (86400, 3600, 60, 1)),
    (_CLOCK, (3600, 60, 1)),
    (_ISO, (604800, 86400, 3600, 60, 1)),
)
_WORDS = ((86400, "day"), (3600, "hour"), (60, "minute"))


def seconds_of(value: Value) -> float:
    """Return a length of time in seconds; a number is one, and infinity is one without end.

    Raises InputError for anything else, negative numbers included.

    >>> seconds_of("7-00:00:00") == seconds_of("P7D") == seconds_of("7 days") == 604800
    True
    """
    seconds = _seconds(value)
    if seconds is None or not seconds >= 0:
        raise InputError("is not a duration", found=value, expected=EXPECTED)
    return seconds


def in_words(seconds: float) -> str:
    """Return a length of time as people say it, exactly.

    >>> in_words(1800), in_words(604800), in_words(5400)
    ('30 minutes', '7 days', '90 minutes')
    """
    if math.isinf(seconds):
        return "any time"
    for size, word in _WORDS:
        if seconds and seconds % size == 0:
            return counted(int(seconds // size), word)
    return f"{seconds:,.15g} second{'s' * (seconds != 1)}"


def _seconds(value: Value) -> float | None:
    if isinstance(value, str):
        return _written(value.strip()) if len(value) <= _LONGEST else None
    if isinstance(value, bool | tuple):
        return None
    return float(value) if abs(value) < _MOST or value == math.inf else None


def _written(text: str) -> float | None:
    if text.lower() in _WITHOUT_END:
        return math.inf
    if re.fullmatch(_NUMBER, text):
        return float(text)
    for form, sizes in _FORMS:
        if match := form.fullmatch(text):
            return math.fsum(float(number or 0) * size for number, size in zip(match.groups(), sizes, strict=True))
    if not _PARTS.fullmatch(text):
        return None
    parts = [(float(number), _unit(unit)) for number, unit in _PART.findall(text)]
    return None if any(size is None for _, size in parts) else math.fsum(number * (size or 0) for number, size in parts)


def _unit(text: str) -> float | None:
    # An M alone is a month to some.
    return _SECONDS.get(text if len(text) == 1 else text.lower())
