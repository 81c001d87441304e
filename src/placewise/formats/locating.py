"""The place of an error, added by the code that knows it."""

from __future__ import annotations

from types import TracebackType

from placewise.errors import InputError


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
