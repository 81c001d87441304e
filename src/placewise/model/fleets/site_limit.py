"""What sites allow: tests of partitions and nodes that hold where nothing is said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from placewise.errors import Incomparable, InputError, NotSaid
from placewise.model.durations import EXPECTED, in_words, seconds_of
from placewise.model.jobs.toleration import Toleration
from placewise.model.requirements.predicates import Predicate
from placewise.model.requirements.requirement import Condition, Expression, Not, Requirement
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
_EVICTING = "NoExecute"
_REPELLING = ("NoSchedule", _EVICTING)
# sinfo marks states, as in idle*, and joins them, as in IDLE+DRAIN; PBS joins them by commas.
_MARKS = "*~#!%$@^-"
_JOINTS = re.compile(r"[+,\s]+")


@dataclass(frozen=True, slots=True)
class SiteLimit(Requirement):
    """Conditions that one vertex of a subsystem must meet together, which hold on clusters that do not describe it.

    otherwise : whether it holds on those; if not, no vertex is taken for one that meets it but those described.
    """

    otherwise: bool = True

    def __str__(self) -> str:
        asked = [one for one in self.conditions if not getattr(one.predicate, "implied", False)]
        return str(Requirement(self.subsystem, tuple(asked)))


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
            raise Incomparable("is not a duration", found=value, expected=EXPECTED) from None

    def __str__(self) -> str:
        return f"of {in_words(self.seconds)} or more"


@dataclass(frozen=True, slots=True)
class Admits:
    """A name, such as that of an account, is one of those listed; where none is listed everybody's is."""

    account: str
    passes_absent: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether the name is among them: a set, or names with commas between."""
        named = accounts_of(value)
        return self.account in named or _names_everybody(named)

    def __str__(self) -> str:
        return f"with {self.account}"


@dataclass(frozen=True, slots=True)
class AdmitsUnnamed:
    """A job that names nothing, such as no account, may be one of those listed; where none is listed it is."""

    passes_absent: ClassVar[bool] = True
    implied: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether everybody is listed. Raises NotSaid for anything else."""
        if _names_everybody(accounts_of(value)):
            return True
        raise NotSaid("the job does not say whether it is one of them", found=value)

    def __str__(self) -> str:
        return "open to all"


@dataclass(frozen=True, slots=True)
class KeepsOut:
    """A name is none of those that are kept out; where none is listed nobody is."""

    account: str
    passes_absent: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether the name is not among them: a set, or names with commas between."""
        named = accounts_of(value)
        return self.account not in named and not _names_everybody(named)

    def __str__(self) -> str:
        return f"without {self.account}"


@dataclass(frozen=True, slots=True)
class Open:
    """A partition takes jobs; it does where nothing is said."""

    passes_absent: ClassVar[bool] = True
    implied: ClassVar[bool] = True

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


@dataclass(frozen=True, slots=True)
class AtMost:
    """A limit is no less than what a job takes, which is between two whole numbers.

    A job may take fewer nodes than it has slots: where the limit lies between, the job does not say enough.
    counted : unless how few it takes is counted on the nodes that are there, so that the limit may do.
    """

    least: int
    most: int
    counted: bool = False
    passes_absent: ClassVar[bool] = True
    implied: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether the limit allows it. Raises NotSaid between the two, and Incomparable for what is no number."""
        limit = _number(value)
        if self.least <= limit < self.most and not self.counted:
            raise NotSaid("the job does not say how much it takes", found=value)
        return self.least <= limit

    def __str__(self) -> str:
        return f"of {_span(self.least, self.most)} or more"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """What a job may take, at most so much, is no less than the least that is given."""

    most: int
    passes_absent: ClassVar[bool] = True
    implied: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether the job takes enough. Raises Incomparable for what is no number."""
        return self.most >= _number(value)

    def __str__(self) -> str:
        return f"of {self.most} or less"


@dataclass(frozen=True, slots=True)
class MemoryOfCores:
    """A limit of bytes a core gives a job its memory on so many cores; a site may else give more cores, or refuse."""

    bytes_a_core: int
    passes_absent: ClassVar[bool] = True
    implied: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether the limit is high enough. Raises NotSaid if not, and Incomparable for what is no number."""
        if self.bytes_a_core <= _number(value):
            return True
        raise NotSaid("the job does not say whether it takes more cores", found=value)

    def __str__(self) -> str:
        return f"of {self.bytes_a_core} B or more"


@dataclass(frozen=True, slots=True)
class IfSaid:
    """A test of what is described; where nothing is, there is no limit."""

    predicate: Predicate
    passes_absent: ClassVar[bool] = True
    implied: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """As the predicate has it."""
        return self.predicate.holds(value)

    def __str__(self) -> str:
        return str(self.predicate)


@dataclass(frozen=True, slots=True)
class NotOnly:
    """A partition is not set aside for others: root, or jobs with a reservation."""

    passes_absent: ClassVar[bool] = True
    implied: ClassVar[bool] = True

    def holds(self, value: Value) -> bool:
        """Whether it is not. Raises Incomparable for what is no flag."""
        found = is_whole(value)
        if found is None:
            raise Incomparable("does not say whether it is set aside", found=value, expected="true or false")
        return not found

    def __str__(self) -> str:
        return "false"


@dataclass(frozen=True, slots=True)
class Repels:
    """The effect of a taint keeps away a job that does not tolerate the taint.

    duration_s : how long the job runs, None where it does not say. The effects are those of Kubernetes.
    """

    tolerations: tuple[Toleration, ...] = ()
    duration_s: float | None = None
    passes_absent: ClassVar[bool] = False

    def holds(self, value: Value) -> bool:
        """Whether an effect keeps jobs away that tolerate nothing. Raises Incomparable for one that is not known."""
        if value in _REPELLING:
            return True
        if value == "PreferNoSchedule":
            return False
        expected = " or ".join((*_REPELLING, "PreferNoSchedule"))
        raise Incomparable("is not an effect of a taint", found=value, expected=expected)

    def holds_of(self, value: Value, values: Mapping[str, Value]) -> bool:
        """Whether a taint keeps the job away, by all of its fields.

        Raises NotSaid where it tolerates the taint for a time, and does not say how long it runs.
        """
        if not self.holds(value):
            return False
        key, said = str(values.get("key", "")), str(values.get("value", ""))
        found = [one for one in self.tolerations if one.covers(key, said, str(value))]
        if not found:
            return True
        if any(one.seconds is None for one in found) or value != _EVICTING:
            return False
        if self.duration_s is None:
            raise NotSaid("the job does not say how long it runs", found=value)
        return all(one.seconds is not None and self.duration_s > one.seconds for one in found)

    def __str__(self) -> str:
        tolerated = f" but {', '.join(map(str, self.tolerations))}" if self.tolerations else ""
        return f"of any taint{tolerated}"


def tolerating(tolerations: tuple[Toleration, ...], duration_s: float | None = None) -> Expression:
    """Return what keeps a job off nodes with a taint that it does not tolerate; arguments as for `Repels`."""
    return Not(SiteLimit("taint", (Condition("effect", Repels(tolerations, duration_s)),), otherwise=False))


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


def _names_everybody(named: list[str]) -> bool:
    return any(one.lower() in _EVERYBODY for one in named)


def _number(value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Incomparable("is not a number", found=value, expected="a number")
    return value


def _span(least: int, most: int) -> str:
    return str(most) if least == most else f"{least} to {most}"


def accounts_of(value: Value) -> list[str]:
    """Return the names of a list of accounts."""
    return [name for one in members(value) for name in _JOINTS.split(one) if name]


def members(value: Value) -> list[str]:
    """Return the members of a set as texts; of anything else itself."""
    return [str(one) for one in (value if isinstance(value, tuple) else (value,))]
