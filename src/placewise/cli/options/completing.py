"""What a shell completes: the words of an option, and the names of policies."""

from __future__ import annotations

from collections.abc import Callable, Collection

from placewise.selection.offered import built_in, offered


def choices(*names: str) -> Callable[[str], list[str]]:
    """Return what completes a word of a few in a shell; other words are refused by whoever takes them, in one line."""
    return lambda incomplete: [name for name in names if name.startswith(incomplete)]


def policy_names(known: Collection[str], *more: str) -> Callable[[str], list[str]]:
    """Return what completes the name of a selection policy where these numbers are known; more : further names."""

    def complete(incomplete: str) -> list[str]:
        return choices(*offered(known), *more)(incomplete)  # plugins are looked for when a shell asks

    return complete


def policies_in(known: Collection[str], *more: str) -> str:
    """Return the built-in selection policies that are taken where these numbers are known, in words."""
    return ", ".join((*built_in(known), *more))
