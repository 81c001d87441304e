"""The one family of exceptions that Placewise raises on purpose, and how code adds the place that it knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from numbers import Integral, Real
from types import TracebackType

_LONGEST_TEXT = 80
_MOST_LISTED = 5
_MOST_CHOICES = 30
_LONGEST_SLIP = 64
_MOST_COMPARED = 1000

# None can be what was found; this one stays the same object on its way from another process.
_NOTHING = Ellipsis


class Words(str):
    """What was found, in words such as "5 clusters" rather than as a value: written without quotes."""

    __slots__ = ()


class PlacewiseError(Exception):
    """A failure that Placewise foresaw, with its facts in fields rather than in prose.

    Attributes
    ----------
    problem : what is wrong, in one sentence.
    file : the document it was found in, if any.
    place : where in the document: a line, a job, a field.
    found, expected : what is there (null counts) and what should be. `found` is a value of the document, or `Words`;
        `in_words` writes it.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: object = None,
        place: str | None = None,
        found: object = _NOTHING,
        expected: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.file = None if file is None else _file_name(file)
        self.place = place
        self.found = found
        self.expected = expected

    def within(self, *, file: object = None, place: str | None = None) -> PlacewiseError:
        """Add the outer file and place, which the code that noticed the problem could not know."""
        if self.file is None and file is not None:
            self.file = _file_name(file)
        if place is not None:
            self.place = place if self.place is None else f"{place}, {self.place}"
        return self

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.file, self.place) if part)
        text = f"{where}: {self.problem}" if where else self.problem
        if self.expected is not None:
            text += f"; expected {self.expected}"
        if self.found is not _NOTHING:
            text += f"; found {in_words(self.found)}"
        # A name in the message may hold anything; what steers a terminal is written as its escape.
        return spelt_out(text)


def _file_name(file: object) -> str:
    name = str(file)
    return "standard input" if name == "-" else name


def in_words(found: object) -> str:
    """Write a value out of a document as a user knows it, shortened: never as Python would.

    Text is quoted, null is "nothing", and of a list or a mapping the first items or keys are named.
    """
    if isinstance(found, str):
        return _cut(str(found)) if isinstance(found, Words) else _quoted(found)
    if found is None:
        return "nothing"
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, Mapping):
        return _several("mapping", found)
    if isinstance(found, list | tuple | set | frozenset):
        return _several("list", found)
    return _number(found) if isinstance(found, Real) else _other(found)


def kind_of(value: object) -> str:
    """Say of what kind a value out of a document is, without a word of what it holds, which may be secret."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    kinds = {str: "a text", Mapping: "a mapping", Real: "a number"}
    return next((words for kind, words in kinds.items() if isinstance(value, kind)), "a list")


def _quoted(text: str) -> str:
    if not text:
        return "an empty text"
    mark = '"' if "'" in text and '"' not in text else "'"
    return f"{mark}{_cut(text)}{mark}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."


def _several(what: str, found: Collection[object]) -> str:
    if not found:
        return f"an empty {what}"
    first = next(iter(found))
    if _holds_more(first):
        return (
            f"a {what} of {len(found):,}, the first {kind_of(first)}"
            if len(found) > 1
            else f"a {what} of {kind_of(first)}"
        )
    named: list[str] = []
    for one in found:
        if len(named) == _MOST_LISTED:
            break
        named.append(kind_of(one) if _holds_more(one) else one if isinstance(one, str) and one else in_words(one))
    rest = f" and {len(found) - len(named):,} more" if len(found) > len(named) else ""
    return f"a {what} of {len(found):,}: {', '.join(_cut(one) for one in named)}{rest}"


def _holds_more(one: object) -> bool:
    # What a list in a list holds is not looked at: it may be deep, or the list itself.
    return isinstance(one, Mapping | list | tuple | set | frozenset)


def _number(found: Real) -> str:
    if isinstance(found, Integral):
        try:
            return _cut(str(int(found)))
        except ValueError:
            # Python refuses to write whole numbers of thousands of digits.
            return "a number too long to write"
    value = float(found)
    if value != value:
        return "not a number"
    if value in (float("inf"), float("-inf")):
        return "infinity" if value > 0 else "minus infinity"
    return str(value)


def _other(found: object) -> str:
    """Write a date, or a value of Placewise's own, such as a version or a requirement."""
    if isinstance(found, date):
        return f"the date {found.isoformat()}"
    if isinstance(found, bytes | bytearray):
        return f"{len(found):,} bytes"
    try:
        # What does not write itself in a way of its own would be written as Python does.
        return "something else" if type(found).__str__ is object.__str__ else _cut(str(found))
    except Exception:  # noqa: BLE001, the value may be a stranger's
        return "something else"


def one_of(name: object, known: Iterable[str]) -> str:
    """Say what to expect in place of a name that is not known: the names like it, then the others."""
    from difflib import get_close_matches  # noqa: PLC0415, loaded when something is wrong

    names = list(dict.fromkeys(known))
    if not names:
        return "none, since there are none"
    alike = isinstance(name, str) and len(name) <= _LONGEST_SLIP and len(names) <= _MOST_COMPARED
    near = get_close_matches(str(name), names, n=3) if alike else []
    if len(names) > _MOST_CHOICES:
        return f"a name such as {', '.join(near or names[:3])}"
    rest = [one for one in names if one not in near]
    if not near:
        return f"one of {', '.join(names)}" if len(names) > 1 else names[0]
    return " or ".join(near) + (f", or another of {', '.join(rest)}" if rest else "")


def spelt_out(text: str) -> str:
    """Return a text with the characters that steer a terminal written as escapes."""
    return text if text.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


class InputError(PlacewiseError):
    """A document, argument or request that cannot be used as it stands (exit code 2)."""


class Incomparable(PlacewiseError):  # noqa: N818, it is named for what it says
    """A value that a test cannot be asked about, since it is of another kind; neither yes nor no is true of it."""


class NotSaid(Incomparable):
    """A value of which the other side would have to say more: neither yes nor no is known."""


class locating:  # noqa: N801, used as a statement
    """Add the outer file and place to an InputError that leaves the block.

    A class, since a generator would take as long as what most of the blocks do.
    """

    __slots__ = ("_file", "_place")

    def __init__(self, *, file: object = None, place: str | None = None) -> None:
        self._file = file
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, InputError):
            error.within(file=self._file, place=self._place)
            # What it was raised from has been said in its fields.
            error.__cause__, error.__suppress_context__ = None, True
