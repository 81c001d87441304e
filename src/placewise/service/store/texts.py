"""What the store can hold as text."""

from __future__ import annotations

from placewise.errors import InputError


def check_text(text: str | None, of_what: str) -> None:
    """Raise InputError for a text with a NUL, which PostgreSQL cannot keep, or with half a surrogate pair."""
    if text is not None and ("\0" in text or not _encodes(text)):
        raise InputError(f"{of_what} has a character that cannot be kept", expected="Unicode text without NUL")


def _encodes(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
