"""What strangers give: names, texts, and how many things one request may name."""

from __future__ import annotations

from collections.abc import Sized
from typing import TypeVar

from placewise.errors import InputError
from placewise.service.guard.refusals import Exhausted

LONGEST_NAME = 256
LONGEST_REASON = 4096
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
S = TypeVar("S", bound=Sized)


def check_name(name: str, place: str) -> str:
    """Return a name of 1 to 256 printable characters, each as good as a letter. Raises InputError for anything else."""
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
        expected = f"1 to {LONGEST_NAME} printable characters"
        raise InputError("is not a usable name", place=place, found=name, expected=expected)
    return name


def check_text(text: str | None, of_what: str) -> None:
    """Raise InputError for a text with a NUL, which PostgreSQL cannot keep, or with half a surrogate pair."""
    if text is not None and ("\0" in text or not _encodes(text)):
        raise InputError(f"{of_what} has a character that cannot be kept", expected="Unicode text without NUL")


def kept_reason(text: str) -> str:
    """Return what can be kept of why a job ended: at most 4096 characters, with one in place of each that cannot be.

    How a job ended must not be lost for what it wrote on its last line.
    """
    text = text[:LONGEST_REASON].replace("\0", _REPLACEMENT)
    if _encodes(text):
        return text
    return "".join(_REPLACEMENT if "\ud800" <= one <= "\udfff" else one for one in text)


def _encodes(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def at_most(most: int, items: S, of_what: str) -> S:
    """Return items of which there are not too many. Raises Exhausted for more than `most`.

    It is asked before any item is looked at, since the caller may have shown no credential yet.
    """
    if len(items) > most:
        raise Exhausted(f"too many {of_what} in one request", found=len(items), expected=f"at most {most}")
    return items
