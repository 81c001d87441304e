"""Errors told where they happened by the code that knows it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from placewise.errors import InputError


@contextlib.contextmanager
def locating(*, file: object = None, place: str | None = None) -> Iterator[None]:
    """Add the outer file and place to an InputError that leaves the block."""
    try:
        yield
    except InputError as error:
        raise error.within(file=file, place=place) from None
