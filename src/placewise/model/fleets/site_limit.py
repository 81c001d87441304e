"""What sites allow: tests of partitions and nodes that hold where nothing is said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from placewise.errors import Incomparable, InputError
from placewise.model.durations import EXPECTED, in_words, seconds_of
from placewise.model.requirements.requirement import Requirement
from placewise.model.scalar import Value

_OPEN = frozenset(
    (
        *("up", "open", "online", "active", "available", "idle", "free", "alloc", "allocated", "busy", "mix"),
        *("mixed", "comp", "completing", "resv", "reserved", "planned", "powered_down", "powering_up"),
        *("powering_down", "job-busy", "job-exclusive", "resv-exclusive"),
    )
)
_CLOSED = frozenset(
    (
        *("down", "drain", "drained", "draining", "drng", "fail", "failed", "failing", "failg", "error"),
        *("inactive", "inact", "offline", "maint", "maintenance", "closed", "no_respond", "not_responding"),
        *("unavailable", "stale", "state-unknown"),
    )
)
_WHOLE = {**dict.fromkeys(("true", "yes", "exclusive"), True), **dict.fromkeys(("false", "no", "shared"), False)}
_EVERYBODY = ("all", "any", "*")
# sinfo marks states, as in idle*, and joins them, as in IDLE+DRAIN; PBS joins them by commas.
_MARKS = "*~#!%$@^-"
_JOINTS = re.compile(r"[+,\s]+")


@dataclass(frozen=True, slots=True)
class SiteLimit(Requirement):
    """Conditions that one vertex of a subsystem must meet together, which hold on clusters that do not describe it.

    otherwise : whether it holds on those; if not, no vertex is taken for one that meets it but those described.
    """

    otherwise: bool = True


@dataclass(frozen=True, slots=True)
class TimeAllowed:
    """A limit of time is so many seconds at least; where none is said there is none."""

    seconds: float
    passes_absent: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether the limit allows it. Raises Incomparable for what is no length of time."""
        try:
            return seconds_of(value) >= self.seconds
        except InputError:
            raise Incomparable("is no length of time", found=value, expected=EXPECTED) from None

    def __str__(self) -> str:
        return f"of {in_words(self.seconds)} or more"


@dataclass(frozen=True, slots=True)
class Admits:
    """An account is one of those named; where none is named everybody's is."""

    account: str
    passes_absent: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether the account is among them: a set, or names with commas between."""
        named = accounts_of(value)
        return self.account in named or any(one.lower() in _EVERYBODY for one in named)

    def __str__(self) -> str:
        return f"with {self.account}"


@dataclass(frozen=True, slots=True)
class KeepsOut:
    """An account is none of those that are kept out; where none is named nobody is."""

    account: str
    passes_absent: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether the account is not among them: a set, or names with commas between."""
        named = accounts_of(value)
        return self.account not in named and not any(one.lower() in _EVERYBODY for one in named)

    def __str__(self) -> str:
        return f"without {self.account}"


@dataclass(frozen=True, slots=True)
class Open:
    """A partition takes jobs; it does where nothing is said."""

    passes_absent: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether the state is that of what can be used. Raises Incomparable for a word that is not known."""
        return not is_closed(value)

    def __str__(self) -> str:
        return "up"


@dataclass(frozen=True, slots=True)
class Closed:
    """A node is down or drained."""

    passes_absent: ClassVar[bool] = False

    def holds(self, value: Value) -> bool:
        """Whether the state is that of what cannot be used. Raises Incomparable for a word that is not known."""
        return is_closed(value)

    def __str__(self) -> str:
        return "down or drained"


@dataclass(frozen=True, slots=True)
class GivesWhole:
    """Nodes are given whole, or are shared; where nothing is said, as a job asks."""

    whole: bool
    passes_absent: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether nodes are given so. Raises Incomparable for what is no flag."""
        found = is_whole(value)
        if found is None:
            raise Incomparable("does not say whether nodes are given whole", found=value, expected="true or false")
        return found is self.whole

    def __str__(self) -> str:
        return "true" if self.whole else "false"


def is_whole(value: Value) -> bool | None:
    """Return whether nodes are given whole; None for what does not say it."""
    return _WHOLE.get(str(value).lower()) if isinstance(value, bool | str) else None


def is_closed(value: Value) -> bool:
    """Whether a state says that nothing can run there. Raises Incomparable for a word that is not known."""
    words = [word.rstrip(_MARKS).lower() for one in members(value) for word in _JOINTS.split(one) if word]
    if any(word in _CLOSED for word in words):
        return True
    if words and all(word in _OPEN for word in words):
        return False
    raise Incomparable("is not a state that is known", found=value, expected="up, down or drained")


def accounts_of(value: Value) -> list[str]:
    """Return the names of a list of accounts."""
    return [name for one in members(value) for name in _JOINTS.split(one) if name]


def members(value: Value) -> list[str]:
    """Return the members of a set as texts; of anything else itself."""
    return [str(one) for one in (value if isinstance(value, tuple) else (value,))]
