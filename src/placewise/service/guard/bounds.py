"""How many things one request may name; counted first, since the caller may have shown no credential yet."""

from __future__ import annotations

from collections.abc import Sized
from typing import TypeVar

from placewise.service.guard.refusals import Exhausted

S = TypeVar("S", bound=Sized)


def at_most(most: int, items: S, of_what: str) -> S:
    """Return items of which there are not too many. Raises Exhausted for more than `most`."""
    if len(items) > most:
        raise Exhausted(f"too many {of_what} in one request", found=len(items), expected=f"at most {most}")
    return items
