"""What the parsers of JSON and YAML share: how deep a document may go, and no collecting of garbage meanwhile."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Any

from placewise.errors import InputError

DEEPEST = 100


def too_deep(source: object, mark: Any = None) -> InputError:
    """Return the error for a document of more than `DEEPEST` levels; mark : where in YAML it goes deeper."""
    place = f"line {mark.line + 1}" if mark else None
    return InputError("is nested too deeply", file=source, place=place, expected=f"at most {DEEPEST} levels")


@contextlib.contextmanager
def garbage_collector_off() -> Iterator[None]:
    """Collect no garbage: parsing makes millions of objects and no cycles, and collecting costs half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
