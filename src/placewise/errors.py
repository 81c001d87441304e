"""The one family of exceptions that Placewise raises on purpose, and how code adds the place that it knows."""

from __future__ import annotations

import reprlib
from types import TracebackType

_shorten = reprlib.Repr()
_shorten.maxstring = _shorten.maxother = 80

# None can be what was found; this one stays the same object on its way from another process.
_NOTHING = Ellipsis


class PlacewiseError(Exception):
    """A failure that Placewise foresaw, with its facts in fields rather than in prose.

    Attributes
    ----------
    problem : what is wrong, in one sentence.
    file : the document it was found in, if any.
    place : where in the document: a line, a job, a field.
    found, expected : what stood there (null counts) and what should have; `found` is shortened for display.
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
        self.file = None if file is None else str(file)
        self.place = place
        self.found = found
        self.expected = expected

    def within(self, *, file: object = None, place: str | None = None) -> PlacewiseError:
        """Add the outer file and place, which the code that noticed the problem could not know."""
        if self.file is None and file is not None:
            self.file = str(file)
        if place is not None:
            self.place = place if self.place is None else f"{place}, {self.place}"
        return self

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.file, self.place) if part)
        text = f"{where}: {self.problem}" if where else self.problem
        if self.expected is not None:
            text += f"; expected {self.expected}"
        if self.found is not _NOTHING:
            text += f"; found {_written(self.found)}"
        # A name in the message may hold anything; what steers a terminal is written as its escape.
        return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _written(found: object) -> str:
    try:
        return _shorten.repr(found)
    except ValueError:
        # Python refuses to write whole numbers of thousands of digits.
        return "a number too long to write"


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
