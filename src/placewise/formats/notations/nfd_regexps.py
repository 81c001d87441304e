"""Regular expressions of NFD's rules, those that take bounded time.

NFD has Go's (RE2), which never take long; Python's can. So what repeats a group is refused, and what repeats more often
than a few times. What is left means the same to both: literals, classes, anchors, groups, alternatives, repetitions.
"""

from __future__ import annotations

import re
from functools import lru_cache

from placewise.errors import InputError

_LONGEST, _LONGEST_VALUE = 200, 1000
_MOST_REPEATED = 2
_PARTS = re.compile(
    r"(?P<escaped>\\[dDwWsS.\-+*?()|\[\]{}^$/\\])"
    r"|(?P<class>\[\^?(?:\\[dDwWsS.\-+*?()|\[\]{}^$/\\]|[^\[\]\\])+\])"
    r"|(?P<group>\((?:\?:)?|\||\))"
    r"|(?P<repeat>[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})"
    r"|(?P<other>[^\\\[\](){}|*+?])"
)
_EXPECTED = "literals, classes, groups that are not repeated, and two repetitions at most"


@lru_cache(maxsize=256)
def compiled(written: str) -> re.Pattern[str]:
    """Return a regular expression. Raises InputError for one that is not understood, or could take long."""
    repeated, before = 0, ""
    at = 0
    while at < len(written):
        part = _PARTS.match(written, at)
        if part is None or len(written) > _LONGEST:
            raise _refused(written)
        if part["repeat"]:
            repeated += part["repeat"] != "?"
            if before in ("", "repeat", "group", "^") or repeated > _MOST_REPEATED:
                raise _refused(written)
        before = "^" if part["other"] in ("^", "$") else part.lastgroup or ""
        at = part.end()
    try:
        return re.compile(written.replace("$", r"\Z") if "\\$" not in written else written, re.ASCII)
    except re.error as error:
        raise _refused(written) from error


def found_in(written: str, value: str) -> bool:
    """Whether a regular expression is found anywhere in a value. Raises InputError as `compiled` does."""
    if len(value) > _LONGEST_VALUE:
        raise InputError(
            "is too long to test with a regular expression",
            found=value,
            expected=f"at most {_LONGEST_VALUE} characters",
        )
    return compiled(written).search(value) is not None


def literals(written: str) -> tuple[str, ...] | None:
    """Return the texts that alone match an expression such as ``^(a|b)$``; None for any other."""
    match = re.fullmatch(r"\^(?:\((?:\?:)?([A-Za-z0-9_ /-]+(?:\|[A-Za-z0-9_ /-]+)*)\)|([A-Za-z0-9_ /-]+))\$", written)
    return None if match is None else tuple((match[1] or match[2]).split("|"))


def _refused(written: str) -> InputError:
    return InputError("is a regular expression that Placewise does not support", found=written, expected=_EXPECTED)
